package file

import (
	"errors"
	"fmt"
	"testing"
	"testing/cryptotest"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/storetest"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// TestCallFails: whichever call to the disk fails once, an error is reported or
// nothing is lost; what was acknowledged is there after a restart. [J-70]
func TestCallFails(t *testing.T) {
	for _, cause := range []error{vfs.ErrIO, vfs.ErrNoSpace} {
		for n := 1; n < 140; n++ {
			cryptotest.SetGlobalRandom(t, uint64(n))
			if err := failCall(uint64(n), n, cause); err != nil {
				t.Fatalf("%v at call %d: %v", cause, n, err)
			}
		}
	}
}

func failCall(seed uint64, n int, cause error) error {
	disk := vfs.NewMem()
	faults := &vfs.Faults{FS: disk, Hook: vfs.FailCall(n, cause)}
	model := storetest.NewModel(1, store.FileMsgBytes)
	s, err := Open(crashOptions(0, faults))
	if err != nil {
		return nil // refused, and nothing was promised
	}
	runner := storetest.NewRunner(seed, s, model)
	committed := model.Clone()
	for range 50 {
		err := runner.Step()
		before := committed
		if err == nil {
			if err = runner.Commit(); err == nil {
				committed = model.Clone()
				continue
			}
		}
		if errors.Is(err, store.ErrFull) {
			// Undone, or not begun: the stream goes on as of the last commit.
			if err := before.Check(s); err != nil {
				return fmt.Errorf("after a full disk: %w", err)
			}
			model = before.Clone()
			runner.Model = model
			continue
		}
		break
	}
	_ = s.Close() // it may well fail
	s, err = Open(crashOptions(0, disk))
	if err != nil {
		return fmt.Errorf("open again: %w", err)
	}
	defer s.Close()
	if d := s.Recovery().Damage; len(d) > 0 {
		return fmt.Errorf("damage: %v", d)
	}
	errs := make([]error, 0, 2)
	for _, m := range []*storetest.Model{committed, model} {
		m = m.Clone()
		if t := s.Recovery().Torn; t != nil {
			m.Next += t.Skipped
		}
		err := m.Check(s)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// TestSyncFailureIsFinal: after a failed sync nothing is acknowledged any more,
// reads go on, and opening again finds out what is there. [J-70]
func TestSyncFailureIsFinal(t *testing.T) {
	disk := vfs.NewMem()
	faults := &vfs.Faults{FS: disk}
	s, err := Open(Options{FS: faults, Dir: "x"})
	if err != nil {
		t.Fatal(err)
	}
	put := func(payload string) error {
		recs := []store.Record{{Time: 1, Subject: []byte("a"), Payload: []byte(payload)}}
		if _, err := s.Append(recs, false); err != nil {
			return err
		}
		return s.Commit(1)
	}
	if err := put("one"); err != nil {
		t.Fatal(err)
	}
	faults.SetHook(vfs.FailNth(vfs.OpSync, "", 1, false, vfs.ErrIO))
	if err := put("two"); !errors.Is(err, store.ErrFailed) {
		t.Fatalf("commit with a failing sync: %v", err)
	}
	if err := put("three"); !errors.Is(err, store.ErrFailed) {
		t.Errorf("the disk is well again, but the stream must not go on: %v", err)
	}
	var r store.Record
	if err := s.Load(1, &r); err != nil || string(r.Payload) != "one" {
		t.Errorf("read only means read: %q, %v", r.Payload, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	s, err = Open(Options{FS: disk, Dir: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Load(1, &r); err != nil || string(r.Payload) != "one" {
		t.Errorf("after opening again: %q, %v", r.Payload, err)
	}
}

// TestGroupCommit: whatever was staged, a commit is one write and one sync.
// [J-61]
func TestGroupCommit(t *testing.T) {
	syncs, writes := 0, 0
	faults := &vfs.Faults{FS: vfs.NewMem(), Hook: func(_ int, op vfs.Op, _ string) error {
		switch op {
		case vfs.OpSync:
			syncs++
		case vfs.OpWrite:
			writes++
		}
		return nil
	}}
	s, err := Open(Options{FS: faults, Dir: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := s.Consumer("c")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(1); err != nil {
		t.Fatal(err)
	}
	syncs, writes = 0, 0
	for i := range 100 {
		recs := []store.Record{{Time: 1, Subject: []byte("a"), Payload: make([]byte, 100)}}
		if _, err := s.Append(recs, false); err != nil {
			t.Fatal(err)
		}
		c.Deliver(store.Delivery{ConsumerSeq: uint64(i + 1), StreamSeq: recs[0].Seq, Count: 1}, false)
		if !c.Ack(recs[0].Seq, false) {
			t.Fatalf("message %d was not pending", recs[0].Seq)
		}
		if _, err := s.Remove(recs[0].Seq, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(2); err != nil {
		t.Fatal(err)
	}
	if syncs != 1 || writes != 1 {
		t.Errorf("100 messages, acknowledgements and removals took %d syncs and %d writes, want 1 and 1", syncs, writes)
	}
}

// TestEraseLeavesNothing: after a secure removal the bytes are nowhere on the
// disk. [J-14]
func TestEraseLeavesNothing(t *testing.T) {
	const secret = "the secret payload"
	for _, when := range []string{"same batch", "later", "compacted"} {
		disk := vfs.NewMem()
		s, err := Open(Options{FS: disk, Dir: "x", SegmentBytes: 4096})
		if err != nil {
			t.Fatal(err)
		}
		add := func(payload string) {
			recs := []store.Record{{Time: 1, Subject: []byte("a"), Payload: []byte(payload)}}
			if _, err := s.Append(recs, false); err != nil {
				t.Fatal(err)
			}
		}
		commit := func() {
			if err := s.Commit(1); err != nil {
				t.Fatal(err)
			}
		}
		add(secret)
		if when != "same batch" {
			commit()
		}
		if when == "compacted" {
			for range 3 {
				add(string(make([]byte, 3000)))
				if _, err := s.Remove(s.State().LastSeq, false); err != nil {
					t.Fatal(err)
				}
				commit()
			}
			if _, err := s.Maintain(0); err != nil {
				t.Fatal(err)
			}
		}
		if ok, err := s.Remove(1, true); !ok || err != nil {
			t.Fatalf("%s: remove: %v, %v", when, ok, err)
		}
		commit()
		for _, name := range disk.Files() {
			if contains(disk.Bytes(name), secret) {
				t.Errorf("%s: %s still has it", when, name)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func contains(b []byte, s string) bool {
	for i := 0; i+len(s) <= len(b); i++ {
		if string(b[i:i+len(s)]) == s {
			return true
		}
	}
	return false
}

// TestCleanRestartReadsNoMessages. [J-74]
func TestCleanRestartReadsNoMessages(t *testing.T) {
	disk := vfs.NewMem()
	open := func(fs vfs.FS) *Store {
		s, err := Open(Options{FS: fs, Dir: "x", SegmentBytes: 8192})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open(disk)
	for i := range 500 {
		recs := []store.Record{{Time: int64(i), Subject: fmt.Appendf(nil, "a.%d", i%7), Payload: make([]byte, 100)}}
		if _, err := s.Append(recs, false); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(disk)
	defer s.Close()
	if r := s.Recovery(); !r.Clean || r.BytesRead != 0 {
		t.Errorf("recovery %+v, want clean and nothing read", r)
	}
	if st := s.State(); st.Messages != 500 || st.Applied != 499 {
		t.Errorf("state %+v", st)
	}
}

// TestWrongKey: data under another key is refused, not taken for damage, and
// the previous key still reads what it wrote. [J-127]
func TestWrongKey(t *testing.T) {
	disk := vfs.NewMem()
	o := Options{FS: disk, Dir: "x", Cipher: AESGCM, Key: []byte("one")}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	recs := []store.Record{{Time: 1, Subject: []byte("subject.in.the.clear"), Payload: []byte("payload in the clear")}}
	if _, err := s.Append(recs, false); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range disk.Files() {
		if contains(disk.Bytes(name), "in.the.clear") || contains(disk.Bytes(name), "in the clear") {
			t.Errorf("%s is readable", name)
		}
	}
	o.Key = []byte("two")
	if _, err := Open(o); !errors.Is(err, store.ErrKey) {
		t.Errorf("wrong key: %v", err)
	}
	o.PreviousKey = []byte("one")
	s, err = Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var r store.Record
	if err := s.Load(1, &r); err != nil || string(r.Payload) != "payload in the clear" {
		t.Errorf("previous key: %q, %v", r.Payload, err)
	}
}
