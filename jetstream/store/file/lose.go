package file

import "github.com/midge-nats/midge/jetstream/store/subjects"

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
