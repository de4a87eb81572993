package sublist

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// numbered returns n subjects that all match `*`.
func numbered(n int) [][]byte {
	subjects := make([][]byte, n)
	for i := range subjects {
		subjects[i] = fmt.Append(nil, "s", i)
	}
	return subjects
}

// hits publishes once to each subject, in the order of next, and returns how
// many of the answers the Cache had.
func hits(c *Cache[*int], s *Sublist[*int], subjects [][]byte, next func(i int) int) uint64 {
	c.report()
	before := s.Stats().CacheHits
	for i := range subjects {
		c.Match(s, subjects[next(i)])
	}
	c.report()
	return s.Stats().CacheHits - before
}

func inTurn(i int) int { return i }

// TestInboxChurnKeepsOtherAnswers: a literal that comes and goes puts only its
// share of the answers out of date, a pattern all.
func TestInboxChurnKeepsOtherAnswers(t *testing.T) {
	s, v := New[*int](), new(int)
	mustInsert(t, s, v, "*")
	var c Cache[*int]
	subjects := numbered(1000)
	for range 100 { // until the table has its size
		for _, subj := range subjects {
			c.Match(s, subj)
		}
	}
	settled := hits(&c, s, subjects, inTurn)
	if settled < 900 {
		t.Fatalf("%d hits of 1000 before any change", settled)
	}
	mustInsert(t, s, v, "_INBOX.1")
	if got := hits(&c, s, subjects, inTurn); got < settled-100 {
		t.Errorf("%d hits of 1000 after an inbox came, %d before", got, settled)
	}
	mustInsert(t, s, v, "_INBOX.2.*")
	if got := hits(&c, s, subjects, inTurn); got != 0 {
		t.Errorf("%d hits of 1000 after a pattern came, want none", got)
	}
}

// TestCacheGrowsWhenItPays, for subjects in turn as well as at random, and stays
// small for a publisher whose subjects do not come back.
func TestCacheGrowsWhenItPays(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for _, w := range []struct {
		subjects, rounds   int
		slotsMin, slotsMax int
		hitsMin            float64
	}{
		{1, 10, ways, ways, 1},
		{3, 10, ways, 64, 0.9},
		{300, 100, 256, 4096, 0.9},
		{3000, 100, 2048, cacheMax, 0.8},
		{100_000, 3, cacheAlways, cacheAlways, 0},
	} {
		for _, random := range []bool{false, true} {
			s := New[*int]()
			mustInsert(t, s, new(int), "*")
			var c Cache[*int]
			subjects := numbered(w.subjects)
			next := inTurn
			if random {
				next = func(int) int { return r.IntN(w.subjects) }
			}
			c.Match(s, subjects[0])
			var got float64
			for range w.rounds {
				got = float64(hits(&c, s, subjects, next)) / float64(w.subjects)
			}
			if n := len(c.slots); n < w.slotsMin || n > w.slotsMax {
				t.Errorf("%d subjects, random %v: %d slots, want %d to %d", w.subjects, random, n, w.slotsMin, w.slotsMax)
			}
			if got < w.hitsMin {
				t.Errorf("%d subjects, random %v: %.2f hits, want %.2f", w.subjects, random, got, w.hitsMin)
			}
		}
	}
}

// TestCacheStaysSmallForLongAnswers: lists of thousands are not kept by the
// thousand.
func TestCacheStaysSmallForLongAnswers(t *testing.T) {
	s := New[*int]()
	for _, v := range pointers(10_000) {
		mustInsert(t, s, v, "*")
	}
	var c Cache[*int]
	for range 20 {
		for _, subj := range numbered(1000) {
			c.Match(s, subj)
		}
	}
	if n := len(c.slots); n > 256 {
		t.Errorf("%d slots for answers of 10000 members", n)
	}
}

func TestLongSubjectsAreNotKept(t *testing.T) {
	s := New[*int]()
	mustInsert(t, s, new(int), ">")
	var c Cache[*int]
	long := []byte(strings.Repeat("a", cacheSubject+1))
	for range 3 {
		if len(c.Match(s, long).Plain) != 1 {
			t.Error("a long subject is not answered")
		}
	}
	for i := range c.slots {
		if cap(c.slots[i].subject) > 0 {
			t.Error("a long subject is kept")
		}
	}
}

// TestCacheFollowsItsIndex: the answers of one account are not another's.
func TestCacheFollowsItsIndex(t *testing.T) {
	one, two := New[*int](), New[*int]()
	mustInsert(t, one, new(int), "a")
	var c Cache[*int]
	for range 3 {
		if c.Match(one, []byte("a")).IsEmpty() || !c.Match(two, []byte("a")).IsEmpty() {
			t.Fatal("the Cache answers for the wrong index")
		}
	}
}

// TestMatchAllocs pins the hot path and what is behind it.
func TestMatchAllocs(t *testing.T) {
	s, v := New[*int](), new(int)
	var subjects [][]byte
	for i := range 4096 {
		mustInsert(t, s, v, fmt.Sprintf("perf.%d.%06d.*", i%10, i))
		subjects = append(subjects, fmt.Appendf(nil, "perf.%d.%06d.x", i%10, i))
	}
	mustInsert(t, s, v, "hot", "warm")
	hot, warm, nobody := []byte("hot"), []byte("warm"), []byte("no.body")
	var c, small Cache[*int]
	for _, subj := range subjects {
		s.Match(subj) // each leaf makes its answer once
		small.Match(s, subj)
	}
	i := 0
	for _, p := range []struct {
		name string
		run  func()
		max  float64
	}{
		{"one subject", func() { c.Match(s, hot) }, 0},
		{"two subjects", func() { c.Match(s, hot); c.Match(s, warm) }, 0},
		{"nobody", func() { c.Match(s, nobody); c.Match(s, warm) }, 0},
		{"no cache", func() { s.Match(hot); s.Match(nobody); s.HasInterest(warm) }, 0},
		{"random, no cache", func() { i++; s.Match(subjects[i*61%len(subjects)]) }, 0},
		// A table that grows or sees a longer subject allocates, rarely.
		{"random", func() { i++; small.Match(s, subjects[i*61%len(subjects)]) }, 0.1},
		// The leaf, and its answer.
		{"inbox", func() {
			if err := s.Insert("_INBOX.1", "", v); err != nil {
				t.Error(err)
			}
			c.Match(s, []byte("_INBOX.1"))
			s.Remove("_INBOX.1", "", v)
		}, 2},
	} {
		if n := testing.AllocsPerRun(2000, p.run); n > p.max {
			t.Errorf("%s: %v allocations, want at most %v", p.name, n, p.max)
		}
	}
}
