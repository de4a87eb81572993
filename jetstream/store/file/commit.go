package file

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// Hot path.

// asyncBytes is how much an async stream keeps unwritten.
const asyncBytes = 1 << 20

// Commit implements store.Stream.
//
// Errors: ErrFull has undone everything staged since the last Commit; the
// stream goes on. After any other error it is read only. [J-70]
func (s *Store) Commit(applied uint64) error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if err := s.writable(); err != nil {
		return err
	}
	return s.commit(applied)
}

// commit ends the batch and makes it as durable as the level says.
func (s *Store) commit(applied uint64) error {
	if !s.batch.dirty {
		if len(s.changed) == 0 && (applied == s.applied || s.active == nil) {
			return nil
		}
		if err := s.prepare(batchSlack); err != nil {
			if errors.Is(err, store.ErrFull) {
				return s.undo(err)
			}
			return err
		}
	}
	s.mu.Lock()
	s.begin()
	s.stageConsumersLocked()
	s.finishBatchLocked(applied)
	s.eraseStagedLocked()
	s.mu.Unlock()
	if s.opt.Sync == SyncAsync && s.active.end-s.written < asyncBytes && len(s.batch.erase) == 0 {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	if s.opt.Sync == SyncAlways || len(s.batch.erase) > 0 {
		if err := s.sync(); err != nil {
			return err
		}
	}
	return s.eraseNow()
}

// finishBatchLocked appends the removals and the commit frame.
func (s *Store) finishBatchLocked(applied uint64) {
	// What the floor implies need not be listed.
	removed := slices.DeleteFunc(s.batch.removed, func(seq uint64) bool { return seq < s.floor })
	if len(removed) > 0 {
		slices.Sort(removed)
		s.closeFrame(appendRanges(s.openFrame(kindRemove, 0), removed))
	}
	s.batch.removed = removed[:0]
	for i := range s.batch.erase {
		s.closeFrame(appendVoid(s.openFrame(kindErase, 0), &s.batch.erase[i].void))
	}
	if s.batch.lost.count > 0 {
		s.closeFrame(appendRanges(s.openFrame(kindLost, 0), s.batch.lost.list(math.MaxInt)))
		s.batch.lost = seqSet{}
	}
	c := commit{start: uint32(s.batch.start), applied: applied, next: s.next, floor: s.floor, time: s.lastTime}
	s.closeFrame(appendCommit(s.openFrame(kindCommit, 0), &c))
	s.logged += s.active.end - s.batch.start
	s.behind += s.active.end - s.batch.start
	s.applied = applied
	s.batch.dirty = false
}

// flush writes what has been committed, in one piece. What is staged and not
// committed stays in memory. REQUIRES: wmu.
func (s *Store) flush() error {
	if s.active == nil {
		return nil
	}
	end := s.active.end
	if s.batch.dirty {
		end = s.batch.start
	}
	if s.written >= end {
		return nil
	}
	if err := s.writeActive(end); err != nil {
		if errors.Is(err, vfs.ErrNoSpace) {
			return s.undo(err)
		}
		return s.fail(fmt.Errorf("write segment %d: %w", s.active.id, err))
	}
	s.written = end
	return nil
}

func (s *Store) writeActive(end int64) error {
	f, err := s.files.acquire(s.active.file)
	if err != nil {
		return err
	}
	defer s.files.release(s.active.file)
	_, err = f.WriteAt(s.tail.buf[s.written-s.tail.off:end-s.tail.off], s.written)
	return err
}

// undo goes back to what is on disk after it has turned out to be full: nothing
// of the batch was acknowledged, and the next one starts a new segment behind
// what was half written. REQUIRES: wmu.
func (s *Store) undo(cause error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	limits := s.limits
	s.retireAll()
	if err := s.reloadLocked(true); err != nil {
		s.failed = errors.Join(cause, err)
		return s.failed
	}
	s.limits = limits
	return full(cause)
}

// fail makes the stream read only.
func (s *Store) fail(err error) error {
	s.failed = err
	return fmt.Errorf("%w: %w", store.ErrFailed, err)
}

// sync makes what is written durable. A failed sync is final: the kernel may
// have dropped the pages, and a second one would succeed without them. [J-70]
// REQUIRES: wmu.
func (s *Store) sync() error {
	if s.active == nil {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	if s.synced < s.written {
		f, err := s.files.acquire(s.active.file)
		if err == nil {
			err = f.Sync()
			s.files.release(s.active.file)
		}
		if err != nil {
			return s.fail(fmt.Errorf("sync segment %d: %w", s.active.id, err))
		}
		s.synced = s.written
	}
	s.lastSync.Store(time.Now().UnixNano())
	return nil
}

// emptyTrash removes the files of the first n segments in the trash, which the
// checkpoint on disk does not need any more. A file that cannot be removed is
// harmless and tried again after the next one.
func (s *Store) emptyTrash(n int) {
	for ; n > 0; n-- {
		g := s.trash[0]
		var err error
		if g.kept {
			err = s.opt.FS.Rename(s.path(segmentName(g.id)), s.path(lostPrefix+segmentName(g.id)))
		} else {
			err = s.opt.FS.Remove(s.path(segmentName(g.id)))
		}
		if err != nil && !errors.Is(err, vfs.ErrNotExist) {
			return
		}
		_ = s.opt.FS.Remove(s.path(indexName(g.id))) // it may never have been written
		s.retire(g)
		s.mu.Lock()
		s.trash = slices.Delete(s.trash, 0, 1)
		s.mu.Unlock()
	}
}

// Flush writes to the operating system what an async stream has committed. The
// engine calls it every few milliseconds. [J-62]
func (s *Store) Flush() error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if err := s.writable(); err != nil {
		return err
	}
	return s.flush()
}

// Sync implements store.Stream. It may be called while a batch is being staged,
// which it leaves alone.
func (s *Store) Sync() error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if err := s.writable(); err != nil {
		return err
	}
	return s.sync()
}

