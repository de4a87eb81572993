package memory

import (
	"fmt"
	"testing"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/storetest"
)

var _ store.Stream = (*Store)(nil)

// TestSuite runs the suite of the file store. [J-76]
func TestSuite(t *testing.T) {
	storetest.Run(t, storetest.Options{
		Forgets: true,
		Size:    store.MemoryMsgBytes,
		Open: func(_ testing.TB, _ string, limits store.Limits, first uint64) store.Stream {
			return Open(limits, first)
		},
	})
}

// TestLimitsFreeMemory: a stream at its limit keeps no more than it holds, and
// an append costs the message itself and no more. [J-75]
func TestLimitsFreeMemory(t *testing.T) {
	s := Open(store.Limits{MaxMsgs: 5000}, 1)
	recs := make([]store.Record, 1)
	i := 0
	add := func() {
		recs[0] = store.Record{Time: int64(i), Subject: fmt.Appendf(nil, "s.%d", i%10), Payload: make([]byte, 100)}
		if _, err := s.Append(recs, false); err != nil {
			t.Fatal(err)
		}
		i++
	}
	for range 100000 {
		add()
	}
	if n := len(s.blocks); n > 7 {
		t.Errorf("%d blocks for 5000 messages", n)
	}
	for id := range s.posts {
		if n := cap(s.posts[id].seqs); n > 2000 {
			t.Errorf("postings of 500 messages have room for %d", n)
		}
	}
	if st := s.State(); st.Messages != 5000 || st.FirstSeq != 95001 {
		t.Errorf("state %+v", st)
	}
}

func BenchmarkAppend(b *testing.B) {
	s := Open(store.Limits{MaxMsgs: 100000}, 1)
	recs := []store.Record{{Subject: []byte("orders.new"), Payload: make([]byte, 128)}}
	b.ReportAllocs()
	for b.Loop() {
		recs[0].Seq = 0
		if _, err := s.Append(recs, false); err != nil {
			b.Fatal(err)
		}
	}
}
