package file

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/subjects"
)

func subjectID(id int) subjects.ID { return subjects.ID(id) }

// defaultBudget is what one Maintain copies at most.
const defaultBudget = 16 << 20

// Maintain implements store.Stream.
//
// A compaction may only leave out what the checkpoint on disk already knows to
// be removed, since a recovery from there looks at every message that is removed
// behind it. So the plan is made together with a checkpoint.
func (s *Store) Maintain(budget int64) (bool, error) {
	s.maintains.Lock()
	defer s.maintains.Unlock()
	if budget <= 0 {
		budget = defaultBudget
	}
	run, err := s.planMaintenance(budget)
	if err != nil || len(run) == 0 {
		return false, err
	}
	if err := s.compact(run); err != nil {
		return false, fmt.Errorf("compact segments %d to %d: %w", run[0].seg.id, run[len(run)-1].seg.head.last, err)
	}
	return true, nil
}

// compactee is one segment to compact, with the removals that the checkpoint
// knows.
type compactee struct {
	seg    *segment
	dead   []uint64
	erased int
	floor  uint64
}

// planMaintenance writes a checkpoint if it is due, or if there is something to
// compact, and says what.
func (s *Store) planMaintenance(budget int64) ([]compactee, error) {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if s.closed || s.failed != nil || s.batch.dirty {
		return nil, nil
	}
	s.mu.RLock()
	run := s.chooseRunLocked(budget)
	waste := int64(0)
	for _, g := range s.trash {
		waste += g.end
	}
	due := s.behind >= s.opt.CheckpointBytes || waste >= s.opt.CheckpointBytes/8 || len(run) > 0
	s.mu.RUnlock()
	if !due {
		return nil, nil
	}
	if err := s.seal(); err != nil {
		return nil, err
	}
	if err := s.writeCheckpoint(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var plan []compactee
	for _, g := range s.chooseRunLocked(budget) {
		plan = append(plan, compactee{seg: g, dead: slices.Clone(g.dead), erased: g.erased, floor: s.floor})
	}
	return plan, nil
}

// chooseRunLocked finds neighbours worth rewriting as one segment: half of them
// is garbage, or they are small. What is damaged is not touched.
func (s *Store) chooseRunLocked(budget int64) []*segment {
	worth := func(g *segment) (garbage, size int64) {
		size = g.end - dataStart
		return size - g.liveBytes - g.overhead, size
	}
	for i := 0; i < len(s.segs); i++ {
		var live, size int64
		j := i
		best := 0
		for ; j < len(s.segs); j++ {
			g := s.segs[j]
			garbage, n := worth(g)
			if g == s.active || g.kept || g.idx == nil && len(g.ents) > 0 || 2*garbage < n && n > s.opt.SegmentBytes/4 {
				break
			}
			live += g.liveBytes + g.overhead
			size += n
			if live > budget || live > s.opt.SegmentBytes && j > i || g.head.last-s.segs[i].base > 0 && g.lastSeq-s.segs[i].base > 1<<30 {
				break
			}
			if j > i || 2*garbage >= n && garbage > 0 {
				best = j - i + 1
			}
		}
		if best > 0 {
			return slices.Clone(s.segs[i : i+best])
		}
	}
	return nil
}

// compaction is a segment under construction.
type compaction struct {
	s    *Store
	g    *segment
	buf  []byte // frames; the first belongs at dataStart
	ents []position
	rec  store.Record
	// names of the messages' subjects, one after the other.
	names []byte
	lens  []uint16
	last  commit
	found bool
	older bool // there are older segments
	// mending: damaged parts are left out rather than left alone.
	mending bool
}

// compact rewrites a run of segments as one. Everything is done aside; the new
// file takes the name of the first one in one step. REQUIRES: maintains.
func (s *Store) compact(run []compactee) error {
	c, err := s.newCompaction(run)
	if err != nil {
		return err
	}
	for _, e := range run {
		damaged, err := c.copySegment(e)
		if err != nil {
			return err
		}
		if damaged {
			// Found just now: from here on it is kept, and reads of what it
			// has lost say so.
			s.mu.Lock()
			defer s.mu.Unlock()
			e.seg.kept = true
			return s.reindexLocked(e.seg)
		}
	}
	c.finish()
	tmp := segmentName(c.g.id) + tempSuffix
	data := append(c.g.head.encode(), c.buf...)
	if err := s.writeAside(tmp, data); err != nil {
		return full(err)
	}
	return c.swap(run, tmp)
}

func (s *Store) newCompaction(run []compactee) (*compaction, error) {
	first, last := run[0].seg, run[len(run)-1].seg
	h := header{
		cipher: s.opt.Cipher, level: s.opt.Sync, stream: first.head.stream, id: first.id, last: last.head.last, base: first.base,
		previous: first.head.previous, previousEnd: first.head.previousEnd, created: time.Now().UnixNano(),
		boot: s.opt.FS.Boot(), room: s.opt.SegmentBytes,
	}
	for _, e := range run {
		h.generation = max(h.generation, e.seg.head.generation+1)
	}
	g := &segment{id: h.id, base: h.base, lastSeq: last.lastSeq, file: &handle{name: segmentName(h.id)}, head: h, seed: h.seed()}
	if h.cipher != NoCipher {
		g.head.salt = newSalt()
		a, err := newAEAD(h.cipher, s.opt.Key, g.head.salt[:], "segment")
		if err != nil {
			return nil, err
		}
		copy(g.head.check[:], keyCheck(a))
		g.aead = a
	}
	s.mu.RLock()
	older := len(s.segs) > 0 && s.segs[0] != first
	s.mu.RUnlock()
	return &compaction{s: s, g: g, older: older}, nil
}

// copySegment copies what is still needed of one segment.
func (c *compaction) copySegment(e compactee) (damaged bool, err error) {
	s := c.s
	f, err := s.files.acquire(e.seg.file)
	if err != nil {
		return false, err
	}
	b := make([]byte, e.seg.end-dataStart)
	n, err := f.ReadAt(b, dataStart)
	s.files.release(e.seg.file)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	sc := scanRegion(b, dataStart, e.seg.seed)
	if !c.mending && (n < len(b) || len(sc.damage) > 0 || sc.rest.size > 0) {
		return true, nil
	}
	s.mu.RLock()
	snapshotAt := s.snapshotAt
	s.mu.RUnlock()
	dead := segment{base: e.seg.base, dead: e.dead}
	for _, fr := range sc.frames {
		frame := b[fr.off-dataStart : fr.off-dataStart+int64(fr.size)]
		if fr.kind == kindMessage {
			h, ok := parseMessageHead(frame)
			if ok && (h.seq < e.floor || dead.isDead(h.seq)) {
				continue
			}
			if !ok || !c.copyMessage(e.seg, frame, fr.off) {
				return true, nil
			}
			continue
		}
		if !c.copyFrame(e, frame, fr.off, snapshotAt) {
			return true, nil
		}
	}
	return false, nil
}

// copyMessage writes one message anew: compressed and encrypted as the options
// say now.
func (c *compaction) copyMessage(from *segment, frame []byte, off int64) bool {
	b := c.rec.Bytes(len(frame))
	copy(b, frame)
	if decodeMessage(from, b, off, &c.rec) != nil || c.rec.Seq < c.g.base {
		return false
	}
	r := &c.rec
	start := len(c.buf)
	at := int64(dataStart + start)
	h := messageHead{seq: r.Seq, time: r.Time, ttl: int64(r.TTL), subject: len(r.Subject), header: len(r.Header), payload: len(r.Payload)}
	flags := frame[5] & (flagTTL | flagS2)
	if c.g.aead != nil {
		flags |= flagEncrypted
	}
	c.buf = appendMessageHead(beginFrame(c.buf, kindMessage, flags), &h)
	area := len(c.buf)
	c.buf = append(c.buf, r.Subject...)
	if flags&flagS2 != 0 {
		// The compressed block is the rest of the opened area.
		c.buf = append(c.buf, c.packed(from, frame, off, &h)...)
	} else {
		c.buf = append(append(c.buf, r.Header...), r.Payload...)
	}
	c.buf = sealFrame(sealBody(c.g, c.buf, start, area, at), start, c.g.seed, at)
	c.ents = append(c.ents, makePosition(uint32(r.Seq-c.g.base), at))
	c.names = append(c.names, r.Subject...)
	c.lens = append(c.lens, uint16(len(r.Subject)))
	return true
}

// packed gives the compressed block of a frame as it is. The frame is
// overwritten.
func (c *compaction) packed(from *segment, frame []byte, off int64, h *messageHead) []byte {
	head, _ := parseMessageHead(frame)
	area := frame[frameHead+head.size : len(frame)-frameSum]
	if frame[5]&flagEncrypted != 0 {
		var nonce [nonceBytes]byte
		// It has been opened once already, so it opens again.
		area, _ = from.aead.Open(area[:0], nonceAt(&nonce, uint64(off)), area, frame[4:frameHead+head.size])
	}
	return area[h.subject:]
}

// copyFrame copies a frame that is not a message, if it is still needed.
func (c *compaction) copyFrame(e compactee, frame []byte, off int64, snapshotAt uint64) bool {
	k := kind(frame[4])
	b, ok := openBody(e.seg, frame, off)
	if !ok {
		return false
	}
	switch k {
	case kindCommit:
		c.last, ok = parseCommit(b)
		c.found = true
		return ok
	case kindRemove:
		// Of messages in this run nothing is left; older segments may still
		// hold theirs.
		var seqs []uint64
		ok = eachRange(b, func(first, last uint64) bool {
			for seq := max(first, e.floor); seq <= last && seq < c.g.base; seq++ {
				seqs = append(seqs, seq)
			}
			return true
		})
		if len(seqs) > 0 {
			c.frame(k, 0, appendRanges(nil, seqs))
		}
		return ok
	case kindErase:
		if v, vok := parseVoid(frame); vok && v.seq >= e.floor && v.seq < c.g.base {
			c.frame(k, 0, b)
		}
	case kindPurge:
		if c.older {
			c.frame(k, frame[5]&flagLiteral, b)
		}
	case kindConsumer, kindConsumers, kindSnapshot, kindForget:
		if e.seg.head.last >= snapshotAt {
			c.frame(k, 0, b)
		}
	case kindLost:
		c.frame(k, 0, b)
	case kindSkip, kindVoid:
	default:
		return false
	}
	return true
}

func (c *compaction) frame(k kind, flags byte, b []byte) {
	start := len(c.buf)
	at := int64(dataStart + start)
	if c.g.aead != nil && sealedKind(k) {
		flags |= flagEncrypted
	}
	c.buf = append(beginFrame(c.buf, k, flags), b...)
	if flags&flagEncrypted != 0 {
		c.buf = sealBody(c.g, c.buf, start, start+frameHead, at)
	}
	c.buf = sealFrame(c.buf, start, c.g.seed, at)
}

// finish writes the commit that makes the segment one batch.
func (c *compaction) finish() {
	if c.found {
		c.last.start = dataStart
		c.frame(kindCommit, 0, appendCommit(nil, &c.last))
	}
	c.g.end = int64(dataStart + len(c.buf))
	c.g.head.end = c.g.end
}

// writeAside makes a file durable, except for its name.
func (s *Store) writeAside(name string, data []byte) error {
	f, err := s.opt.FS.Create(s.path(name))
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = s.opt.FS.Remove(s.path(name)) // the error that matters is the first
	}
	return err
}

