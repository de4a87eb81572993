package file

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// Recovery is what opening a stream has found. Damage and Torn are for the log,
// word for word; the engine turns Damage into its advisory and a red /healthz.
type Recovery struct {
	// Clean: the checkpoint was at the end of the log, no message was read.
	Clean bool
	// Rebuilt: there was no usable checkpoint, the whole log was read. Why says
	// what was wrong with it.
	Rebuilt bool
	Why     string
	// BytesRead is how much log was read.
	BytesRead int64
	// Torn is the unfinished batch at the end, if any: it was never
	// acknowledged, unless the disk has damaged what it had promised to keep.
	Torn *Torn
	// Damage lists everything that did not verify.
	Damage []Damage
}

// Torn is what was cut off the end of the log.
type Torn struct {
	File   string
	Offset int64
	Bytes  int64
	// Cut: the file ends with the log, without the room that belongs behind it.
	Cut bool
	// Skipped sequences are not assigned again, in case they were acknowledged.
	Skipped uint64
}

// Damage is one region that cannot be read, or a whole file.
type Damage struct {
	File   string
	Offset int64
	Bytes  int64
	// Lost are the sequences it held, as far as they are known.
	Lost []store.SeqRange
	What string
}

// String describes the damage for a log line.
func (d Damage) String() string {
	var lost strings.Builder
	for _, r := range d.Lost {
		fmt.Fprintf(&lost, ", lost %d-%d", r.First, r.Last)
	}
	return fmt.Sprintf("%s: %s at offset %d, %d bytes%s", d.File, d.What, d.Offset, d.Bytes, lost.String())
}

// maxBatch is more messages than one batch has that begins in a segment with room
// and ends behind it.
const maxBatch = 1 << 16

// recoverer is the state of one recovery.
type recoverer struct {
	s        *Store
	report   *Recovery
	files    map[uint64]*segment // by number
	order    []*segment
	suspect  seqSet  // damaged, unless it turns out to have been removed
	hole     *Damage // the damage whose sequences are not known yet
	rawFloor uint64  // floor of the last commit
	// skipAfter sequences behind the end of the log are not assigned again.
	skipAfter uint64
	// rebuilt are the segments of the checkpoint whose index was built anew: when
	// the log has been replayed, they are compared with what should be in them.
	rebuilt  []*segment
	replayed bool
	trusted  bool
	buf      []byte
}

// load fills the state from disk.
func (s *Store) load() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reloadLocked(false)
}

// reloadLocked fills the state from disk. With trusted, nothing at the end of the
// log was acknowledged: there is no sequence to keep from being used again.
func (s *Store) reloadLocked(trusted bool) error {
	old := s.consumers
	s.state = state{consumers: map[string]*consumer{}, limits: store.Limits{}, next: s.opt.FirstSeq, floor: s.opt.FirstSeq}
	s.batch = batch{}
	s.broken.Store(nil)
	s.peek = readAhead{}
	s.cache.drop()
	s.recovery = Recovery{}
	r := &recoverer{s: s, report: &s.recovery, files: map[uint64]*segment{}}
	r.trusted = trusted
	if err := r.run(); err != nil {
		return err
	}
	// Handles that the engine holds stay valid, if their consumers exist.
	for name, c := range old {
		c.log = nil
		n := s.consumers[name]
		if n == nil {
			c.state, c.gone = store.ConsumerState{}, true // made in what was undone
			continue
		}
		c.state = n.state
		s.consumers[name] = c
	}
	for _, c := range s.consumers {
		c.state.Clamp(s.next - 1)
	}
	return nil
}

func (r *recoverer) run() error {
	if err := r.readHeaders(); err != nil {
		return err
	}
	s := r.s
	s.limits = store.Limits{}
	s.recovering = true
	defer func() { s.recovering = false }()
	err := s.readCheckpoint(r)
	if errors.Is(err, store.ErrKey) {
		return err
	}
	if err != nil {
		if len(r.order) > 0 || !errors.Is(err, vfs.ErrNotExist) {
			r.report.Rebuilt, r.report.Why = true, err.Error()
		}
		r.rebuilt = nil
		s.state = state{stream: s.stream, taken: s.taken, consumers: map[string]*consumer{}, next: s.opt.FirstSeq, floor: s.opt.FirstSeq}
		s.subjects.Seed = s.stream
		if !errors.Is(err, vfs.ErrNotExist) {
			r.damage(Damage{File: checkpointName, What: "checkpoint is damaged: " + err.Error()})
		}
	}
	if err := r.replayAll(); err != nil {
		return err
	}
	r.finish()
	if b := s.broken.Load(); b != nil {
		return *b
	}
	return nil
}

func (r *recoverer) damage(d Damage) *Damage {
	r.report.Damage = append(r.report.Damage, d)
	return &r.report.Damage[len(r.report.Damage)-1]
}

