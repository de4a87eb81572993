package conf

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// decoder turns a tree into options and gathers what is wrong.
type decoder struct {
	o        *Options
	report   *Report
	problems []Problem

	accounts       Pos             // of the key; errors between accounts are told there
	brokenAccounts bool            // something in the block is wrong already
	accountUsers   Pos             // of the first users in an account; zero without
	names          map[string]bool // of accounts
	users          map[string]bool
	nkeys          map[string]bool
}

// decodeField puts one field into an options struct.
type decodeField[T any] func(d *decoder, to *T, f *field)

// block is what a map may have: keys in lower case.
type block[T any] map[string]decodeField[T]

// alias gives an option further names.
func (b block[T]) alias(name string, others ...string) {
	for _, o := range others {
		b[o] = b[name]
	}
}

// only gives a block with some of the fields.
func (b block[T]) only(names ...string) block[T] {
	part := make(block[T], len(names))
	for _, name := range names {
		part[name] = b[name]
	}
	return part
}

// unknownFormat words the refusal of an unknown key.
type unknownFormat string

const (
	unknownTop    unknownFormat = "unknown field %q"
	unknownPerms  unknownFormat = "Unknown field %q parsing permissions"
	unknownLimits unknownFormat = "Unknown field %q parsing account limits"
	unknownTLS    unknownFormat = "error parsing tls config, unknown field %q"
	unknownTrace  unknownFormat = "Unknown field %q parsing account message trace map/struct \"msg_trace\""
	unknownSubj   unknownFormat = "Unknown field name %q parsing subject permissions, only 'allow' or 'deny' are permitted"
)

// maxHints bounds the search for what may have been meant: nobody reads more,
// and a file that is no configuration has a wrong key in each line.
const maxHints = 100

// decodeBlock decodes the fields of a map. Those that served as variables may
// have any name.
func decodeBlock[T any](d *decoder, b block[T], to *T, t *tree, unknown unknownFormat) {
	for _, f := range t.last() {
		if decode := b[strings.ToLower(f.key)]; decode != nil {
			decode(d, to, f)
		} else if !f.used {
			p := Problem{Pos: f.pos, Text: fmt.Sprintf(string(unknown), f.key)}
			if len(d.problems) < maxHints {
				p.Hint = nearest(f.key, slices.Sorted(maps.Keys(b)))
			}
			d.problems = append(d.problems, p)
		}
	}
}

func (d *decoder) fail(at Pos, format string, v ...any) {
	d.problems = append(d.problems, Problem{Pos: at, Text: fmt.Sprintf(format, v...)})
}

func (d *decoder) warn(at Pos, format string, v ...any) {
	d.report.Warnings = append(d.report.Warnings, Problem{Pos: at, Text: fmt.Sprintf(format, v...)})
}

// typed gives a field's value if it has the type.
func typed[V any](d *decoder, f *field) (v V, ok bool) {
	v, ok = f.node.value.(V)
	if !ok {
		d.fail(f.pos, "interface conversion: interface {} is %s, not %s", typeName(f.node.value), typeName(any(v)))
	}
	return v, ok
}

// typeName names a value's type as the reference does.
func typeName(v any) string {
	switch v.(type) {
	case *tree:
		return "map[string]interface {}"
	case []*node:
		return "[]interface {}"
	}
	return fmt.Sprintf("%T", v)
}

// text makes the decoder of a string.
func text[T any](field_ func(*T) *string) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		if v, ok := typed[string](d, f); ok {
			*field_(to) = v
		}
	}
}

// flag makes the decoder of a boolean.
func flag[T any](field_ func(*T) *bool) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		if v, ok := typed[bool](d, f); ok {
			*field_(to) = v
		}
	}
}

// number makes the decoder of an integer. What does not fit is refused.
func number[T any, N int | int32 | int64 | uint8](field_ func(*T) *N) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		v, ok := typed[int64](d, f)
		if !ok {
			return
		}
		switch {
		case int64(N(v)) == v:
			*field_(to) = N(v)
		case v < 0:
			d.fail(f.pos, "%s value can not be negative", f.key)
		default:
			d.fail(f.pos, "%s value is too big", f.key)
		}
	}
}

