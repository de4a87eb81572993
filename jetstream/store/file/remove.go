package file

import (
	"encoding/binary"
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
	f, err := s.removeLocked(seq, false)
	switch {
	case errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDeleted) || errors.Is(err, store.ErrLost):
		return false, nil
	case err != nil:
		return false, err
	}
	if secure {
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
func (s *Store) Purge(p store.Purge) (uint64, error) {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if err := s.prepare(batchSlack); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.totals.Messages
	below := s.next
	if p.Seq > 0 {
		below = min(p.Seq, s.next)
	}
	all := p.Filter == "" || p.Filter == ">"
	if p.Keep > 0 {
		below = s.keepBoundLocked(p.Filter, p.Keep)
	}
	s.begin()
	if all {
		s.dropBelowLocked(below)
	} else {
		s.closeFrame(append(binary.LittleEndian.AppendUint64(s.openFrame(kindPurge, 0), below), p.Filter...))
		m := subjects.NewMatch([]string{p.Filter})
		for _, id := range slices.Clone(m.Update(&s.subjects)) {
			s.purgeIDLocked(id, below)
		}
	}
	return before - s.totals.Messages, s.writable()
}

// keepBoundLocked finds the sequence from which on keep matching messages are.
func (s *Store) keepBoundLocked(filter string, keep uint64) uint64 {
	f := store.NewFilter()
	if filter != "" {
		f = store.NewFilter(filter)
	}
	have, err := s.numPendingLocked(s.cursor(f), s.floor) // needs no index
	if err != nil {
		return s.floor
	}
	if have <= keep {
		return s.floor
	}
	// Walk from the end that is closer.
	c := s.cursor(f)
	seq := s.floor
	for range have - keep {
		at, g, _, err := s.nextLocked(c, seq)
		if errors.Is(err, errIndex) {
			if err = s.reindexLocked(g); err == nil {
				at, _, _, err = s.nextLocked(c, seq)
			}
		}
		if err != nil {
			_ = s.breaks(err) // there are more than that
			break
		}
		seq = at + 1
	}
	return seq
}

// purgeSubjectLocked removes and logs what is below a sequence on one subject.
func (s *Store) purgeSubjectLocked(name []byte, below uint64) {
	id, ok := s.subjects.Get(name)
	if !ok || s.subjects.Entry(id).Messages < 2 {
		return // only the message that replaces them
	}
	s.closeFrame(append(binary.LittleEndian.AppendUint64(s.openFrame(kindPurge, flagLiteral), below), name...))
	s.purgeIDLocked(id, below)
}

// purgeIDLocked removes what is below a sequence on one subject.
func (s *Store) purgeIDLocked(id subjects.ID, below uint64) {
	for s.subjects.Entry(id).Messages > 0 {
		first, err := s.firstOfLocked(id)
		if err != nil || first >= below {
			return
		}
		if _, err := s.removeLocked(first, true); err != nil && !errors.Is(err, store.ErrLost) {
			return
		}
	}
}

// dropBelowLocked removes everything below a sequence: whole segments by their
// index, the rest one by one. The floor in the commit frame implies it.
func (s *Store) dropBelowLocked(below uint64) {
	if below >= s.next {
		s.dropAllLocked()
		return
	}
	top := s.floor
	for _, g := range s.segs {
		if g == s.active || g.lastSeq >= below || g.live > 0 && !s.dropSegmentLocked(g) {
			break
		}
		top = max(top, g.lastSeq+1)
	}
	if top > s.floor {
		s.raiseFloorLocked(top)
	}
	for s.totals.Messages > 0 && s.floor < below {
		at := s.floor
		if !s.dropFirstLocked() || s.floor == at {
			return
		}
	}
}

// dropAllLocked removes every message without looking at any.
func (s *Store) dropAllLocked() {
	s.subjects.Reset()
	s.ttls = nil
	for _, g := range s.segs {
		g.live, g.liveBytes, g.msgBytes = 0, 0, 0
		for i := range g.ids {
			g.ids[i] = subjects.None
		}
		g.setAllDead()
	}
	s.totals = store.Totals{}
	s.raiseFloorLocked(s.next)
}

// dropSegmentLocked takes all messages of a sealed segment out of the state by
// its index. They must be the first of their subjects. It reports whether the
// index could be read.
func (s *Store) dropSegmentLocked(g *segment) bool {
	if g.idx == nil {
		return false
	}
	type drop struct {
		id subjects.ID
		n  uint64
	}
	var drops []drop
	for i := range g.idx.rows {
		hash, first, count, err := g.idx.row(i)
		if err != nil {
			return false
		}
		d := drop{id: subjects.None}
		s.subjects.ByHash(hash, func(id subjects.ID) bool {
			d.id = id
			return false
		})
		for k := first; k < first+count; k++ {
			e, err := g.idx.post(k)
			if err != nil {
				return false
			}
			if !g.isDead(g.base + uint64(e.delta())) {
				d.n++
			}
		}
		if d.n > 0 && d.id != subjects.None {
			drops = append(drops, d)
		}
	}
	for _, d := range drops {
		if s.subjects.Drop(d.id, d.n) {
			e := s.subjects.Entry(d.id)
			e.First, e.FirstStale = max(e.First, g.lastSeq+1), true
		}
	}
	s.totals.Messages -= g.live
	s.totals.Bytes -= g.msgBytes
	g.live, g.liveBytes, g.msgBytes = 0, 0, 0
	g.setAllDead()
	return true
}

// loseLocked takes a message that cannot be read out of the state and puts it
// on record as lost. Its subject comes from the index.
func (s *Store) loseLocked(g *segment, seq uint64, off int64) {
	g.kept = true
	frame := s.frameSizeLocked(g, off)
	s.lost.add(seq, seq)
	s.batch.lost.add(seq, seq) // the next batch puts it on record
	s.lostBytes += uint64(frame)
	// Without the message its accounted size is a guess from its frame; the
	// last of a segment takes the rest.
	account := uint64(max(frame-minMessageSize+30, 30))
	if g.live == 1 {
		account = g.msgBytes
	}
	s.uncountLocked(g, seq, frame, account)
	if id := s.subjectOfLocked(g, seq); id != subjects.None {
		s.unsubjectLocked(id, seq)
	}
	if seq == s.floor {
		s.raiseFloorLocked(seq + 1)
	}
}

// frameSizeLocked gives the distance from a position to the next one.
func (s *Store) frameSizeLocked(g *segment, off int64) int64 {
	next := g.end
	for i := range g.count() {
		e, err := g.entry(i)
		if err != nil {
			return 0
		}
		if o := e.off(); o > off && o < next {
			next = o
		}
	}
	return next - off
}

// subjectOfLocked finds the subject of a position without reading the message.
func (s *Store) subjectOfLocked(g *segment, seq uint64) subjects.ID {
	if g.idx == nil {
		if i, err := g.seek(seq); err == nil && i < len(g.ids) {
			return g.ids[i]
		}
		return subjects.None
	}
	found := subjects.None
	for i := range g.idx.rows {
		hash, first, count, err := g.idx.row(i)
		if err != nil {
			return found
		}
		k, err := searchPosts(g, first, count, seq)
		if err != nil || k == first+count {
			continue
		}
		if e, err := g.idx.post(k); err == nil && g.base+uint64(e.delta()) == seq {
			s.subjects.ByHash(hash, func(id subjects.ID) bool {
				found = id
				return false
			})
			return found
		}
	}
	return found
}
