package memory

import (
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

// cursor is what a Filter remembers: its subjects.
type cursor struct{ match *subjects.Match }

func match(f *store.Filter) *subjects.Match {
	if f == nil {
		return subjects.NewMatch(nil)
	}
	c, ok := f.Cache.(*cursor)
	if !ok {
		c = &cursor{match: subjects.NewMatch(f.Subjects())}
		f.Cache = c
	}
	return c.match
}

// Load implements store.Stream.
func (s *Store) Load(seq uint64, into *store.Record) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case s.closed:
		return store.ErrClosed
	case seq == 0 || seq >= s.next:
		return store.ErrNotFound
	}
	m := s.at(seq)
	if m == nil {
		return store.ErrDeleted
	}
	s.fill(m, seq, into)
	return nil
}

// Next implements store.Stream. With few subjects it asks their lists; with many
// it walks on from where it is, since a match is near.
func (s *Store) Next(f *store.Filter, from uint64, into *store.Record) (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	seq := s.nextSeq(match(f), from)
	if seq == 0 {
		return 0, store.ErrNotFound
	}
	s.fill(s.at(seq), seq, into)
	return seq, nil
}

// nextSeq finds the next matching sequence, 0 if there is none.
func (s *Store) nextSeq(m *subjects.Match, from uint64) uint64 {
	from = max(from, s.floor)
	if m.All() {
		if seq := s.firstLive(from); seq < s.next {
			return seq
		}
		return 0
	}
	ids := m.Update(&s.table)
	if len(ids) <= 64 {
		best := uint64(0)
		for _, id := range ids {
			if int(id) >= len(s.posts) || s.table.Entry(id).Last < from {
				continue
			}
			p := &s.posts[id]
			if i, _ := slices.BinarySearch(p.seqs[p.head:], from); p.head+i < len(p.seqs) {
				if seq := p.seqs[p.head+i]; best == 0 || seq < best {
					best = seq
				}
			}
		}
		return best
	}
	for seq := s.firstLive(from); seq < s.next; seq = s.firstLive(seq + 1) {
		if m.HasID(s.at(seq).id) {
			return seq
		}
	}
	return 0
}

// LastFor implements store.Stream.
func (s *Store) LastFor(filter string, upTo uint64, into *store.Record) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	best := uint64(0)
	if !subject.HasWildcard(filter) {
		if id, ok := s.table.GetString(filter); ok {
			best = s.lastUpTo(id, upTo)
		}
	} else {
		for _, id := range subjects.NewMatch(filters(filter)).Resolve(&s.table) {
			best = max(best, s.lastUpTo(id, upTo))
		}
	}
	if best == 0 {
		return store.ErrNotFound
	}
	s.fill(s.at(best), best, into)
	return nil
}

// lastUpTo gives the last sequence of a subject at or below upTo, 0 if none.
func (s *Store) lastUpTo(id subjects.ID, upTo uint64) uint64 {
	if int(id) >= len(s.posts) || s.table.Entry(id).Messages == 0 {
		return 0
	}
	p := &s.posts[id]
	if upTo == 0 {
		return p.seqs[len(p.seqs)-1]
	}
	if i, _ := slices.BinarySearch(p.seqs[p.head:], upTo+1); i > 0 {
		return p.seqs[p.head+i-1]
	}
	return 0
}

// LastSeqs implements store.Stream.
func (s *Store) LastSeqs(f *store.Filter, upTo uint64, limit int) ([]uint64, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var seqs []uint64
	for _, id := range match(f).Resolve(&s.table) {
		if seq := s.lastUpTo(id, upTo); seq != 0 {
			seqs = append(seqs, seq)
		}
		if len(seqs) > limit {
			return nil, false
		}
	}
	slices.Sort(seqs)
	return seqs, true
}

