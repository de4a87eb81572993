package sublist

import (
	"slices"
	"strings"
)

// maxPrefix bounds the tokens of a literal prefix, and so the lookups of a match.
// What a longer prefix has more goes into the tree.
const maxPrefix = 8

// patterns indexes the subjects with wildcards: by literal prefix, then by a tree
// over the rest. `a.b.*.c` is `*.c` in the tree of `a.b`.
type patterns[T comparable] struct {
	// root is the tree of the empty prefix.
	root node[T]
	// byPrefix holds the other trees, none of them empty. Its keys are parts of
	// the subjects of subscriptions. The nodes are values: one memory access less.
	byPrefix map[string]node[T]
	// lengths counts the prefixes by their number of tokens, so that a match looks
	// only for lengths that are in use.
	lengths [maxPrefix + 1]int
}

// splitPrefix returns the length of the literal prefix of a pattern in bytes and
// in tokens, and what follows its separator.
func splitPrefix(pattern string) (size, tokens int, rest string) {
	for start := 0; tokens < maxPrefix; tokens++ {
		token, _, more := strings.Cut(pattern[start:], ".")
		if token == "*" || token == ">" || !more {
			break
		}
		size = start + len(token)
		start = size + 1
	}
	if tokens == 0 {
		return 0, 0, pattern
	}
	return size, tokens, pattern[size+1:]
}

// insert reports whether v is new on the pattern.
func (p *patterns[T]) insert(pattern, queue string, v T) bool {
	size, tokens, rest := splitPrefix(pattern)
	if tokens == 0 {
		p.lengths[0] = 1
		return p.root.insert(rest, queue, v)
	}
	n, found := p.byPrefix[pattern[:size]]
	added := n.insert(rest, queue, v)
	if !found {
		p.lengths[tokens]++
		if p.byPrefix == nil {
			p.byPrefix = make(map[string]node[T])
		}
	}
	p.byPrefix[pattern[:size]] = n
	return added
}

// remove takes v off a pattern, with whatever of the index only it needed.
func (p *patterns[T]) remove(pattern, queue string, v T) bool {
	size, tokens, rest := splitPrefix(pattern)
	if tokens == 0 {
		removed := p.root.remove(rest, queue, v)
		if p.root.isEmpty() {
			p.lengths[0] = 0
		}
		return removed
	}
	n, found := p.byPrefix[pattern[:size]]
	if !found || !n.remove(rest, queue, v) {
		return false
	}
	if !n.isEmpty() {
		p.byPrefix[pattern[:size]] = n
		return true
	}
	p.lengths[tokens]--
	delete(p.byPrefix, pattern[:size])
	if len(p.byPrefix) == 0 {
		p.byPrefix = nil
	}
	return true
}

// mapAt is the number of children from which a node keeps them in a map.
const mapAt = 8

// node says what follows in the patterns that share the tokens so far. Most have
// one of the three.
type node[T comparable] struct {
	full *leaf[T] // `>`
	star *leaf[T] // `*`, and nothing behind it
	more *branches[T]
}

// branches are the other ways in which a pattern may go on. It is never empty.
type branches[T comparable] struct {
	star *node[T] // `*` and more
	// The literal tokens: a list, or a map once they are many.
	list   []child[T]
	byName map[string]*child[T]
}

// child is a literal token. It is never empty.
type child[T comparable] struct {
	token string
	here  *leaf[T] // nothing behind it
	node  node[T]
}

func (n *node[T]) insert(rest, queue string, v T) bool {
	at := n.place(rest)
	if *at != nil {
		return (*at).add(queue, v)
	}
	*at = newLeaf(queue, v)
	return true
}

// place returns where to keep the leaf of the pattern that goes on with rest; the
// caller must fill it if it is empty.
func (n *node[T]) place(rest string) **leaf[T] {
	for {
		token, next, more := strings.Cut(rest, ".")
		switch {
		case token == ">":
			return &n.full
		case token == "*" && !more:
			return &n.star
		}
		if n.more == nil {
			n.more = &branches[T]{}
		}
		if token == "*" {
			if n.more.star == nil {
				n.more.star = &node[T]{}
			}
			n, rest = n.more.star, next
			continue
		}
		c := n.more.find(token)
		if c == nil {
			c = n.more.link(token)
		}
		if !more {
			return &c.here
		}
		n, rest = &c.node, next
	}
}

// remove reports whether v was on the pattern that goes on with rest.
func (n *node[T]) remove(rest, queue string, v T) (removed bool) {
	token, rest, more := strings.Cut(rest, ".")
	switch {
	case token == ">":
		return removeAt(&n.full, queue, v)
	case token == "*" && !more:
		return removeAt(&n.star, queue, v)
	case n.more == nil:
		return false
	case token == "*":
		if n.more.star == nil || !n.more.star.remove(rest, queue, v) {
			return false
		}
		if n.more.star.isEmpty() {
			n.more.star = nil
		}
	default:
		c := n.more.find(token)
		if c == nil {
			return false
		}
		if more {
			removed = c.node.remove(rest, queue, v)
		} else {
			removed = removeAt(&c.here, queue, v)
		}
		if !removed {
			return false
		}
		if c.here == nil && c.node.isEmpty() {
			n.more.unlink(token)
		}
	}
	if n.more.isEmpty() {
		n.more = nil
	}
	return true
}

// removeAt takes v off a leaf, and the leaf away when it was the last.
func removeAt[T comparable](at **leaf[T], queue string, v T) bool {
	if *at == nil {
		return false
	}
	removed, last := (*at).remove(queue, v)
	if last {
		*at = nil
	}
	return removed
}

func (n *node[T]) isEmpty() bool { return n.full == nil && n.star == nil && n.more == nil }

func (b *branches[T]) isEmpty() bool {
	return b.star == nil && len(b.list) == 0 && len(b.byName) == 0
}

// find returns the child for a token, or nil, until the next link or unlink.
func (b *branches[T]) find(token string) *child[T] {
	if b.byName != nil {
		return b.byName[token]
	}
	for i := range b.list {
		if b.list[i].token == token {
			return &b.list[i]
		}
	}
	return nil
}

// link returns a new child for a token.
func (b *branches[T]) link(token string) *child[T] {
	if b.byName == nil && len(b.list) == mapAt {
		b.byName = make(map[string]*child[T], 2*mapAt)
		for i := range b.list {
			b.byName[b.list[i].token] = new(b.list[i])
		}
		b.list = nil
	}
	if b.byName != nil {
		c := &child[T]{token: token}
		b.byName[token] = c
		return c
	}
	b.list = append(b.list, child[T]{token: token})
	return &b.list[len(b.list)-1]
}

// unlink takes the child for a token away. A map stays one until it is empty.
func (b *branches[T]) unlink(token string) {
	if b.byName != nil {
		if delete(b.byName, token); len(b.byName) == 0 {
			b.byName = nil
		}
		return
	}
	i := slices.IndexFunc(b.list, func(c child[T]) bool { return c.token == token })
	b.list = slices.Delete(b.list, i, i+1)
}
