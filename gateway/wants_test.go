package gateway

import "testing"

// Plain interest counts when the other server has told everything, and groups at
// once; what ends is not wanted any more. [G-12] [G-14] [G-20]
func TestWants(t *testing.T) {
	var w wants
	check := func(when, subject string, plain bool, groups int) {
		t.Helper()
		p, g := w.match("A", []byte(subject))
		if p != plain || len(g) != groups {
			t.Errorf("%s: %s is wanted %v and by %d groups, want %v and %d", when, subject, p, len(g), plain, groups)
		}
	}
	check("at first", "a", false, 0)
	w.add("A", "A a", &want{"a", ""})
	w.add("A", "A a q", &want{"a", "q"})
	w.setMode("A", modeInterestOnly)
	check("what was told before the start", "a", false, 1)
	w.setMode("A", modeTransitioning)
	w.add("A", "A *", &want{"*", ""})
	check("while it tells", "a", false, 1)
	w.setMode("A", modeInterestOnly)
	check("when it has told", "a", true, 1)
	check("when it has told", "a.b", false, 0)
	w.setNone("A", true)
	check("groups outlive A-", "a", true, 1)
	w.remove("A", "A a q")
	w.remove("A", "A a q")
	w.setNone("A", true)
	check("nothing is wanted", "a", false, 0)
	w.setNone("A", false)
	check("something again", "a", true, 0)
	w.remove("A", "A *")
	check("at last", "a", false, 0)
}
