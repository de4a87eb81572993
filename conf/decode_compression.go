package conf

import (
	"strings"
	"time"
)

// compressionModes are the words for modes of compression, in lower case, by
// what they mean. "on" and the like mean another mode for routes than for
// leafnodes. [leafnode.md 3]
var compressionModes = map[string]string{
	"not supported": "not supported", "not_supported": "not supported",
	"off": "off", "disabled": "off", "false": "off",
	"accept": "accept",
	"auto":   "s2_auto", "s2_auto": "s2_auto",
	"fast": "s2_fast", "s2_fast": "s2_fast",
	"better": "s2_better", "s2_better": "s2_better",
	"best": "s2_best", "s2_best": "s2_best",
}

// rttThresholds is how many times may be given between the levels of s2_auto:
// uncompressed, fast, better, best.
const rttThresholds = 3

// compression makes the decoder of a mode of compression: a word, a boolean, or
// a map. yes is what "on" means.
func compression[T any](parts func(*T) (mode *string, rtt *[]time.Duration), yes string) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		mode, rtt := parts(to)
		t, ok := f.node.value.(*tree)
		if !ok {
			d.compressionMode(f, mode, yes)
			return
		}
		decodeBlock(d, block[T]{
			"mode":           func(d *decoder, _ *T, f *field) { d.compressionMode(f, mode, yes) },
			"rtt_thresholds": func(d *decoder, _ *T, f *field) { *rtt = d.thresholds(f) },
		}, to, t, unknownTop)
	}
}

func (d *decoder) compressionMode(f *field, mode *string, yes string) {
	switch v := f.node.value.(type) {
	case bool:
		if *mode = "off"; v {
			*mode = yes
		}
	case string:
		word := strings.ToLower(v)
		if known, ok := compressionModes[word]; ok {
			*mode = known
		} else if word == "on" || word == "enabled" || word == "true" {
			*mode = yes
		} else {
			d.fail(f.pos, "unsupported compression mode %q", v)
		}
	default:
		d.fail(f.pos, "field %q should be a boolean, a string or a map, got %s", f.key, typeName(v))
	}
}

// thresholds decodes round trip times, which must grow. A zero skips a level.
func (d *decoder) thresholds(f *field) (list []time.Duration) {
	last := time.Duration(0)
	for _, w := range d.words(f) {
		t, err := time.ParseDuration(w.text)
		switch {
		case err != nil:
			d.fail(w.pos, "error parsing %s: %v", f.key, err)
			return nil
		case t < 0 || t != 0 && t <= last:
			d.fail(w.pos, "%s have to grow, got %v behind %v", f.key, t, last)
			return nil
		}
		last = max(last, t)
		list = append(list, t)
	}
	if len(list) > rttThresholds {
		d.fail(f.pos, "%s are %d at most, got %d", f.key, rttThresholds, len(list))
		return nil
	}
	return list
}

// writeTimeout makes the decoder of what happens to a connection that cannot be
// written to in time.
func writeTimeout[T any](field_ func(*T) *string) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		v, ok := typed[string](d, f)
		if !ok {
			return
		}
		switch word := strings.ToLower(v); word {
		case "default", "close", "retry":
			*field_(to) = word
		default:
			d.fail(f.pos, "write_timeout should be default, close or retry, got %q", v)
		}
	}
}
