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
	if p.lengths[0] > 0 {
		out = p.root.walk(subj, 0, out)
	}
	for n := 1; n < tokens && n <= maxPrefix; n++ {
		if p.lengths[n] == 0 {
			continue
		}
		end := ends[n-1]
		if tree, found := p.byPrefix[string(subj[:end])]; found {
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
		if n.star == nil && n.more == nil {
			return out
		}
		end := start
		for end < len(subj) && subj[end] != '.' {
			end++
		}
		last := end == len(subj)
		if last && n.star != nil {
			out = append(out, n.star)
		}
		if n.more == nil {
			return out
		}
		c, star := n.more.literal(subj[start:end]), n.more.star
		if last {
			if c != nil && c.here != nil {
				out = append(out, c.here)
			}
			return out
		}
		start = end + 1
		switch {
		case c == nil && star == nil:
			return out
		case c == nil:
			n = star
			continue
		case star != nil:
			out = star.walk(subj, start, out)
		}
		n = &c.node
	}
}

// literal is find for a token of a published subject. A `*` there is no wildcard
// and has no child.
func (b *branches[T]) literal(token []byte) *child[T] {
	if b.byName != nil {
		return b.byName[string(token)]
	}
	for i := range b.list {
		if b.list[i].token == string(token) {
			return &b.list[i]
		}
	}
	return nil
}
