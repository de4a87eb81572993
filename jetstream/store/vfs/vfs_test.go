package vfs

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// TestSameBehaviour runs one scenario on the real file system and on the one in
// memory: the tests of the store are worth something only if both agree.
func TestSameBehaviour(t *testing.T) {
	for name, fs := range map[string]FS{"os": OS{}, "mem": NewMem()} {
		dir := filepath.ToSlash(t.TempDir()) + "/d"
		if err := fs.MkdirAll(dir); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f, err := fs.Create(dir + "/a")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := f.WriteAt([]byte("hello"), 3); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b := make([]byte, 10)
		if n, err := f.ReadAt(b, 0); n != 8 || !errors.Is(err, io.EOF) || !bytes.Equal(b[:8], []byte("\x00\x00\x00hello")) {
			t.Errorf("%s: read %d %q, %v", name, n, b, err)
		}
		if err := f.Truncate(4); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := f.Truncate(6); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n, _ := f.ReadAt(b[:6], 0); n != 6 || string(b[:6]) != "\x00\x00\x00h\x00\x00" {
			t.Errorf("%s: after truncation %q", name, b[:6])
		}
		if size, err := f.Size(); size != 6 || err != nil {
			t.Errorf("%s: size %d, %v", name, size, err)
		}
		if _, err := fs.Create(dir + "/a"); !errors.Is(err, ErrExist) {
			t.Errorf("%s: create twice: %v", name, err)
		}
		if _, err := fs.Open(dir + "/b"); !errors.Is(err, ErrNotExist) {
			t.Errorf("%s: open nothing: %v", name, err)
		}
		if err := errors.Join(f.Sync(), fs.Rename(dir+"/a", dir+"/b"), fs.SyncDir(dir), f.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if names, err := fs.List(dir); err != nil || len(names) != 1 || names[0] != "b" {
			t.Errorf("%s: list %q, %v", name, names, err)
		}
		unlock, err := fs.Lock(dir)
		if err != nil {
			t.Fatalf("%s: lock: %v", name, err)
		}
		if _, err := fs.Lock(dir); err == nil {
			t.Errorf("%s: locked twice", name)
		}
		if err := unlock(); err != nil {
			t.Errorf("%s: unlock: %v", name, err)
		}
		if err := fs.Remove(dir + "/b"); err != nil {
			t.Errorf("%s: remove: %v", name, err)
		}
	}
}

// TestCrashKeepsWhatWasSynced: of the rest anything may be left.
func TestCrashKeepsWhatWasSynced(t *testing.T) {
	lost, kept, torn := 0, 0, 0
	for seed := range uint64(200) {
		disk := NewMem()
		f, err := disk.Create("a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(bytes.Repeat([]byte{1}, 100), 0); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Sync(), disk.SyncDir(".")); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(bytes.Repeat([]byte{2}, 4*sectorBytes), sectorBytes); err != nil {
			t.Fatal(err)
		}
		if _, err := disk.Create("b"); err != nil {
			t.Fatal(err)
		}
		after := disk.Crash(rand.New(rand.NewPCG(seed, 1)))
		got := after.Bytes("a")
		if !bytes.Equal(got[:100], bytes.Repeat([]byte{1}, 100)) {
			t.Fatalf("seed %d: synced bytes are gone", seed)
		}
		switch n := bytes.Count(got, []byte{2}); n {
		case 0:
			lost++
		case 4 * sectorBytes:
			kept++
		default:
			torn++
		}
	}
	if lost == 0 || kept == 0 || torn == 0 {
		t.Errorf("of 200 unsynced writes %d were lost, %d kept, %d torn; want some of each", lost, kept, torn)
	}
}

// TestFaults: the chosen call fails, and a failed write is a partial one.
func TestFaults(t *testing.T) {
	f := &Faults{FS: NewMem()}
	file, err := f.Create("a.seg")
	if err != nil {
		t.Fatal(err)
	}
	f.SetHook(FailNth(OpWrite, ".seg", 2, false, ErrNoSpace))
	for i, want := range []error{nil, ErrNoSpace, nil} {
		if _, err := file.WriteAt([]byte("ab"), int64(2*i)); !errors.Is(err, want) {
			t.Errorf("write %d: %v, want %v", i, err, want)
		}
	}
	b := make([]byte, 6)
	if _, err := file.ReadAt(b, 0); err != nil || string(b) != "aba\x00ab" {
		t.Errorf("contents %q, %v", b, err)
	}
	if f.Calls() != 5 {
		t.Errorf("%d calls, want 5", f.Calls())
	}
}
