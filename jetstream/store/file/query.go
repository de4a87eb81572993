package file

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/expiry"
	"github.com/midge-nats/midge/jetstream/store/subjects"
)

// retryIndex runs a query under the read lock; when it meets a damaged index,
// all indexes are checked and rebuilt and it runs once more.
func (s *Store) retryIndex(query func() error) error {
	s.mu.RLock()
	err := query()
	s.mu.RUnlock()
	if !errors.Is(err, errIndex) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.reindexAllLocked(); err != nil {
		return err
	}
	return query()
}

// LastFor implements store.Stream.
func (s *Store) LastFor(filter string, upTo uint64, into *store.Record) error {
	for {
		best := uint64(0)
		err := s.retryIndex(func() error {
			best = 0
			return s.eachLastLocked(filter, upTo, func(seq uint64) { best = max(best, seq) })
		})
		if err != nil {
			return err
		}
		if best == 0 {
			return store.ErrNotFound
		}
		if err := s.Load(best, into); !errors.Is(err, store.ErrDeleted) {
			return err
		}
	}
}

// eachLastLocked gives the last sequence of each matching subject.
func (s *Store) eachLastLocked(filter string, upTo uint64, yield func(uint64)) error {
	if !subject.HasWildcard(filter) {
		id, ok := s.subjects.GetString(filter)
		if !ok {
			return nil
		}
		return s.lastUpToLocked(id, upTo, yield)
	}
	for _, id := range subjects.NewMatch([]string{filter}).Resolve(&s.subjects) {
		if err := s.lastUpToLocked(id, upTo, yield); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) lastUpToLocked(id subjects.ID, upTo uint64, yield func(uint64)) error {
	e := s.subjects.Entry(id)
	switch {
	case e.Messages == 0 || upTo > 0 && e.First > upTo:
		return nil
	case upTo == 0 || e.Last <= upTo:
		yield(e.Last)
		return nil
	}
	seq, err := s.lastOfLocked(id, upTo)
	if err == nil {
		yield(seq)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// LastSeqs implements store.Stream.
func (s *Store) LastSeqs(f *store.Filter, upTo uint64, limit int) ([]uint64, bool) {
	c := s.cursor(f)
	var seqs []uint64
	err := s.retryIndex(func() error {
		seqs = seqs[:0]
		for _, id := range c.match.Resolve(&s.subjects) {
			if err := s.lastUpToLocked(id, upTo, func(seq uint64) { seqs = append(seqs, seq) }); err != nil {
				return err
			}
			if len(seqs) > limit {
				return nil
			}
		}
		return nil
	})
	if err != nil || len(seqs) > limit {
		return nil, false
	}
	slices.Sort(seqs)
	return seqs, true
}

// NumPending implements store.Stream.
func (s *Store) NumPending(f *store.Filter, from uint64) (n uint64) {
	match := s.cursor(f).match
	if err := s.retryIndex(func() (err error) {
		n, err = s.numPendingLocked(&cursor{match: match}, from)
		return err
	}); err != nil {
		return 0
	}
	return n
}

// numPendingLocked counts matching messages at or after from.
func (s *Store) numPendingLocked(c *cursor, from uint64) (n uint64, err error) {
	if from <= s.floor {
		if c.match.All() {
			return s.totals.Messages, nil
		}
		for _, id := range c.match.Update(&s.subjects) {
			n += s.subjects.Entry(id).Messages
		}
		return n, nil
	}
	if !c.match.All() {
		first, last := s.boundsLocked(c.match.Update(&s.subjects))
		if from = max(from, first); from > last {
			return 0, nil
		}
	}
	for i := s.findSegment(from); i < len(s.segs); i++ {
		k, err := s.countInLocked(c, s.segs[i], from)
		if err != nil {
			return 0, err
		}
		n += k
	}
	return n, nil
}

// countInLocked counts the matching messages of one segment.
func (s *Store) countInLocked(c *cursor, g *segment, from uint64) (n uint64, err error) {
	if g.live == 0 {
		return 0, nil
	}
	if c.match.All() && from <= g.base {
		return g.live, nil
	}
	for at := from; ; n++ {
		p, ok, err := s.nextInLocked(c, g, at)
		if err != nil || !ok {
			return n, err
		}
		at = g.base + uint64(p.delta()) + 1
	}
}

// SubjectState implements store.Stream.
func (s *Store) SubjectState(name string) store.SubjectState {
	st := store.SubjectState{Subject: name}
	_ = s.retryIndex(func() error { // without an index the first is a lower bound
		id, ok := s.subjects.GetString(name)
		if !ok {
			return nil
		}
		return s.subjectStateLocked(id, &st)
	})
	return st
}

func (s *Store) subjectStateLocked(id subjects.ID, st *store.SubjectState) error {
	e := s.subjects.Entry(id)
	st.Messages, st.First, st.Last = e.Messages, e.First, e.Last
	if e.Messages > 0 && e.FirstStale {
		first, err := s.firstAfterLocked(id, e.First)
		if err != nil {
			return err
		}
		st.First = first
	}
	return nil
}

// Subjects implements store.Stream.
func (s *Store) Subjects(f *store.Filter) iter.Seq[store.SubjectState] {
	return func(yield func(store.SubjectState) bool) {
		c := s.cursor(f)
		s.mu.RLock()
		defer s.mu.RUnlock()
		for _, id := range c.match.Resolve(&s.subjects) {
			if s.subjects.Entry(id).Messages == 0 {
				continue
			}
			st := store.SubjectState{Subject: string(s.subjects.Name(id))}
			_ = s.subjectStateLocked(id, &st) // without an index the first is a lower bound
			if !yield(st) {
				return
			}
		}
	}
}

// Deleted implements store.Stream.
func (s *Store) Deleted() iter.Seq[store.SeqRange] {
	return func(yield func(store.SeqRange) bool) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		c := &cursor{match: subjects.NewMatch(nil)}
		at := s.floor
		for at < s.next {
			seq, _, _, err := s.nextLocked(c, at)
			if err != nil {
				seq = s.next
			}
			if seq > at && !yield(store.SeqRange{First: at, Last: seq - 1}) {
				return
			}
			at = seq + 1
		}
	}
}

// SeqByTime implements store.Stream.
func (s *Store) SeqByTime(unixNano int64) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var r store.Record
	for _, g := range s.segs {
		if g.live == 0 || g.lastTime < unixNano {
			continue
		}
		i := 0
		if g.firstTime < unixNano {
			i = sort.Search(g.count(), func(i int) bool { return s.timeAtLocked(g, i, &r) >= unixNano })
		}
		for ; i < g.count(); i++ {
			e, err := g.entry(i)
			if err != nil {
				break
			}
			if seq := g.base + uint64(e.delta()); !g.isDead(seq) && s.timeAtLocked(g, i, &r) >= unixNano {
				return seq
			}
		}
	}
	return s.next
}

// timeAtLocked gives the time of the ith message, also of a removed one. What
// cannot be read counts as early: the search goes on behind it.
func (s *Store) timeAtLocked(g *segment, i int, r *store.Record) int64 {
	e, err := g.entry(i)
	if err != nil {
		return 0
	}
	if done, err := s.loadTailLocked(g, e.off(), r); done {
		if err != nil {
			return 0
		}
		return r.Time
	}
	if err := s.loadDisk(g, e.off(), r); err != nil {
		return 0
	}
	return r.Time
}

// Expired implements store.Stream.
func (s *Store) Expired(now int64, limit int, into []uint64) ([]uint64, int64) {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	into = into[:0]
	next := int64(0)
	soonest := func(t int64) {
		if next == 0 || t < next {
			next = t
		}
	}
	var due []expiry.Entry
	for len(s.ttls) > 0 {
		top := s.ttls[0]
		if _, _, err := s.whereLocked(top.Seq); err != nil && !errors.Is(err, errIndex) {
			s.ttls.Pop()
			continue
		}
		if top.Expires > now || len(into) >= limit {
			soonest(top.Expires)
			break
		}
		due = append(due, s.ttls.Pop())
		into = append(into, top.Seq)
	}
	for _, e := range due {
		s.ttls.Add(e.Expires, e.Seq) // it is due until it is removed
	}
	if s.limits.MaxAge > 0 {
		s.agedLocked(now, limit, &into, soonest)
	}
	return into, next
}

// agedLocked finds the messages that max_age ends, from the front.
func (s *Store) agedLocked(now int64, limit int, into *[]uint64, soonest func(int64)) {
	front := true
	for seq := max(s.ageFrom, s.floor); ; seq++ {
		at, ok := s.firstLiveLocked(seq)
		if !ok {
			return
		}
		seq = at
		f, err := s.inspectLocked(seq)
		if errors.Is(err, store.ErrLost) {
			continue
		}
		if err != nil {
			return
		}
		if f.ttl == store.TTLNever {
			if front {
				s.ageFrom = seq + 1
			}
			continue
		}
		front = false
		if f.ttl > 0 && f.time+int64(f.ttl) <= now {
			continue // its TTL has listed it
		}
		if ends := f.time + int64(s.limits.MaxAge); ends > now || len(*into) >= limit {
			soonest(max(ends, 1))
			return
		}
		*into = append(*into, seq)
	}
}

// Consumers implements store.Stream.
func (s *Store) Consumers() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.consumers))
}

