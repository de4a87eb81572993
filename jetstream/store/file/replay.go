package file

import (
	"encoding/binary"
	"slices"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/subjects"
)

// applyAll applies the frames of a scanned region and finds out what the
// damaged parts between them held.
func (r *recoverer) applyAll(g *segment, sc *scanned, name string) {
	const from = int64(dataStart)
	s := r.s
	r.replayed = r.replayed || len(sc.frames) > 0
	g.kept = g.kept || len(sc.damage) > 0
	damage := sc.damage
	for _, f := range sc.frames {
		for len(damage) > 0 && damage[0].off < f.off {
			r.openHole(g, damage[0], name)
			damage = damage[1:]
		}
		frame := r.buf[f.off-from : f.off-from+int64(f.size)]
		if !r.apply(g, frame, f.off) {
			r.openHole(g, span{f.off, int64(f.size)}, name)
		}
	}
	for _, d := range damage {
		r.openHole(g, d, name)
	}
	s.behind += g.end - from
	s.logged += g.end - from
}

// openHole puts a damaged region on record. Which sequences it held is told by
// an index, if there is one from before, else by the next frame that names one.
func (r *recoverer) openHole(g *segment, d span, name string) {
	s := r.s
	g.kept = true
	r.hole = r.damage(Damage{File: name, Offset: d.off, Bytes: d.size, What: "record does not verify"})
	x, err := s.openIndex(g)
	if err != nil {
		return
	}
	defer s.files.retire(x.file)
	for i := range x.entries {
		p, err := x.entry(i)
		if err != nil {
			return
		}
		if p.off() >= d.off && p.off() < d.off+d.size {
			seq := g.base + uint64(p.delta())
			r.lose(seq, seq)
			if seq >= s.next {
				s.next = seq + 1 // settle must not count it again
			}
		}
	}
	r.hole = nil
}

// lose adds sequences to the latest damage.
func (r *recoverer) lose(first, last uint64) {
	d := &r.report.Damage[len(r.report.Damage)-1]
	if r.hole != nil {
		d = r.hole
	}
	if n := len(d.Lost); n > 0 && d.Lost[n-1].Last+1 == first {
		d.Lost[n-1].Last = last
	} else {
		d.Lost = append(d.Lost, store.SeqRange{First: first, Last: last})
	}
	r.suspect.add(first, last)
}

// settle closes a hole: the next sequence in the log is seq, so what is between
// was in it.
func (r *recoverer) settle(seq uint64) {
	s := r.s
	if r.hole != nil && seq > s.next {
		r.lose(s.next, seq-1)
		s.passLocked(seq)
	}
	r.hole = nil
}

// apply applies one frame; false if its contents make no sense, which a valid
// checksum makes a matter of a wrong program rather than of a wrong disk.
func (r *recoverer) apply(g *segment, frame []byte, off int64) bool {
	s := r.s
	k := kind(frame[4])
	if k == kindMessage {
		return r.applyMessage(g, frame, off)
	}
	if k == kindVoid {
		v, ok := parseVoid(frame)
		return ok && r.applyVoid(g, &v, off)
	}
	b, ok := openBody(g, frame, off)
	if !ok {
		return false
	}
	switch k {
	case kindErase:
		v, ok := parseVoid(frame)
		if ok {
			r.replayErase(&v)
		}
		return ok
	case kindRemove:
		return eachRange(b, r.replayRemove)
	case kindPurge:
		below, filter, ok := parsePurge(b)
		if ok {
			r.replayPurge(below, filter, frame[5]&flagLiteral != 0)
		}
		return ok
	case kindSkip:
		if len(b) != 8 {
			return false
		}
		next := binary.LittleEndian.Uint64(b)
		// A hole before a skip may have held anything below the skip's start,
		// which is not known; what is before it is what the hole can hold.
		r.hole = nil
		if next > s.next {
			s.passLocked(next)
		}
		return true
	case kindConsumer, kindConsumers, kindSnapshot, kindForget:
		if k == kindConsumers {
			s.snapshotAt, s.logged = g.id, 0
		}
		return s.replayConsumer(k, b)
	case kindLost:
		return eachRange(b, func(first, last uint64) bool {
			r.replayLost(first, last)
			return true
		})
	case kindCommit:
		c, ok := parseCommit(b)
		if ok {
			r.replayCommit(&c)
		}
		return ok
	default:
		return false
	}
}

