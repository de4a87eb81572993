package vfs

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
)

// sectorBytes is what a disk writes in one piece: a write that was under way in
// a crash is torn at such a boundary. [spec S-4.2]
const sectorBytes = 512

// Mem is a disk in memory that can crash. It keeps for each file what has been
// synced and the writes since, and for each directory the names that have been
// synced and the changes since. All methods are safe for concurrent use.
type Mem struct {
	// Guarded by mu.
	mu    sync.Mutex
	dirs  map[string]*memDir
	locks map[string]bool
	boot  uint64
}

// memDir is one directory: the names now, and what has become of them since the
// last SyncDir, in order.
type memDir struct {
	names   map[string]*memNode
	durable map[string]*memNode
	pending []map[string]*memNode // names after each change since the last SyncDir
}

// memNode is one file, whatever its name is.
type memNode struct {
	data    []byte
	durable []byte
	pending []memWrite
}

// memWrite is one write or, with data nil, one truncation since the last sync.
type memWrite struct {
	off  int64
	data []byte
}

// NewMem gives an empty disk.
func NewMem() *Mem {
	m := &Mem{dirs: map[string]*memDir{}, locks: map[string]bool{}, boot: 1}
	m.dirs["."] = newMemDir()
	m.dirs["/"] = newMemDir()
	return m
}

func newMemDir() *memDir {
	return &memDir{names: map[string]*memNode{}, durable: map[string]*memNode{}}
}

// Crash gives the disk as it may be found after a loss of power now; rng
// decides what of the unsynced state has survived. Each unsynced write survives
// whole, not at all, or sector by sector, whatever became of earlier ones; of
// the changes to a directory a prefix survives, as on a journaling file system.
// Files opened on the old disk keep working on the old disk only.
func (m *Mem) Crash(rng *rand.Rand) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := NewMem()
	next.boot = m.boot + 1
	seen := map[*memNode]*memNode{}
	for _, name := range slices.Sorted(maps.Keys(m.dirs)) {
		d := m.dirs[name]
		names := d.durable
		if n := rng.IntN(len(d.pending) + 1); n > 0 {
			names = d.pending[n-1]
		}
		nd := newMemDir()
		for _, file := range slices.Sorted(maps.Keys(names)) {
			node := names[file]
			if seen[node] == nil {
				seen[node] = node.crash(rng)
			}
			nd.names[file] = seen[node]
			nd.durable[file] = seen[node]
		}
		next.dirs[name] = nd
	}
	return next
}

// Clone gives an independent copy in which everything is durable.
func (m *Mem) Clone() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := NewMem()
	next.boot = m.boot
	for name, d := range m.dirs {
		nd := newMemDir()
		for file, node := range d.names {
			n := &memNode{data: slices.Clone(node.data), durable: slices.Clone(node.data)}
			nd.names[file] = n
			nd.durable[file] = n
		}
		next.dirs[name] = nd
	}
	return next
}

// crash decides what is left of a file.
func (n *memNode) crash(rng *rand.Rand) *memNode {
	data := slices.Clone(n.durable)
	for _, w := range n.pending {
		fate := rng.IntN(4)
		if w.data == nil {
			if fate > 0 {
				data = resize(data, w.off)
			}
			continue
		}
		for at := 0; at < len(w.data); {
			abs := w.off + int64(at)
			end := min(len(w.data), at+int(sectorBytes-abs%sectorBytes))
			if fate == 0 || fate == 1 && rng.IntN(2) == 0 {
				at = end
				continue
			}
			if need := w.off + int64(end); int64(len(data)) < need {
				data = resize(data, need)
			}
			copy(data[abs:], w.data[at:end])
			at = end
		}
	}
	return &memNode{data: data, durable: slices.Clone(data)}
}

func resize(b []byte, size int64) []byte {
	if int64(len(b)) >= size {
		return b[:size:size] // capacity too, so that growing again gives zeros
	}
	return append(b, make([]byte, size-int64(len(b)))...)
}

// dir finds the directory of a path.
func (m *Mem) dir(name string) (*memDir, string, error) {
	name = path.Clean(name)
	d := m.dirs[path.Dir(name)]
	if d == nil {
		return nil, "", fmt.Errorf("%s: %w", name, ErrNotExist)
	}
	return d, path.Base(name), nil
}

// changed remembers the names of d as one step that a crash may keep.
func (d *memDir) changed() { d.pending = append(d.pending, maps.Clone(d.names)) }

// Create implements FS.
func (m *Mem) Create(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, err := m.dir(name)
	if err != nil {
		return nil, err
	}
	if d.names[base] != nil {
		return nil, fmt.Errorf("create %s: %w", name, ErrExist)
	}
	n := &memNode{}
	d.names[base] = n
	d.changed()
	return &memFile{m: m, n: n}, nil
}