// readHeaders opens every segment and sorts out which are in the log.
func (r *recoverer) readHeaders() error {
	s := r.s
	names, err := s.opt.FS.List(s.opt.Dir)
	if err != nil {
		return fmt.Errorf("list segments: %w", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, tempSuffix) {
			_ = s.opt.FS.Remove(s.path(name)) // never in use
			continue
		}
		id, ok := parseName(name, segmentSuffix)
		if !ok {
			continue
		}
		g, err := r.readHeader(id, name)
		if err != nil {
			return err
		}
		if g != nil {
			r.order = append(r.order, g)
		}
	}
	// A compaction that did not get to removing what it has replaced.
	kept := r.order[:0]
	for _, g := range r.order {
		if n := len(kept); n > 0 && g.id <= kept[n-1].head.last {
			s.files.retire(g.file)
			_ = s.opt.FS.Remove(s.path(segmentName(g.id))) // tried again next time
			_ = s.opt.FS.Remove(s.path(indexName(g.id)))
			continue
		}
		kept = append(kept, g)
		r.files[g.id] = g
	}
	r.order = kept
	return nil
}

// readHeader opens one segment; nil if it is not part of the log.
func (r *recoverer) readHeader(id uint64, name string) (*segment, error) {
	s := r.s
	h := &handle{name: name}
	b := make([]byte, dataStart)
	n, err := s.files.readAt(h, b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	head, healthy, err := decodeHeader(b[:n])
	if errors.Is(err, errVersion) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if err == nil && head.id != id {
		err = fmt.Errorf("%w: it is that of segment %d", errHeader, head.id)
	}
	if err == nil && s.stream != 0 && head.stream != s.stream {
		err = fmt.Errorf("%w: it belongs to another stream", errHeader)
	}
	if err != nil {
		// It stays where it is, and its number is not used again.
		s.files.retire(h)
		s.taken = max(s.taken, id)
		r.damage(Damage{File: name, Bytes: int64(n), What: err.Error()})
		return nil, nil
	}
	if !healthy {
		r.damage(Damage{File: name, Bytes: headerBytes, What: "one of two header copies is damaged"})
	}
	g := &segment{head: head, id: id, base: head.base, lastSeq: head.base - 1, file: h, seed: head.seed(), end: head.end}
	if g.aead, err = head.aead(s.opt.keys()); err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	s.stream = head.stream
	return g, nil
}

// replayAll reads the log behind the checkpoint.
func (r *recoverer) replayAll() error {
	s := r.s
	if s.stream == 0 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		s.stream = binary.LittleEndian.Uint64(b[:]) | 1
	}
	s.subjects.Seed = s.stream
	last := s.checkpoint
	for i, g := range r.order {
		if g.head.last <= s.checkpoint.segment {
			continue // attached or dropped by readCheckpoint
		}
		s.segs = append(s.segs, g)
		r.checkChain(g, last)
		end, known := r.endOf(i)
		if err := r.replaySegment(g, end, known); err != nil {
			return err
		}
		last = position64{g.head.last, g.end}
		s.indexLocked(g)
	}
	return nil
}

// checkChain notices a missing segment before g.
func (r *recoverer) checkChain(g *segment, last position64) {
	s := r.s
	missing := g.head.previous > last.segment
	if last.segment == 0 && g.head.previous != 0 {
		return // the front was dropped; finish compares with the floor
	}
	if missing {
		r.hole = r.damage(Damage{File: segmentName(g.head.previous), What: "segment is missing"})
	}
	r.settle(g.base)
	if g.base > s.next {
		s.passLocked(g.base)
	}
}

// endOf says where the log ends in the ith segment, if anything says so: its own
// header or that of the next one.
func (r *recoverer) endOf(i int) (end int64, known bool) {
	g := r.order[i]
	if g.head.end > 0 {
		return g.head.end, true
	}
	if i+1 < len(r.order) && r.order[i+1].head.previous == g.head.last {
		return r.order[i+1].head.previousEnd, true
	}
	return 0, i+1 < len(r.order)
}

// replaySegment applies the frames of one segment.
func (r *recoverer) replaySegment(g *segment, end int64, known bool) error {
	const from = int64(dataStart)
	f, err := r.s.files.acquire(g.file)
	if err != nil {
		return err
	}
	defer r.s.files.release(g.file)
	size, err := f.Size()
	if err != nil {
		return fmt.Errorf("size of segment %d: %w", g.id, err)
	}
	stop := size
	if end > 0 {
		stop = min(size, end)
	}
	g.end = max(from, end)
	if stop > from {
		r.buf = slices.Grow(r.buf[:0], int(stop-from))[:stop-from]
		if _, err := f.ReadAt(r.buf, from); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read segment %d: %w", g.id, err)
		}
	} else {
		r.buf = r.buf[:0]
	}
	sc := scanRegion(r.buf, from, g.seed)
	r.report.BytesRead += int64(len(r.buf)) - trailingZeros(r.buf)
	name := segmentName(g.id)
	if known {
		if sc.rest.size > 0 {
			sc.damage = append(sc.damage, sc.rest)
		}
		if size < end {
			sc.damage = append(sc.damage, span{size, end - size})
		}
		if end == 0 {
			// No header says where it ends: at its last frame.
			if n := len(sc.frames); n > 0 {
				g.end = sc.frames[n-1].off + int64(sc.frames[n-1].size)
			}
		}
	} else {
		r.cutTail(g, &sc, size, name)
	}
	r.applyAll(g, &sc, name)
	return nil
}