func (r *recoverer) applyMessage(g *segment, frame []byte, off int64) bool {
	s := r.s
	m := &s.meta
	b := m.Bytes(len(frame))
	copy(b, frame)
	if decodeMessage(g, b, off, m) != nil || m.Seq < s.next || m.Seq-g.base > 1<<31 {
		return false
	}
	r.settle(m.Seq)
	s.addLocked(g, m, off, int64(len(frame)), store.FileMsgBytes(len(m.Subject), len(m.Header), len(m.Payload)))
	return true
}

// applyVoid puts an erased message in as a removed one. The removal comes later
// in the log and finds nothing to do; but the positions of a segment, and so its
// index, are the same whoever computes them and when.
func (r *recoverer) applyVoid(g *segment, v *void, off int64) bool {
	s := r.s
	if v.seq < s.next || v.seq-g.base > 1<<31 {
		return false
	}
	r.settle(v.seq)
	g.ents = append(g.ents, makePosition(uint32(v.seq-g.base), off))
	g.ids = append(g.ids, subjects.None)
	g.lastSeq = v.seq
	g.setDead(v.seq)
	s.passLocked(v.seq + 1)
	return true
}

func (r *recoverer) replayRemove(first, last uint64) bool {
	s := r.s
	r.suspect.remove(first, last)
	for seq := first; seq <= last && seq < s.next; seq++ {
		_, _ = s.removeLocked(seq, true) // gone already, or lost: both are on record
	}
	return true
}

// replayErase removes a message by what the frame says of it, since there may be
// nothing left of it in its place, or only half of it.
func (r *recoverer) replayErase(v *void) {
	s := r.s
	if r.suspect.has(v.seq) {
		r.suspect.remove(v.seq, v.seq)
		return
	}
	i := s.findSegment(v.seq)
	if i == len(s.segs) || v.seq < s.floor {
		return
	}
	g := s.segs[i]
	if v.seq < g.base || g.isDead(v.seq) || g.live == 0 || s.lost.has(v.seq) {
		return
	}
	f := facts{seg: g, account: v.account, id: subjects.None}
	s.subjects.ByHash(v.hash, func(id subjects.ID) bool {
		f.id = id
		return false
	})
	s.unlinkLocked(v.seq, &f)
}

func (r *recoverer) replayPurge(below uint64, filter string, literal bool) {
	s := r.s
	if literal {
		if id, ok := s.subjects.GetString(filter); ok {
			s.purgeIDLocked(id, below)
		}
		return
	}
	for _, id := range slices.Clone(subjects.NewMatch([]string{filter}).Resolve(&s.subjects)) {
		s.purgeIDLocked(id, below)
	}
}

// replayLost puts sequences on record that were found unreadable before.
func (r *recoverer) replayLost(first, last uint64) {
	s := r.s
	for seq := first; seq <= last && seq < s.next; seq++ {
		if g, off, err := s.whereLocked(seq); err == nil {
			s.loseLocked(g, seq, off)
		}
	}
	s.batch.lost = seqSet{}
	s.lost.add(first, last)
}

func (r *recoverer) replayCommit(c *commit) {
	s := r.s
	r.settle(c.next)
	if c.next > s.next {
		s.passLocked(c.next)
	}
	if c.floor > s.floor {
		s.dropBelowLocked(min(c.floor, s.next))
	}
	if c.floor > 1 {
		r.suspect.remove(1, c.floor-1)
	}
	r.rawFloor = c.floor
	s.applied = c.applied
	if c.time != 0 {
		s.lastTime = c.time
	}
	s.used = true
	s.batch.removed = s.batch.removed[:0]
}

// reindex rebuilds the index of a segment that turned out to be damaged.
func (s *Store) reindex(g *segment) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.segs, g) {
		return nil // replaced meanwhile: the caller looks again
	}
	return s.reindexLocked(g)
}

// reindexAllLocked reads every index and rebuilds those that are damaged.
func (s *Store) reindexAllLocked() error {
	s.cache.drop()
	for _, g := range slices.Clone(s.segs) {
		if g.idx == nil {
			continue
		}
		for p := range 1 + pagesFor(g.idx.entries, entsPage) + pagesFor(g.idx.rows, rowsPage) + pagesFor(g.idx.posts, entsPage) {
			if p == 0 {
				continue
			}
			if _, err := g.idx.page(p); err != nil {
				if err := s.reindexLocked(g); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}
