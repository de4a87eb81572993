package store

import (
	"slices"
	"sort"
)

// Delivery is one message handed to a client.
type Delivery struct {
	ConsumerSeq uint64
	StreamSeq   uint64
	Time        int64 // Unix nanoseconds
	Count       uint64
}

// SeqPair is a position: consumer sequence and stream sequence.
type SeqPair struct{ Consumer, Stream uint64 }

// Pending is one message that waits for its acknowledgement.
type Pending struct {
	StreamSeq   uint64
	ConsumerSeq uint64 // of the first delivery
	Time        int64  // of the last delivery, Unix nanoseconds
}

// ConsumerState is where a consumer stands: the floor below which everything is
// done, what was delivered last, what is pending between, and how often
// messages were redelivered. Its methods are the only place where it changes,
// live and during recovery alike, so both always agree.
//
// Pending is kept as a sorted slice, since deliveries come in stream order: an
// acknowledgement is a binary search, and those at the front, which are nearly
// all, free their place at once. Invariant: every pending stream sequence is
// above AckFloor.Stream and not above Delivered.Stream.
type ConsumerState struct {
	Delivered SeqPair
	AckFloor  SeqPair
	// Redelivered counts deliveries of those delivered more than once.
	Redelivered map[uint64]uint64

	pending []Pending // sorted by StreamSeq; ConsumerSeq 0 = acknowledged
	open    int       // how many of them are not acknowledged
}

// NumPending is how many messages wait for an acknowledgement.
func (s *ConsumerState) NumPending() int { return s.open }

// EachPending calls yield for each pending message in stream order until it
// returns false.
func (s *ConsumerState) EachPending(yield func(Pending) bool) {
	for _, p := range s.pending {
		if p.ConsumerSeq != 0 && !yield(p) {
			return
		}
	}
}

// GetPending finds a pending message.
func (s *ConsumerState) GetPending(streamSeq uint64) (Pending, bool) {
	i, ok := s.find(streamSeq)
	if !ok {
		return Pending{}, false
	}
	return s.pending[i], true
}

// find gives the place of a pending message, or where it would be inserted.
func (s *ConsumerState) find(streamSeq uint64) (int, bool) {
	n := len(s.pending)
	if n > 0 && s.pending[n-1].StreamSeq < streamSeq {
		return n, false
	}
	i := sort.Search(n, func(i int) bool { return s.pending[i].StreamSeq >= streamSeq })
	return i, i < n && s.pending[i].StreamSeq == streamSeq && s.pending[i].ConsumerSeq != 0
}

// Deliver applies a delivery; see Consumer.Deliver.
func (s *ConsumerState) Deliver(d Delivery, noAck bool) {
	s.Delivered.Consumer = d.ConsumerSeq
	s.Delivered.Stream = max(s.Delivered.Stream, d.StreamSeq)
	if noAck {
		s.advance() // past it, unless the policy was another one before
		return
	}
	if d.Count > 1 {
		if s.Redelivered == nil {
			s.Redelivered = map[uint64]uint64{}
		}
		s.Redelivered[d.StreamSeq] = d.Count
	}
	i, ok := s.find(d.StreamSeq)
	if ok {
		s.pending[i].Time = d.Time
		return
	}
	if d.StreamSeq <= s.AckFloor.Stream {
		return // acknowledged while it was on its way
	}
	p := Pending{StreamSeq: d.StreamSeq, ConsumerSeq: max(d.ConsumerSeq, 1), Time: d.Time}
	if i < len(s.pending) && s.pending[i].StreamSeq == d.StreamSeq {
		s.pending[i] = p
	} else {
		s.pending = slices.Insert(s.pending, i, p)
	}
	s.open++
}

// Ack applies an acknowledgement; see Consumer.Ack.
func (s *ConsumerState) Ack(streamSeq uint64, all bool) bool {
	found := false
	if all {
		for i := range s.pending {
			if s.pending[i].StreamSeq > streamSeq {
				break
			}
			found = s.finish(i) || found
		}
	} else if i, ok := s.find(streamSeq); ok {
		found = s.finish(i)
	}
	if found {
		s.advance()
	}
	return found
}

