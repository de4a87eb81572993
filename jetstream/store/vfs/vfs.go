// Package vfs is the seam between the file store and a disk.
//
// OS is the real one. Mem is a disk in memory that knows which bytes and which
// directory entries have been synced, and can crash: what was not synced is
// dropped, reordered or torn. Faults wraps either and fails chosen calls. The
// store knows only FS and File, so every promise it makes about a crash is
// tested against a disk that keeps no promise of its own. [spec S-4]
package vfs

import (
	"errors"
	"io/fs"
)

// ErrNoSpace is what a full disk answers: syscall.ENOSPC on a real one.
var ErrNoSpace = errNoSpace

// ErrExist and ErrNotExist are those of the standard library, so errors.Is works
// on every implementation.
var (
	ErrExist    = fs.ErrExist
	ErrNotExist = fs.ErrNotExist
	errLocked   = errors.New("vfs: directory is in use by another process")
)

// FS is the part of a file system that the store uses. Names are slash
// separated paths. Nothing is durable before File.Sync (contents and size) and
// SyncDir (names in a directory) return nil. [J-63]
type FS interface {
	// Create makes an empty file for reading and writing; it must not exist.
	Create(name string) (File, error)
	// Open opens an existing file for reading and writing.
	Open(name string) (File, error)
	// Remove deletes a file or an empty directory.
	Remove(name string) error
	// Rename replaces to, if it exists, in one step.
	Rename(from, to string) error
	// MkdirAll makes a directory and its parents.
	MkdirAll(name string) error
	// List gives the names in a directory, sorted.
	List(name string) ([]string, error)
	// SyncDir makes the names in a directory durable.
	SyncDir(name string) error
	// Lock keeps other processes away from a directory until unlock is called.
	Lock(name string) (unlock func() error, err error)
	// Boot identifies the running system since it was started: while it stays
	// the same, what was written and not synced is still there. 0 is unknown.
	Boot() uint64
}

// File is random access to one file. ReadAt and WriteAt are those of package io:
// a short count comes with an error. It is safe for concurrent use.
type File interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	// Truncate sets the size; a larger one reads as zeros.
	Truncate(size int64) error
	// Sync returns when contents and size are on stable storage. After an
	// error nothing is known about what was written since the last success.
	Sync() error
	// Size is the current size in bytes.
	Size() (int64, error)
	Close() error
}
