package file

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// TestReadersDuringEverything: readers see whole messages or a reason, never
// anything else, while the writer appends, removes, erases, purges and compacts.
func TestReadersDuringEverything(t *testing.T) {
	s, err := Open(Options{FS: vfs.NewMem(), Dir: "x", SegmentBytes: 8192, TailBytes: 2048, CheckpointBytes: 30000, Limits: store.Limits{MaxMsgs: 400}})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	check := func(r *store.Record) {
		if want := fmt.Sprintf("payload of %d", r.Seq); len(r.Payload) < len(want) || string(r.Payload[:len(want)]) != want {
			t.Errorf("message %d has the payload %.30q", r.Seq, r.Payload)
		}
	}
	for n := range 3 {
		readers.Go(func() {
			f := store.NewFilter([]string{"a.1", "a.*", ">"}[n])
			var r store.Record
			at := uint64(0)
			for {
				select {
				case <-stop:
					return
				default:
				}
				seq, err := s.Next(f, at, &r)
				switch {
				case err == nil:
					check(&r)
					at = seq + 1
				case errors.Is(err, store.ErrNotFound):
					at = 0
				default:
					t.Errorf("next from %d: %v", at, err)
					return
				}
				st := s.State()
				if err := s.Load((st.FirstSeq+st.LastSeq)/2, &r); err == nil {
					check(&r)
				} else if !errors.Is(err, store.ErrDeleted) && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("load: %v", err)
					return
				}
				_ = s.NumPending(f, at)
				_ = s.LastFor("a.2", 0, &r)
			}
		})
	}
	for i := range uint64(600) {
		recs := make([]store.Record, 4)
		for k := range recs {
			recs[k] = store.Record{Time: int64(i + 1), Subject: fmt.Appendf(nil, "a.%d", k), Payload: fmt.Appendf(nil, "payload of %d%90s", 4*i+uint64(k)+1, "")}
		}
		if _, err := s.Append(recs, false); err != nil {
			t.Fatal(err)
		}
		for k := range uint64(3) {
			if _, err := s.Remove(4*i-40+k, k == 0); err != nil {
				t.Fatal(err)
			}
		}
		if i == 300 {
			if _, err := s.Purge(store.Purge{Filter: "a.3"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Commit(i); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			if _, err := s.Maintain(0); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	readers.Wait()
	if st := s.State(); st.Lost.Count != 0 {
		t.Errorf("messages were taken for lost: %+v", st.Lost)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
