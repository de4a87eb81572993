package file

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// CheckReport is what Check has found in a stream directory.
type CheckReport struct {
	Segments int
	Messages uint64
	Bytes    int64
	// Torn is the unfinished batch at the end: normal after a crash.
	Torn *Torn
	// Problems cost messages or need Repair.
	Problems []Damage
	// Notes cost nothing: indexes and checkpoints are rebuilt by opening.
	Notes []string
}

// Healthy reports whether nothing is wrong that needs somebody to look.
func (r *CheckReport) Healthy() bool { return len(r.Problems) == 0 }

// Progress hears how far a check or a repair is, in bytes. It may be nil.
type Progress func(done, total int64)

// Check reads every byte of a stream that is not open, and changes nothing. Only
// FS, Dir and the keys of the options matter. [midge store check] [J-129]
func Check(opt Options, progress Progress) (*CheckReport, error) {
	c, err := newChecker(opt, progress)
	if err != nil {
		return nil, err
	}
	defer c.close()
	for i, g := range c.r.order {
		if err := c.segment(i, g); err != nil {
			return nil, err
		}
		c.index(g)
	}
	c.checkpoint()
	c.report.Problems = append(c.r.report.Damage, c.report.Problems...)
	return c.report, nil
}

// checker is the state of one check.
type checker struct {
	s        *Store
	r        *recoverer
	report   *CheckReport
	progress Progress
	done     int64
	total    int64
	unlock   func() error
	last     uint64 // number of the segment before
}

func newChecker(opt Options, progress Progress) (*checker, error) {
	if err := opt.defaults(); err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	unlock, err := opt.FS.Lock(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("lock stream directory %s: %w", opt.Dir, err)
	}
	s := &Store{opt: opt, cache: newPageCache(0), files: &handles{fs: readOnly{opt.FS}, dir: opt.Dir}}
	s.opt.FS = readOnly{opt.FS}
	s.consumers = map[string]*consumer{}
	r := &recoverer{s: s, report: &Recovery{}, files: map[uint64]*segment{}}
	c := &checker{s: s, r: r, report: &CheckReport{}, progress: progress, unlock: unlock}
	if err := r.readHeaders(); err != nil {
		c.close()
		return nil, err
	}
	for _, g := range r.order {
		size, err := c.size(g)
		if err != nil {
			c.close()
			return nil, err
		}
		c.total += size
	}
	return c, nil
}

func (c *checker) close() {
	for _, g := range c.r.order {
		c.s.files.retire(g.file)
	}
	_ = c.unlock() // nothing was written
}

func (c *checker) size(g *segment) (int64, error) {
	f, err := c.s.files.acquire(g.file)
	if err != nil {
		return 0, err
	}
	defer c.s.files.release(g.file)
	return f.Size()
}

// segment checks every frame of one segment.
func (c *checker) segment(i int, g *segment) error {
	size, err := c.size(g)
	if err != nil {
		return err
	}
	name := segmentName(g.id)
	end, known := c.r.endOf(i)
	stop := size
	if end > 0 {
		stop = min(size, end)
	}
	b := make([]byte, max(0, stop-dataStart))
	if _, err := c.s.files.readAt(g.file, b, dataStart); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", name, err)
	}
	sc := scanRegion(b, dataStart, g.seed)
	if c.last != 0 && g.head.previous > c.last {
		c.problem(Damage{File: segmentName(g.head.previous), What: "segment is missing"})
	}
	c.last = g.head.last
	g.end = end
	if known {
		if sc.rest.size > 0 {
			sc.damage = append(sc.damage, sc.rest)
		}
		if size < end {
			sc.damage = append(sc.damage, span{size, end - size})
		}
	} else {
		c.r.buf = b
		c.r.cutTail(g, &sc, size, name)
		c.report.Torn = c.r.report.Torn
	}
	c.report.Segments++
	c.frames(g, b, &sc, name)
	c.done += size
	c.progress(c.done, c.total)
	return nil
}

