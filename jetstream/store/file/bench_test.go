package file

import (
	"fmt"
	"testing"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// openBench opens a store on a real disk.
func openBench(tb testing.TB, o Options) *Store {
	tb.Helper()
	o.FS, o.Dir = vfs.OS{}, tb.TempDir()+"/s"
	s, err := Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func benchBatch(n, subjects, payload int) []store.Record {
	recs := make([]store.Record, n)
	for i := range recs {
		recs[i] = store.Record{Time: int64(i + 1), Subject: fmt.Appendf(nil, "orders.%d.new", i%subjects), Payload: make([]byte, payload)}
	}
	return recs
}

func stage(tb testing.TB, s *Store, recs []store.Record) {
	for i := range recs {
		recs[i].Seq = 0
	}
	if n, err := s.Append(recs, false); n != len(recs) || err != nil {
		tb.Fatalf("append: %d, %v", n, err)
	}
	if err := s.Commit(1); err != nil {
		tb.Fatal(err)
	}
}

// TestAppendAllocs: in the steady state a batch allocates nothing.
func TestAppendAllocs(t *testing.T) {
	for name, o := range map[string]Options{
		"plain": {Sync: SyncInterval}, "always": {}, "limited": {Sync: SyncInterval, Limits: store.Limits{MaxMsgsPerSubject: 50}},
	} {
		o.FS, o.Dir, o.SegmentBytes = vfs.OS{}, t.TempDir()+"/s", 256<<20
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		recs := benchBatch(16, 16, 128)
		for range 600 {
			stage(t, s, recs) // warm up
		}
		// The positions of the active segment grow, now and then: amortised.
		n := testing.AllocsPerRun(400, func() { stage(t, s, recs) })
		if n > 0.5 {
			t.Errorf("%s: a batch of 16 allocates %v times, want 0", name, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadAllocs: reading a message into a record that has room allocates
// nothing, from memory, from disk and through a filter.
func TestReadAllocs(t *testing.T) {
	s := openBench(t, Options{Sync: SyncInterval, TailBytes: 4096})
	defer closeBench(t, s)
	recs := benchBatch(1000, 10, 128)
	for range 10 {
		stage(t, s, recs)
	}
	var r store.Record
	f := store.NewFilter("orders.3.new")
	at := uint64(0)
	next := func() {
		seq, err := s.Next(f, at, &r)
		if err != nil {
			seq = 0
		}
		at = seq + 1
	}
	for range 1100 {
		next()
	}
	for name, fn := range map[string]func(){
		"tail": func() { _ = s.Load(9999, &r) }, "disk": func() { _ = s.Load(17, &r) }, "filter": next,
	} {
		fn()
		if n := testing.AllocsPerRun(500, fn); n != 0 {
			t.Errorf("%s: %v allocations per read, want 0", name, n)
		}
	}
}

func closeBench(tb testing.TB, s *Store) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkAppend: messages of 128 B; per operation is per message.
func BenchmarkAppend(b *testing.B) {
	for _, level := range []struct {
		name string
		sync SyncLevel
	}{{"interval", SyncInterval}, {"always", SyncAlways}} {
		for _, batch := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s/batch=%d", level.name, batch), func(b *testing.B) {
				s := openBench(b, Options{Sync: level.sync})
				recs := benchBatch(batch, min(batch, 100), 128)
				b.ReportAllocs()
				b.SetBytes(128)
				n := 0
				for b.Loop() {
					if n++; n%batch == 0 {
						stage(b, s, recs)
					}
				}
				b.StopTimer()
				closeBench(b, s)
			})
		}
	}
}

// BenchmarkAppendLimited: like a key-value bucket, each message replaces one.
func BenchmarkAppendLimited(b *testing.B) {
	s := openBench(b, Options{Sync: SyncInterval, Limits: store.Limits{MaxMsgsPerSubject: 1}})
	recs := benchBatch(256, 256, 128)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n++; n%256 == 0 {
			stage(b, s, recs)
		}
	}
	b.StopTimer()
	closeBench(b, s)
}

// BenchmarkReplay reads a stream of a million messages on a thousand subjects:
// all of it, and one subject. Per operation is per message delivered.
func BenchmarkReplay(b *testing.B) {
	s := openBench(b, Options{Sync: SyncInterval})
	recs := benchBatch(1000, 1000, 128)
	for range 1000 {
		stage(b, s, recs)
	}
	var r store.Record
	for name, f := range map[string]*store.Filter{"all": store.NewFilter(), "one": store.NewFilter("orders.7.new"), "wild": store.NewFilter("orders.*.new")} {
		b.Run(name, func(b *testing.B) {
			at := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				seq, err := s.Next(f, at, &r)
				if err != nil {
					seq = 0
				}
				at = seq + 1
			}
		})
	}
	b.Run("load", func(b *testing.B) {
		seq := uint64(1)
		for b.Loop() {
			seq = seq*6364136223846793005 + 1442695040888963407
			if err := s.Load(seq%1_000_000+1, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("last", func(b *testing.B) {
		for b.Loop() {
			if err := s.LastFor("orders.7.new", 0, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reopen", func(b *testing.B) {
		o := s.opt
		for b.Loop() {
			closeBench(b, s)
			var err error
			if s, err = Open(o); err != nil {
				b.Fatal(err)
			}
		}
	})
	closeBench(b, s)
}
