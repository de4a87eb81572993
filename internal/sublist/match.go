package sublist

// Hot path.

// inlineLeaves is the number of leaves a match collects without allocating.
const inlineLeaves = 16

// Match returns whom a message on subj is for, never nil. Wildcard characters in
// subj have no meaning, and a subject with an empty token is for nobody, also
// not for `>`. [client protocol: PUB] The Result is immutable and does not refer
// to subj.
//
// It allocates when several leaves match, and the first time a leaf matches alone
// after it has changed.
func (s *Sublist[T]) Match(subj []byte) *Result[T] {
	r := s.match(subj)
	s.counters.matched(1, 0, r.fanout(), r.fanout())
	return r
}

// match is Match without the counting.
func (s *Sublist[T]) match(subj []byte) *Result[T] {
	var buf [inlineLeaves]*leaf[T]
	s.mu.RLock()
	leaves := s.collectLocked(subj, buf[:0])
	var r *Result[T]
	switch len(leaves) {
	case 0:
		r = s.empty
	case 1:
		r = leaves[0].answer()
	default:
		r = merge(leaves)
	}
	s.mu.RUnlock()
	return r
}

// HasInterest reports whether Match would find anybody. It allocates nothing
// and makes no Result.
func (s *Sublist[T]) HasInterest(subj []byte) bool {
	var buf [inlineLeaves]*leaf[T]
	s.mu.RLock()
	found := len(s.collectLocked(subj, buf[:0])) > 0
	s.mu.RUnlock()
	return found
}

// collectLocked appends the leaves that match subj to out: the literal one first.
func (s *Sublist[T]) collectLocked(subj []byte, out []*leaf[T]) []*leaf[T] {
	var ends [maxPrefix]int
	tokens := scan(subj, &ends)
	if tokens == 0 {
		return out
	}
	if l := s.literals[string(subj)]; l != nil {
		out = append(out, l)
	}
	p := &s.patterns
	if p.root != nil {
		out = p.root.walk(subj, 0, out)
	}
	for n := 1; n < tokens && n <= maxPrefix; n++ {
		if p.lengths[n] == 0 {
			continue
		}
		end := ends[n-1]
		if tree := p.byPrefix[string(subj[:end])]; tree != nil {
			out = tree.walk(subj, end+1, out)
		}
	}
	return out
}

// scan counts the tokens of subj and notes where the first ones end. It returns
// 0 if one is empty.
func scan(subj []byte, ends *[maxPrefix]int) (tokens int) {
	start := 0
	for i, b := range subj {
		if b != '.' {
			continue
		}
		if i == start {
			return 0
		}
		if tokens < maxPrefix {
			ends[tokens] = i
		}
		tokens++
		start = i + 1
	}
	if start == len(subj) {
		return 0
	}
	return tokens + 1
}

// walk appends the leaves below n that match the tokens of subj from start on,
// of which there is at least one. It visits no node twice: the depth of a node
// says at which token it is asked.
func (n *node[T]) walk(subj []byte, start int, out []*leaf[T]) []*leaf[T] {
	for {
		if n.full != nil {
			out = append(out, n.full)
		}
		if n.star == nil && n.children == nil {
			return out
		}
		end := start
		for end < len(subj) && subj[end] != '.' {
			end++
		}
		next := n.literal(subj[start:end])
		if end == len(subj) {
			if next != nil && next.here != nil {
				out = append(out, next.here)
			}
			if n.star != nil && n.star.here != nil {
				out = append(out, n.star.here)
			}
			return out
		}
		start = end + 1
		switch {
		case next == nil:
			next = n.star
		case n.star != nil:
			out = n.star.walk(subj, start, out)
		}
		if next == nil {
			return out
		}
		n = next
	}
}

// literal returns the child for a token of a published subject, or nil. A `*`
// there is no wildcard and has no child.
func (n *node[T]) literal(token []byte) *node[T] {
	c := n.children
	if c == nil {
		return nil
	}
	if c.byName != nil {
		return c.byName[string(token)]
	}
	for i := range c.list {
		if c.list[i].token == string(token) {
			return c.list[i].node
		}
	}
	return nil
}
