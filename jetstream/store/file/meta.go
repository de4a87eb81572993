package file

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// Metadata file, little endian: the configuration of a stream or consumer, in
// whatever form the engine gives it.
//
//	0        8         10         14          22
//	+--------+---------+----------+-----------+------+----------+
//	| magic  | version | length   | generation| data | checksum |
//	+--------+---------+----------+-----------+------+----------+
//	  8        2         4          8           length 4
//
// There are two files, NAME.meta and NAME.meta.old, the newest generation and the
// one before. Writing replaces the older one, so that whatever happens one good
// generation stays; reading takes the newest that verifies. [J-68]
const (
	metaHead      = 22
	maxMetaBytes  = 64 << 20
	metaSuffix    = ".meta"
	metaOldSuffix = ".meta.old"
)

var metaMagic = [8]byte{'M', 'I', 'D', 'G', 'E', 'M', 'E', 'T'}

// Meta is one metadata file as it was read.
type Meta struct {
	Data       []byte
	Generation uint64
	// Damaged: one of the two generations did not verify. Data is the other one,
	// and may be the older.
	Damaged bool
}

// WriteMeta stores metadata durably under a name in a directory, which it makes
// if needed.
func WriteMeta(fs vfs.FS, dir, name string, data []byte) error {
	if len(data) > maxMetaBytes {
		return fmt.Errorf("metadata %s: %w", name, store.ErrTooLarge)
	}
	if err := fs.MkdirAll(dir); err != nil {
		return fmt.Errorf("metadata %s: %w", name, err)
	}
	cur, curErr := readMeta(fs, path.Join(dir, name+metaSuffix))
	old, oldErr := readMeta(fs, path.Join(dir, name+metaOldSuffix))
	generation := max(cur.Generation, old.Generation) + 1
	b := make([]byte, 0, metaHead+len(data)+frameSum)
	b = append(b, metaMagic[:]...)
	b = binary.LittleEndian.AppendUint16(b, formatV1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = binary.LittleEndian.AppendUint64(b, generation)
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	// The place to write is the one that is damaged, missing or older.
	suffix := metaSuffix
	if curErr == nil && (oldErr != nil || old.Generation < cur.Generation) {
		suffix = metaOldSuffix
	}
	if err := writeWhole(fs, path.Join(dir, name+suffix), b, true); err != nil {
		return fmt.Errorf("metadata: %w", full(err))
	}
	return nil
}

// ReadMeta reads the newest metadata that verifies. ErrNotExist means that there
// never was any, ErrMeta that there is and it cannot be read: the asset must
// stay offline and keep its data.
func ReadMeta(fs vfs.FS, dir, name string) (Meta, error) {
	cur, curErr := readMeta(fs, path.Join(dir, name+metaSuffix))
	old, oldErr := readMeta(fs, path.Join(dir, name+metaOldSuffix))
	missing := func(err error) bool { return errors.Is(err, vfs.ErrNotExist) }
	switch {
	case missing(curErr) && missing(oldErr):
		return Meta{}, fmt.Errorf("metadata %s: %w", name, vfs.ErrNotExist)
	case curErr != nil && oldErr != nil:
		return Meta{}, fmt.Errorf("metadata %s: %w: %w", name, store.ErrMeta, errors.Join(curErr, oldErr))
	}
	m := cur
	if curErr != nil || oldErr == nil && old.Generation > cur.Generation {
		m = old
	}
	m.Damaged = curErr != nil && !missing(curErr) || oldErr != nil && !missing(oldErr)
	return m, nil
}

func readMeta(fs vfs.FS, name string) (Meta, error) {
	f, err := fs.Open(name)
	if err != nil {
		return Meta{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	size, err := f.Size()
	if err != nil {
		return Meta{}, err
	}
	if size < metaHead+frameSum || size > maxMetaBytes+metaHead+frameSum {
		return Meta{}, fmt.Errorf("%s has %d bytes: %w", name, size, store.ErrMeta)
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return Meta{}, err
	}
	end := len(b) - frameSum
	if [8]byte(b[:8]) != metaMagic || binary.LittleEndian.Uint16(b[8:]) != formatV1 ||
		int(binary.LittleEndian.Uint32(b[10:])) != end-metaHead ||
		binary.LittleEndian.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
		return Meta{}, fmt.Errorf("%s does not verify: %w", name, store.ErrMeta)
	}
	return Meta{Data: b[metaHead:end], Generation: binary.LittleEndian.Uint64(b[14:])}, nil
}

// ListMeta names what has metadata in a directory, readable or not, sorted.
func ListMeta(fs vfs.FS, dir string) ([]string, error) {
	files, err := fs.List(dir)
	if errors.Is(err, vfs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list metadata: %w", err)
	}
	var names []string
	for _, file := range files {
		name, ok := strings.CutSuffix(file, metaSuffix)
		if !ok {
			name, ok = strings.CutSuffix(file, metaOldSuffix)
		}
		if ok && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// RemoveMeta deletes metadata durably.
func RemoveMeta(fs vfs.FS, dir, name string) error {
	for _, suffix := range []string{metaOldSuffix, metaSuffix} {
		if err := fs.Remove(path.Join(dir, name+suffix)); err != nil && !errors.Is(err, vfs.ErrNotExist) {
			return fmt.Errorf("remove metadata: %w", err)
		}
	}
	if err := fs.SyncDir(dir); err != nil {
		return fmt.Errorf("remove metadata: %w", err)
	}
	return nil
}
