package file

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/subjects"
)

// Purge removes messages by filter, by sequence, or all but the newest few, and
// gives their number. Nothing of it is durable before Commit.
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

func (s *Store) purgeSubjectLocked(name []byte, below uint64) {
	id, ok := s.subjects.Get(name)
	if !ok || s.subjects.Entry(id).Messages < 2 {
		return // only the message that replaces them
	}
	s.closeFrame(append(binary.LittleEndian.AppendUint64(s.openFrame(kindPurge, flagLiteral), below), name...))
	s.purgeIDLocked(id, below)
}

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
