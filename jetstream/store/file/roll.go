package file

import (
	"errors"
	"fmt"
	"time"

	"github.com/midge-nats/midge/jetstream/store/subjects"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

func (s *Store) roll() error {
	h := header{
		cipher: s.opt.Cipher, level: s.opt.Sync, stream: s.stream, id: 1, base: s.next,
		created: time.Now().UnixNano(), boot: s.opt.FS.Boot(), room: s.opt.SegmentBytes,
	}
	if n := len(s.segs); n > 0 {
		last := s.segs[n-1]
		h.id, h.previous, h.previousEnd = last.head.last+1, last.head.last, last.end
	}
	for _, g := range s.trash {
		h.id = max(h.id, g.head.last+1)
	}
	h.id = max(h.id, s.taken+1)
	h.last = h.id
	g, err := s.createSegment(&h, segmentName(h.id))
	if err != nil {
		return fmt.Errorf("start segment %d: %w", h.id, full(err))
	}
	s.mu.Lock()
	s.segs = append(s.segs, g)
	s.active = g
	s.tail.buf, s.tail.off = s.tail.buf[:0], g.end
	s.mu.Unlock()
	s.written, s.synced, s.room = g.end, g.end, g.end
	return s.snapshotConsumers()
}

func (s *Store) createSegment(h *header, name string) (*segment, error) {
	g := &segment{id: h.id, base: h.base, lastSeq: h.base - 1, file: &handle{name: name}, end: dataStart}
	if h.cipher != NoCipher {
		h.salt = newSalt()
		a, err := newAEAD(h.cipher, s.opt.Key, h.salt[:], "segment")
		if err != nil {
			return nil, err
		}
		copy(h.check[:], keyCheck(a))
		g.aead = a
	}
	g.head = *h
	g.seed = h.seed()
	tmp := s.path(name + tempSuffix)
	if err := s.opt.FS.Remove(tmp); err != nil && !errors.Is(err, vfs.ErrNotExist) {
		return nil, err
	}
	f, err := s.opt.FS.Create(tmp)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteAt(append(h.encode(), zeros[:sealRoom]...), 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = s.opt.FS.Rename(tmp, s.path(name))
	}
	if err == nil {
		err = s.opt.FS.SyncDir(s.opt.Dir)
	}
	if err != nil {
		_ = f.Close()
		_ = s.opt.FS.Remove(tmp) // the error that matters is the first
		return nil, err
	}
	s.files.adopt(g.file, f)
	return g, nil
}

func (s *Store) seal() error {
	g := s.active
	if g == nil {
		return nil
	}
	if err := s.sync(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = nil
	s.tail.buf = s.tail.buf[:0]
	if s.room > g.end {
		// Only space is at stake: the end is known without it. Some room stays,
		// by which a segment that was cut is told.
		if f, err := s.files.acquire(g.file); err == nil {
			_ = f.Truncate(g.end + sealRoom)
			s.files.release(g.file)
		}
	}
	s.indexLocked(g)
	if s.subjects.Wasteful() {
		s.compactSubjectsLocked()
	}
	return nil
}

func (s *Store) indexLocked(g *segment) {
	s.builder.build(g.ents, g.ids, &s.subjects)
	if err := s.writeIndex(g, &s.builder, g.ents); err != nil {
		return
	}
	x, err := s.openIndex(g)
	if err != nil {
		return
	}
	g.idx, g.ents, g.ids = x, nil, nil
}

func (s *Store) compactSubjectsLocked() {
	ids := s.subjects.Compact()
	for _, g := range s.segs {
		for i, id := range g.ids {
			if id != subjects.None {
				g.ids[i] = ids[id]
			}
		}
	}
}
