package sublist

// Hot path.

import "slices"

// Result is everybody a published subject is for. It is immutable and may be
// kept; neither the lists nor the Result may be written to. Members that have
// gone since are for the caller to recognize.
type Result[T any] struct {
	// Plain are the subscriptions that get a copy each: those to the literal
	// subject first.
	Plain []T
	// Queues are the queue groups, of which one member gets a copy. A name occurs
	// once, with the members of all matching patterns. [client protocol: queue groups]
	Queues []Group[T]
}

// Group is one queue group. It has at least one member.
type Group[T any] struct {
	Name    string
	Members []T
}

// IsEmpty reports whether nobody is interested.
func (r *Result[T]) IsEmpty() bool { return len(r.Plain) == 0 && len(r.Queues) == 0 }

// fanout is the number of copies to deliver.
func (r *Result[T]) fanout() int { return len(r.Plain) + len(r.Queues) }

// answer is the Result for subjects that match this leaf alone. The caller holds
// the index for reading. When two readers make it at once either will do.
func (l *leaf[T]) answer() *Result[T] {
	if r := l.result.Load(); r != nil {
		return r
	}
	r := &Result[T]{Plain: l.plain()}
	if l.many != nil && len(l.many.groups) > 0 {
		r.Queues = make([]Group[T], len(l.many.groups))
		for i, g := range l.many.groups {
			r.Queues[i] = Group[T]{Name: g.name, Members: limited(g.members.list)}
		}
	}
	l.result.Store(r)
	return r
}

func (l *leaf[T]) plain() []T {
	if l.many == nil {
		return l.one[:]
	}
	return limited(l.many.plain.list)
}

// limited takes the capacity away, so that an append by the holder copies.
func limited[T any](list []T) []T { return list[:len(list):len(list)] }

// merge makes the Result of several leaves, copying their lists.
func merge[T comparable](leaves []*leaf[T]) *Result[T] {
	plain, groups := 0, 0
	for _, l := range leaves {
		plain += len(l.plain())
		if l.many != nil {
			groups += len(l.many.groups)
		}
	}
	r := &Result[T]{}
	if plain > 0 {
		r.Plain = make([]T, 0, plain)
		for _, l := range leaves {
			r.Plain = append(r.Plain, l.plain()...)
		}
	}
	if groups > 0 {
		r.Queues = make([]Group[T], 0, groups)
		mergeGroups(r, leaves, groups)
	}
	return r
}

// mergeGroups puts members of one name together, whatever pattern they are on.
func mergeGroups[T comparable](r *Result[T], leaves []*leaf[T], groups int) {
	var byName map[string]int
	if groups > indexAt {
		byName = make(map[string]int, groups)
	}
	for _, l := range leaves {
		if l.many == nil {
			continue
		}
		for _, g := range l.many.groups {
			i := groupOf(r.Queues, byName, g.name)
			if i < 0 {
				if byName != nil {
					byName[g.name] = len(r.Queues)
				}
				r.Queues = append(r.Queues, Group[T]{Name: g.name, Members: slices.Clone(g.members.list)})
				continue
			}
			r.Queues[i].Members = append(r.Queues[i].Members, g.members.list...)
		}
	}
}

// groupOf finds the group with that name, or returns -1.
func groupOf[T any](queues []Group[T], byName map[string]int, name string) int {
	if byName != nil {
		if i, ok := byName[name]; ok {
			return i
		}
		return -1
	}
	for i := range queues {
		if queues[i].Name == name {
			return i
		}
	}
	return -1
}

// members is the number of subscriptions named.
func (r *Result[T]) members() int {
	n := len(r.Plain)
	for i := range r.Queues {
		n += len(r.Queues[i].Members)
	}
	return n
}
