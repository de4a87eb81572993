//go:build !linux

package vfs

import "os"

// syncData flushes everything about the file.
func syncData(f *os.File) error { return f.Sync() }