// State implements store.Stream.
func (s *Store) State() store.State {
	s.mu.RLock()
	st := store.State{
		Messages: s.totals.Messages, Bytes: s.totals.Bytes, FirstSeq: s.floor, LastSeq: s.next - 1,
		Subjects: s.subjects.Live(), Applied: s.applied,
		Lost:     store.Lost{Seqs: s.lost.list(store.LostListed), Count: s.lost.count, Bytes: s.lostBytes},
		LastSync: time.Unix(0, s.lastSync.Load()),
	}
	if !s.used && s.opt.FirstSeq == 1 {
		st.FirstSeq = 0 // never used [J-13]
	}
	if s.lastTime != 0 {
		st.LastTime = time.Unix(0, s.lastTime)
	}
	if st.Messages > 0 {
		st.Deleted = st.LastSeq - st.FirstSeq + 1 - st.Messages
	}
	first := s.floor
	s.mu.RUnlock()
	if st.Messages > 0 {
		st.FirstTime = s.firstTime(first)
	}
	return st
}

// firstTime gives the time of the first message, read once for each of them.
func (s *Store) firstTime(seq uint64) time.Time {
	s.firstSeen.mu.Lock()
	defer s.firstSeen.mu.Unlock()
	if s.firstSeen.seq != seq {
		if err := s.Load(seq, &s.firstSeen.rec); err != nil {
			return time.Time{} // removed or lost meanwhile
		}
		s.firstSeen.seq = seq
	}
	return time.Unix(0, s.firstSeen.rec.Time)
}
