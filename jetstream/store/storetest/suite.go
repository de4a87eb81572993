package storetest

import (
	"fmt"
	"testing"

	"github.com/midge-nats/midge/jetstream/store"
)

// Open opens a store for one test. Called again with the same place it opens the
// same stream; a store that keeps nothing sets Forgets.
type Open func(t testing.TB, place string, limits store.Limits, first uint64) store.Stream

// Options say what is under test.
type Options struct {
	Open    Open
	Size    func(subject, header, payload int) uint64
	Forgets bool
}

// Run runs the whole suite.
func Run(t *testing.T, o Options) {
	t.Run("Random", func(t *testing.T) { testRandom(t, o) })
	t.Run("Empty", func(t *testing.T) { testEmpty(t, o) })
	t.Run("Atomic", func(t *testing.T) { testAtomic(t, o) })
	t.Run("Expired", func(t *testing.T) { testExpired(t, o) })
	t.Run("ByTime", func(t *testing.T) { testByTime(t, o) })
	t.Run("Errors", func(t *testing.T) { testErrors(t, o) })
}

// testRandom compares a store with the model over random operations. [J-13]
// [J-14] [J-25] [J-28] [J-75]
func testRandom(t *testing.T, o Options) {
	seeds := 60
	if testing.Short() {
		seeds = 10
	}
	for seed := range uint64(seeds) {
		first := uint64(1)
		if seed%5 == 4 {
			first = 1000
		}
		place := fmt.Sprintf("random%d", seed)
		s := o.Open(t, place, store.Limits{}, first)
		r := NewRunner(seed, s, NewModel(first, o.Size))
		for step := range 300 {
			err := r.Step()
			if err == nil && r.Rand.IntN(3) == 0 {
				err = r.Commit()
			}
			if err == nil && r.Rand.IntN(40) == 0 {
				err = r.Commit()
				for more := true; more && err == nil; {
					more, err = s.Maintain(0)
				}
			}
			if err == nil && step%20 == 0 {
				err = r.Model.Check(s)
			}
			if err == nil && !o.Forgets && r.Rand.IntN(60) == 0 {
				if err = r.Commit(); err == nil {
					err = s.Close()
				}
				if err == nil {
					s = o.Open(t, place, r.Model.Limits, first)
					r.Stream = s
					err = r.Model.Check(s)
				}
			}
			if err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
		}
		if err := r.Model.Check(s); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := s.Close(); err != nil {
			t.Fatalf("seed %d: close: %v", seed, err)
		}
	}
}

// msg makes a record.
func msg(subject, payload string, time int64) store.Record {
	r := store.Record{Time: time}
	r.SetBody([]byte(subject), nil, []byte(payload))
	return r
}

