package file

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/s2"

	"github.com/midge-nats/midge/jetstream/store"
)

// Hot path.

// errFrame is a frame that does not verify: damage, or, for a reader without a
// lock, a segment that was replaced under its feet.
var errFrame = errors.New("frame does not verify")

// firstRead is how much of a message is read when its size is unknown: most
// messages are smaller, and one read call costs more than a few kilobytes.
const firstRead = 1024

// Load implements store.Stream.
func (s *Store) Load(seq uint64, into *store.Record) error {
	for {
		s.mu.RLock()
		g, off, err := s.whereLocked(seq)
		if err != nil {
			s.mu.RUnlock()
			if g != nil && errors.Is(err, errIndex) {
				if err = s.reindex(g); err == nil {
					continue
				}
			}
			return err
		}
		done, err := s.loadTailLocked(g, off, into)
		s.mu.RUnlock()
		if !done {
			err = s.loadDisk(g, off, into)
		}
		if err == nil && into.Seq == seq {
			return nil
		}
		if err = s.judge(g, seq, off, err); err != nil {
			return err
		}
	}
}

// whereLocked finds a live message or says why there is none.
func (s *Store) whereLocked(seq uint64) (*segment, int64, error) {
	switch {
	case s.closed:
		return nil, 0, store.ErrClosed
	case seq == 0 || seq >= s.next:
		return nil, 0, store.ErrNotFound
	case s.lost.has(seq):
		return nil, 0, store.ErrLost
	case seq < s.floor:
		return nil, 0, store.ErrDeleted
	}
	i := s.findSegment(seq)
	if i == len(s.segs) {
		return nil, 0, store.ErrDeleted
	}
	g := s.segs[i]
	off, err := g.locate(seq)
	if err == nil && off == 0 {
		err = store.ErrDeleted
	}
	return g, off, err
}

