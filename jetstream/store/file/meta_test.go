package file

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// TestMetaSurvivesOneFlip: a flip in either generation leaves the other one; two
// make the asset unreadable, not missing. [J-68]
func TestMetaSurvivesOneFlip(t *testing.T) {
	disk := vfs.NewMem()
	for _, data := range []string{"first", "second", "third"} {
		if err := WriteMeta(disk, "x", "stream", []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range disk.Files() {
		for at := range disk.Bytes(name) {
			d := disk.Clone()
			d.Bytes(name)[at] ^= 1 << (at % 8)
			m, err := ReadMeta(d, "x", "stream")
			if err != nil || !m.Damaged || string(m.Data) != "second" && string(m.Data) != "third" {
				t.Fatalf("%s, byte %d: %q, %v", name, at, m.Data, err)
			}
			if err := WriteMeta(d, "x", "stream", []byte("fourth")); err != nil {
				t.Fatal(err)
			}
			if m, err := ReadMeta(d, "x", "stream"); err != nil || m.Damaged || string(m.Data) != "fourth" {
				t.Fatalf("%s, byte %d, written again: %q, %v", name, at, m.Data, err)
			}
		}
	}
	d := disk.Clone()
	for _, name := range d.Files() {
		d.Cut(name, 10)
	}
	if _, err := ReadMeta(d, "x", "stream"); !errors.Is(err, store.ErrMeta) || errors.Is(err, vfs.ErrNotExist) {
		t.Errorf("both damaged: %v", err)
	}
	if names, err := ListMeta(d, "x"); err != nil || len(names) != 1 || names[0] != "stream" {
		t.Errorf("list: %q, %v", names, err)
	}
	if _, err := ReadMeta(d, "x", "other"); !errors.Is(err, vfs.ErrNotExist) {
		t.Errorf("never written: %v", err)
	}
}

// TestMetaCrash: a crash anywhere leaves the old or the new data. [J-73]
func TestMetaCrash(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 3))
		disk := vfs.NewMem()
		for _, data := range []string{"one", "two"} {
			if err := WriteMeta(disk, "x", "s", []byte(data)); err != nil {
				t.Fatal(err)
			}
		}
		off := 1 + rng.IntN(12)
		var wreck *vfs.Mem
		f := &vfs.Faults{FS: disk, Hook: func(n int, _ vfs.Op, _ string) error {
			if n < off {
				return nil
			}
			if wreck == nil {
				wreck = disk.Crash(rng)
			}
			return errPower
		}}
		err := WriteMeta(f, "x", "s", []byte("three"))
		if wreck == nil {
			wreck = disk.Crash(rng)
		}
		m, rerr := ReadMeta(wreck, "x", "s")
		if rerr != nil || string(m.Data) != "three" && (err == nil || string(m.Data) != "two") {
			t.Fatalf("seed %d, off at %d, write %v: %q, %v", seed, off, err, m.Data, rerr)
		}
	}
}