// eraseStagedLocked blanks messages of this very batch before they get to disk.
// Done afterwards, in place, a crash could tear the batch that is being kept.
func (s *Store) eraseStagedLocked() {
	s.batch.erase = slices.DeleteFunc(s.batch.erase, func(e erasure) bool {
		if e.seg != s.active || e.off < s.batch.start {
			return false
		}
		f := s.tail.buf[e.off-s.tail.off:]
		copy(f, voidFrame(frameLen(f), e))
		return true
	})
}

// voidFrame makes the frame that takes the place of an erased message.
func voidFrame(n int, e erasure) []byte {
	blank := make([]byte, n-frameSum, n)
	binary.LittleEndian.PutUint32(blank, uint32(n))
	blank[4] = byte(kindVoid)
	encodeVoid(blank, &e.void)
	return binary.LittleEndian.AppendUint32(blank, sumAt(e.seg.seed, e.off, blank))
}

// eraseNow blanks messages whose removal is durable: each frame becomes a void
// one of the same size, so that nothing around it is disturbed. [J-14: erase]
func (s *Store) eraseNow() error {
	for _, e := range s.batch.erase {
		if err := s.eraseOne(e); err != nil {
			return s.fail(fmt.Errorf("erase in segment %d: %w", e.seg.id, err))
		}
	}
	s.batch.erase = s.batch.erase[:0]
	return nil
}

func (s *Store) eraseOne(e erasure) error {
	f, err := s.files.acquire(e.seg.file)
	if err != nil {
		return err
	}
	defer s.files.release(e.seg.file)
	var head [minMessageSize]byte
	if _, err := f.ReadAt(head[:], e.off); err != nil {
		return err
	}
	n := frameLen(head[:])
	if n < minMessageSize || kind(head[4]) != kindMessage || binary.LittleEndian.Uint64(head[frameHead+2:]) != e.void.seq {
		return nil // damaged or erased already
	}
	blank := voidFrame(n, e)
	if _, err := f.WriteAt(blank, e.off); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.seg.erased++
	s.peek = readAhead{}
	if e.seg == s.active && e.off >= s.tail.off {
		copy(s.tail.buf[e.off-s.tail.off:], blank)
	}
	return nil
}