func mustAppend(t testing.TB, s store.Stream, recs ...store.Record) {
	t.Helper()
	n, err := s.Append(recs, false)
	if err != nil || n != len(recs) {
		t.Fatalf("append stored %d of %d: %v", n, len(recs), err)
	}
	if err := s.Commit(0); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

// testEmpty looks at streams without messages. [J-13: A 6.1]
func testEmpty(t *testing.T, o Options) {
	s := o.Open(t, "never", store.Limits{}, 1)
	if st := s.State(); st.FirstSeq != 0 || st.LastSeq != 0 || !st.FirstTime.IsZero() || !st.LastTime.IsZero() {
		t.Errorf("never used: %+v", st)
	}
	mustAppend(t, s, msg("a", "1", 10), msg("a", "2", 20))
	if n, err := s.Purge(store.Purge{}); n != 2 || err != nil {
		t.Fatalf("purge: %d, %v", n, err)
	}
	if err := s.Commit(0); err != nil {
		t.Fatal(err)
	}
	if st := s.State(); st.FirstSeq != 3 || st.LastSeq != 2 || !st.FirstTime.IsZero() || st.LastTime.UnixNano() != 20 {
		t.Errorf("emptied: %+v", st)
	}
	closeStore(t, s)
	s = o.Open(t, "first", store.Limits{}, 100)
	if st := s.State(); st.FirstSeq != 100 || st.LastSeq != 99 {
		t.Errorf("first_seq 100: %+v", st)
	}
	closeStore(t, s)
}

func closeStore(t testing.TB, s store.Stream) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// testAtomic: an atomic batch is stored as a whole or not at all. [J-101]
func testAtomic(t *testing.T, o Options) {
	s := o.Open(t, "atomic", store.Limits{MaxMsgs: 3, DiscardNew: true}, 1)
	defer closeStore(t, s)
	mustAppend(t, s, msg("a", "1", 1), msg("a", "2", 2))
	two := []store.Record{msg("a", "3", 3), msg("a", "4", 4)}
	if n, err := s.Append(two, true); n != 0 || err == nil || two[0].Err == nil {
		t.Errorf("two into a place for one: %d, %v", n, err)
	}
	if st := s.State(); st.Messages != 2 || st.LastSeq != 2 {
		t.Errorf("a refused batch has left %+v", st)
	}
	if n, err := s.Append(two[:1], true); n != 1 || err != nil || two[0].Seq != 3 {
		t.Errorf("one into a place for one: %d, %v", n, err)
	}
}

// testExpired: TTLs and max_age name what is due and when to ask again. [J-26] [J-97]
func testExpired(t *testing.T, o Options) {
	s := o.Open(t, "expired", store.Limits{MaxAge: 100}, 1)
	defer closeStore(t, s)
	never, short := msg("a", "never", 10), msg("a", "short", 30)
	never.TTL, short.TTL = store.TTLNever, 5
	mustAppend(t, s, never, msg("a", "2", 20), short, msg("a", "4", 40))
	for _, c := range []struct {
		now  int64
		due  []uint64
		next int64
	}{{34, nil, 35}, {35, []uint64{3}, 120}, {120, []uint64{3, 2}, 140}, {1000, []uint64{3, 2, 4}, 0}} {
		due, next := s.Expired(c.now, 10, nil)
		if fmt.Sprint(due) != fmt.Sprint(c.due) || next != c.next {
			t.Errorf("at %d: due %v, next %d; want %v, %d", c.now, due, next, c.due, c.next)
		}
	}
	if _, err := s.Remove(3, false); err != nil {
		t.Fatal(err)
	}
	if due, next := s.Expired(50, 10, nil); len(due) != 0 || next != 120 {
		t.Errorf("after removal: due %v, next %d", due, next)
	}
}

// testByTime: start by time finds the first message at or after it. [J-34]
func testByTime(t *testing.T, o Options) {
	s := o.Open(t, "bytime", store.Limits{}, 1)
	defer closeStore(t, s)
	for i := range int64(200) {
		mustAppend(t, s, msg("a", fmt.Sprint(i), 1000+10*i))
	}
	for _, seq := range []uint64{1, 2, 50, 51} {
		if _, err := s.Remove(seq, false); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[int64]uint64{0: 3, 1000: 3, 1025: 4, 1490: 52, 1520: 53, 2990: 200, 2991: 201} {
		if got := s.SeqByTime(at); got != want {
			t.Errorf("at %d: %d, want %d", at, got, want)
		}
	}
}

// testErrors: a read says which kind of nothing it found. [J-66]
func testErrors(t *testing.T, o Options) {
	s := o.Open(t, "errors", store.Limits{}, 1)
	mustAppend(t, s, msg("a", "1", 1), msg("b", "2", 2), msg("c", "3", 3))
	if ok, err := s.Remove(2, false); !ok || err != nil {
		t.Fatalf("remove: %v, %v", ok, err)
	}
	var r store.Record
	for seq, want := range map[uint64]error{0: store.ErrNotFound, 2: store.ErrDeleted, 4: store.ErrNotFound} {
		if err := s.Load(seq, &r); err != want {
			t.Errorf("load %d: %v, want %v", seq, err, want)
		}
	}
	if err := s.LastFor("b", 0, &r); err != store.ErrNotFound {
		t.Errorf("last of an empty subject: %v", err)
	}
	if ok, err := s.Remove(2, false); ok || err != nil {
		t.Errorf("removed twice: %v, %v", ok, err)
	}
	old := msg("a", "x", 4)
	old.Seq = 2
	recs := []store.Record{old}
	if n, _ := s.Append(recs, false); n != 0 || recs[0].Err != store.ErrSequence {
		t.Errorf("old sequence: %v", recs[0].Err)
	}
	closeStore(t, s)
	if err := s.Load(1, &r); err != store.ErrClosed {
		t.Errorf("load after close: %v", err)
	}
	if _, err := s.Append([]store.Record{msg("a", "", 1)}, false); err == nil {
		t.Error("append after close must fail")
	}
}
