package file

import (
	"cmp"
	"errors"
	"slices"
	"sort"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/subjects"
)

// Hot path.

// cursor is what a Filter remembers: its subjects, where its messages are in the
// segment that it reads at the moment, and a window of that segment's file. A
// message costs a step in the plan and, mostly, no read; a segment costs one
// lookup for each subject that it may hold. Neither depends on the length of the
// stream or on how many messages do not match.
type cursor struct {
	match *subjects.Match

	// seg and posts are the plan: all matching messages of one segment. Of the
	// active one, the first scanned positions have been looked at.
	seg     *segment
	posts   []position
	scanned int

	window readAhead
}

func (s *Store) cursor(f *store.Filter) *cursor {
	if f == nil {
		return &cursor{match: subjects.NewMatch(nil)}
	}
	c, ok := f.Cache.(*cursor)
	if !ok {
		c = &cursor{match: subjects.NewMatch(f.Subjects())}
		f.Cache = c
	}
	return c
}

// Next implements store.Stream.
func (s *Store) Next(f *store.Filter, from uint64, into *store.Record) (uint64, error) {
	c := s.cursor(f)
	for {
		s.mu.RLock()
		if s.closed {
			s.mu.RUnlock()
			return 0, store.ErrClosed
		}
		seq, g, off, err := s.nextLocked(c, from)
		if i := s.lost.at(from); i < len(s.lost.ranges) {
			if l := max(s.lost.ranges[i].First, from); err == nil && l < seq || errors.Is(err, store.ErrNotFound) {
				s.mu.RUnlock()
				return l, store.ErrLost
			}
		}
		if err != nil {
			s.mu.RUnlock()
			if errors.Is(err, errIndex) {
				if err = s.reindex(g); err == nil {
					continue
				}
			}
			return 0, err
		}
		end := g.end
		if g == s.active {
			end = s.tail.off
		}
		done, err := s.loadTailLocked(g, off, into)
		s.mu.RUnlock()
		if !done {
			err = s.loadWindow(c, g, off, end, f != nil, into)
		}
		if err != nil || into.Seq != seq {
			if err = s.judge(g, seq, off, err); err != nil {
				return seq, err
			}
			continue
		}
		if c.match.All() || c.match.Has(into.Subject) {
			return seq, nil
		}
		from = seq + 1 // another subject with the same hash
	}
}

// loadWindow reads a message through the cursor's window, which moves along
// when the reads are close together. What lies behind end is still in memory,
// and perhaps not written yet.
func (s *Store) loadWindow(c *cursor, g *segment, off, end int64, ahead bool, into *store.Record) error {
	w := &c.window
	f := w.frame(g, off)
	if f == nil && ahead && w.near(g, off) {
		w.move(s, g, off, end)
		f = w.frame(g, off)
	}
	if f != nil {
		b := into.Bytes(len(f))
		copy(b, f)
		return decodeMessage(g, b, off, into)
	}
	w.mark(g, off)
	return s.loadDisk(g, off, into)
}

// nextLocked finds the first matching live message at or after from.
func (s *Store) nextLocked(c *cursor, from uint64) (uint64, *segment, int64, error) {
	from = max(from, s.floor)
	last := s.next - 1
	if !c.match.All() {
		ids := c.match.Update(&s.subjects)
		first, end := s.boundsLocked(ids)
		from, last = max(from, first), min(last, end)
	}
	if from > last || s.totals.Messages == 0 {
		return 0, nil, 0, store.ErrNotFound
	}
	for i := s.findSegment(from); i < len(s.segs); i++ {
		g := s.segs[i]
		if g.live == 0 {
			continue
		}
		if g.base > last {
			break
		}
		p, ok, err := s.nextInLocked(c, g, from)
		if err != nil {
			return 0, g, 0, err
		}
		if ok {
			return g.base + uint64(p.delta()), g, p.off(), nil
		}
	}
	return 0, nil, 0, store.ErrNotFound
}

// boundsLocked gives the sequences between which messages of these subjects
// are. With many subjects looking at each would cost more than it saves.
func (s *Store) boundsLocked(ids []subjects.ID) (first, last uint64) {
	if len(ids) > 16 {
		return 0, s.next - 1
	}
	first = s.next
	for _, id := range ids {
		if e := s.subjects.Entry(id); e.Messages > 0 {
			first, last = min(first, e.First), max(last, e.Last)
		}
	}
	return first, last
}

// nextInLocked finds the first matching live message of one segment.
func (s *Store) nextInLocked(c *cursor, g *segment, from uint64) (position, bool, error) {
	if c.match.All() {
		k, err := g.seek(from)
		for n := g.count(); err == nil && k < n; k++ {
			var e position
			if e, err = g.entry(k); err == nil && !g.isDead(g.base+uint64(e.delta())) {
				return e, true, nil
			}
		}
		return 0, false, err
	}
	if err := s.planLocked(c, g); err != nil {
		return 0, false, err
	}
	k := 0
	if from > g.base {
		k, _ = slices.BinarySearch(c.posts, makePosition(uint32(min(from-g.base, 1<<32-1)), 0))
	}
	for ; k < len(c.posts); k++ {
		if p := c.posts[k]; !g.isDead(g.base + uint64(p.delta())) {
			return p, true, nil
		}
	}
	return 0, false, nil
}

