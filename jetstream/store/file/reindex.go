package file

import (
	"errors"
	"fmt"
	"io"

	"github.com/midge-nats/midge/jetstream/store/subjects"
)

// reindexLocked reads a sealed segment again to rebuild its index. Messages that
// the state counts and the segment does not hold are lost.
func (s *Store) reindexLocked(g *segment) error {
	if err := s.rebuildLocked(g); err != nil {
		return err
	}
	if !s.recovering && s.shortLocked(g) {
		s.loseMissingLocked(g)
	}
	return nil
}

// shortLocked reports whether a segment has fewer positions of live messages
// than it counts.
func (s *Store) shortLocked(g *segment) bool {
	live := uint64(0)
	for i := range g.count() {
		e, err := g.entry(i)
		if err != nil {
			return false // found when it is used
		}
		if seq := g.base + uint64(e.delta()); seq >= s.floor && !g.isDead(seq) {
			live++
		}
	}
	return live < g.live
}

// rebuildLocked reads a sealed segment and writes its index.
func (s *Store) rebuildLocked(g *segment) error {
	ents, names, err := s.surveyLocked(g)
	if err != nil {
		return fmt.Errorf("rebuild index of segment %d: %w", g.id, err)
	}
	if g.idx != nil {
		s.files.retire(g.idx.file)
		g.idx = nil
	}
	g.ents, g.ids = ents, names
	s.indexLocked(g)
	return nil
}

// surveyLocked lists the messages of a sealed segment with their subjects, erased
// ones too. It uses s.meta, which wmu guards, or mu alone: see reindex.
func (s *Store) surveyLocked(g *segment) ([]position, []subjects.ID, error) {
	f, err := s.files.acquire(g.file)
	if err != nil {
		return nil, nil, err
	}
	defer s.files.release(g.file)
	b := make([]byte, max(0, g.end-dataStart))
	n, err := f.ReadAt(b, dataStart)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	sc := scanRegion(b[:n], dataStart, g.seed)
	var ents []position
	var ids []subjects.ID
	for _, fr := range sc.frames {
		if fr.kind != kindMessage && fr.kind != kindVoid {
			continue
		}
		frame := s.meta.Bytes(fr.size)
		copy(frame, b[fr.off-dataStart:])
		fact, err := s.factsLocked(g, frame, fr.off)
		if err != nil || fact.seq < g.base || fact.seq > g.lastSeq {
			continue
		}
		ents = append(ents, makePosition(uint32(fact.seq-g.base), fr.off))
		ids = append(ids, fact.id)
	}
	return ents, ids, nil
}

// loseMissingLocked puts those messages of a segment on record as lost that its
// counters know and its positions, just rebuilt, do not. Their subjects are not
// known: the subject counters are put right from those that are left.
func (s *Store) loseMissingLocked(g *segment) {
	g.kept = true
	have := map[uint64]bool{}
	for i := range g.count() {
		if e, err := g.entry(i); err == nil {
			have[g.base+uint64(e.delta())] = true
		}
	}
	for seq := max(g.base, s.floor); seq <= g.lastSeq; seq++ {
		if have[seq] || g.isDead(seq) || s.lost.has(seq) {
			continue
		}
		s.lost.add(seq, seq)
		s.batch.lost.add(seq, seq)
		if g.live > 0 {
			s.uncountLocked(g, seq, 0, g.msgBytes/g.live)
		}
	}
	s.recountLocked()
}

// recountLocked computes the subject table from all positions.
func (s *Store) recountLocked() {
	type sum struct{ n, first, last uint64 }
	sums := make([]sum, s.subjects.Len())
	count := func(g *segment, id subjects.ID, p position) {
		seq := g.base + uint64(p.delta())
		if seq < s.floor || g.isDead(seq) {
			return
		}
		c := &sums[id]
		c.n++
		c.last = max(c.last, seq)
		if c.first == 0 || seq < c.first {
			c.first = seq
		}
	}
	for _, g := range s.segs {
		if g.idx == nil {
			for i, id := range g.ids {
				if id != subjects.None {
					count(g, id, g.ents[i])
				}
			}
			continue
		}
		for i := range g.idx.rows {
			hash, first, n, err := g.idx.row(i)
			if err != nil {
				break // found and rebuilt when it is used next
			}
			s.subjects.ByHash(hash, func(id subjects.ID) bool {
				for k := first; k < first+n; k++ {
					if p, err := g.idx.post(k); err == nil {
						count(g, id, p)
					}
				}
				return false
			})
		}
	}
	for id, c := range sums {
		id := subjects.ID(id)
		s.subjects.Drop(id, s.subjects.Entry(id).Messages)
		if c.n > 0 {
			s.subjects.Restore(append([]byte(nil), s.subjects.Name(id)...), c.n, c.first, c.last, false)
		}
	}
}
