package conf

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
)

// tree is a map of the configuration language: fields in the order of the
// file. A key may occur several times; the last one counts.
type tree struct {
	fields []*field
	byName map[string]*field // the last of each name
}

// field is one entry of a map.
type field struct {
	key  string
	pos  Pos // of the key
	node *node
	used bool // as a variable: then it need not be an option
}

// node is one value: string, int64, float64, bool, time.Time, *tree or []*node.
type node struct {
	pos   Pos
	end   Pos // behind it
	value any
	size  int // values in it, with itself
	depth int // maps and arrays in each other; 0 for a plain value

	quoted bool
}

// add appends fields.
func (t *tree) add(fields ...*field) {
	if t.byName == nil {
		t.byName = make(map[string]*field)
	}
	for _, f := range fields {
		t.fields = append(t.fields, f)
		t.byName[f.key] = f
	}
}

// get finds the last field of a name as written, nil if there is none.
func (t *tree) get(key string) *field { return t.byName[key] }

// at is where an element of a list is said to be: a plain value where it
// begins, what is in brackets behind them, as with the reference.
func (n *node) at() Pos {
	switch n.value.(type) {
	case *tree, []*node:
		return n.end
	}
	if n.quoted {
		p := n.pos
		p.Col++
		return p
	}
	return n.pos
}

// measure sets how much is in a value, from what is directly in it.
func (n *node) measure() {
	n.size, n.depth = 1, 0
	inside := func(e *node) {
		n.size += e.size
		n.depth = max(n.depth, e.depth+1)
	}
	switch v := n.value.(type) {
	case *tree:
		n.depth = 1
		for _, f := range v.fields {
			inside(f.node)
		}
	case []*node:
		n.depth = 1
		for _, e := range v {
			inside(e)
		}
	}
}

// last gives the fields that count, of each name the last one, in order.
func (t *tree) last() []*field {
	seen := make(map[string]int, len(t.fields))
	var list []*field
	for _, f := range t.fields {
		key := strings.ToLower(f.key)
		if i, again := seen[key]; again && list[i].key == f.key {
			list[i] = f
			continue
		}
		seen[key] = len(list)
		list = append(list, f)
	}
	return list
}

// plain gives the value as encoding/json takes it.
func (n *node) plain() any {
	switch v := n.value.(type) {
	case *tree:
		m := make(map[string]any, len(v.fields))
		for _, f := range v.fields {
			m[f.key] = f.node.plain()
		}
		return m
	case []*node:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = e.plain()
		}
		return list
	}
	return n.value
}

// digest identifies a configuration whatever its layout: the hash of its JSON
// with sorted keys. [C-7]
func (t *tree) digest() (string, error) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode((&node{value: t}).plain()); err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(b.Bytes())), nil
}
