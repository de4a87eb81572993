package resolver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// write puts a token into its file so that a crash at any point leaves the old
// file or the new one: a file of its own, synced, then renamed, and the
// directory synced.
func (d *Dir) write(id, token string) (err error) {
	f, err := os.CreateTemp(d.set.Dir, tempPrefix)
	if err != nil {
		return fmt.Errorf("jwt directory: %w", err)
	}
	name := f.Name()
	defer func() {
		if err != nil && !errors.Is(err, errCrash) {
			err = fmt.Errorf("jwt directory: %w", errors.Join(err, f.Close(), os.Remove(name)))
		}
	}()
	if err := d.step("created"); err != nil {
		return err
	}
	half := len(token) / 2
	if _, err := f.WriteString(token[:half]); err != nil {
		return err
	}
	if err := d.step("half written"); err != nil {
		return err
	}
	if _, err := f.WriteString(token[half:]); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := d.step("written"); err != nil {
		return err
	}
	if err := os.Rename(name, d.path(id)); err != nil {
		return err
	}
	if err := d.step("renamed"); err != nil {
		return err
	}
	return errors.Join(f.Close(), d.syncDir())
}

// errCrash ends a write as a crash would: nothing is tidied up.
var errCrash = errors.New("crash")

// syncDir makes what happened to names last.
func (d *Dir) syncDir() error {
	f, err := os.Open(filepath.Clean(d.set.Dir))
	if err != nil {
		return fmt.Errorf("jwt directory: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("jwt directory: %w", err)
	}
	return nil
}
