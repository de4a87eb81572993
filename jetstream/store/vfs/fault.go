package vfs

import (
	"errors"
	"path"
	"strings"
	"sync"
)

// Op names a call for fault rules.
type Op string

// The calls that can be made to fail.
const (
	OpCreate   Op = "create"
	OpOpen     Op = "open"
	OpRemove   Op = "remove"
	OpRename   Op = "rename"
	OpList     Op = "list"
	OpSyncDir  Op = "syncdir"
	OpRead     Op = "read"
	OpWrite    Op = "write"
	OpTruncate Op = "truncate"
	OpSync     Op = "sync"
)

// ErrIO is the error of an injected fault without an error of its own: the
// EIO of a failing disk.
var ErrIO = errors.New("input/output error (injected)")

// Faults wraps a file system and fails chosen calls. Before a call, Hook hears
// of it with a running number, counted over all calls; if it returns an error,
// the call fails with it and, for a write, half of the bytes are written first.
// A hook may block: that is a disk that stalls.
type Faults struct {
	FS
	// Hook decides the fate of each call; nil lets all pass. It must be safe
	// for concurrent use.
	Hook func(n int, op Op, name string) error

	// Guarded by mu.
	mu    sync.Mutex
	calls int
}

// FailNth gives a hook that fails the nth call (from 1) of one operation on
// files whose base name ends in suffix, and every one after it if sticky.
func FailNth(op Op, suffix string, nth int, sticky bool, err error) func(int, Op, string) error {
	var mu sync.Mutex
	seen := 0
	return func(_ int, o Op, name string) error {
		if o != op || !strings.HasSuffix(path.Base(name), suffix) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		seen++
		if seen == nth || sticky && seen > nth {
			return err
		}
		return nil
	}
}

// FailCall gives a hook that fails the nth call of any kind, counted from 1.
func FailCall(nth int, err error) func(int, Op, string) error {
	return func(n int, _ Op, _ string) error {
		if n == nth {
			return err
		}
		return nil
	}
}

// Calls says how many calls have been made.
func (f *Faults) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *Faults) ask(op Op, name string) error {
	f.mu.Lock()
	f.calls++
	n := f.calls
	hook := f.Hook
	f.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(n, op, name)
}

// SetHook changes the hook between calls.
func (f *Faults) SetHook(hook func(int, Op, string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Hook = hook
}

// Create implements FS.
func (f *Faults) Create(name string) (File, error) {
	if err := f.ask(OpCreate, name); err != nil {
		return nil, err
	}
	return f.wrap(name)(f.FS.Create(name))
}

// Open implements FS.
func (f *Faults) Open(name string) (File, error) {
	if err := f.ask(OpOpen, name); err != nil {
		return nil, err
	}
	return f.wrap(name)(f.FS.Open(name))
}

func (f *Faults) wrap(name string) func(File, error) (File, error) {
	return func(file File, err error) (File, error) {
		if err != nil {
			return nil, err
		}
		return &faultFile{File: file, f: f, name: name}, nil
	}
}

// Remove implements FS.
func (f *Faults) Remove(name string) error {
	if err := f.ask(OpRemove, name); err != nil {
		return err
	}
	return f.FS.Remove(name)
}

// Rename implements FS.
func (f *Faults) Rename(from, to string) error {
	if err := f.ask(OpRename, from); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

// List implements FS.
func (f *Faults) List(name string) ([]string, error) {
	if err := f.ask(OpList, name); err != nil {
		return nil, err
	}
	return f.FS.List(name)
}

// SyncDir implements FS.
func (f *Faults) SyncDir(name string) error {
	if err := f.ask(OpSyncDir, name); err != nil {
		return err
	}
	return f.FS.SyncDir(name)
}

// faultFile is a file of a Faults.
type faultFile struct {
	File
	f    *Faults
	name string
}

// ReadAt implements File.
func (t *faultFile) ReadAt(p []byte, off int64) (int, error) {
	if err := t.f.ask(OpRead, t.name); err != nil {
		return 0, err
	}
	return t.File.ReadAt(p, off)
}

// WriteAt implements File.
func (t *faultFile) WriteAt(p []byte, off int64) (int, error) {
	if err := t.f.ask(OpWrite, t.name); err != nil {
		n, werr := t.File.WriteAt(p[:len(p)/2], off)
		return n, errors.Join(err, werr)
	}
	return t.File.WriteAt(p, off)
}

// Truncate implements File.
func (t *faultFile) Truncate(size int64) error {
	if err := t.f.ask(OpTruncate, t.name); err != nil {
		return err
	}
	return t.File.Truncate(size)
}

// Sync implements File.
func (t *faultFile) Sync() error {
	if err := t.f.ask(OpSync, t.name); err != nil {
		return err
	}
	return t.File.Sync()
}