// Open implements FS.
func (m *Mem) Open(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, err := m.dir(name)
	if err != nil {
		return nil, err
	}
	n := d.names[base]
	if n == nil {
		return nil, fmt.Errorf("open %s: %w", name, ErrNotExist)
	}
	return &memFile{m: m, n: n}, nil
}

// Remove implements FS.
func (m *Mem) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, err := m.dir(name)
	if err != nil {
		return err
	}
	if d.names[base] != nil {
		delete(d.names, base)
		d.changed()
		return nil
	}
	if sub := m.dirs[path.Clean(name)]; sub != nil && len(sub.names) == 0 {
		delete(m.dirs, path.Clean(name))
		return nil
	}
	return fmt.Errorf("remove %s: %w", name, ErrNotExist)
}

// Rename implements FS.
func (m *Mem) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, err := m.dir(from)
	if err != nil {
		return err
	}
	t, target, err := m.dir(to)
	if err != nil {
		return err
	}
	n := d.names[base]
	if n == nil {
		return fmt.Errorf("rename %s: %w", from, ErrNotExist)
	}
	delete(d.names, base)
	t.names[target] = n
	if d != t {
		t.changed()
	}
	d.changed()
	return nil
}

// MkdirAll implements FS. Directories are durable at once: OS.MkdirAll syncs.
func (m *Mem) MkdirAll(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name = path.Clean(name); m.dirs[name] == nil; name = path.Dir(name) {
		m.dirs[name] = newMemDir()
	}
	return nil
}

// List implements FS.
func (m *Mem) List(name string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name = path.Clean(name)
	d := m.dirs[name]
	if d == nil {
		return nil, fmt.Errorf("list %s: %w", name, ErrNotExist)
	}
	names := slices.Collect(maps.Keys(d.names))
	for sub := range m.dirs {
		if path.Dir(sub) == name && sub != name {
			names = append(names, path.Base(sub))
		}
	}
	slices.Sort(names)
	return names, nil
}

// SyncDir implements FS.
func (m *Mem) SyncDir(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.dirs[path.Clean(name)]
	if d == nil {
		return fmt.Errorf("sync %s: %w", name, ErrNotExist)
	}
	d.durable = maps.Clone(d.names)
	d.pending = nil
	return nil
}

// Lock implements FS.
func (m *Mem) Lock(name string) (func() error, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name = path.Clean(name)
	if m.locks[name] {
		return nil, errLocked
	}
	m.locks[name] = true
	return func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.locks, name)
		return nil
	}, nil
}

// Boot implements FS: it changes with each crash.
func (m *Mem) Boot() uint64 { return m.boot }

// Files lists the paths of all files, sorted: what a test damages one by one.
func (m *Mem) Files() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []string
	for dir, d := range m.dirs {
		for name := range d.names {
			list = append(list, strings.TrimPrefix(path.Join(dir, name), "./"))
		}
	}
	slices.Sort(list)
	return list
}

// Bytes gives the contents of a file, nil if there is none. The slice is shared
// and everything in it counts as durable: a test flips bits in it.
func (m *Mem) Bytes(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, err := m.dir(name)
	if err != nil || d.names[base] == nil {
		return nil
	}
	return d.names[base].data
}

// Cut truncates a file durably, as a damaged file system does.
func (m *Mem) Cut(name string, size int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, err := m.dir(name)
	if err != nil || d.names[base] == nil {
		return
	}
	n := d.names[base]
	n.data = resize(n.data, size)
	n.durable, n.pending = slices.Clone(n.data), nil
}

// memFile is an open file of a Mem.
type memFile struct {
	m *Mem
	n *memNode
}

// ReadAt implements File.
func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if off >= int64(len(f.n.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.n.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements File.
func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if need := off + int64(len(p)); int64(len(f.n.data)) < need {
		f.n.data = resize(f.n.data, need)
	}
	copy(f.n.data[off:], p)
	f.n.pending = append(f.n.pending, memWrite{off: off, data: append([]byte{}, p...)})
	return len(p), nil
}

// Truncate implements File.
func (f *memFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.n.data = resize(f.n.data, size)
	f.n.pending = append(f.n.pending, memWrite{off: size})
	return nil
}

// Sync implements File.
func (f *memFile) Sync() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	// Replaying the writes costs what was written, not the size of the file.
	for _, w := range f.n.pending {
		if w.data == nil {
			f.n.durable = resize(f.n.durable, w.off)
			continue
		}
		if need := w.off + int64(len(w.data)); int64(len(f.n.durable)) < need {
			f.n.durable = resize(f.n.durable, need)
		}
		copy(f.n.durable[w.off:], w.data)
	}
	f.n.pending = nil
	return nil
}

// Size implements File.
func (f *memFile) Size() (int64, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return int64(len(f.n.data)), nil
}

// Close implements File.
func (f *memFile) Close() error { return nil }
