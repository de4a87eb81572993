//go:build !unix

package vfs

import (
	"errors"
	"os"
	"path/filepath"
)

var errNoSpace = errors.New("no space left on device")

// Lock implements FS. Without advisory locks it only makes sure that the
// directory can be written.
func (OS) Lock(name string) (func() error, error) {
	f, err := os.OpenFile(filepath.Join(name, "LOCK"), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}
