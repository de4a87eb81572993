package file

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/expiry"
)

// Checkpoint file, little endian. It says what the log up to a position amounts
// to, so that opening reads only what is behind it. It is replaced whole, by a
// rename, and it is never the only place where something is kept: damaged, it
// costs a scan of the log.
//
//	 0 magic 8 "MIDGECKP" | 8 version 2 | 10 cipher 1 | 11 zero 1 | 12 stream 8 | 20 salt 16 | 36 check 32
//	68 body length 8 | 76 checksum 4
//	80 body, sealed if encrypted | checksum 4
//
// The body is uvarints, signed ones zigzag:
//
//	position: segment, offset | next | floor | last time± | applied | messages | bytes | used | age from
//	snapshot at | logged | lost bytes | ranges: n, (first, length-1)...
//	segments: n, (id, last, generation, base, last sequence-base+1, end, live, live bytes, accounted bytes,
//	              first time±, last time±, kept, words: n, 8 bytes each)...
//	subjects: n, (length, name, messages, first, last-first, stale)...
//	ttls:     n, (expires±, sequence)...
//	consumers: n, (length, name, state)...
const (
	checkpointName = "checkpoint"
	checkpointHead = 80
)

var (
	checkpointMagic = [8]byte{'M', 'I', 'D', 'G', 'E', 'C', 'K', 'P'}
	errCheckpoint   = errors.New("checkpoint is damaged")
)

