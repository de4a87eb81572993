package file

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/klauspost/compress/s2"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// Hot path.

const (
	// fillBytes is how far the active segment is filled with zeros in advance at
	// SyncAlways: writing into filled space makes the sync a third cheaper,
	// because the file's size and extents do not change.
	fillBytes = 1 << 20
	// compressMin is where S2 begins to pay.
	compressMin = 128
	// sealRoom is how much longer than its log a segment is at least.
	sealRoom = 8
	// batchSlack is room for what a batch holds besides messages.
	batchSlack = 64 << 10
)

var zeros [fillBytes]byte

// Append implements store.Stream.
func (s *Store) Append(recs []store.Record, atomic bool) (int, error) {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	size := int64(batchSlack)
	for i := range recs {
		r := &recs[i]
		size += int64(minMessageSize + 8 + tagBytes + len(r.Subject) + len(r.Header) + len(r.Payload))
	}
	if err := s.prepare(size); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if atomic {
		if err := s.refuseAnyLocked(recs); err != nil {
			return 0, err
		}
	}
	stored := 0
	for i := range recs {
		if recs[i].Err = s.appendLocked(&recs[i]); recs[i].Err != nil {
			recs[i].Seq = 0
			continue
		}
		stored++
	}
	return stored, s.writable()
}

// refuseAnyLocked finds out whether an atomic batch fits as a whole. Messages
// that replace others within the batch are not set off: a batch near a limit may
// be refused that would just fit.
func (s *Store) refuseAnyLocked(recs []store.Record) error {
	have := s.totals
	for i := range recs {
		r := &recs[i]
		size, err := s.admitLocked(r, have)
		if err != nil {
			for j := range recs {
				recs[j].Seq, recs[j].Err = 0, err
			}
			return err
		}
		have.Messages++
		have.Bytes += size
	}
	return nil
}

// admitLocked checks one message against limits and gives its accounted size.
func (s *Store) admitLocked(r *store.Record, have store.Totals) (size uint64, err error) {
	if len(r.Subject)+len(r.Header)+len(r.Payload) > store.MaxRecordBytes || len(r.Subject) > math.MaxUint16 {
		return 0, store.ErrTooLarge
	}
	if r.Seq != 0 && r.Seq < s.next {
		return 0, store.ErrSequence
	}
	size = store.FileMsgBytes(len(r.Subject), len(r.Header), len(r.Payload))
	if !s.limits.DiscardNew {
		return size, nil
	}
	var count, oldest uint64
	if id, ok := s.subjects.Get(r.Subject); ok && s.limits.MaxMsgsPerSubject > 0 {
		count = s.subjects.Entry(id).Messages
		if count >= uint64(s.limits.MaxMsgsPerSubject) && s.limits.MaxBytes > 0 {
			if first, ferr := s.firstOfLocked(id); ferr == nil {
				if m, merr := s.inspectLocked(first); merr == nil {
					oldest = m.account
				}
			}
		}
	}
	return size, s.limits.Refuse(have, size, count, oldest, r.Rollup)
}

// appendLocked stages one message and everything it displaces.
func (s *Store) appendLocked(r *store.Record) error {
	size, err := s.admitLocked(r, s.totals)
	if err != nil {
		return err
	}
	if r.Seq == 0 {
		r.Seq = s.next
	} else if r.Seq > s.next {
		s.skipLocked(r.Seq)
	}
	if r.Seq-s.active.base > math.MaxInt32 {
		return store.ErrSequence // prepare starts a new segment after a jump
	}
	off := s.encodeMessage(r)
	s.addLocked(s.active, r, off, int64(len(s.tail.buf))+s.tail.off-off, size)
	switch r.Rollup {
	case store.RollupSubject:
		s.purgeSubjectLocked(r.Subject, r.Seq)
	case store.RollupAll:
		s.dropBelowLocked(r.Seq)
	}
	s.enforceSubjectLocked(r.Subject)
	s.enforceLocked()
	return nil
}

