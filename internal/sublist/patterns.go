package sublist

import "strings"

// maxPrefix bounds the tokens of a literal prefix, and so the lookups of a match.
// What a longer prefix has more goes into the tree.
const maxPrefix = 8

// patterns indexes the subjects with wildcards: by literal prefix, then by a tree
// over the rest. `a.b.*.c` is `*.c` in the tree of `a.b`.
type patterns[T comparable] struct {
	// root is the tree of the empty prefix, nil when there is none.
	root *node[T]
	// byPrefix holds the other trees. Its keys are parts of the subject of the
	// subscription that came first.
	byPrefix map[string]*node[T]
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

// place returns where to keep for the leaf of a pattern; the caller fills it if it is
// empty.
func (p *patterns[T]) place(pattern string) **leaf[T] {
	size, tokens, rest := splitPrefix(pattern)
	n := p.root
	if tokens > 0 {
		n = p.byPrefix[pattern[:size]]
	}
	if n == nil {
		n = &node[T]{}
		p.lengths[tokens]++
		switch {
		case tokens == 0:
			p.root = n
		case p.byPrefix == nil:
			p.byPrefix = map[string]*node[T]{pattern[:size]: n}
		default:
			p.byPrefix[pattern[:size]] = n
		}
	}
	return n.place(rest)
}

// remove takes v off a pattern, with whatever of the index only it needed.
func (p *patterns[T]) remove(pattern, queue string, v T) bool {
	size, tokens, rest := splitPrefix(pattern)
	n := p.root
	if tokens > 0 {
		n = p.byPrefix[pattern[:size]]
	}
	if n == nil || !n.remove(rest, queue, v) {
		return false
	}
	if n.isEmpty() {
		p.lengths[tokens]--
		if tokens == 0 {
			p.root = nil
		} else if delete(p.byPrefix, pattern[:size]); len(p.byPrefix) == 0 {
			p.byPrefix = nil
		}
	}
	return true
}

// mapAt is the number of children from which a node keeps them in a map.
const mapAt = 8

// node is a place in the tree of tokens. Most have one of the four.
type node[T comparable] struct {
	here     *leaf[T] // patterns that end with this token
	full     *leaf[T] // patterns that go on with `>`
	star     *node[T] // patterns that go on with `*`
	children *children[T]
}

// children are the nodes for literal tokens: a list, or a map once they are many.
type children[T comparable] struct {
	list   []child[T]
	byName map[string]*node[T]
}

type child[T comparable] struct {
	token string
	node  *node[T]
}

// place returns where to keep for the leaf of the pattern that goes on with rest.
func (n *node[T]) place(rest string) **leaf[T] {
	for more := true; more; {
		var token string
		if token, rest, more = strings.Cut(rest, "."); token == ">" {
			return &n.full
		}
		next := n.next(token)
		if next == nil {
			next = &node[T]{}
			n.link(token, next)
		}
		n = next
	}
	return &n.here
}

// remove reports whether v was on the pattern that goes on with rest.
func (n *node[T]) remove(rest, queue string, v T) bool {
	token, rest, more := strings.Cut(rest, ".")
	if token == ">" {
		return removeAt(&n.full, queue, v)
	}
	next := n.next(token)
	if next == nil {
		return false
	}
	var removed bool
	if more {
		removed = next.remove(rest, queue, v)
	} else {
		removed = removeAt(&next.here, queue, v)
	}
	if removed && next.isEmpty() {
		n.unlink(token)
	}
	return removed
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

func (n *node[T]) isEmpty() bool {
	return n.here == nil && n.full == nil && n.star == nil && n.children == nil
}

// next returns the node for a token of a pattern, or nil.
func (n *node[T]) next(token string) *node[T] {
	if token == "*" {
		return n.star
	}
	c := n.children
	if c == nil {
		return nil
	}
	for i := range c.list {
		if c.list[i].token == token {
			return c.list[i].node
		}
	}
	return c.byName[token]
}

func (n *node[T]) link(token string, next *node[T]) {
	if token == "*" {
		n.star = next
		return
	}
	if n.children == nil {
		n.children = &children[T]{}
	}
	c := n.children
	if c.byName == nil && len(c.list) == mapAt {
		c.byName = make(map[string]*node[T], 2*mapAt)
		for _, child := range c.list {
			c.byName[child.token] = child.node
		}
		c.list = nil
	}
	if c.byName != nil {
		c.byName[token] = next
		return
	}
	c.list = append(c.list, child[T]{token, next})
}

func (n *node[T]) unlink(token string) {
	if token == "*" {
		n.star = nil
		return
	}
	c := n.children
	delete(c.byName, token)
	for i := range c.list {
		if c.list[i].token == token {
			end := len(c.list) - 1
			c.list[i] = c.list[end]
			c.list[end] = child[T]{}
			c.list = c.list[:end]
			break
		}
	}
	if len(c.byName)+len(c.list) == 0 {
		n.children = nil
	}
}
