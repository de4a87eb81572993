package sublist

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// mustInsert adds a plain subscription of v to each subject.
func mustInsert(t testing.TB, s *Sublist[*int], v *int, subjects ...string) {
	t.Helper()
	for _, subj := range subjects {
		if err := s.Insert(subj, "", v); err != nil {
			t.Fatalf("Insert(%q): %v", subj, err)
		}
	}
}

// TestMatchFollowsTheProtocol publishes to one subscription at a time.
// [client protocol: PUB] [client protocol: SUB]
func TestMatchFollowsTheProtocol(t *testing.T) {
	for _, c := range []struct {
		pattern     string
		match, miss []string
	}{
		{"a.b", []string{"a.b"}, []string{"a", "a.b.c", "a.*", "b.a", ""}},
		{"a.*", []string{"a.b", "a.*", "a.>"}, []string{"a", "a.", "a.b.c", "b.b"}},
		{"a.>", []string{"a.b", "a.b.c", "a.*"}, []string{"a", "a.", "a..b", "a.b.", "b.c"}},
		{">", []string{"a", "a.b.c", ">", "*"}, []string{"", ".", ".a", "a.", "a..b"}},
		{"*", []string{"a", "*", ">"}, []string{"", "a.b", "."}},
		{"*.b.*", []string{"a.b.c", "*.b.>"}, []string{"a.b", "a.c.b", "a.b.c.d"}},
		{"*.b.>", []string{"a.b.c", "a.b.c.d"}, []string{"a.b", "a.c.b"}},
		{"a.*.c", []string{"a.b.c"}, []string{"a.b.d", "a.b", "a.b.c.d", "a..c"}},
		{"a*", []string{"a*"}, []string{"ab", "a"}},
		{"a.b*.*", []string{"a.b*.c"}, []string{"a.bc.c"}},
		{"1.2.3.4.5.6.7.8.9.10.*", []string{"1.2.3.4.5.6.7.8.9.10.11"}, []string{"1.2.3.4.5.6.7.8.9.10", "1.2.3.4.5.6.7.8.9.x.11"}},
		{"1.2.3.4.5.6.7.*", []string{"1.2.3.4.5.6.7.8"}, []string{"1.2.3.4.5.6.7", "1.2.3.4.5.6.7.8.9"}},
		{"1.2.3.4.5.6.7.8.>", []string{"1.2.3.4.5.6.7.8.9.10"}, []string{"1.2.3.4.5.6.7.8"}},
	} {
		s := New[*int]()
		mustInsert(t, s, new(int), c.pattern)
		for _, subj := range c.match {
			if r := s.Match([]byte(subj)); len(r.Plain) != 1 || !s.HasInterest([]byte(subj)) {
				t.Errorf("%q does not get %q", c.pattern, subj)
			}
		}
		for _, subj := range c.miss {
			if r := s.Match([]byte(subj)); !r.IsEmpty() || s.HasInterest([]byte(subj)) {
				t.Errorf("%q gets %q", c.pattern, subj)
			}
		}
	}
}

func TestInvalidSubjectIsRefused(t *testing.T) {
	s := New[*int]()
	for _, subj := range []string{"", ".", "a.", ".a", "a..b", "a.>.b", "a b", "a\n"} {
		if err := s.Insert(subj, "", new(int)); !errors.Is(err, ErrInvalidSubject) {
			t.Errorf("Insert(%q) = %v, want ErrInvalidSubject", subj, err)
		}
		if s.Remove(subj, "", new(int)) {
			t.Errorf("Remove(%q) found something", subj)
		}
	}
	if s.Len() != 0 || s.Generation() != 0 {
		t.Errorf("%d subscriptions, generation %d after refusals", s.Len(), s.Generation())
	}
}

