//go:build unix

package vfs

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

var errNoSpace error = syscall.ENOSPC

// Lock implements FS by an advisory lock on the file LOCK, which the system
// drops when the process ends, however it ends.
func (OS) Lock(name string) (func() error, error) {
	f, err := os.OpenFile(filepath.Join(name, "LOCK"), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errLocked, err, f.Close())
	}
	return f.Close, nil
}