// judge decides what a failed read means. nil is: look again, the segment has
// been replaced or the message removed meanwhile.
func (s *Store) judge(g *segment, seq uint64, off int64, err error) error {
	if err != nil && !errors.Is(err, errFrame) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if s.closed {
			return store.ErrClosed
		}
		if cur, _, werr := s.whereLocked(seq); werr == nil && cur != g {
			return nil
		}
		return fmt.Errorf("read message %d: %w", seq, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cur, now, werr := s.whereLocked(seq)
	if werr != nil || cur != g || now != off {
		if errors.Is(werr, store.ErrLost) {
			return werr
		}
		if errors.Is(werr, errIndex) {
			return fmt.Errorf("read message %d: %w", seq, werr)
		}
		return nil
	}
	s.loseLocked(g, seq, off)
	return store.ErrLost
}

// loadTailLocked reads a message that is still in memory.
func (s *Store) loadTailLocked(g *segment, off int64, into *store.Record) (done bool, err error) {
	if g != s.active || off < s.tail.off {
		return false, nil
	}
	f := checkFrame(s.tail.buf[off-s.tail.off:], g.seed, off)
	if f == nil {
		return true, errFrame
	}
	b := into.Bytes(len(f))
	copy(b, f)
	return true, decodeMessage(g, b, off, into)
}

// loadDisk reads a message from the file of its segment, without locks.
func (s *Store) loadDisk(g *segment, off int64, into *store.Record) error {
	b, err := s.readFrame(g, off, into)
	if err != nil {
		return err
	}
	return decodeMessage(g, b, off, into)
}

// readFrame reads and verifies the frame at off. It lies in the buffer of into.
func (s *Store) readFrame(g *segment, off int64, into *store.Record) ([]byte, error) {
	f, err := s.files.acquire(g.file)
	if err != nil {
		return nil, err
	}
	defer s.files.release(g.file)
	b := into.Bytes(max(firstRead, cap(into.Bytes(0))))
	n, err := f.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if n < frameOverhead {
		return nil, errFrame
	}
	size := frameLen(b[:n])
	if size == 0 {
		return nil, errFrame
	}
	if size > n {
		b = into.Bytes(size)
		if n, err = f.ReadAt(b, off); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	if checkFrame(b[:n], g.seed, off) == nil {
		return nil, errFrame
	}
	return b[:size], nil
}

var unpackPool = sync.Pool{New: func() any { return new([]byte) }}

// decodeMessage fills a record from a verified frame, which lies in the record's
// own buffer: what needs no unpacking is not copied again.
func decodeMessage(g *segment, frame []byte, off int64, into *store.Record) error {
	if kind(frame[4]) != kindMessage {
		return errFrame
	}
	h, ok := parseMessageHead(frame)
	if !ok {
		return errFrame
	}
	area := frame[frameHead+h.size : len(frame)-frameSum]
	if frame[5]&flagEncrypted != 0 {
		if g.aead == nil {
			return store.ErrKey
		}
		var nonce [nonceBytes]byte
		plain, err := g.aead.Open(area[:0], nonceAt(&nonce, uint64(off)), area, frame[4:frameHead+h.size])
		if err != nil {
			return errFrame
		}
		area = plain
	}
	into.Seq, into.Time, into.TTL = h.seq, h.time, ttlDuration(h.ttl)
	into.Rollup, into.Err = store.RollupNone, nil
	if frame[5]&flagS2 != 0 {
		return unpack(&h, area, into)
	}
	into.Subject = area[:h.subject:h.subject]
	into.Header = area[h.subject : h.subject+h.header : h.subject+h.header]
	into.Payload = area[h.subject+h.header:]
	return nil
}

// unpack fills a record from an area with a compressed rest. The area is moved
// out of the record's buffer first.
func unpack(h *messageHead, area []byte, into *store.Record) error {
	if n, err := s2.DecodedLen(area[h.subject:]); err != nil || n != h.header+h.payload {
		return errFrame
	}
	p, ok := unpackPool.Get().(*[]byte)
	if !ok {
		p = new([]byte)
	}
	defer unpackPool.Put(p)
	*p = append((*p)[:0], area...)
	b := into.Bytes(h.subject + h.header + h.payload)
	n := copy(b, (*p)[:h.subject])
	if _, err := s2.Decode(b[n:], (*p)[h.subject:]); err != nil {
		return errFrame
	}
	into.Subject = b[:n:n]
	into.Header = b[n : n+h.header : n+h.header]
	into.Payload = b[n+h.header:]
	return nil
}

// readAheadBytes is the window of a sequential reader.
const readAheadBytes = 64 << 10

// readAhead is the window of one sequential reader over one segment's file.
type readAhead struct {
	seg *segment
	off int64
	buf []byte
}

// frame gives the verified frame at off if it lies in the window.
func (r *readAhead) frame(g *segment, off int64) []byte {
	if r.seg != g || off < r.off || off >= r.off+int64(len(r.buf)) {
		return nil
	}
	return checkFrame(r.buf[off-r.off:], g.seed, off)
}

// near reports whether a read at off goes on where the window ends.
func (r *readAhead) near(g *segment, off int64) bool {
	return r.seg == g && off >= r.off && off < r.off+2*readAheadBytes
}

// move reads the window at off. Only the written part of the active segment
// may be read.
func (r *readAhead) move(s *Store, g *segment, off, end int64) {
	if cap(r.buf) < readAheadBytes {
		r.buf = make([]byte, readAheadBytes)
	}
	r.seg, r.off = g, off
	n := min(readAheadBytes, end-off)
	if n <= 0 {
		r.buf = r.buf[:0]
		return
	}
	got, err := s.files.readAt(g.file, r.buf[:n], off)
	if err != nil && !errors.Is(err, io.EOF) {
		got = 0 // the exact read that follows will tell
	}
	r.buf = r.buf[:got]
}

// mark remembers a position without reading: the next read close behind it
// makes the reader a sequential one.
func (r *readAhead) mark(g *segment, off int64) {
	r.seg, r.off, r.buf = g, off, r.buf[:0]
}