// swap puts the new segment in the place of the old ones, unless they have
// changed in a way that the new one does not know.
func (c *compaction) swap(run []compactee, tmp string) error {
	s := c.s
	s.wmu.Lock()
	defer s.wmu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Index(s.segs, run[0].seg)
	ok := at >= 0 && at+len(run) <= len(s.segs) && !s.closed && s.failed == nil
	for i := 0; ok && i < len(run); i++ {
		ok = s.segs[at+i] == run[i].seg && run[i].seg.erased == run[i].erased && !run[i].seg.kept
	}
	if !ok {
		return s.opt.FS.Remove(s.path(tmp)) // dropped, erased or lost meanwhile: next time
	}
	if err := s.opt.FS.Rename(s.path(tmp), s.path(segmentName(c.g.id))); err != nil {
		return err
	}
	// From here on the name means the new file, whatever else goes wrong.
	err := s.opt.FS.SyncDir(s.opt.Dir)
	c.inherit(run)
	s.segs = slices.Replace(s.segs, at, at+len(run), c.g)
	for i, e := range run {
		if i > 0 && err == nil {
			_ = s.opt.FS.Remove(s.path(segmentName(e.seg.id))) // recovery does it too
			_ = s.opt.FS.Remove(s.path(indexName(e.seg.id)))
		}
		s.retire(e.seg)
	}
	s.indexLocked(c.g)
	return err
}

// inherit computes what is known of the new segment from the old ones.
func (c *compaction) inherit(run []compactee) {
	g := c.g
	for _, e := range run {
		o := e.seg
		g.live += o.live
		g.liveBytes += o.liveBytes
		g.msgBytes += o.msgBytes
		if g.firstTime == 0 {
			g.firstTime = o.firstTime
		}
		if o.lastTime != 0 {
			g.lastTime = o.lastTime
		}
	}
	g.overhead = g.end - dataStart - g.liveBytes
	// Every sequence is dead that is not in the file or was removed meanwhile.
	g.setAllDead()
	g.ents = c.ents
	name, k := 0, 0
	for i, p := range c.ents {
		seq := g.base + uint64(p.delta())
		for k+1 < len(run) && run[k].seg.lastSeq < seq {
			k++
		}
		g.ids = append(g.ids, c.s.subjects.Intern(c.names[name:name+int(c.lens[i])]))
		name += int(c.lens[i])
		if !run[k].seg.isDead(seq) && seq >= c.s.floor {
			d := seq - g.base
			g.dead[d>>6] &^= 1 << (d & 63)
		}
	}
}