// addLocked puts a message of g into the state; it is the newest one.
func (s *Store) addLocked(g *segment, r *store.Record, off, frame int64, size uint64) {
	id := s.subjects.Intern(r.Subject)
	s.subjects.Add(id, r.Seq)
	g.ents = append(g.ents, makePosition(uint32(r.Seq-g.base), off))
	g.ids = append(g.ids, id)
	g.lastSeq = r.Seq
	g.live++
	g.liveBytes += frame
	g.msgBytes += size
	if g.firstTime == 0 {
		g.firstTime = r.Time
	}
	g.lastTime = r.Time
	if s.totals.Messages == 0 {
		s.floor = r.Seq
	}
	s.totals.Messages++
	s.totals.Bytes += size
	s.next = r.Seq + 1
	s.lastTime = r.Time
	s.used = true
	if e := r.Expires(); e != 0 {
		s.ttls.Add(e, r.Seq)
	}
}

// encodeMessage appends the frame of a message to the tail and gives its offset.
func (s *Store) encodeMessage(r *store.Record) int64 {
	s.begin()
	b := s.tail.buf
	start := len(b)
	off := s.tail.off + int64(start)
	h := messageHead{seq: r.Seq, time: r.Time, ttl: int64(r.TTL), subject: len(r.Subject), header: len(r.Header), payload: len(r.Payload)}
	flags := byte(0)
	if h.ttl != 0 {
		flags |= flagTTL
	}
	var packed []byte
	if s.opt.Compress && len(r.Header)+len(r.Payload) >= compressMin {
		if packed = s.pack(r); packed != nil {
			flags |= flagS2
		}
	}
	if s.active.aead != nil {
		flags |= flagEncrypted
	}
	b = beginFrame(b, kindMessage, flags)
	b = appendMessageHead(b, &h)
	area := len(b)
	b = append(b, r.Subject...)
	if packed != nil {
		b = append(b, packed...)
	} else {
		b = append(b, r.Header...)
		b = append(b, r.Payload...)
	}
	b = sealBody(s.active, b, start, area, off)
	s.tail.buf = sealFrame(b, start, s.active.seed, off)
	s.active.end = s.tail.off + int64(len(s.tail.buf))
	return off
}

// sealBody encrypts b[area:] in place if the segment is encrypted. The head of
// the frame, without its length, is authenticated with it.
func sealBody(g *segment, b []byte, start, area int, off int64) []byte {
	if g.aead == nil {
		return b
	}
	for range tagBytes {
		b = append(b, 0)
	}
	plain := b[area : len(b)-tagBytes]
	var nonce [nonceBytes]byte
	g.aead.Seal(plain[:0], nonceAt(&nonce, uint64(off)), plain, b[start+4:area])
	return b
}

// pack compresses headers and payload as one block, nil if it saves too little.
func (s *Store) pack(r *store.Record) []byte {
	n := len(r.Header) + len(r.Payload)
	limit := s2.MaxEncodedLen(n)
	if cap(s.scratch) < n+limit {
		s.scratch = make([]byte, n+limit)
	}
	raw := append(append(s.scratch[:0], r.Header...), r.Payload...)
	packed := s2.Encode(s.scratch[n:n+limit:n+limit], raw)
	if len(packed) > n-n/8 {
		return nil
	}
	return packed
}

// begin marks the batch as begun.
func (s *Store) begin() {
	if !s.batch.dirty {
		s.batch.dirty = true
		s.batch.start = s.active.end
	}
}

// stageFrame appends a small frame. body is appended by the caller to what open
// returns and handed to closeFrame.
func (s *Store) openFrame(k kind, flags byte) []byte {
	s.begin()
	if s.active.aead != nil && sealedKind(k) {
		flags |= flagEncrypted
	}
	return beginFrame(s.tail.buf, k, flags)
}

func (s *Store) closeFrame(b []byte) {
	start := len(s.tail.buf)
	off := s.tail.off + int64(start)
	if b[start+5]&flagEncrypted != 0 {
		b = sealBody(s.active, b, start, start+frameHead, off)
	}
	s.tail.buf = sealFrame(b, start, s.active.seed, off)
	s.active.end = s.tail.off + int64(len(s.tail.buf))
}

