package subject

import (
	"slices"
	"strings"
	"testing"
)

// TestValidSubjects has the cases of the client protocol. [client protocol: SUB]
func TestValidSubjects(t *testing.T) {
	for _, c := range []struct {
		subject              string
		valid, literal, wild bool
	}{
		{"a", true, true, false},
		{"a.b.c", true, true, false},
		{"*", true, false, true},
		{">", true, false, true},
		{"a.*", true, false, true},
		{"*.a", true, false, true},
		{"a.>", true, false, true},
		{"a.*.b.>", true, false, true},
		{"a*", true, true, false},
		{"*a.b", true, true, false},
		{"a.>b", true, true, false},
		{"a.b>", true, true, false},
		{">>", true, true, false},
		{"a.**", true, true, false},
		{"a\x00\x0b\x0c\xff", true, true, false},
		{"", false, false, false},
		{".", false, false, false},
		{".a", false, false, false},
		{"a.", false, false, false},
		{"a..b", false, false, false},
		{"*.", false, false, true},
		{"a.>.b", false, false, true},
		{">.a", false, false, true},
		{"a b", false, false, false},
		{"a\tb", false, false, false},
		{"a\rb", false, false, false},
		{"a.b\n", false, false, false},
	} {
		if got := Valid(c.subject); got != c.valid {
			t.Errorf("Valid(%q) = %v", c.subject, got)
		}
		if got := ValidLiteral([]byte(c.subject)); got != c.literal {
			t.Errorf("ValidLiteral(%q) = %v", c.subject, got)
		}
		if got := HasWildcard(c.subject); got != c.wild {
			t.Errorf("HasWildcard(%q) = %v", c.subject, got)
		}
	}
}

