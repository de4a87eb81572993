package file

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/subjects"
)

func ttlDuration(ns int64) time.Duration { return time.Duration(ns) }

// facts are what has to be known of a message to remove it.
type facts struct {
	seg     *segment
	off     int64
	frame   int64 // bytes
	account uint64
	seq     uint64
	id      subjects.ID // of its subject, None if that is unknown
	time    int64
	ttl     time.Duration
}

// inspectLocked reads a live message to remove it. It may read the disk under
// mu, in windows of 64 KiB at the front of the stream, where limits remove.
// REQUIRES: wmu.
func (s *Store) inspectLocked(seq uint64) (facts, error) {
	g, off, err := s.whereLocked(seq)
	if g != nil && errors.Is(err, errIndex) {
		if err = s.reindexLocked(g); err == nil {
			g, off, err = s.whereLocked(seq)
		}
	}
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrDeleted) && !errors.Is(err, store.ErrLost) {
			_ = s.breaks(err) // it is returned
		}
		return facts{}, err
	}
	b, err := s.peekFrameLocked(g, off, &s.meta)
	if err == nil {
		var f facts
		if f, err = s.factsLocked(g, b, off); err == nil && f.seq == seq {
			return f, nil
		}
		if err == nil {
			err = errFrame
		}
	}
	if errors.Is(err, errFrame) {
		s.loseLocked(g, seq, off)
		return facts{}, store.ErrLost
	}
	// The disk does not answer. What was going to be removed is still there, so
	// the batch must not be committed.
	return facts{}, s.breaks(fmt.Errorf("read message %d: %w", seq, err))
}

// peekFrameLocked reads and verifies a frame into the buffer of m.
func (s *Store) peekFrameLocked(g *segment, off int64, m *store.Record) ([]byte, error) {
	var f []byte
	if g == s.active && off >= s.tail.off {
		if f = checkFrame(s.tail.buf[off-s.tail.off:], g.seed, off); f == nil {
			return nil, errFrame
		}
	} else if f = s.peek.frame(g, off); f == nil && s.peek.near(g, off) {
		end := g.end
		if g == s.active {
			end = s.written
		}
		s.peek.move(s, g, off, end)
		f = s.peek.frame(g, off)
	}
	if f == nil {
		s.peek.mark(g, off)
		return s.readFrame(g, off, m)
	}
	b := m.Bytes(len(f))
	copy(b, f)
	return b, nil
}

// factsLocked tells what a message frame, or what is left of an erased one,
// says about its message.
func (s *Store) factsLocked(g *segment, frame []byte, off int64) (facts, error) {
	f := facts{seg: g, off: off, frame: int64(len(frame)), id: subjects.None}
	if kind(frame[4]) == kindVoid {
		v, ok := parseVoid(frame)
		if !ok {
			return f, errFrame
		}
		f.seq, f.account = v.seq, v.account
		s.subjects.ByHash(v.hash, func(id subjects.ID) bool {
			f.id = id
			return false
		})
		return f, nil
	}
	m := &s.meta
	if err := decodeMessage(g, frame, off, m); err != nil {
		return f, err
	}
	// Interned, so that an index has it even if all its messages are gone.
	f.id = s.subjects.Intern(m.Subject)
	f.seq, f.time, f.ttl = m.Seq, m.Time, m.TTL
	f.account = store.FileMsgBytes(len(m.Subject), len(m.Header), len(m.Payload))
	return f, nil
}

// unlinkLocked takes one message out of the state. It does not log it.
func (s *Store) unlinkLocked(seq uint64, f *facts) {
	s.uncountLocked(f.seg, seq, f.frame, f.account)
	if f.id != subjects.None {
		s.unsubjectLocked(f.id, seq)
	}
	if seq == s.floor {
		s.raiseFloorLocked(seq + 1)
	}
}

// uncountLocked takes one message out of the totals.
func (s *Store) uncountLocked(g *segment, seq uint64, frame int64, account uint64) {
	g.setDead(seq)
	g.live--
	g.liveBytes = max(0, g.liveBytes-frame)
	account = min(account, g.msgBytes)
	g.msgBytes -= account
	s.totals.Messages--
	s.totals.Bytes -= account
}

// unsubjectLocked takes one message off its subject.
func (s *Store) unsubjectLocked(id subjects.ID, seq uint64) {
	e := s.subjects.Entry(id)
	first, last := e.First, e.Last
	if !s.subjects.Drop(id, 1) {
		return
	}
	if seq == first {
		e.First, e.FirstStale = seq+1, true
	}
	if seq == last {
		prev, err := s.lastOfLocked(id, seq-1)
		if errors.Is(err, errIndex) {
			if err = s.reindexAllLocked(); err == nil {
				prev, err = s.lastOfLocked(id, seq-1)
			}
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			_ = s.breaks(err) // the count is right, the last sequence is not
		}
		if err == nil {
			s.subjects.Entry(id).Last = prev
		}
	}
}

