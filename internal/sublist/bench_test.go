package sublist

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// subscription is of the kind core will keep, small enough not to be the result.
type subscription struct{ subject string }

const (
	benchLiterals = 300_000
	benchPatterns = 100_000
)

func literals(n int) []*subscription {
	subs := make([]*subscription, n)
	for i := range subs {
		subs[i] = &subscription{fmt.Sprintf("perf.subs.%d.%d", i%100, i)}
	}
	return subs
}

// BenchmarkInsertLiterals inserts 300,000 literal subscriptions and reports the
// memory the index needs for each, without subscription and subject.
func BenchmarkInsertLiterals(b *testing.B) {
	subs := literals(benchLiterals)
	var s *Sublist[*subscription]
	before := heap()
	for b.Loop() {
		s = New[*subscription]()
		for _, sub := range subs {
			if err := s.Insert(sub.subject, "", sub); err != nil {
				b.Fatal(err)
			}
		}
	}
	after := heap()
	b.ReportMetric(float64(after-before)/benchLiterals, "bytes/sub")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchLiterals, "ns/sub")
	runtime.KeepAlive(s)
	runtime.KeepAlive(subs)
}

// BenchmarkInsertPatterns is the same with 100,000 patterns.
func BenchmarkInsertPatterns(b *testing.B) {
	subs := make([]*subscription, benchPatterns)
	for i := range subs {
		subs[i] = &subscription{fmt.Sprintf("perf.%d.%06d.*", i%100, i)}
	}
	var s *Sublist[*subscription]
	before := heap()
	for b.Loop() {
		s = New[*subscription]()
		for _, sub := range subs {
			if err := s.Insert(sub.subject, "", sub); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(heap()-before)/benchPatterns, "bytes/sub")
	runtime.KeepAlive(s)
	runtime.KeepAlive(subs)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// withPatterns returns an index of 100,000 patterns and a subject for each.
func withPatterns(extra ...string) (*Sublist[*subscription], [][]byte) {
	s := New[*subscription]()
	subjects := make([][]byte, benchPatterns)
	for i := range subjects {
		pattern := fmt.Sprintf("perf.%d.%06d.*", i%100, i)
		if err := s.Insert(pattern, "", &subscription{pattern}); err != nil {
			panic(err)
		}
		subjects[i] = fmt.Appendf(nil, "perf.%d.%06d.x", i%100, i)
	}
	for _, pattern := range extra {
		if err := s.Insert(pattern, "", &subscription{pattern}); err != nil {
			panic(err)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(subjects), func(i, j int) {
		subjects[i], subjects[j] = subjects[j], subjects[i]
	})
	return s, subjects
}

// BenchmarkMatchRandom publishes to 100,000 subjects in random order, each
// matching one pattern: with and without a Cache, and with a `>` beside.
func BenchmarkMatchRandom(b *testing.B) {
	for _, c := range []struct {
		name   string
		cached bool
		extra  []string
	}{{"index", false, nil}, {"cache", true, nil}, {"wiretap", true, []string{">"}}} {
		b.Run(c.name, func(b *testing.B) {
			s, subjects := withPatterns(c.extra...)
			var cache Cache[*subscription]
			for _, subj := range subjects {
				s.Match(subj) // make the leaves' results
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				var r *Result[*subscription]
				if c.cached {
					r = cache.Match(s, subjects[i])
				} else {
					r = s.Match(subjects[i])
				}
				if r.IsEmpty() {
					b.Fatal("no match")
				}
				if i++; i == len(subjects) {
					i = 0
				}
			}
		})
	}
}

// BenchmarkMatchRandomTrie is BenchmarkMatchRandom with the cached tree of tokens.
func BenchmarkMatchRandomTrie(b *testing.B) {
	s, subjects := withPatterns()
	t := newCachedTrie()
	for _, sub := range s.All() {
		t.insert(sub)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if len(t.match(subjects[i])) != 1 {
			b.Fatal("no match")
		}
		if i++; i == len(subjects) {
			i = 0
		}
	}
}

// BenchmarkMatchHot publishes to few subjects through a Cache.
func BenchmarkMatchHot(b *testing.B) {
	for _, n := range []int{1, 2, 512, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, subjects := withPatterns()
			var cache Cache[*subscription]
			for i := range 20 * n {
				cache.Match(s, subjects[i%n])
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				cache.Match(s, subjects[i])
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

// BenchmarkInboxChurn subscribes, answers and unsubscribes an inbox between two
// messages on a subject that has nothing to do with it.
func BenchmarkInboxChurn(b *testing.B) {
	s, subjects := withPatterns()
	var cache Cache[*subscription]
	inboxes := make([]*subscription, 4096)
	for i := range inboxes {
		inboxes[i] = &subscription{fmt.Sprintf("_INBOX.%022d", i)}
	}
	var reply []byte
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		inbox := inboxes[i%len(inboxes)]
		i++
		if err := s.Insert(inbox.subject, "", inbox); err != nil {
			b.Fatal(err)
		}
		cache.Match(s, subjects[0])
		reply = append(reply[:0], inbox.subject...)
		if cache.Match(s, reply).IsEmpty() {
			b.Fatal("reply to nobody")
		}
		s.Remove(inbox.subject, "", inbox)
	}
}

// BenchmarkRemoveOneOfMany takes a subscription off a subject that 10,000 have,
// and puts it back, with a match between that lends the list out.
func BenchmarkRemoveOneOfMany(b *testing.B) {
	s := New[*subscription]()
	subs := make([]*subscription, 10_000)
	for i := range subs {
		subs[i] = &subscription{"many"}
		if err := s.Insert("many", "", subs[i]); err != nil {
			b.Fatal(err)
		}
	}
	for _, matched := range []bool{false, true} {
		b.Run(fmt.Sprintf("matched=%v", matched), func(b *testing.B) {
			i := 0
			for b.Loop() {
				sub := subs[i%len(subs)]
				i++
				s.Remove("many", "", sub)
				if err := s.Insert("many", "", sub); err != nil {
					b.Fatal(err)
				}
				if matched {
					s.Match([]byte("many"))
				}
			}
		})
	}
}