// TestPublishedWildcardsAreLiteral has the cases of publishing. [client protocol: PUB]
func TestPublishedWildcardsAreLiteral(t *testing.T) {
	for _, c := range []struct {
		literal, pattern string
		want             bool
	}{
		{"a.b", "a.b", true},
		{"a.b", "a.*", true},
		{"a.b", "*.*", true},
		{"a.b", "a.>", true},
		{"a.b", ">", true},
		{"a.b", "*", false},
		{"a.b", "a", false},
		{"a", "a.b", false},
		{"a", "a.>", false},
		{"a", "a.*", false},
		{"a.b.c", "a.*", false},
		{"a.b.c", "a.*.>", true},
		{"a*", "a*", true},
		{"ab", "a*", false},
		{"a.*", "a.*", true},
		{"a.*", "a.b", false},
		{"a.>", "a.>", true},
		{"a.>", "a.b", false},
		{">", ">", true},
		{".a", ">", false},
		{"a.", ">", false},
		{"a..b", ">", false},
		{"a..b", "a.*.b", false},
		{"a.", "a.*", false},
		{"", ">", false},
		{"", "*", false},
	} {
		if got := Matches([]byte(c.literal), c.pattern); got != c.want {
			t.Errorf("Matches(%q, %q) = %v", c.literal, c.pattern, got)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct {
		subject string
		want    []string
	}{
		{"a", []string{"a"}},
		{"a.b.c", []string{"a", "b", "c"}},
		{"a..b.", []string{"a", "", "b", ""}},
		{"", []string{""}},
	} {
		if got := slices.Collect(Tokens(c.subject)); !slices.Equal(got, c.want) {
			t.Errorf("Tokens(%q) = %q", c.subject, got)
		}
		if got := TokenCount(c.subject); got != len(c.want) {
			t.Errorf("TokenCount(%q) = %d", c.subject, got)
		}
	}
	for token := range Tokens("a.b") {
		if token != "a" {
			t.Errorf("a loop that stopped got %q", token)
		}
		break
	}
}

// TestNoAllocations pins what runs for each message or subscription.
func TestNoAllocations(t *testing.T) {
	subj, pattern := []byte("orders.eu.1234.shipped"), "orders.*.*.>"
	if n := testing.AllocsPerRun(100, func() {
		Valid(subj)
		ValidLiteral(subj)
		HasWildcard(pattern)
		Matches(subj, pattern)
		IsSubset("orders.eu.>", pattern)
		Overlaps("orders.eu.>", pattern)
		TokenCount(subj)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// naiveValid and naiveMatches say the rules with token lists.
func naiveValid(s string) bool {
	tokens := strings.Split(s, ".")
	for i, token := range tokens {
		if token == "" || strings.ContainsAny(token, " \t\r\n") || token == ">" && i+1 < len(tokens) {
			return false
		}
	}
	return true
}

func naiveMatches(literal, pattern string) bool {
	l, p := strings.Split(literal, "."), strings.Split(pattern, ".")
	if slices.Contains(l, "") {
		return false
	}
	for i, token := range p {
		switch {
		case token == ">" && i == len(p)-1:
			return len(l) > i
		case i >= len(l), token != "*" && token != l[i]:
			return false
		}
	}
	return len(l) == len(p)
}

func FuzzValid(f *testing.F) {
	for _, s := range []string{"a.b", "a.*.>", "a..b", "a\x0c.>b", " "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tokens := strings.Split(s, ".")
		wild := slices.Contains(tokens, "*") || slices.Contains(tokens, ">")
		if got, want := Valid(s), naiveValid(s); got != want {
			t.Errorf("Valid(%q) = %v", s, got)
		}
		if got := HasWildcard(s); got != wild {
			t.Errorf("HasWildcard(%q) = %v", s, got)
		}
		if got, want := ValidLiteral([]byte(s)), naiveValid(s) && !wild; got != want {
			t.Errorf("ValidLiteral(%q) = %v", s, got)
		}
	})
}

func FuzzMatches(f *testing.F) {
	f.Add("a.b", "a.*")
	f.Add("a.b.c", ">")
	f.Add("a..b", "a.>")
	f.Add("*", "a")
	f.Fuzz(func(t *testing.T, literal, pattern string) {
		if !Valid(pattern) {
			return
		}
		want := naiveMatches(literal, pattern)
		if got := Matches(literal, []byte(pattern)); got != want {
			t.Errorf("Matches(%q, %q) = %v", literal, pattern, got)
		}
	})
}

// patterns are all valid subjects of up to depth tokens out of the alphabet.
func patterns(alphabet []string, depth int) []string {
	all, last := slices.Clone(alphabet), alphabet
	for range depth - 1 {
		var longer []string
		for _, s := range last {
			for _, token := range alphabet {
				longer = append(longer, s+"."+token)
			}
		}
		all, last = append(all, longer...), longer
	}
	return slices.DeleteFunc(all, func(s string) bool { return !Valid(s) })
}

// TestSetsAgreeWithEnumeration compares the three relations with sets of literal
// subjects. One token more than the patterns have, and one letter that none has,
// make the finite sets tell all differences there are.
func TestSetsAgreeWithEnumeration(t *testing.T) {
	all := patterns([]string{"a", "b", "*", ">"}, 4)
	literals := patterns([]string{"a", "b", "x"}, 5)
	words := (len(literals) + 63) / 64
	sets := make(map[string][]uint64, len(all))
	setOf := func(pattern string) []uint64 {
		set, known := sets[pattern]
		if !known {
			set = make([]uint64, words)
			for i, s := range literals {
				if naiveMatches(s, pattern) {
					set[i/64] |= 1 << (i % 64)
				}
			}
			sets[pattern] = set
		}
		return set
	}
	for _, a := range all {
		for _, b := range all {
			inA, inB := setOf(a), setOf(b)
			subset, overlap := true, false
			both := make([]uint64, words)
			for i := range inA {
				both[i] = inA[i] & inB[i]
				subset = subset && both[i] == inA[i]
				overlap = overlap || both[i] != 0
			}
			if got := IsSubset(a, b); got != subset {
				t.Fatalf("IsSubset(%q, %q) = %v", a, b, got)
			}
			if got := Overlaps(a, b); got != overlap {
				t.Fatalf("Overlaps(%q, %q) = %v", a, b, got)
			}
			common, ok := Intersect(a, b)
			if ok != overlap || ok && !slices.Equal(setOf(common), both) {
				t.Fatalf("Intersect(%q, %q) = %q, %v", a, b, common, ok)
			}
		}
	}
}

func BenchmarkValid(b *testing.B) {
	subj := []byte("orders.eu.1234.shipped")
	for b.Loop() {
		Valid(subj)
	}
}

func BenchmarkMatches(b *testing.B) {
	subj := []byte("orders.eu.1234.shipped")
	for b.Loop() {
		Matches(subj, "orders.*.1234.>")
	}
}
