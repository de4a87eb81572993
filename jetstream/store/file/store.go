package file

import (
	"fmt"
	"path"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/expiry"
	"github.com/midge-nats/midge/jetstream/store/subjects"
)

// Store is the file store of one stream. It implements store.Stream.
type Store struct {
	// Immutable after construction.
	opt    Options
	unlock func() error
	files  *handles
	cache  *pageCache

	lastSync atomic.Int64 // Unix nanoseconds
	// broken is why the state in memory cannot be trusted for writing any more:
	// the disk did not answer when it had to be looked at for a removal.
	broken    atomic.Pointer[error]
	recovery  Recovery
	maintains sync.Mutex // one Maintain at a time
	firstSeen struct {
		mu  sync.Mutex
		seq uint64
		rec store.Record
	}

	// Guarded by wmu: the writing side.
	wmu     sync.Mutex
	failed  error
	closed  bool
	written int64 // up to here the active segment is written
	synced  int64 // up to here it is on stable storage
	room    int64 // up to here it is filled with zeros in advance
	batch   batch
	builder indexBuilder
	scratch []byte // compression
	meta    store.Record
	peek    readAhead // of the messages at the front, which limits remove

	// recovering: the log is being replayed, and what is missing may yet turn out
	// to have been removed.
	recovering bool

	// Guarded by mu: what is stored. Changed only with wmu held too, except
	// that a reader may find a message to be lost.
	mu sync.RWMutex
	state
}

// state is everything that recovery rebuilds.
type state struct {
	stream   uint64 // identity
	limits   store.Limits
	segs     []*segment // by number, and so by sequence; the last may be active
	active   *segment   // nil until something is staged
	tail     tail
	subjects subjects.Table
	ttls     expiry.Heap
	totals   store.Totals
	next     uint64 // sequence of the next message
	floor    uint64 // first live sequence, next without any
	lastTime int64
	applied  uint64

	lost      seqSet
	lostBytes uint64

	consumers map[string]*consumer
	changed   []*consumer // since the last commit; some may be listed twice
	// snapshotAt is the first segment whose consumer frames are still needed,
	// logged how much log there is since.
	snapshotAt uint64
	logged     int64
	ageFrom    uint64 // no message below has to be looked at for max_age
	checkpoint position64
	behind     int64      // bytes of log behind the checkpoint
	trash      []*segment // without a live message; the next checkpoint frees them
	taken      uint64     // highest number of a file that is no use
	used       bool       // something was ever stored or skipped
}

// position64 is a place in the log.
type position64 struct {
	segment uint64
	off     int64
}

// tail is the newest part of the active segment in memory: what is staged and
// some of what is written.
type tail struct {
	buf []byte
	off int64 // of buf[0] in the segment
}

// batch is what has been staged since the last commit.
type batch struct {
	start   int64 // where its first frame is
	dirty   bool
	removed []uint64
	erase   []erasure
	lost    seqSet // found unreadable since the last commit
}

// erasure is a message to blank once its removal is durable.
type erasure struct {
	seg  *segment
	off  int64
	void void
}

// Open opens or creates the store of a stream. What recovery has found is in
// Recovery; damage to data is no error. It fails if the directory is in use or
// cannot be read, or if no key fits.
func Open(opt Options) (*Store, error) {
	if err := opt.defaults(); err != nil {
		return nil, err
	}
	if err := opt.FS.MkdirAll(opt.Dir); err != nil {
		return nil, fmt.Errorf("make stream directory: %w", err)
	}
	unlock, err := opt.FS.Lock(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("lock stream directory %s: %w", opt.Dir, err)
	}
	s := &Store{
		opt: opt, unlock: unlock, cache: newPageCache(opt.CacheBytes),
		files: &handles{fs: opt.FS, dir: opt.Dir},
	}
	s.state.consumers = map[string]*consumer{}
	s.lastSync.Store(time.Now().UnixNano())
	if err := s.load(); err != nil {
		s.retireAll()
		_ = unlock() // the error that matters is the first
		return nil, fmt.Errorf("open stream store %s: %w", opt.Dir, err)
	}
	if err := s.SetLimits(opt.Limits); err != nil {
		s.retireAll()
		_ = unlock()
		return nil, fmt.Errorf("open stream store %s: limits: %w", opt.Dir, err)
	}
	return s, nil
}

// Recovery tells what Open has found and done.
func (s *Store) Recovery() Recovery { return s.recovery }

// retireAll closes all files.
func (s *Store) retireAll() {
	for _, g := range s.segs {
		s.retire(g)
	}
	for _, g := range s.trash {
		s.retire(g)
	}
}

// retire closes the files of one segment when their readers are done.
func (s *Store) retire(g *segment) {
	s.files.retire(g.file)
	if g.idx != nil {
		s.files.retire(g.idx.file)
	}
}

// path gives the path of a file of this stream.
func (s *Store) path(name string) string { return path.Join(s.opt.Dir, name) }

// writable says why nothing can be staged, nil if it can. REQUIRES: wmu.
func (s *Store) writable() error {
	if s.closed {
		return store.ErrClosed
	}
	if s.failed == nil {
		if b := s.broken.Load(); b != nil {
			s.failed = *b
		}
	}
	if s.failed != nil {
		return fmt.Errorf("%w: %w", store.ErrFailed, s.failed)
	}
	return nil
}

// breaks makes the stream read only because of a failed read. It gives err back.
func (s *Store) breaks(err error) error {
	s.broken.CompareAndSwap(nil, &err)
	return err
}

// Close implements store.Stream. After a failed commit it leaves the disk as it
// is: what is there is for recovery to judge.
func (s *Store) Close() error {
	s.maintains.Lock()
	defer s.maintains.Unlock()
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if s.closed {
		return nil
	}
	var err error
	if s.writable() == nil {
		err = s.closeClean()
	}
	s.mu.Lock()
	s.closed = true
	s.retireAll()
	s.mu.Unlock()
	if uerr := s.unlock(); err == nil {
		err = uerr
	}
	if err != nil {
		return fmt.Errorf("close stream store %s: %w", s.opt.Dir, err)
	}
	return nil
}

// closeClean commits, seals the active segment and writes the checkpoint.
func (s *Store) closeClean() error {
	if err := s.commit(s.applied); err != nil {
		return err
	}
	if err := s.sync(); err != nil {
		return err
	}
	if err := s.seal(); err != nil {
		return err
	}
	return s.writeCheckpoint()
}

// Delete implements store.Stream: it removes every file of the stream.
func (s *Store) Delete() error {
	s.wmu.Lock()
	s.failed = store.ErrClosed // nothing is worth writing any more
	s.wmu.Unlock()
	if err := s.Close(); err != nil {
		return err
	}
	names, err := s.opt.FS.List(s.opt.Dir)
	if err != nil {
		return fmt.Errorf("delete stream store: %w", err)
	}
	for _, name := range names {
		if err := s.opt.FS.Remove(s.path(name)); err != nil {
			return fmt.Errorf("delete stream store: %w", err)
		}
	}
	if err := s.opt.FS.Remove(s.opt.Dir); err != nil {
		return fmt.Errorf("delete stream store: %w", err)
	}
	return s.opt.FS.SyncDir(path.Dir(s.opt.Dir))
}
