package resolver

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nkeys"
)

// The names of files: of tokens, of deleted ones, and of those being written.
const (
	suffix        = ".jwt"
	deletedSuffix = ".jwt.deleted"
	tempPrefix    = ".writing-"
)

// Settings say how a directory is kept.
type Settings struct {
	Dir string
	// Cache drops tokens: the one used longest ago when there are more than
	// Limit, and each when TTL has passed since it was saved. Otherwise a
	// token over the limit is refused.
	Cache bool
	Limit int64         // tokens; 0 for any number
	TTL   time.Duration // 0 for ever
	// AllowDelete lets tokens be deleted: renamed, or removed if HardDelete.
	AllowDelete, HardDelete bool
}

// Dir keeps tokens as files, <account>.jwt. What Save has returned from
// survives a crash; a crash within it leaves the old token or the new one,
// whole.
type Dir struct {
	set  Settings
	step func(name string) error // between the steps of writing; a test's crash

	mu      sync.Mutex // guards the fields below and the directory
	entries map[string]*entry
	hash    [sha256.Size]byte // of all tokens, exclusive or
	uses    uint64
}

// entry is what is known of one file.
type entry struct {
	hash  [sha256.Size]byte
	iat   int64 // Unix seconds
	saved time.Time
	used  uint64 // when, as a count of uses
}

// ErrNoDelete says that the configuration does not allow deletion.
var ErrNoDelete = errors.New("delete must be enabled in server config")

// Open reads a directory, which is made if need be. Files that hold no token of
// the account they are named after are left alone and told of in ignored.
func Open(set Settings) (d *Dir, ignored []error, err error) {
	d = &Dir{set: set, step: func(string) error { return nil }, entries: make(map[string]*entry)}
	if err := os.MkdirAll(set.Dir, 0o755); err != nil {
		return nil, nil, fmt.Errorf("jwt directory: %w", err)
	}
	files, err := os.ReadDir(set.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("jwt directory: %w", err)
	}
	for _, f := range files {
		name := f.Name()
		if strings.HasPrefix(name, tempPrefix) { // of a crash
			if err := os.Remove(filepath.Join(set.Dir, name)); err != nil {
				ignored = append(ignored, fmt.Errorf("jwt directory: %w", err))
			}
			continue
		}
		id, ok := strings.CutSuffix(name, suffix)
		if !ok || !nkeys.IsValidPublicAccountKey(id) {
			continue
		}
		if err := d.index(id, f); err != nil {
			ignored = append(ignored, fmt.Errorf("%s: %w", filepath.Join(set.Dir, name), err))
		}
	}
	return d, ignored, nil
}

// index takes up a file that was there before.
func (d *Dir) index(id string, f os.DirEntry) error {
	info, err := f.Info()
	if err != nil {
		return err
	}
	token, err := d.read(id)
	if err != nil {
		return err
	}
	whose, iat, err := issued(token)
	if err != nil {
		return err
	}
	if whose != id {
		return fmt.Errorf("holds the token of %s", whose)
	}
	d.note(id, token, iat, info.ModTime())
	return nil
}

// note makes a token count in the index.
func (d *Dir) note(id, token string, iat int64, saved time.Time) {
	d.forget(id)
	d.uses++
	e := &entry{hash: sha256.Sum256([]byte(token)), iat: iat, saved: saved, used: d.uses}
	d.entries[id] = e
	d.mix(e)
}

func (d *Dir) forget(id string) {
	if e := d.entries[id]; e != nil {
		d.mix(e)
		delete(d.entries, id)
	}
}

func (d *Dir) mix(e *entry) {
	for i := range d.hash {
		d.hash[i] ^= e.hash[i]
	}
}

func (d *Dir) path(id string) string { return filepath.Join(d.set.Dir, id+suffix) }

func (d *Dir) read(id string) (string, error) {
	b, err := os.ReadFile(d.path(id))
	return strings.TrimSpace(string(b)), err
}

// Load gives an account's token, or ErrUnknown.
func (d *Dir) Load(id string) (string, error) {
	if !nkeys.IsValidPublicAccountKey(id) { // it becomes a file name
		return "", ErrUnknown
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entries[id]
	if e == nil {
		return "", ErrUnknown
	}
	if d.outlived(e) {
		return "", errors.Join(ErrUnknown, d.remove(id, true))
	}
	d.uses++
	e.used = d.uses
	return d.read(id)
}

func (d *Dir) outlived(e *entry) bool {
	return d.set.TTL > 0 && time.Since(e.saved) > d.set.TTL
}

// Save writes an account's token in the place of the one before.
func (d *Dir) Save(id, token string) error {
	_, err := d.save(id, token, false)
	return err
}

// SaveIfNewer writes a token unless the one that is there was signed later, and
// tells whether it has.
func (d *Dir) SaveIfNewer(id, token string) (bool, error) { return d.save(id, token, true) }

func (d *Dir) save(id, token string, newer bool) (bool, error) {
	whose, iat, err := issued(token)
	if err != nil {
		return false, err
	}
	if whose != id {
		return false, errors.New("subject does not match jwt content")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entries[id]
	switch {
	case e != nil && e.hash == sha256.Sum256([]byte(token)):
		e.saved = time.Now()
		return false, nil
	case e != nil && newer && !later(token, iat, e):
		return false, nil
	case e == nil:
		if err := d.makeRoom(); err != nil {
			return false, err
		}
	}
	if err := d.write(id, token); err != nil {
		return false, err
	}
	d.note(id, token, iat, time.Now())
	return true, nil
}

// later tells whether a token was signed after the one that is there. Of two
// that were signed within a second all servers take the same.
func later(token string, iat int64, e *entry) bool {
	if iat != e.iat {
		return iat > e.iat
	}
	hash := sha256.Sum256([]byte(token))
	return bytes.Compare(hash[:], e.hash[:]) > 0
}

// makeRoom keeps one more token within the limit.
func (d *Dir) makeRoom() error {
	if d.set.Limit <= 0 || int64(len(d.entries)) < d.set.Limit {
		return nil
	}
	if !d.set.Cache {
		return fmt.Errorf("jwt directory: limit of %d reached", d.set.Limit)
	}
	oldest := ""
	for id, e := range d.entries {
		if oldest == "" || e.used < d.entries[oldest].used {
			oldest = id
		}
	}
	return d.remove(oldest, true)
}

// remove takes a token away for good, or out of the way.
func (d *Dir) remove(id string, hard bool) error {
	var err error
	if hard {
		err = os.Remove(d.path(id))
	} else {
		err = os.Rename(d.path(id), filepath.Join(d.set.Dir, id+deletedSuffix))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("jwt directory: %w", err)
	}
	d.forget(id)
	return d.syncDir()
}

// Delete removes tokens, if that is allowed, and tells how many there were.
func (d *Dir) Delete(ids []string) (int, error) {
	if !d.set.AllowDelete {
		return 0, ErrNoDelete
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, id := range ids {
		if d.entries[id] == nil {
			continue
		}
		if err := d.remove(id, d.set.HardDelete); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// List gives the accounts that there are tokens of, sorted.
func (d *Dir) List() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := make([]string, 0, len(d.entries))
	for id := range d.entries {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Hash is the exclusive or of the SHA-256 of all tokens: two directories with
// the same one hold the same.
func (d *Dir) Hash() [sha256.Size]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hash
}

// Full tells whether the directory is to hold the token of every account.
func (d *Dir) Full() bool { return !d.set.Cache }

// Path is where the directory is.
func (d *Dir) Path() string { return d.set.Dir }