// NumPending implements store.Stream.
func (s *Store) NumPending(f *store.Filter, from uint64) (n uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if m := match(f); !m.All() || from > s.floor {
		for _, id := range m.Resolve(&s.table) {
			if int(id) >= len(s.posts) {
				continue
			}
			p := &s.posts[id]
			i, _ := slices.BinarySearch(p.seqs[p.head:], from)
			n += uint64(len(p.seqs) - p.head - i)
		}
		return n
	}
	return s.totals.Messages
}

// SeqByTime implements store.Stream.
func (s *Store) SeqByTime(unixNano int64) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.totals.Messages == 0 {
		return s.next
	}
	// Search over sequences; one without a message counts as the next with one.
	n := sort.Search(int(s.next-s.floor), func(i int) bool {
		seq := s.firstLive(s.floor + uint64(i))
		return seq == s.next || s.at(seq).time >= unixNano
	})
	return s.firstLive(s.floor + uint64(n))
}

// SubjectState implements store.Stream.
func (s *Store) SubjectState(name string) store.SubjectState {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := store.SubjectState{Subject: name}
	if id, ok := s.table.GetString(name); ok {
		e := s.table.Entry(id)
		st.Messages, st.First, st.Last = e.Messages, e.First, e.Last
	}
	return st
}

// Subjects implements store.Stream.
func (s *Store) Subjects(f *store.Filter) iter.Seq[store.SubjectState] {
	return func(yield func(store.SubjectState) bool) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		for _, id := range match(f).Resolve(&s.table) {
			e := s.table.Entry(id)
			if e.Messages == 0 {
				continue
			}
			if !yield(store.SubjectState{Subject: string(s.table.Name(id)), Messages: e.Messages, First: e.First, Last: e.Last}) {
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
		for at := s.floor; at < s.next; {
			seq := s.firstLive(at)
			if seq > at && !yield(store.SeqRange{First: at, Last: seq - 1}) {
				return
			}
			at = seq + 1
		}
	}
}

// Expired implements store.Stream.
func (s *Store) Expired(now int64, limit int, into []uint64) (due []uint64, next int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due = into[:0]
	soonest := func(t int64) {
		if next == 0 || t < next {
			next = t
		}
	}
	var back []expiry.Entry
	for len(s.ttls) > 0 {
		top := s.ttls[0]
		if s.at(top.Seq) == nil {
			s.ttls.Pop()
			continue
		}
		if top.Expires > now || len(due) >= limit {
			soonest(top.Expires)
			break
		}
		back = append(back, s.ttls.Pop())
		due = append(due, top.Seq)
	}
	for _, e := range back {
		s.ttls.Add(e.Expires, e.Seq) // it is due until it is removed
	}
	if s.limits.MaxAge <= 0 {
		return due, next
	}
	front := true
	for seq := s.firstLive(max(s.ageFrom, s.floor)); seq < s.next; seq = s.firstLive(seq + 1) {
		m := s.at(seq)
		if m.ttl == store.TTLNever {
			if front {
				s.ageFrom = seq + 1
			}
			continue
		}
		front = false
		if m.ttl > 0 && m.time+int64(m.ttl) <= now {
			continue // its TTL has listed it
		}
		if ends := m.time + int64(s.limits.MaxAge); ends > now || len(due) >= limit {
			soonest(max(ends, 1))
			break
		}
		due = append(due, seq)
	}
	return due, next
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
	defer s.mu.RUnlock()
	st := store.State{
		Messages: s.totals.Messages, Bytes: s.totals.Bytes, FirstSeq: s.floor, LastSeq: s.next - 1,
		Subjects: s.table.Live(), Applied: s.applied,
	}
	if !s.used && s.first == 1 {
		st.FirstSeq = 0 // never used [J-13]
	}
	if s.lastTime != 0 {
		st.LastTime = time.Unix(0, s.lastTime)
	}
	if m := s.at(s.floor); m != nil {
		st.FirstTime = time.Unix(0, m.time)
		st.Deleted = st.LastSeq - st.FirstSeq + 1 - st.Messages
	}
	return st
}
