package sublist

import (
	"iter"
	"sync/atomic"
)

// Stats are the numbers of one index that /subsz shows. [monitoring: subsz]
type Stats struct {
	// Subscriptions are there now, Inserts and Removes have happened.
	Subscriptions    int
	Inserts, Removes uint64
	// Matches have been asked for, of which CacheHits were answered by a Cache.
	// Caches report in batches: a few dozen of each may be missing.
	Matches, CacheHits uint64
	// MaxFanout and AvgFanout are deliveries per match that no Cache answered: one
	// per plain subscription and queue group.
	MaxFanout int
	AvgFanout float64
}

// counters are kept apart from the index; all are atomic.
type counters struct {
	inserts, removes atomic.Uint64
	matches, hits    atomic.Uint64
	fanout           atomic.Uint64 // sum over matches that were no hits
	maxFanout        atomic.Int64
}

// matched adds the numbers of some matches.
func (c *counters) matched(matches, hits uint64, fanout, maxFanout int) {
	c.matches.Add(matches)
	if hits > 0 {
		c.hits.Add(hits)
	}
	if fanout > 0 {
		c.fanout.Add(uint64(fanout))
	}
	for old := c.maxFanout.Load(); int64(maxFanout) > old; old = c.maxFanout.Load() {
		if c.maxFanout.CompareAndSwap(old, int64(maxFanout)) {
			return
		}
	}
}

// Stats returns the numbers of the index.
func (s *Sublist[T]) Stats() Stats {
	c := &s.counters
	stats := Stats{
		Subscriptions: s.Len(),
		Inserts:       c.inserts.Load(),
		Removes:       c.removes.Load(),
		CacheHits:     c.hits.Load(),
		MaxFanout:     int(c.maxFanout.Load()),
	}
	fanout := c.fanout.Load()
	// Matches last, since each is counted before its hit: no rate above 1.
	stats.Matches = c.matches.Load()
	if asked := stats.Matches - stats.CacheHits; asked > 0 {
		stats.AvgFanout = float64(fanout) / float64(asked)
	}
	return stats
}

// All yields every subscription as the index stands now, in no order. The copy
// is made before the first is yielded, so the loop may change the index. For
// monitoring, reloads and the start of a link: it costs memory for all of them.
func (s *Sublist[T]) All() iter.Seq2[Key, T] {
	return func(yield func(Key, T) bool) {
		for _, e := range s.snapshot() {
			if !yield(e.key, e.v) {
				return
			}
		}
	}
}

// entry is one subscription in a snapshot.
type entry[T comparable] struct {
	key Key
	v   T
}

func (s *Sublist[T]) snapshot() []entry[T] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]entry[T], 0, s.count)
	for subj, l := range s.literals {
		all = l.snapshot(subj, all)
	}
	all = s.patterns.root.snapshot("", all)
	for prefix, tree := range s.patterns.byPrefix {
		all = tree.snapshot(prefix+".", all)
	}
	return all
}

// snapshot appends the subscriptions of the tree; path is its pattern so far,
// with the separator.
func (n *node[T]) snapshot(path string, all []entry[T]) []entry[T] {
	if n.full != nil {
		all = n.full.snapshot(path+">", all)
	}
	if n.star != nil {
		all = n.star.snapshot(path+"*", all)
	}
	if n.more == nil {
		return all
	}
	if n.more.star != nil {
		all = n.more.star.snapshot(path+"*.", all)
	}
	for i := range n.more.list {
		all = n.more.list[i].snapshot(path, all)
	}
	for _, c := range n.more.byName {
		all = c.snapshot(path, all)
	}
	return all
}

func (c *child[T]) snapshot(path string, all []entry[T]) []entry[T] {
	path += c.token
	if c.here != nil {
		all = c.here.snapshot(path, all)
	}
	return c.node.snapshot(path+".", all)
}

func (l *leaf[T]) snapshot(subj string, all []entry[T]) []entry[T] {
	for _, v := range l.plain() {
		all = append(all, entry[T]{Key{Subject: subj}, v})
	}
	if l.many == nil {
		return all
	}
	for _, g := range l.many.groups {
		for _, v := range g.members.list {
			all = append(all, entry[T]{Key{subj, g.name}, v})
		}
	}
	return all
}
