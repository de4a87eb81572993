package sublist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/midge-nats/midge/internal/subject"
)

// model is the index done the obvious way: a list, searched.
type model struct{ entries []entry[*int] }

func (m *model) insert(k Key, v *int) {
	if e := (entry[*int]{k, v}); !slices.Contains(m.entries, e) {
		m.entries = append(m.entries, e)
	}
}

func (m *model) remove(k Key, v *int) bool {
	i := slices.Index(m.entries, entry[*int]{k, v})
	if i < 0 {
		return false
	}
	m.entries = slices.Delete(m.entries, i, i+1)
	return true
}

// match returns the answer as sorted text, one member a line.
func (m *model) match(subj string) string {
	var lines []string
	for _, e := range m.entries {
		if subject.Matches(subj, e.key.Subject) {
			lines = append(lines, line(e.key.Queue, e.v))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func line(queue string, v *int) string { return fmt.Sprintf("%q %d", queue, *v) }

// text puts a Result into the form of model.match, and fails on groups that are
// empty or come twice.
func text(t testing.TB, r *Result[*int]) string {
	t.Helper()
	var lines []string
	for _, v := range r.Plain {
		lines = append(lines, line("", v))
	}
	names := make(map[string]bool)
	for _, g := range r.Queues {
		if names[g.Name] || len(g.Members) == 0 {
			t.Fatalf("group %q comes twice or is empty", g.Name)
		}
		names[g.Name] = true
		for _, v := range g.Members {
			lines = append(lines, line(g.Name, v))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// pointers returns n distinct values.
func pointers(n int) []*int {
	all := make([]*int, n)
	for i := range all {
		all[i] = new(i)
	}
	return all
}

// source draws subjects from few tokens, so that operations meet.
type source struct{ *rand.Rand }

func (r source) subject(tokens []string, depth int) string {
	parts := make([]string, 1+r.IntN(depth))
	for i := range parts {
		parts[i] = tokens[r.IntN(len(tokens))]
	}
	return strings.Join(parts, ".")
}

// pattern is a valid subject to subscribe to.
func (r source) pattern(depth int) string {
	for {
		if p := r.subject([]string{"a", "b", "c", "dd", "*", ">"}, depth); subject.Valid(p) {
			return p
		}
	}
}

// TestIndexAgreesWithAList runs random operations on the index, on a Cache in
// front of it and on the model.
func TestIndexAgreesWithAList(t *testing.T) {
	for _, w := range []workload{
		{name: "shallow", depth: 3, values: 4, queues: 3, removes: 5},
		{name: "deep", depth: 12, values: 3, queues: 2, removes: 4},
		{name: "crowded", depth: 1, values: 100, queues: 2, removes: 4},
		{name: "many groups", depth: 2, values: 2, queues: 120, removes: 3},
		{name: "draining", depth: 4, values: 2, queues: 2, removes: 7},
	} {
		t.Run(w.name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			w.run(t, source{rand.New(rand.NewPCG(seed, 1))})
		})
	}
}

// workload says what random operations are like.
type workload struct {
	name                  string
	depth, values, queues int
	removes               int // tenths of all changes
}

func (w workload) run(t *testing.T, r source) {
	s, m, values := New[*int](), &model{}, pointers(w.values)
	var cache Cache[*int]
	kept := make(map[*Result[*int]]string) // results and what they said at first
	for range 2000 {
		k := Key{Subject: r.pattern(w.depth)}
		if r.IntN(2) == 0 {
			k.Queue = fmt.Sprintf("q%d", r.IntN(w.queues))
		}
		v := values[r.IntN(len(values))]
		if r.IntN(10) < w.removes {
			if len(m.entries) > 0 && r.IntN(2) == 0 { // one that is there
				e := m.entries[r.IntN(len(m.entries))]
				k, v = e.key, e.v
			}
			if got, want := s.Remove(k.Subject, k.Queue, v), m.remove(k, v); got != want {
				t.Fatalf("Remove(%q) = %v, want %v", k, got, want)
			}
		} else if m.insert(k, v); s.Insert(k.Subject, k.Queue, v) != nil {
			t.Fatalf("Insert(%q) refused", k)
		}
		for _, subj := range []string{
			r.subject([]string{"a", "b", "c", "dd", "*", ">", ""}, w.depth),
			r.subject([]string{"a", "b"}, w.depth),
		} {
			result := check(t, s, &cache, m, subj)
			if said := text(t, result); kept[result] == "" {
				kept[result] = said
			}
		}
	}
	for result, said := range kept {
		if now := text(t, result); now != said {
			t.Errorf("a result changed from\n%s\nto\n%s", said, now)
		}
	}
	checkAll(t, s, m)
	for _, e := range m.entries {
		s.Remove(e.key.Subject, e.key.Queue, e.v)
	}
	checkBare(t, s)
}

func check(t *testing.T, s *Sublist[*int], c *Cache[*int], m *model, subj string) *Result[*int] {
	t.Helper()
	want := m.match(subj)
	result := s.Match([]byte(subj))
	if got := text(t, result); got != want {
		t.Fatalf("Match(%q) =\n%s\nwant\n%s", subj, got, want)
	}
	if got := text(t, c.Match(s, []byte(subj))); got != want {
		t.Fatalf("cached Match(%q) =\n%s\nwant\n%s", subj, got, want)
	}
	if got := s.HasInterest([]byte(subj)); got != (want != "") {
		t.Fatalf("HasInterest(%q) = %v", subj, got)
	}
	if got := s.Len(); got != len(m.entries) {
		t.Fatalf("Len() = %d, want %d", got, len(m.entries))
	}
	return result
}

// checkAll compares the snapshot with the model.
func checkAll(t *testing.T, s *Sublist[*int], m *model) {
	t.Helper()
	var got []string
	for k, v := range s.All() {
		got = append(got, fmt.Sprintf("%q %d", k, *v))
	}
	var want []string
	for _, e := range m.entries {
		want = append(want, fmt.Sprintf("%q %d", e.key, *e.v))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("All yields\n%q\nwant\n%q", got, want)
	}
}

// checkBare fails unless an index without subscriptions has nothing left.
func checkBare(t *testing.T, s *Sublist[*int]) {
	t.Helper()
	if s.Len() != 0 || len(s.literals) != 0 {
		t.Errorf("%d subscriptions and %d literals are left", s.Len(), len(s.literals))
	}
	if p := &s.patterns; !p.root.isEmpty() || p.byPrefix != nil || p.lengths != [maxPrefix + 1]int{} {
		t.Errorf("nodes are left: root %v, prefixes %v, lengths %v", p.root, p.byPrefix, p.lengths)
	}
}
