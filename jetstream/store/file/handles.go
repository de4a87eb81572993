package file

import (
	"fmt"
	"path"
	"sync"

	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// maxOpenFiles bounds the files that one stream keeps open for reading; more
// are open only while they are all being read.
const maxOpenFiles = 64

// handles opens files when they are read and closes those idle for longest.
type handles struct {
	fs  vfs.FS
	dir string

	// Guarded by mu.
	mu   sync.Mutex
	open []*handle
	hand int
}

// handle is one file that may or may not be open.
type handle struct {
	name string

	// Guarded by handles.mu.
	file    vfs.File
	readers int
	used    bool
	retired bool
}

// acquire gives the open file; release must follow.
func (p *handles) acquire(h *handle) (vfs.File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.file == nil {
		f, err := p.fs.Open(path.Join(p.dir, h.name))
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", h.name, err)
		}
		p.adoptLocked(h, f)
	}
	h.used = true
	h.readers++
	return h.file, nil
}

// adopt gives a handle a file that is open already.
func (p *handles) adopt(h *handle, f vfs.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.adoptLocked(h, f)
}

func (p *handles) adoptLocked(h *handle, f vfs.File) {
	h.file = f
	if len(p.open) >= maxOpenFiles {
		p.evictLocked()
	}
	p.open = append(p.open, h)
}

// evictLocked closes one idle file: the next that was not used since the hand
// passed it last.
func (p *handles) evictLocked() {
	for range 2 * len(p.open) {
		p.hand = (p.hand + 1) % len(p.open)
		h := p.open[p.hand]
		if h.readers == 0 && !h.used {
			p.closeLocked(h)
			return
		}
		h.used = false
	}
}

func (p *handles) closeLocked(h *handle) {
	for i, o := range p.open {
		if o == h {
			p.open[i] = p.open[len(p.open)-1]
			p.open = p.open[:len(p.open)-1]
			break
		}
	}
	if h.file != nil {
		// Everything that matters was synced, and reported, before.
		_ = h.file.Close()
		h.file = nil
	}
}

func (p *handles) release(h *handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h.readers--
	if h.readers == 0 && h.retired {
		p.closeLocked(h)
	}
}

// retire closes the file as soon as its last reader is done.
func (p *handles) retire(h *handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h.retired = true
	if h.readers == 0 {
		p.closeLocked(h)
	}
}

// readAt reads from a file by its handle.
func (p *handles) readAt(h *handle, b []byte, off int64) (int, error) {
	f, err := p.acquire(h)
	if err != nil {
		return 0, err
	}
	n, err := f.ReadAt(b, off)
	p.release(h)
	return n, err
}