// sealedKind reports whether frames of this kind name subjects or consumers.
func sealedKind(k kind) bool {
	switch k {
	case kindPurge, kindConsumer, kindSnapshot, kindForget:
		return true
	default:
		return false
	}
}

// Skip implements store.Stream.
func (s *Store) Skip(next uint64) error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if err := s.prepare(batchSlack); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if next < s.next {
		return store.ErrSequence
	}
	if next > s.next {
		s.skipLocked(next)
	}
	return nil
}

// skipLocked uses up the sequences below next.
func (s *Store) skipLocked(next uint64) {
	s.closeFrame(binary.LittleEndian.AppendUint64(s.openFrame(kindSkip, 0), next))
	s.passLocked(next)
}

// passLocked moves the next sequence.
func (s *Store) passLocked(next uint64) {
	s.next = next
	s.used = true
	if s.totals.Messages == 0 {
		s.floor = next
	}
}

// prepare makes sure that size bytes can be staged: there is an active segment
// with room on disk for them. It may do I/O. An error has changed nothing.
// REQUIRES: wmu.
func (s *Store) prepare(size int64) error {
	if err := s.writable(); err != nil {
		return err
	}
	if s.active != nil && !s.batch.dirty &&
		(s.active.end >= s.opt.SegmentBytes || s.next-s.active.base > math.MaxInt32/2) {
		if err := s.seal(); err != nil {
			return err
		}
	}
	if s.active == nil {
		if err := s.roll(); err != nil {
			return err
		}
	}
	s.trimTail()
	return s.fill(size)
}

// fill writes zeros ahead of the log, so that at SyncAlways the file is always
// longer than the log in it; one that is not has been cut. REQUIRES: wmu.
func (s *Store) fill(size int64) error {
	need := s.active.end + size
	if s.opt.Sync != SyncAlways || need <= s.room {
		return nil
	}
	f, err := s.files.acquire(s.active.file)
	if err != nil {
		return err
	}
	defer s.files.release(s.active.file)
	from := max(s.room, s.active.end)
	to := max(need, min(from+fillBytes, s.opt.SegmentBytes))
	if to-from <= fillBytes {
		_, err = f.WriteAt(zeros[:to-from], from)
	} else {
		err = f.Truncate(to) // the batch will write nearly all of it
	}
	if err != nil {
		return full(err)
	}
	s.room = to
	return nil
}

// full turns the error of a full disk into ErrFull.
func full(err error) error {
	if errors.Is(err, vfs.ErrNoSpace) && !errors.Is(err, store.ErrFull) {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}

// trimTail forgets the older half of what is in memory of the log.
func (s *Store) trimTail() {
	if len(s.tail.buf) < 2*s.opt.TailBytes {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cut := min(len(s.tail.buf)-s.opt.TailBytes, int(s.written-s.tail.off))
	if cut <= 0 {
		return
	}
	n := copy(s.tail.buf, s.tail.buf[cut:])
	s.tail.buf = s.tail.buf[:n]
	s.tail.off += int64(cut)
	if cap(s.tail.buf) > 8*s.opt.TailBytes {
		s.tail.buf = append(make([]byte, 0, 3*s.opt.TailBytes), s.tail.buf...)
	}
}

// roll starts a new segment: header on disk and its name in the directory
// before anything in it can be acknowledged. [J-63] REQUIRES: wmu, no active.
// createSegment makes the file of a segment. It gets its name when its header is
// on disk, so that a segment without a header has been damaged.
// seal ends the active segment: its index goes to disk and out of memory.
// REQUIRES: wmu, nothing staged.
// indexLocked writes the index of a segment whose positions are in memory. If
// that fails they stay there: an index is never worth failing for.
//
// Removed messages are in it too. Which are removed depends on the time of
// looking: a recovery from a checkpoint that is older than the index must find
// what was there when the checkpoint was written.
// compactSubjectsLocked forgets subjects without messages.