// cutTail finds the end of the log in its last segment: behind the last commit.
// What follows was never acknowledged. It is not applied, and it stays on disk,
// because the next batch starts a new segment. [J-65] [J-67]
// cutOff reports whether a segment's file ends where there should be room: right
// behind its contents, or within what its last frame says it has.
// lastCommit gives the number of frames up to the last commit.
// tornBatch reports whether something is damaged in the batch that the ith frame
// commits.
// finish settles what only the whole log can tell.
func (r *recoverer) finish() {
	s := r.s
	for _, g := range r.rebuilt {
		r.compare(g)
	}
	for _, g := range slices.Clone(s.segs) {
		if g.file == nil {
			r.loseSegment(g)
		}
	}
	if len(r.order) > 0 && r.rawFloor != 0 {
		if first := r.order[0]; first.head.previous != 0 && r.report.Rebuilt && r.rawFloor < first.base {
			d := r.damage(Damage{File: segmentName(first.head.previous), What: "segment is missing"})
			d.Lost = []store.SeqRange{{First: r.rawFloor, Last: first.base - 1}}
			r.suspect.add(r.rawFloor, first.base-1)
		}
	}
	if n := len(r.order); s.taken > 0 && (n == 0 || s.taken > r.order[n-1].head.last) {
		// What it held is not known: no more than fits in.
		r.skipAfter += uint64(s.opt.SegmentBytes)/minMessageSize + 1
	}
	if r.skipAfter > 0 && !r.trusted {
		s.passLocked(s.next + r.skipAfter)
	}
	r.forgiveErased()
	for _, x := range r.suspect.ranges {
		s.lost.add(x.First, x.Last)
		r.bury(x)
	}
	for _, d := range r.report.Damage {
		if len(d.Lost) > 0 {
			s.lostBytes += uint64(d.Bytes)
		}
	}
	s.raiseFloorLocked(s.floor)
	r.report.Clean = !r.replayed && !r.report.Rebuilt && len(r.report.Damage) == 0
}

// compare finds what a segment does not hold any more.
func (r *recoverer) compare(g *segment) {
	s := r.s
	if !slices.Contains(s.segs, g) || !s.shortLocked(g) {
		return
	}
	before := s.lost
	before.ranges = slices.Clone(before.ranges)
	s.loseMissingLocked(g)
	d := r.damage(Damage{File: segmentName(g.id), What: "messages of the checkpoint are missing"})
	for _, x := range s.lost.ranges {
		for seq := max(x.First, g.base); seq <= min(x.Last, g.lastSeq); seq++ {
			if !before.has(seq) {
				d.Lost = append(d.Lost, store.SeqRange{First: seq, Last: seq})
				r.suspect.add(seq, seq)
			}
		}
	}
}

// forgiveErased takes damage off the record that turned out to be a message
// whose erasing was interrupted: its removal came later in the log.
func (r *recoverer) forgiveErased() {
	bad := map[string]bool{}
	r.report.Damage = slices.DeleteFunc(r.report.Damage, func(d Damage) bool {
		gone := len(d.Lost) > 0
		for _, x := range d.Lost {
			i := r.suspect.at(x.First)
			gone = gone && (i == len(r.suspect.ranges) || r.suspect.ranges[i].First > x.Last)
		}
		bad[d.File] = bad[d.File] || !gone
		return gone
	})
	for _, g := range r.s.segs {
		if g.file != nil && g.kept && !bad[g.file.name] && g.id > r.s.checkpoint.segment {
			g.kept = false
		}
	}
}

// bury marks lost sequences as removed in their segments, in case an older index
// still has positions of them.
func (r *recoverer) bury(x store.SeqRange) {
	s := r.s
	for i := s.findSegment(x.First); i < len(s.segs) && s.segs[i].base <= x.Last; i++ {
		g := s.segs[i]
		for seq := max(x.First, g.base); seq <= min(x.Last, g.lastSeq); seq++ {
			g.setDead(seq)
		}
	}
}

// loseSegment gives up a segment that the checkpoint knows and the disk does not.
func (r *recoverer) loseSegment(g *segment) {
	s := r.s
	d := Damage{File: segmentName(g.id), Bytes: g.end, What: "segment is missing"}
	for seq := max(g.base, s.floor); seq <= g.lastSeq && g.live > 0; seq++ {
		if g.isDead(seq) {
			continue
		}
		r.suspect.add(seq, seq)
		if n := len(d.Lost); n > 0 && d.Lost[n-1].Last == seq-1 {
			d.Lost[n-1].Last = seq
		} else {
			d.Lost = append(d.Lost, store.SeqRange{First: seq, Last: seq})
		}
	}
	if g.live == 0 {
		d.What = "segment without messages is missing"
	}
	r.damage(d)
	s.segs = slices.DeleteFunc(s.segs, func(o *segment) bool { return o == g })
	s.totals.Messages -= g.live
	s.totals.Bytes -= g.msgBytes
	// Which subjects they were on is not known any more: count anew.
	s.recountLocked()
}