// duration makes the decoder of a time: text in Go's form, or whole seconds,
// of which people are warned. [C-6]
func duration[T any](field_ func(*T) *time.Duration) decodeField[T] { return timeField(field_, false) }

// quietDuration is duration where seconds have always been welcome.
func quietDuration[T any](field_ func(*T) *time.Duration) decodeField[T] {
	return timeField(field_, true)
}

func timeField[T any](field_ func(*T) *time.Duration, quiet bool) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		switch v := f.node.value.(type) {
		case string:
			t, err := time.ParseDuration(v)
			if err != nil {
				d.fail(f.pos, "error parsing %s: %v", f.key, err)
				return
			}
			*field_(to) = t
		case int64:
			if v > int64(longest) || v < -int64(longest) {
				d.fail(f.pos, "%s value is too big", f.key)
				return
			}
			*field_(to) = time.Duration(v) * time.Second
			if !quiet {
				d.warn(f.pos, "invalid use of field %q: %s should be converted to a duration", f.key, f.key)
			}
		default:
			d.fail(f.pos, "interface conversion: interface {} is %s, not string", typeName(v))
		}
	}
}

// longest is the longest time that a duration holds, in seconds.
const longest = (1<<63 - 1) / time.Second

// seconds makes the decoder of a timeout: seconds as a number, or a duration.
func seconds[T any](field_ func(*T) *float64) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		switch v := f.node.value.(type) {
		case int64:
			*field_(to) = float64(v)
		case float64:
			*field_(to) = v
		case string:
			t, err := time.ParseDuration(v)
			if err != nil {
				d.fail(f.pos, "error parsing %s: %v", f.key, err)
				return
			}
			*field_(to) = t.Seconds()
		default:
			d.fail(f.pos, "error parsing %s: unsupported type %s", f.key, typeName(v))
		}
	}
}

// texts makes the decoder of a list of strings, or of a single one.
func texts[T any](field_ func(*T) *[]string) decodeField[T] {
	return func(d *decoder, to *T, f *field) { *field_(to) = d.strings(f) }
}

func (d *decoder) strings(f *field) []string {
	list := d.words(f)
	texts := make([]string, len(list))
	for i, w := range list {
		texts[i] = w.text
	}
	return texts
}

// word is a text and its place.
type word struct {
	text string
	pos  Pos
}

// words gives the strings of a list, or the single one. Those in a list have
// places of their own.
func (d *decoder) words(f *field) []word {
	switch v := f.node.value.(type) {
	case string:
		return []word{{v, f.pos}}
	case []*node:
		list := make([]word, 0, len(v))
		for _, n := range v {
			if s, ok := n.value.(string); ok {
				list = append(list, word{s, n.at()})
			} else {
				d.fail(n.at(), "interface conversion: interface {} is %s, not string", typeName(n.value))
			}
		}
		return list
	default:
		d.fail(f.pos, "Expected %s to be a string or an array of strings, got %s", f.key, typeName(v))
		return nil
	}
}

// maps gives the entries of a list of maps. field and entry name both in
// messages.
func (d *decoder) maps(f *field, field, entry string) []*node {
	list, ok := f.node.value.([]*node)
	if !ok {
		d.fail(f.pos, "%s be an array, got %s", field, typeName(f.node.value))
		return nil
	}
	var entries []*node
	for _, n := range list {
		if _, ok := n.value.(*tree); ok {
			entries = append(entries, n)
		} else {
			d.fail(n.at(), "Expected %s to be a map/struct, got %v", entry, n.plain())
		}
	}
	return entries
}

// section makes the decoder of a map of its own. The block may be filled later.
func section[T, S any](b *block[S], field_ func(*T) *S, unknown unknownFormat) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		t, ok := f.node.value.(*tree)
		if !ok {
			d.fail(f.pos, "Expected %s to be a map, got %s", f.key, typeName(f.node.value))
			return
		}
		decodeBlock(d, *b, field_(to), t, unknown)
	}
}

// ignored makes the decoder of what midge does not do: known, and said. [C-9]
func ignored[T any](why string) decodeField[T] {
	return func(d *decoder, _ *T, f *field) {
		d.report.Notes = append(d.report.Notes, Problem{Pos: f.pos, Text: fmt.Sprintf("%q is not used: %s", f.key, why)})
	}
}
