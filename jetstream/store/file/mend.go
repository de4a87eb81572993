package file

import (
	"errors"
	"fmt"
	"io"

	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// mend rewrites one damaged segment without its damaged parts, which a compaction
// leaves alone. A copy of the file is kept.
func (s *Store) mend(g *segment) error {
	if !g.kept || g.file == nil {
		return nil
	}
	if err := s.keepCopy(g); err != nil {
		return err
	}
	s.wmu.Lock()
	err := s.prepare(batchSlack)
	if err == nil {
		// The lost sequences go into the log before the damage disappears.
		s.mu.Lock()
		for _, x := range s.lost.ranges {
			if x.Last >= g.base && x.First <= g.lastSeq {
				s.batch.lost.add(max(x.First, g.base), min(x.Last, g.lastSeq))
			}
		}
		s.begin()
		s.mu.Unlock()
		err = s.commit(s.applied)
	}
	if err == nil {
		err = s.sync()
	}
	s.wmu.Unlock()
	if err != nil {
		return err
	}
	s.mu.Lock()
	g.kept = false
	run := []compactee{{seg: g, erased: g.erased, floor: s.floor}}
	run[0].dead = append(run[0].dead, g.dead...)
	s.mu.Unlock()
	c, err := s.newCompaction(run)
	if err != nil {
		return err
	}
	c.mending = true
	if _, err := c.copySegment(run[0]); err != nil {
		return err
	}
	c.finish()
	tmp := segmentName(c.g.id) + tempSuffix
	if err := s.writeAside(tmp, append(c.g.head.encode(), c.buf...)); err != nil {
		return err
	}
	return c.swap(run, tmp)
}

// keepCopy puts a copy of a segment's file beside it.
func (s *Store) keepCopy(g *segment) error {
	f, err := s.files.acquire(g.file)
	if err != nil {
		return err
	}
	defer s.files.release(g.file)
	size, err := f.Size()
	if err != nil {
		return err
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	name := lostPrefix + segmentName(g.id)
	for n := 2; ; n++ {
		err := writeNew(s.opt.FS, s.path(name), b)
		if !errors.Is(err, vfs.ErrExist) {
			return err
		}
		name = fmt.Sprintf("%s%d-%s", lostPrefix, n, segmentName(g.id))
	}
}

// writeNew writes a file that must not exist yet.
func writeNew(fs vfs.FS, name string, data []byte) error {
	f, err := fs.Create(name)
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
	return err
}
