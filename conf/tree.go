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
type tree struct{ fields []*field }

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
}

// get finds the last field of a name as written, nil if there is none.
func (t *tree) get(key string) *field {
	for i := len(t.fields) - 1; i >= 0; i-- {
		if t.fields[i].key == key {
			return t.fields[i]
		}
	}
	return nil
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