// frames counts the messages of a segment and says what its damaged parts held.
func (c *checker) frames(g *segment, b []byte, sc *scanned, name string) {
	var m store.Record
	last := g.base - 1
	damage := sc.damage
	var open *Damage
	for _, f := range sc.frames {
		for len(damage) > 0 && damage[0].off < f.off {
			open = c.problem(Damage{File: name, Offset: damage[0].off, Bytes: damage[0].size, What: "record does not verify"})
			damage = damage[1:]
		}
		if f.kind != kindMessage {
			continue
		}
		frame := m.Bytes(f.size)
		copy(frame, b[f.off-dataStart:])
		if decodeMessage(g, frame, f.off, &m) != nil {
			open = c.problem(Damage{File: name, Offset: f.off, Bytes: int64(f.size), What: "message does not open"})
			continue
		}
		if open != nil && m.Seq > last+1 {
			open.Lost = append(open.Lost, store.SeqRange{First: last + 1, Last: m.Seq - 1})
		}
		open = nil
		last = m.Seq
		c.report.Messages++
		c.report.Bytes += int64(f.size)
	}
	for _, d := range damage {
		c.problem(Damage{File: name, Offset: d.off, Bytes: d.size, What: "record does not verify"})
	}
}

func (c *checker) problem(d Damage) *Damage {
	c.report.Problems = append(c.report.Problems, d)
	return &c.report.Problems[len(c.report.Problems)-1]
}

// index checks the pages of a segment's index.
func (c *checker) index(g *segment) {
	h := &handle{name: indexName(g.id)}
	b := make([]byte, pageBytes)
	defer c.s.files.retire(h)
	for n := 0; ; n++ {
		got, err := c.s.files.readAt(h, b, int64(n)*pageBytes)
		if got == 0 && (n > 0 || errors.Is(err, vfs.ErrNotExist)) {
			return
		}
		if err == nil {
			_, err = openPage(b, n, nil)
		}
		if err != nil {
			c.report.Notes = append(c.report.Notes, fmt.Sprintf("%s: %v: it will be rebuilt", h.name, err))
			return
		}
	}
}

// checkpoint checks the checkpoint file.
func (c *checker) checkpoint() {
	h := &handle{name: checkpointName}
	f, err := c.s.files.acquire(h)
	if errors.Is(err, vfs.ErrNotExist) {
		return
	}
	defer c.s.files.retire(h)
	if err == nil {
		defer c.s.files.release(h)
		var size int64
		if size, err = f.Size(); err == nil {
			b := make([]byte, size)
			if _, err = f.ReadAt(b, 0); err == nil || errors.Is(err, io.EOF) {
				_, _, err = openCheckpoint(b, c.s.opt.keys())
			}
		}
	}
	if err != nil {
		c.report.Notes = append(c.report.Notes, fmt.Sprintf("checkpoint: %v: it will be rebuilt", err))
	}
}

// readOnly keeps a check from changing anything.
type readOnly struct{ vfs.FS }

var errReadOnly = errors.New("a check changes nothing")

// Create implements vfs.FS.
func (readOnly) Create(string) (vfs.File, error) { return nil, errReadOnly }

// Remove implements vfs.FS.
func (readOnly) Remove(string) error { return errReadOnly }

// Rename implements vfs.FS.
func (readOnly) Rename(string, string) error { return errReadOnly }

// RepairReport is what Repair has done.
type RepairReport struct {
	Recovery Recovery
	// Lost are the sequences that cannot be read any more; they are on record
	// in the stream now.
	Lost store.Lost
	// Kept are the damaged files, which stay beside the stream as lost-*.
	Kept []string
}

// Repair mends a stream that is not open: it opens it from the log alone, puts
// what is lost on record, rewrites damaged segments without their damaged parts
// and keeps the originals under another name. [midge store repair]
func Repair(opt Options, progress Progress) (*RepairReport, error) {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	if err := opt.FS.Remove(opt.Dir + "/" + checkpointName); err != nil && !errors.Is(err, vfs.ErrNotExist) {
		return nil, fmt.Errorf("repair: %w", err)
	}
	s, err := Open(opt)
	if err != nil {
		return nil, err
	}
	report := &RepairReport{Recovery: s.Recovery()}
	total := int64(len(s.segs))
	for i, g := range slices.Clone(s.segs) {
		if err := s.mend(g); err != nil {
			return nil, errors.Join(fmt.Errorf("repair segment %d: %w", g.id, err), s.Close())
		}
		progress(int64(i+1), total)
	}
	report.Lost = s.State().Lost
	if err := s.Close(); err != nil {
		return nil, err
	}
	names, err := opt.FS.List(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("repair: %w", err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, lostPrefix) {
			report.Kept = append(report.Kept, name)
		}
	}
	return report, nil
}