// GiveUp takes a message out of pending; see Consumer.GiveUp.
func (s *ConsumerState) GiveUp(streamSeq uint64, keep bool) bool {
	i, ok := s.find(streamSeq)
	if !ok {
		return false
	}
	count := s.Redelivered[streamSeq]
	s.finish(i)
	if keep && count > 0 {
		s.Redelivered[streamSeq] = count
	}
	s.advance()
	return true
}

// finish marks one place as acknowledged.
func (s *ConsumerState) finish(i int) bool {
	p := &s.pending[i]
	if p.ConsumerSeq == 0 {
		return false
	}
	delete(s.Redelivered, p.StreamSeq)
	p.ConsumerSeq = 0
	s.open--
	return true
}

// advance frees what is acknowledged at the front and moves the floor to just
// below the lowest pending message, or to what was delivered. [J-44]
func (s *ConsumerState) advance() {
	n := 0
	for n < len(s.pending) && s.pending[n].ConsumerSeq == 0 {
		n++
	}
	switch {
	case n == len(s.pending):
		s.pending = s.pending[:0]
		s.AckFloor = s.Delivered
		return
	case n == 0:
		return
	}
	if 2*n >= len(s.pending) || n > 512 {
		// Shift rather than reslice, so that the room is used again.
		s.pending = s.pending[:copy(s.pending, s.pending[n:])]
		n = 0
	}
	s.AckFloor.Stream = max(s.AckFloor.Stream, s.pending[n].StreamSeq-1)
	s.AckFloor.Consumer = max(s.AckFloor.Consumer, s.pending[n].ConsumerSeq-1)
}

// Clamp brings a state that is ahead of its stream back to lastSeq, as it may
// be after the stream has lost its tail. It reports whether it had to. [J-71]
func (s *ConsumerState) Clamp(lastSeq uint64) bool {
	if s.Delivered.Stream <= lastSeq {
		return false
	}
	for i := range s.pending {
		if s.pending[i].StreamSeq > lastSeq {
			s.finish(i)
		}
	}
	for seq := range s.Redelivered {
		if seq > lastSeq {
			delete(s.Redelivered, seq)
		}
	}
	s.Delivered.Stream = lastSeq
	s.AckFloor.Stream = min(s.AckFloor.Stream, lastSeq)
	s.pending = slices.DeleteFunc(s.pending, func(p Pending) bool { return p.StreamSeq > lastSeq })
	s.advance()
	return true
}

// Clone gives an independent copy.
func (s *ConsumerState) Clone() ConsumerState {
	c := ConsumerState{Delivered: s.Delivered, AckFloor: s.AckFloor, open: s.open}
	for _, p := range s.pending {
		if p.ConsumerSeq != 0 {
			c.pending = append(c.pending, p)
		}
	}
	if len(s.Redelivered) > 0 {
		c.Redelivered = make(map[uint64]uint64, len(s.Redelivered))
		for seq, n := range s.Redelivered {
			c.Redelivered[seq] = n
		}
	}
	return c
}

// SetPending replaces the pending messages, in any order.
func (s *ConsumerState) SetPending(list []Pending) {
	s.pending = slices.Clone(list)
	slices.SortFunc(s.pending, func(a, b Pending) int {
		if a.StreamSeq < b.StreamSeq {
			return -1
		}
		return 1
	})
	s.open = 0
	for i := range s.pending {
		s.pending[i].ConsumerSeq = max(s.pending[i].ConsumerSeq, 1)
		s.open++
	}
}

// Equal reports whether two states say the same.
func (s *ConsumerState) Equal(o *ConsumerState) bool {
	a, b := s.Clone(), o.Clone()
	if a.Delivered != b.Delivered || a.AckFloor != b.AckFloor || len(a.Redelivered) != len(b.Redelivered) {
		return false
	}
	for seq, n := range a.Redelivered {
		if b.Redelivered[seq] != n {
			return false
		}
	}
	return slices.Equal(a.pending, b.pending)
}