// raiseFloorLocked moves the floor to the first live message at or after seq
// and gives up segments that hold nothing any more.
func (s *Store) raiseFloorLocked(seq uint64) {
	floor := s.next
	if s.totals.Messages > 0 {
		if first, ok := s.firstLiveLocked(seq); ok {
			floor = first
		}
	}
	s.floor = floor
	n := 0
	for n < len(s.segs) && s.segs[n] != s.active && s.segs[n].live == 0 && s.segs[n].lastSeq < s.floor &&
		s.segs[n].head.last < s.snapshotAt {
		s.trash = append(s.trash, s.segs[n])
		n++
	}
	if n > 0 {
		s.segs = slices.Delete(s.segs, 0, n)
	}
}

// firstLiveLocked finds the first live message at or after seq.
func (s *Store) firstLiveLocked(seq uint64) (uint64, bool) {
	for i := s.findSegment(seq); i < len(s.segs); i++ {
		g := s.segs[i]
		if g.live == 0 {
			continue
		}
		k, err := g.seek(seq)
		for ; err == nil && k < g.count(); k++ {
			var e position
			if e, err = g.entry(k); err != nil {
				break
			}
			if at := g.base + uint64(e.delta()); !g.isDead(at) {
				return at, true
			}
		}
		if err != nil {
			if rerr := s.reindexLocked(g); rerr != nil {
				_ = s.breaks(rerr) // what follows is not the first
				return 0, false
			}
			i-- // once more, with a new index
		}
	}
	return 0, false
}

// removeLocked removes one message for good; logged says that the frames of the
// batch already imply it.
func (s *Store) removeLocked(seq uint64, logged bool) (facts, error) {
	f, err := s.inspectLocked(seq)
	if err != nil {
		return f, err
	}
	s.unlinkLocked(seq, &f)
	if !logged {
		s.begin()
		s.batch.removed = append(s.batch.removed, seq)
	}
	return f, nil
}

// dropFirstLocked removes the first message. The floor in the commit frame
// implies it. It reports whether there was one.
func (s *Store) dropFirstLocked() bool {
	if s.totals.Messages == 0 {
		return false
	}
	if s.active != nil { // not during recovery
		s.begin()
	}
	_, err := s.removeLocked(s.floor, true)
	return err == nil || errors.Is(err, store.ErrLost)
}

// enforceLocked removes from the front until the limits hold.
func (s *Store) enforceLocked() {
	for s.limits.Exceeded(s.totals) && s.dropFirstLocked() {
	}
}

// enforceSubjectLocked removes the oldest of a subject until its limit holds.
func (s *Store) enforceSubjectLocked(name []byte) {
	if s.limits.MaxMsgsPerSubject <= 0 {
		return
	}
	if id, ok := s.subjects.Get(name); ok {
		s.trimSubjectLocked(id, uint64(s.limits.MaxMsgsPerSubject))
	}
}

// trimSubjectLocked leaves the newest keep messages of a subject.
func (s *Store) trimSubjectLocked(id subjects.ID, keep uint64) {
	for s.subjects.Entry(id).Messages > keep {
		first, err := s.firstOfLocked(id)
		if err == nil {
			_, err = s.removeLocked(first, false)
		}
		if err != nil && !errors.Is(err, store.ErrLost) {
			return
		}
	}
}

// Remove implements store.Stream.
func (s *Store) Remove(seq uint64, secure bool) (bool, error) {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if err := s.prepare(batchSlack); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.removeLocked(seq, secure) // erasing has a frame of its own
	switch {
	case errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDeleted) || errors.Is(err, store.ErrLost):
		return false, nil
	case err != nil:
		return false, err
	}
	if secure {
		s.begin()
		v := void{seq: seq, account: f.account}
		if f.id != subjects.None {
			v.hash = s.subjects.Entry(f.id).Hash
		}
		s.batch.erase = append(s.batch.erase, erasure{f.seg, f.off, v})
	}
	return true, nil
}

// SetLimits implements store.Stream.
func (s *Store) SetLimits(l store.Limits) error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	s.mu.Lock()
	old := s.limits
	s.limits = l
	lower := s.limits.Exceeded(s.totals) || l.MaxMsgsPerSubject > 0 && (old.MaxMsgsPerSubject <= 0 || l.MaxMsgsPerSubject < old.MaxMsgsPerSubject)
	s.mu.Unlock()
	if !lower || s.totals.Messages == 0 {
		return nil
	}
	if err := s.prepare(batchSlack); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.MaxMsgsPerSubject > 0 {
		for id := range subjects.ID(s.subjects.Len()) {
			s.trimSubjectLocked(id, uint64(l.MaxMsgsPerSubject))
		}
	}
	s.enforceLocked()
	return s.writable()
}

// Purge implements store.Stream.
// keepBoundLocked finds the sequence from which on keep matching messages are.
// purgeSubjectLocked removes and logs what is below a sequence on one subject.
// purgeIDLocked removes what is below a sequence on one subject.
// dropBelowLocked removes everything below a sequence: whole segments by their
// index, the rest one by one. The floor in the commit frame implies it.
// dropAllLocked removes every message without looking at any.
// dropSegmentLocked takes all messages of a sealed segment out of the state by
// its index. They must be the first of their subjects. It reports whether the
// index could be read.
// loseLocked takes a message that cannot be read out of the state and puts it
// on record as lost. Its subject comes from the index.
// frameSizeLocked gives the distance from a position to the next one.
// subjectOfLocked finds the subject of a position without reading the message.