// TestLiteralSubscriptionsComeFirst, and equals in the order they came.
func TestLiteralSubscriptionsComeFirst(t *testing.T) {
	s, v := New[*int](), pointers(5)
	mustInsert(t, s, v[3], ">")
	mustInsert(t, s, v[0], "a.b")
	mustInsert(t, s, v[4], "a.*")
	mustInsert(t, s, v[1], "a.b")
	mustInsert(t, s, v[2], "a.b")
	s.Remove("a.b", "", v[1])
	if got, want := s.Match([]byte("a.b")).Plain, []*int{v[0], v[2], v[3], v[4]}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

// TestQueueGroupIsItsName: members on different patterns are one group.
// [client protocol: queue groups]
func TestQueueGroupIsItsName(t *testing.T) {
	s, v := New[*int](), pointers(4)
	for i, k := range []Key{{"foo", "q"}, {"*", "q"}, {">", "q"}, {">", "other"}} {
		if err := s.Insert(k.Subject, k.Queue, v[i]); err != nil {
			t.Fatal(err)
		}
	}
	r := s.Match([]byte("foo"))
	if len(r.Plain) != 0 || len(r.Queues) != 2 {
		t.Fatalf("%d plain and %d groups, want 0 and 2", len(r.Plain), len(r.Queues))
	}
	if got := text(t, r); got != "\"other\" 3\n\"q\" 0\n\"q\" 1\n\"q\" 2" {
		t.Errorf("groups are\n%s", got)
	}
}

func TestSameSubscriptionCountsOnce(t *testing.T) {
	s, v := New[*int](), new(int)
	mustInsert(t, s, v, "a", "a", "b.*", "b.*")
	before := s.Generation()
	mustInsert(t, s, v, "a")
	if s.Len() != 2 || s.Generation() != before {
		t.Errorf("%d subscriptions, want 2, and generation %d, want %d", s.Len(), s.Generation(), before)
	}
	if s.Remove("a", "q", v) || s.Remove("a", "", new(int)) || !s.Remove("a", "", v) || s.Remove("a", "", v) {
		t.Error("Remove should succeed once, for what was there")
	}
	if s.Generation() == before {
		t.Error("the generation is the same after a removal")
	}
}

// TestResultsStayAsTheyWere holds results over changes of every list in them.
func TestResultsStayAsTheyWere(t *testing.T) {
	for _, n := range []int{1, 2, indexAt + 5, 300} {
		s, v := New[*int](), pointers(n)
		for _, v := range v {
			mustInsert(t, s, v, "a")
			if err := s.Insert("a", "q", v); err != nil {
				t.Fatal(err)
			}
		}
		single := s.Match([]byte("a"))
		mustInsert(t, s, new(-1), ">")
		merged := s.Match([]byte("a"))
		said := []string{text(t, single), text(t, merged)}
		for i, old := range v {
			s.Remove("a", "", old)
			s.Remove("a", "q", old)
			mustInsert(t, s, new(1000+i), "a")
		}
		if now := []string{text(t, single), text(t, merged)}; !slices.Equal(now, said) {
			t.Errorf("with %d members results changed", n)
		}
	}
}

// TestMapShrinks: what a storm of inboxes needed is given back.
func TestMapShrinks(t *testing.T) {
	s, v := New[*int](), new(int)
	for i := range 20_000 {
		mustInsert(t, s, v, fmt.Sprint("_INBOX.", i))
	}
	for i := range 19_990 {
		s.Remove(fmt.Sprint("_INBOX.", i), "", v)
	}
	if s.peak > 2048 {
		t.Errorf("the map is still made for %d literals", s.peak)
	}
	if !s.HasInterest([]byte("_INBOX.19995")) || s.HasInterest([]byte("_INBOX.1")) {
		t.Error("the smaller map does not hold what was left")
	}
}

// TestDeepSubjects: thousands of tokens, on either side, are only slow.
func TestDeepSubjects(t *testing.T) {
	s, v := New[*int](), new(int)
	deep := strings.Repeat("a.", 2000) + "a"
	stars := strings.Repeat("*.", 2000) + "*"
	mustInsert(t, s, v, deep, stars, "a."+stars[2:], deep[:1999]+".>")
	if n := len(s.Match([]byte(deep)).Plain); n != 4 {
		t.Errorf("%d of 4 match", n)
	}
	n := 0
	for k := range s.All() {
		if !s.Remove(k.Subject, k.Queue, v) {
			t.Error("All names a subject that is not there")
		}
		n++
	}
	if n != 4 {
		t.Errorf("All yields %d of 4", n)
	}
	checkBare(t, s)
}

func TestStats(t *testing.T) {
	s, v := New[*int](), pointers(3)
	mustInsert(t, s, v[0], "a", "*", "b.c")
	mustInsert(t, s, v[1], "a")
	s.Remove("b.c", "", v[0])
	s.Match([]byte("a"))
	s.Match([]byte("x"))
	s.Match([]byte("x.y"))
	var c Cache[*int]
	for range 3 {
		c.Match(s, []byte("a"))
	}
	c.Reset()
	want := Stats{Subscriptions: 3, Inserts: 4, Removes: 1, Matches: 6, CacheHits: 2, MaxFanout: 3, AvgFanout: 7.0 / 4}
	if got := s.Stats(); got != want {
		t.Errorf("Stats() = %+v, want %+v", got, want)
	}
}

func TestAllMayChangeTheIndex(t *testing.T) {
	s, v := New[*int](), new(int)
	mustInsert(t, s, v, "a", "b.*", "c.>")
	for k, v := range s.All() {
		s.Remove(k.Subject, k.Queue, v)
	}
	checkBare(t, s)
	mustInsert(t, s, v, "a", "b.*")
	for range s.All() {
		break
	}
}

// TestConcurrentUse publishes through caches while subscriptions come and go. A
// subscription that stays must be found each time, and one that has gone before
// the match began must not. Run it with -race.
func TestConcurrentUse(t *testing.T) {
	s, v := New[*int](), pointers(64)
	mustInsert(t, s, v[0], "stay", "stay.*", "other.>")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			var c Cache[*int]
			own := fmt.Sprint("own.", w)
			for i := range 2000 {
				mine := v[1+w]
				subj := []string{own, own + ".*", "stay", "stay.*"}[i%4]
				if err := s.Insert(subj, []string{"", "q"}[i/4%2], mine); err != nil {
					t.Error(err)
				}
				published := []byte(strings.ReplaceAll(subj, "*", "x"))
				if r := c.Match(s, published); !strings.Contains(text(t, r), fmt.Sprint(" ", 1+w)) {
					t.Errorf("%s: own subscription is missing", subj)
				}
				if !s.Remove(subj, []string{"", "q"}[i/4%2], mine) {
					t.Errorf("%s: nothing to remove", subj)
				}
				if r := c.Match(s, published); strings.Contains(text(t, r), fmt.Sprint(" ", 1+w)) {
					t.Errorf("%s: own subscription is still there", subj)
				}
				if !s.HasInterest([]byte("stay")) || len(c.Match(s, []byte("stay.x")).Plain) == 0 {
					t.Error("the subscription that stays is missing")
				}
				s.Stats()
			}
		})
	}
	wg.Wait()
	if s.Len() != 3 {
		t.Errorf("%d subscriptions are left, want 3", s.Len())
	}
}