// planLocked brings the plan of a cursor to a segment. The cursor's match must
// be up to date.
func (s *Store) planLocked(c *cursor, g *segment) error {
	if c.seg != g {
		c.seg, c.scanned, c.posts = g, 0, c.posts[:0]
	}
	if c.scanned >= g.count() {
		return nil
	}
	if g.idx == nil {
		for ; c.scanned < len(g.ids); c.scanned++ {
			if c.match.HasID(g.ids[c.scanned]) {
				c.posts = append(c.posts, g.ents[c.scanned])
			}
		}
		return nil
	}
	c.posts = c.posts[:0]
	if err := s.planIndexLocked(c, g); err != nil {
		c.seg = nil
		return err
	}
	c.scanned = g.count()
	return nil
}

// planIndexLocked collects the posts of a sealed segment: subject by subject if
// there are few, row by row otherwise.
func (s *Store) planIndexLocked(c *cursor, g *segment) error {
	runs := 0
	add := func(first, count int) error {
		for k := first; k < first+count; k++ {
			p, err := g.idx.post(k)
			if err != nil {
				return err
			}
			c.posts = append(c.posts, p)
		}
		runs++
		return nil
	}
	ids := c.match.Update(&s.subjects)
	if len(ids) <= 16+g.idx.rows/8 {
		for _, id := range ids {
			e := s.subjects.Entry(id)
			if e.Messages == 0 || e.First > g.lastSeq || e.Last < g.base {
				continue
			}
			first, count, err := g.idx.find(e.Hash)
			if err == nil && count > 0 {
				err = add(first, count)
			}
			if err != nil {
				return err
			}
		}
	} else {
		for i := range g.idx.rows {
			hash, first, count, err := g.idx.row(i)
			if err != nil {
				return err
			}
			hit := false
			s.subjects.ByHash(hash, func(id subjects.ID) bool {
				hit = c.match.HasID(id)
				return !hit
			})
			if !hit {
				continue
			}
			if err := add(first, count); err != nil {
				return err
			}
		}
	}
	if runs > 1 {
		slices.SortFunc(c.posts, func(a, b position) int { return cmp.Compare(a, b) })
	}
	return nil
}

// searchPosts finds the first post of a run at or after seq.
func searchPosts(g *segment, first, count int, seq uint64) (int, error) {
	var err error
	i := sort.Search(count, func(i int) bool {
		p, perr := g.idx.post(first + i)
		if perr != nil {
			err = perr
		}
		return g.base+uint64(p.delta()) >= seq
	})
	return first + i, err
}

// firstOfLocked gives the first sequence of a subject that has messages, and
// remembers it. REQUIRES: mu for writing.
func (s *Store) firstOfLocked(id subjects.ID) (uint64, error) {
	e := s.subjects.Entry(id)
	if !e.FirstStale {
		return e.First, nil
	}
	seq, err := s.firstAfterLocked(id, e.First)
	for errors.Is(err, errIndex) {
		if rerr := s.reindexAllLocked(); rerr != nil {
			return 0, s.breaks(rerr)
		}
		seq, err = s.firstAfterLocked(id, e.First)
	}
	if err != nil {
		return 0, err
	}
	e = s.subjects.Entry(id) // a rebuilt index may have moved it
	e.First, e.FirstStale = seq, false
	return seq, nil
}

// firstAfterLocked finds the first live message of one subject at or after from.
func (s *Store) firstAfterLocked(id subjects.ID, from uint64) (uint64, error) {
	e := s.subjects.Entry(id)
	from = max(from, s.floor)
	for i := s.findSegment(from); i < len(s.segs) && s.segs[i].base <= e.Last; i++ {
		g := s.segs[i]
		if g.live == 0 {
			continue
		}
		if g.idx == nil {
			k, _ := g.seek(from)
			for ; k < len(g.ids); k++ {
				if g.ids[k] == id && !g.isDead(g.base+uint64(g.ents[k].delta())) {
					return g.base + uint64(g.ents[k].delta()), nil
				}
			}
			continue
		}
		first, count, err := g.idx.find(e.Hash)
		if err != nil {
			return 0, err
		}
		if count == 0 {
			continue
		}
		k, err := searchPosts(g, first, count, from)
		for ; err == nil && k < first+count; k++ {
			var p position
			if p, err = g.idx.post(k); err == nil && !g.isDead(g.base+uint64(p.delta())) {
				return g.base + uint64(p.delta()), nil
			}
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, store.ErrNotFound
}

// lastOfLocked finds the last live message of one subject at or below upTo.
func (s *Store) lastOfLocked(id subjects.ID, upTo uint64) (uint64, error) {
	e := s.subjects.Entry(id)
	for i := min(s.findSegment(upTo), len(s.segs)-1); i >= 0 && s.segs[i].lastSeq >= e.First; i-- {
		g := s.segs[i]
		if g.live == 0 || g.base > upTo {
			continue
		}
		if g.idx == nil {
			k, _ := g.seek(upTo + 1)
			for k--; k >= 0; k-- {
				if g.ids[k] == id && !g.isDead(g.base+uint64(g.ents[k].delta())) {
					return g.base + uint64(g.ents[k].delta()), nil
				}
			}
			continue
		}
		first, count, err := g.idx.find(e.Hash)
		if err != nil {
			return 0, err
		}
		if count == 0 {
			continue
		}
		k, err := searchPosts(g, first, count, upTo+1)
		for k--; err == nil && k >= first; k-- {
			var p position
			if p, err = g.idx.post(k); err == nil && !g.isDead(g.base+uint64(p.delta())) {
				return g.base + uint64(p.delta()), nil
			}
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, store.ErrNotFound
}
