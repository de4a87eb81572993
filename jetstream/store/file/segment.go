package file

import (
	"crypto/cipher"
	"sort"

	"github.com/midge-nats/midge/jetstream/store/subjects"
)

// segment is one segment in memory. The newest has its positions and subjects in
// slices; a sealed one reads them from its index file, so it costs memory only
// for the sequences that were removed out of order.
//
// Everything but the first group is guarded by Store.mu.
type segment struct {
	// Immutable after construction.
	head header
	id   uint64
	base uint64
	file *handle
	seed uint32
	aead cipher.AEAD // nil: in the clear

	// end is where the log ends in it, staged frames included.
	end int64
	// lastSeq is the highest sequence in it, base-1 without one.
	lastSeq uint64
	// live, liveBytes, msgBytes: messages not removed, the size of their
	// frames, and what they count for in the stream's state.
	live      uint64
	liveBytes int64
	msgBytes  uint64
	// firstTime and lastTime are of its first and last message.
	firstTime int64
	lastTime  int64
	// dead has a bit for each removed sequence from base on; nil without any.
	dead []uint64
	// ents and ids are positions and subjects of the messages, by sequence, as
	// long as there is no index.
	ents []position
	ids  []subjects.ID
	idx  *index
	// kept is set when a part is damaged: compaction then keeps the file aside.
	kept bool
	// overhead is what a compaction had to keep besides messages, bytes.
	overhead int64
	// erased counts messages blanked in place, so that a compaction notices.
	erased int
}

// isDead reports whether a sequence of this segment was removed.
func (g *segment) isDead(seq uint64) bool {
	d := seq - g.base
	return d>>6 < uint64(len(g.dead)) && g.dead[d>>6]&(1<<(d&63)) != 0
}

func (g *segment) setDead(seq uint64) {
	d := seq - g.base
	if need := int(d>>6) + 1; need > len(g.dead) {
		grown := make([]uint64, max(need, int((g.lastSeq-g.base)>>6)+1))
		copy(grown, g.dead)
		g.dead = grown
	}
	g.dead[d>>6] |= 1 << (d & 63)
}

// setAllDead marks every sequence up to the last one as removed, and none above:
// the segment may be active.
func (g *segment) setAllDead() {
	if g.lastSeq < g.base {
		return
	}
	g.setDead(g.lastSeq)
	d := g.lastSeq - g.base
	for i := range d >> 6 {
		g.dead[i] = ^uint64(0)
	}
	g.dead[d>>6] |= ^uint64(0) >> (63 - d&63)
}

// count is the number of positions, removed messages included.
func (g *segment) count() int {
	if g.idx != nil {
		return g.idx.entries
	}
	return len(g.ents)
}

// entry gives the ith position.
func (g *segment) entry(i int) (position, error) {
	if g.idx != nil {
		return g.idx.entry(i)
	}
	return g.ents[i], nil
}

// seek finds the first position at or after a sequence, count() if none. In a
// segment without gaps the first guess is right.
func (g *segment) seek(seq uint64) (int, error) {
	n := g.count()
	if n == 0 || seq <= g.base {
		return 0, nil
	}
	if seq > g.lastSeq {
		return n, nil
	}
	delta := uint32(seq - g.base)
	first, err := g.entry(0)
	if err != nil {
		return 0, err
	}
	if delta <= first.delta() {
		return 0, nil
	}
	if guess := int(delta - first.delta()); guess < n {
		e, err := g.entry(guess)
		if err != nil {
			return 0, err
		}
		if e.delta() == delta {
			return guess, nil
		}
		n = guess // positions are at most as dense as sequences
	}
	i := sort.Search(n, func(i int) bool {
		e, eerr := g.entry(i)
		if eerr != nil {
			err = eerr
		}
		return e.delta() >= delta
	})
	return i, err
}

// locate gives the offset of a live message, 0 if it is not in this segment any
// more.
func (g *segment) locate(seq uint64) (off int64, err error) {
	if seq < g.base || seq > g.lastSeq || g.isDead(seq) {
		return 0, nil
	}
	i, err := g.seek(seq)
	if err != nil || i >= g.count() {
		return 0, err
	}
	e, err := g.entry(i)
	if err != nil || g.base+uint64(e.delta()) != seq {
		return 0, err
	}
	return e.off(), nil
}

// findSegment gives the place of the segment that holds seq, or of the first one
// behind it; len(segs) if there is none.
func (s *Store) findSegment(seq uint64) int {
	return sort.Search(len(s.segs), func(i int) bool { return s.segs[i].lastSeq >= seq })
}
