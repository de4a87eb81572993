package file

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/storetest"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// smallStore fills a store with a few messages and consumers, in three segments
// with removals and an erased message. It returns the disk after a clean stop, or
// after a kill that lost nothing, and what must be in it.
func smallStore(t *testing.T, opt Options, clean bool) (*vfs.Mem, *storetest.Model) {
	t.Helper()
	disk := vfs.NewMem()
	opt.FS, opt.Dir, opt.SegmentBytes, opt.CheckpointBytes = disk, "x", 4096, 1
	s, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	m := storetest.NewModel(1, store.FileMsgBytes)
	for i := range 24 {
		recs := make([]store.Record, 2)
		for k := range recs {
			recs[k].Time = int64(1000 + 10*i + k)
			recs[k].SetBody(fmt.Appendf(nil, "a.%d", i%3), nil, fmt.Appendf(nil, "payload %d.%d %s", i, k, strings.Repeat("x", 120)))
			if err := m.Append(&recs[k]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Append(recs, false); err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 {
			seq := uint64(i)
			m.Remove(seq)
			if ok, err := s.Remove(seq, i == 9); !ok || err != nil {
				t.Fatalf("remove %d: %v, %v", seq, ok, err)
			}
		}
		c, err := s.Consumer("c")
		if err != nil {
			t.Fatal(err)
		}
		if m.Consumers["c"] == nil {
			m.Consumers["c"] = &store.ConsumerState{}
		}
		d := store.Delivery{ConsumerSeq: uint64(i + 1), StreamSeq: uint64(i + 1), Time: int64(i), Count: 1}
		c.Deliver(d, false)
		m.Consumers["c"].Deliver(d, false)
		if err := s.Commit(uint64(i + 1)); err != nil {
			t.Fatal(err)
		}
		if i == 12 {
			if _, err := s.Maintain(0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if clean {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Check(s); clean == (err == nil) {
		t.Fatalf("before the damage: %v", err)
	}
	return disk.Clone(), m
}

// inspect opens a damaged store and reads everything. Every message is there and
// right, or it is reported. [J-64] [J-66] [J-67] [J-69]
func inspect(disk *vfs.Mem, opt Options, m *storetest.Model) (found bool, err error) {
	opt.FS, opt.Dir, opt.SegmentBytes = disk, "x", 4096
	s, err := Open(opt)
	if err != nil {
		return true, nil // refused with a reason: found
	}
	rec := s.Recovery()
	found = len(rec.Damage) > 0 || rec.Torn != nil || rec.Rebuilt
	var r store.Record
	missing := 0
	for _, want := range m.Msgs {
		switch err := s.Load(want.Seq, &r); {
		case err == nil:
			if string(r.Subject) != want.Subject || string(r.Payload) != want.Payload || r.Time != want.Time {
				return found, fmt.Errorf("message %d was read as another one", want.Seq)
			}
		case errors.Is(err, store.ErrLost):
			found = true
		case (errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDeleted)) && (rec.Torn != nil || len(rec.Damage) > 0):
			missing++
		default:
			return found, fmt.Errorf("message %d: %w, and nothing was reported", want.Seq, err)
		}
	}
	if next := s.State().LastSeq + 1; next < m.Next {
		return found, fmt.Errorf("sequence %d would be assigned again, up to %d were acknowledged", next, m.Next-1)
	}
	seqs := 0
	f := store.NewFilter("a.*")
	for at := uint64(0); ; {
		seq, err := s.Next(f, at, &r)
		if errors.Is(err, store.ErrNotFound) {
			break
		}
		if err != nil && !errors.Is(err, store.ErrLost) || seq < at {
			return found, fmt.Errorf("next from %d: %d, %w", at, seq, err)
		}
		at = seq + 1
		if seqs++; seqs > 200 {
			return found, errors.New("a replay does not end")
		}
	}
	// The stream goes on.
	recs := []store.Record{{Time: 5000, Subject: []byte("a.new"), Payload: []byte("new")}}
	if n, err := s.Append(recs, false); n != 1 || err != nil {
		return found, fmt.Errorf("append afterwards: %w", err)
	}
	if err := s.Commit(100); err != nil {
		return found, fmt.Errorf("commit afterwards: %w", err)
	}
	if err := s.Close(); err != nil {
		return found, fmt.Errorf("close afterwards: %w", err)
	}
	// And what was found is still known after another restart.
	s, err = Open(opt)
	if err != nil {
		return found, fmt.Errorf("open again: %w", err)
	}
	defer s.Close()
	if err := s.Load(recs[0].Seq, &r); err != nil || string(r.Payload) != "new" {
		return found, fmt.Errorf("the message appended afterwards: %w", err)
	}
	return found, nil
}

// damageVariants are the stores that get damaged.
func damageVariants(t *testing.T, run func(t *testing.T, opt Options, clean bool)) {
	for _, name := range []string{"always", "s2", "aes"} {
		for _, clean := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/clean=%v", name, clean), func(t *testing.T) {
				cryptotest.SetGlobalRandom(t, 1)
				run(t, variants[name], clean)
			})
		}
	}
}

// damageStep is the distance between the places that are damaged: every byte
// takes minutes, with MIDGE_EVERY_BYTE set.
func damageStep() int {
	switch {
	case os.Getenv("MIDGE_EVERY_BYTE") != "":
		return 1
	case testing.Short():
		return 211
	}
	return 53
}

// TestFlippedBitAnywhere flips bits in every file.
func TestFlippedBitAnywhere(t *testing.T) {
	damageVariants(t, func(t *testing.T, opt Options, clean bool) {
		disk, m := smallStore(t, opt, clean)
		for _, name := range disk.Files() {
			size := used(disk.Bytes(name))
			step := damageStep()
			for at := 0; at < size; at += step {
				d := disk.Clone()
				d.Bytes(name)[at] ^= 1 << (at % 8)
				if _, err := inspect(d, opt, m); err != nil {
					t.Fatalf("%s, bit %d of byte %d: %v", name, at%8, at, err)
				}
			}
		}
	})
}

// used is the size of a file without the zeros at its end.
func used(b []byte) int { return len(b) - int(trailingZeros(b)) }

// TestCutAnywhere truncates every file.
func TestCutAnywhere(t *testing.T) {
	damageVariants(t, func(t *testing.T, opt Options, clean bool) {
		disk, m := smallStore(t, opt, clean)
		for _, name := range disk.Files() {
			step := damageStep()
			for at := 0; at < used(disk.Bytes(name)); at += step {
				d := disk.Clone()
				d.Cut(name, int64(at))
				if _, err := inspect(d, opt, m); err != nil {
					t.Fatalf("%s, cut at %d of %d: %v", name, at, len(disk.Bytes(name)), err)
				}
			}
		}
	})
}

// TestFileMissing removes every file.
func TestFileMissing(t *testing.T) {
	damageVariants(t, func(t *testing.T, opt Options, clean bool) {
		disk, m := smallStore(t, opt, clean)
		files := disk.Files()
		for i, name := range files {
			if !clean && strings.HasSuffix(name, segmentSuffix) && (i+2 >= len(files)) {
				continue // nothing knows yet that the newest segment exists
			}
			d := disk.Clone()
			if err := d.Remove(name); err != nil {
				t.Fatal(err)
			}
			if _, err := inspect(d, opt, m); err != nil {
				t.Errorf("%s is missing: %v", name, err)
			}
		}
	})
}