// FuzzIndex runs lines of operations on the index and on the model: `+subject
// queue`, `-subject queue`, and anything else is published.
func FuzzIndex(f *testing.F) {
	f.Add("+a\n+a.*\n+> q\na\na.b\n-a.*\na.b\n-a\na")
	f.Add("+*.b.c\n+a.*.c q\n+a.b.> q\na.b.c\n-a.*.c q\na.b.c")
	f.Add("+a..b\n..\n+1.2.3.4.5.6.7.8.9.*\n1.2.3.4.5.6.7.8.9.0")
	f.Fuzz(func(t *testing.T, script string) {
		s, m, v := New[*int](), &model{}, new(int)
		var c Cache[*int]
		for l := range strings.SplitSeq(script, "\n") {
			op, rest := "", l
			if l != "" {
				op, rest = l[:1], l[1:]
			}
			subj, queue, _ := strings.Cut(rest, " ")
			switch op {
			case "+":
				if s.Insert(subj, queue, v) == nil {
					m.insert(Key{subj, queue}, v)
				}
			case "-":
				if got, want := s.Remove(subj, queue, v), m.remove(Key{subj, queue}, v); got != want {
					t.Fatalf("Remove(%q, %q) = %v", subj, queue, got)
				}
			default:
				check(t, s, &c, m, l)
			}
		}
		checkAll(t, s, m)
		for _, e := range m.entries {
			s.Remove(e.key.Subject, e.key.Queue, e.v)
		}
		checkBare(t, s)
	})
}
