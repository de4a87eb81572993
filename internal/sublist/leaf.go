package sublist

import (
	"slices"
	"sync/atomic"
)

// indexAt is the length from which a list has a map of its positions. Shorter
// ones are searched, and keep their order when a member goes.
const indexAt = 32

// leaf holds all the subscriptions to one subject or pattern; it is never empty.
// Guarded by the Sublist's mutex, except result, which readers may set.
type leaf[T comparable] struct {
	// one is the only member, and plain, as long as many is nil. It never changes,
	// so that a Result can hand it out as a slice.
	one  [1]T
	many *crowd[T]
	// result is the answer for subjects that match this leaf alone, made when
	// first asked for. Whatever it hands out must not be written to any more.
	result atomic.Pointer[Result[T]]
}

// crowd is what a leaf grows into with a second member or a queue group.
type crowd[T comparable] struct {
	plain  set[T]
	groups []*group[T]
	byName map[string]int // positions in groups, from indexAt groups on
}

// group is the members that one queue group has on one pattern.
type group[T comparable] struct {
	name    string
	members set[T]
}

func newLeaf[T comparable](queue string, v T) *leaf[T] {
	l := &leaf[T]{}
	if queue == "" {
		l.one[0] = v
		return l
	}
	l.many = &crowd[T]{}
	l.many.join(queue).members.add(v)
	return l
}

// add reports whether v is new.
func (l *leaf[T]) add(queue string, v T) bool {
	if l.many == nil {
		if queue == "" && l.one[0] == v {
			return false
		}
		l.many = &crowd[T]{}
		l.many.plain.add(l.one[0])
	}
	l.recall()
	if queue == "" {
		return l.many.plain.add(v)
	}
	return l.many.join(queue).members.add(v)
}

// remove reports whether v was there, and whether it was the last: then the
// leaf has to go.
func (l *leaf[T]) remove(queue string, v T) (removed, last bool) {
	if l.many == nil {
		removed = queue == "" && l.one[0] == v
		return removed, removed
	}
	l.recall()
	c := l.many
	if queue == "" {
		removed = c.plain.remove(v)
	} else if i := c.find(queue); i >= 0 {
		removed = c.groups[i].members.remove(v)
		if len(c.groups[i].members.list) == 0 {
			c.leave(i)
		}
	}
	return removed, len(c.plain.list) == 0 && len(c.groups) == 0
}

// recall drops the kept result before a change. What that result has handed out
// is then left alone: see set.lent.
func (l *leaf[T]) recall() {
	if l.result.Swap(nil) == nil {
		return
	}
	l.many.plain.lent = true
	for _, g := range l.many.groups {
		g.members.lent = true
	}
}

// find returns the position of a queue group, or -1.
func (c *crowd[T]) find(queue string) int {
	if c.byName != nil {
		if i, ok := c.byName[queue]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(c.groups, func(g *group[T]) bool { return g.name == queue })
}

// join returns the group with that name, made if need be.
func (c *crowd[T]) join(queue string) *group[T] {
	if i := c.find(queue); i >= 0 {
		return c.groups[i]
	}
	g := &group[T]{name: queue}
	c.groups = append(c.groups, g)
	switch {
	case c.byName != nil:
		c.byName[queue] = len(c.groups) - 1
	case len(c.groups) == indexAt:
		c.byName = make(map[string]int, 2*indexAt)
		for i, g := range c.groups {
			c.byName[g.name] = i
		}
	}
	return g
}

// leave takes the group at position i out.
func (c *crowd[T]) leave(i int) {
	if c.byName == nil {
		c.groups = slices.Delete(c.groups, i, i+1)
		return
	}
	end := len(c.groups) - 1
	delete(c.byName, c.groups[i].name)
	if i < end {
		c.groups[i] = c.groups[end]
		c.byName[c.groups[i].name] = i
	}
	c.groups[end] = nil
	c.groups = c.groups[:end]
	if end == 0 {
		c.byName = nil
	}
}

// set is a list without duplicates. Changing it costs the same however long it
// is, but for one copy after its list has been lent to a result: at most one for
// each message delivered to all of it, which costs far more.
type set[T comparable] struct {
	list  []T
	index map[T]int // positions in list, from indexAt members on
	// lent says that results may hold list[:n]. Appending behind it is invisible
	// to them; anything else copies first.
	lent bool
}

func (s *set[T]) find(v T) int {
	if s.index == nil {
		return slices.Index(s.list, v)
	}
	if i, ok := s.index[v]; ok {
		return i
	}
	return -1
}

func (s *set[T]) add(v T) bool {
	if s.find(v) >= 0 {
		return false
	}
	s.list = append(s.list, v)
	switch {
	case s.index != nil:
		s.index[v] = len(s.list) - 1
	case len(s.list) == indexAt:
		s.index = make(map[T]int, 2*indexAt)
		for i, v := range s.list {
			s.index[v] = i
		}
	}
	return true
}

func (s *set[T]) remove(v T) bool {
	i := s.find(v)
	if i < 0 {
		return false
	}
	if s.lent || len(s.list) < cap(s.list)/4 {
		s.list, s.lent = slices.Clone(s.list), false
	}
	if s.index == nil {
		s.list = slices.Delete(s.list, i, i+1)
		return true
	}
	var none T
	end := len(s.list) - 1
	delete(s.index, v)
	if i < end {
		s.list[i] = s.list[end]
		s.index[s.list[i]] = i
	}
	s.list[end] = none
	s.list = s.list[:end]
	if end < indexAt/2 {
		s.index = nil
	}
	return true
}