// encodeCheckpointLocked writes down the whole state. REQUIRES: wmu and mu,
// nothing staged, no active segment.
func (s *Store) encodeCheckpointLocked() []byte {
	u, v := binary.AppendUvarint, binary.AppendVarint
	b := make([]byte, 0, 256+len(s.segs)*96+s.subjects.Len()*40)
	at := s.endLocked()
	for _, x := range [...]uint64{at.segment, uint64(at.off), s.next, s.floor} {
		b = u(b, x)
	}
	b = v(b, s.lastTime)
	for _, x := range [...]uint64{s.applied, s.totals.Messages, s.totals.Bytes, bit(s.used), s.ageFrom, s.snapshotAt,
		uint64(s.logged), s.lostBytes, uint64(len(s.lost.ranges))} {
		b = u(b, x)
	}
	for _, r := range s.lost.ranges {
		b = u(u(b, r.First), r.Last-r.First)
	}
	b = u(b, uint64(len(s.segs)))
	for _, g := range s.segs {
		for _, x := range [...]uint64{g.id, g.head.last, uint64(g.head.generation), g.base, g.lastSeq + 1 - g.base, uint64(g.end),
			g.live, uint64(g.liveBytes), g.msgBytes} {
			b = u(b, x)
		}
		b = u(v(v(b, g.firstTime), g.lastTime), bit(g.kept))
		b = u(b, uint64(len(g.dead)))
		for _, w := range g.dead {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
	}
	b = s.appendSubjectsLocked(b)
	b = u(b, uint64(len(s.ttls)))
	for _, e := range s.ttls {
		b = u(v(b, e.Expires), e.Seq)
	}
	b = u(b, uint64(len(s.consumers)))
	for name, c := range s.consumers {
		b = c.state.AppendState(appendName(b, name))
	}
	return b
}

func (s *Store) appendSubjectsLocked(b []byte) []byte {
	u := binary.AppendUvarint
	b = u(b, uint64(s.subjects.Live()))
	for id := range s.subjects.Len() {
		e := s.subjects.Entry(subjectID(id))
		if e.Messages == 0 {
			continue
		}
		name := s.subjects.Name(subjectID(id))
		b = append(u(b, uint64(len(name))), name...)
		b = u(u(u(u(b, e.Messages), e.First), e.Last-min(e.First, e.Last)), bit(e.FirstStale))
	}
	return b
}

func bit(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// endLocked is where the log ends when everything is sealed.
func (s *Store) endLocked() position64 {
	if n := len(s.segs); n > 0 {
		g := s.segs[n-1]
		return position64{g.head.last, g.end}
	}
	if n := len(s.trash); n > 0 {
		g := s.trash[n-1]
		return position64{g.head.last, g.end}
	}
	return s.checkpoint
}

// sealCheckpoint puts head and checksums around a body.
func (s *Store) sealCheckpoint(body []byte) ([]byte, error) {
	var salt [saltBytes]byte
	var check [checkBytes]byte
	if s.opt.Cipher != NoCipher {
		salt = newSalt()
		a, err := newAEAD(s.opt.Cipher, s.opt.Key, salt[:], "checkpoint")
		if err != nil {
			return nil, err
		}
		copy(check[:], keyCheck(a))
		var n [nonceBytes]byte
		body = a.Seal(nil, nonceAt(&n, 0), body, nil)
	}
	b := make([]byte, 0, checkpointHead+len(body)+frameSum)
	b = append(b, checkpointMagic[:]...)
	b = binary.LittleEndian.AppendUint16(b, formatV1)
	b = append(b, byte(s.opt.Cipher), 0)
	b = binary.LittleEndian.AppendUint64(b, s.stream)
	b = append(append(b, salt[:]...), check[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(body)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	b = append(b, body...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(body, castagnoli)), nil
}

// openCheckpoint undoes sealCheckpoint.
func openCheckpoint(b []byte, keys [][]byte) (stream uint64, body []byte, err error) {
	if len(b) < checkpointHead+frameSum || [8]byte(b[:8]) != checkpointMagic ||
		binary.LittleEndian.Uint32(b[checkpointHead-4:]) != crc32.Checksum(b[:checkpointHead-4], castagnoli) {
		return 0, nil, errCheckpoint
	}
	if v := binary.LittleEndian.Uint16(b[8:]); v != formatV1 {
		return 0, nil, fmt.Errorf("%w: version %d", errCheckpoint, v)
	}
	stream = binary.LittleEndian.Uint64(b[12:])
	body = b[checkpointHead : len(b)-frameSum]
	if binary.LittleEndian.Uint64(b[68:]) != uint64(len(body)) ||
		binary.LittleEndian.Uint32(b[len(b)-frameSum:]) != crc32.Checksum(body, castagnoli) {
		return 0, nil, errCheckpoint
	}
	if c := Cipher(b[10]); c != NoCipher {
		var a cipher.AEAD
		if a, err = openAEAD(c, keys, b[20:36], b[36:68], "checkpoint"); err != nil {
			return 0, nil, err
		}
		var n [nonceBytes]byte
		if body, err = a.Open(nil, nonceAt(&n, 0), body, nil); err != nil {
			return 0, nil, errCheckpoint
		}
	}
	return stream, body, nil
}

// writeCheckpoint puts the state on disk and gives up the files that only the
// old checkpoint needed. REQUIRES: wmu, nothing staged, no active segment.
func (s *Store) writeCheckpoint() error {
	s.mu.RLock()
	b, err := s.sealCheckpoint(s.encodeCheckpointLocked())
	at, trash := s.endLocked(), len(s.trash)
	s.mu.RUnlock()
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := writeWhole(s.opt.FS, s.path(checkpointName), b, true); err != nil {
		return fmt.Errorf("checkpoint: %w", full(err))
	}
	s.mu.Lock()
	s.checkpoint, s.behind = at, 0
	s.mu.Unlock()
	s.emptyTrash(trash)
	return nil
}

// varints reads a body; afterwards bad is set if it was too short.
type varints struct {
	b   []byte
	bad bool
}

func (v *varints) u() uint64 {
	x, n := binary.Uvarint(v.b)
	if n <= 0 {
		v.bad = true
		v.b = nil
		return 0
	}
	v.b = v.b[n:]
	return x
}

func (v *varints) i() int64 {
	x, n := binary.Varint(v.b)
	if n <= 0 {
		v.bad = true
		v.b = nil
		return 0
	}
	v.b = v.b[n:]
	return x
}

// n reads a count of things that take at least size bytes each.
func (v *varints) n(size int) int {
	x := v.u()
	if x > uint64(len(v.b)/size) {
		v.bad = true
		return 0
	}
	return int(x)
}

func (v *varints) bytes(n int) []byte {
	if n > len(v.b) {
		v.bad = true
		return nil
	}
	b := v.b[:n]
	v.b = v.b[n:]
	return b
}

// readCheckpoint fills the state from the checkpoint and the segments that the
// recovery has found. On an error the state is in pieces.
func (s *Store) readCheckpoint(r *recoverer) error {
	h := &handle{name: checkpointName}
	f, err := s.files.acquire(h)
	if err != nil {
		return err
	}
	defer s.files.retire(h)
	defer s.files.release(h)
	size, err := f.Size()
	if err != nil || size > math.MaxInt32 {
		return fmt.Errorf("%w: size %d, %w", errCheckpoint, size, err)
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	stream, body, err := openCheckpoint(b, s.opt.keys())
	if err != nil {
		return err
	}
	if s.stream != 0 && s.stream != stream {
		return fmt.Errorf("%w: it belongs to another stream", errCheckpoint)
	}
	s.stream, s.subjects.Seed = stream, stream
	v := &varints{b: body}
	s.decodeTotals(v)
	table := decodeSegments(v)
	s.decodeRest(v)
	if v.bad || len(v.b) > 0 || s.floor > s.next || s.next == 0 {
		return errCheckpoint
	}
	return r.attach(table)
}

func (s *Store) decodeTotals(v *varints) {
	s.checkpoint = position64{v.u(), int64(v.u())}
	s.next, s.floor, s.lastTime, s.applied = v.u(), v.u(), v.i(), v.u()
	s.totals = store.Totals{Messages: v.u(), Bytes: v.u()}
	s.used, s.ageFrom, s.snapshotAt = v.u() == 1, v.u(), v.u()
	s.logged, s.lostBytes = int64(v.u()), v.u()
	for range v.n(2) {
		first := v.u()
		s.lost.add(first, first+v.u())
	}
}

func decodeSegments(v *varints) (table []*segment) {
	for range v.n(12) {
		g := &segment{}
		g.id, g.head.last, g.head.generation, g.base = v.u(), v.u(), uint32(v.u()), v.u()
		g.lastSeq = g.base + v.u() - 1
		g.end, g.live, g.liveBytes, g.msgBytes = int64(v.u()), v.u(), int64(v.u()), v.u()
		g.firstTime, g.lastTime, g.kept = v.i(), v.i(), v.u() == 1
		n := v.n(8)
		words := v.bytes(8 * n)
		if v.bad {
			return nil
		}
		for i := range n {
			g.dead = append(g.dead, binary.LittleEndian.Uint64(words[8*i:]))
		}
		table = append(table, g)
	}
	return table
}

func (s *Store) decodeRest(v *varints) {
	for range v.n(5) {
		name := v.bytes(int(min(v.u(), math.MaxUint16)))
		messages, first := v.u(), v.u()
		last := first + v.u()
		stale := v.u() == 1
		if v.bad {
			return
		}
		s.subjects.Restore(name, messages, first, last, stale)
	}
	for range v.n(2) {
		s.ttls = append(s.ttls, expiry.Entry{Expires: v.i(), Seq: v.u()})
	}
	for range v.n(2) {
		name, rest, ok := cutName(v.b)
		if !ok {
			v.bad = true
			return
		}
		c := &consumer{s: s, name: name}
		if rest, err := c.state.Decode(rest); err == nil {
			v.b = rest
		} else {
			v.bad = true
			return
		}
		s.consumers[name] = c
	}
}

// attach matches the segments of the checkpoint with those on disk, which a
// compaction may have merged since.
func (r *recoverer) attach(table []*segment) error {
	s := r.s
	var again []*segment
	known := map[uint64]bool{}
	for _, t := range table {
		if t.lastSeq < t.base-1 || t.lastSeq >= s.next {
			return errCheckpoint
		}
		g := r.covering(t.id)
		if g == nil {
			t.file = nil // finish reports it
			s.segs = append(s.segs, t)
			continue
		}
		known[g.id] = true
		if n := len(s.segs); n > 0 && s.segs[n-1] == g {
			mergeFacts(g, t)
			continue
		}
		if g.base != t.base {
			return errCheckpoint
		}
		g.lastSeq, g.live, g.liveBytes, g.msgBytes = t.lastSeq, t.live, t.liveBytes, t.msgBytes
		g.firstTime, g.lastTime, g.kept, g.dead = t.firstTime, t.lastTime, t.kept, t.dead
		if g.head.generation == t.head.generation {
			g.end = t.end
		}
		s.segs = append(s.segs, g)
	}
	for _, g := range r.order {
		if g.head.last > s.checkpoint.segment || known[g.id] {
			continue
		}
		if next := r.after(g); next > s.floor {
			return fmt.Errorf("%w: it does not know segment %d", errCheckpoint, g.id)
		}
		s.trash = append(s.trash, g) // its removal did not get to disk
	}
	for _, g := range s.segs {
		if g.file == nil {
			continue
		}
		x, err := s.openIndex(g)
		g.idx = x
		if err != nil || s.cutShort(g) {
			again = append(again, g)
		}
	}
	for _, g := range again {
		if err := s.reindexLocked(g); err != nil {
			return err
		}
		r.rebuilt = append(r.rebuilt, g)
	}
	return nil
}

// cutShort reports whether a segment's file ends before its log.
func (s *Store) cutShort(g *segment) bool {
	f, err := s.files.acquire(g.file)
	if err != nil {
		return true
	}
	defer s.files.release(g.file)
	size, err := f.Size()
	return err != nil || size < g.end
}

// covering finds the segment on disk that holds what was number id.
func (r *recoverer) covering(id uint64) *segment {
	for _, g := range r.order {
		if g.id <= id && id <= g.head.last {
			return g
		}
	}
	return nil
}

// after gives the first sequence behind a segment.
func (r *recoverer) after(g *segment) uint64 {
	if i := slices.Index(r.order, g); i+1 < len(r.order) {
		return r.order[i+1].base
	}
	return r.s.next
}

// mergeFacts adds what the checkpoint knows of a segment that has been merged
// into g.
func mergeFacts(g, t *segment) {
	g.lastSeq = max(g.lastSeq, t.lastSeq)
	g.live += t.live
	g.liveBytes += t.liveBytes
	g.msgBytes += t.msgBytes
	if g.firstTime == 0 {
		g.firstTime = t.firstTime
	}
	if t.lastTime != 0 {
		g.lastTime = t.lastTime
	}
	for i, w := range t.dead {
		for k := range 64 {
			if seq := t.base + uint64(64*i+k); w&(1<<k) != 0 && seq <= t.lastSeq {
				g.setDead(seq)
			}
		}
	}
}
