package subject

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestTransformVectors has what the reference delivers.
func TestTransformVectors(t *testing.T) {
	for _, c := range []struct{ src, dest, subject, want string }{
		{"m1.*.*", "o1.$2.$1", "m1.x.y", "o1.y.x"},
		{"m2.*", "o2.{{partition(10,1)}}", "m2.a", "o2.0"},
		{"m2.*", "o2.{{partition(10,1)}}", "m2.foo", "o2.3"},
		{"m2.*", "o2.{{partition(10,1)}}", "m2.hello", "o2.3"},
		{"m2.*", "o2.{{partition(0,1)}}", "m2.hello", "o2.0"},
		{"m3.*.*", "o3.{{partition(5,1,2)}}.{{wildcard(1)}}", "m3.a.b", "o3.1.a"},
		{"me", "oe.{{partition(7)}}", "me", "oe.6"},
		{"m4.*", "o4.{{split(1,-)}}", "m4.a-b--c-", "o4.a.b.c"},
		{"m4.*", "o4.{{split(1,-)}}", "m4.-a-b", "o4.a.b"},
		{"m4.*", "o4.{{split(1,-)}}", "m4.abc", "o4.abc"},
		{"m4.*", "o4.{{split(1,--)}}", "m4.a--b-c", "o4.a.b-c"},
		{"m4.*", "o4.{{split(1, )}}", "m4.ab", "o4.a.b"},
		{"m4.*", "o4.{{split(1,-)}}", "m4.---", "o4."},
		{"m5.*", "o5.{{splitfromleft(1,3)}}", "m5.abcdef", "o5.abc.def"},
		{"m5.*", "o5.{{splitfromleft(1,3)}}", "m5.ab", "o5.ab"},
		{"m5.*", "o5.{{splitfromleft(1,-1)}}", "m5.ab", "o5.ab"},
		{"m6.*", "o6.{{splitFromRight(1,3)}}", "m6.abcdef", "o6.abc.def"},
		{"m6.*", "o6.{{SplitFromRight(1,3)}}", "m6.abc", "o6.abc"},
		{"m7.*", "o7.{{SliceFromLeft(1,3)}}", "m7.abcdefgh", "o7.abc.def.gh"},
		{"m7.*", "o7.{{SliceFromLeft(1,3)}}", "m7.abcdef", "o7.abc.def"},
		{"m7.*", "o7.{{SliceFromLeft(1,0)}}", "m7.abc", "o7.abc"},
		{"m8.*", "o8.{{slicefromright(1,3)}}", "m8.abcdefgh", "o8.ab.cde.fgh"},
		{"m8.*", "o8.{{slicefromright(1,3)}}", "m8.ab", "o8.ab"},
		{"m8.*", "o8.{{slicefromright(1,3)}}", "m8.abcdef", "o8.abc.def"},
		{"m9.*", "o9.{{left(1,2)}}.{{right(1,2)}}", "m9.abcdef", "o9.ab.ef"},
		{"m9.*", "o9.{{left(1,2)}}.{{right(1,2)}}", "m9.ab", "o9.ab.ab"},
		{"m9.*", "o9.{{left(1,0)}}.{{right(1,-2)}}", "m9.ab", "o9.ab.ab"},
		{"ma.>", "oa.>", "ma.x.y", "oa.x.y"},
		{"mb.*.>", "ob.$1.x.>", "mb.1.2.3", "ob.1.x.2.3"},
		{"mf", "mg", "mf", "mg"},
		{"", "all.>", "x.y", "all.x.y"},
		{">", ">", "x.y", "x.y"},
		{"a.>", ">", "a.x", "x"},
		{"a.*.*", "b.$2", "a.x.y", "b.y"},
		{"a.*", "b.$x.{{wildcard(1", "a.1", "b.$x.{{wildcard(1"},
		{"a.*", "b.{{ wildcard ( 1 ) }}", "a.1", "b.1"},
		{"a.*", "b.{{}}.x{{wildcard(1)}}", "a.1", "b.{{}}.x{{wildcard(1)}}"},
		{"a.*", "b.{{random(1)}}", "a.1", "b.0"},
		{"a.*", "b.{{random(0)}}", "a.1", "b.0"},
		{"a", "b.{{random(1)}}", "a", "b.0"},
		{"a", "b.x*", "a", "b.x*"},
	} {
		transform, err := NewTransform(c.src, c.dest)
		if err != nil {
			t.Errorf("%s -> %s: %v", c.src, c.dest, err)
			continue
		}
		if got, ok := transform.Apply(c.subject); !ok || got != c.want {
			t.Errorf("%s -> %s: %q becomes %q, %v, want %q", c.src, c.dest, c.subject, got, ok, c.want)
		}
		if got := string(transform.Append([]byte("PUB "), []byte(c.subject))); got != "PUB "+c.want {
			t.Errorf("%s -> %s: Append makes %q", c.src, c.dest, got)
		}
		if transform.Destination() != c.dest {
			t.Errorf("Destination() = %q, want %q", transform.Destination(), c.dest)
		}
	}
}

func TestTransformLeavesOtherSubjects(t *testing.T) {
	transform, err := NewTransform("a.*", "b.$1")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"a", "a.b.c", "b.x", "a.", ""} {
		if got, ok := transform.Apply(s); ok {
			t.Errorf("Apply(%q) = %q, want no match", s, got)
		}
	}
}

func TestRandomStaysBelow(t *testing.T) {
	transform, err := NewTransform("a", "{{random(3)}}")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for range 1000 {
		got, _ := transform.Apply("a")
		seen[got] = true
	}
	if len(seen) != 3 || !seen["0"] || !seen["1"] || !seen["2"] {
		t.Errorf("1000 draws gave %v, want 0, 1 and 2", seen)
	}
}

// TestTransformErrors has the texts that operators see.
func TestTransformErrors(t *testing.T) {
	const prefix = "invalid mapping destination: "
	for _, c := range []struct{ src, dest, want string }{
		{"x.*", "t.$5", prefix + "wildcard index out of range in $5: [5]"},
		{"a.*", "b.$0", prefix + "wildcard index out of range in $0: [0]"},
		{"a.*", "b.{{wildcard(2)}}", prefix + "wildcard index out of range in {{wildcard(2)}}: [2]"},
		{"a.*", "b.{{partition(5,2)}}", prefix + "wildcard index out of range in {{partition(5,2)}}: [2]"},
		{"a.*", "b.{{split(2,-)}}", prefix + "wildcard index out of range in {{split(2,-)}}: [2]"},
		{"a.*", "b.{{splitfromleft(3,1)}}", prefix + "wildcard index out of range in {{splitfromleft(3,1)}}: [3]"},
		{"a", "b.$1", prefix + "wildcard index out of range in $1: [1]"},
		{"a", "b.{{left(1,2)}}", prefix + "wildcard index out of range in {{left(1,2)}}: [1]"},
		{"a.>", "b.$1.>", prefix + "wildcard index out of range in $1: [1]"},
		{"a.*", "b.{{foo(1)}}", prefix + "unknown function in {{foo(1)}}"},
		{"a.*", "b.{{wildcard}}", prefix + "unknown function in {{wildcard}}"},
		{"a.*", "b.{{WILDCARD(1)}}", prefix + "unknown function in {{WILDCARD(1)}}"},
		{"a.*", "b.{{WildCard(1)}}", prefix + "unknown function in {{WildCard(1)}}"},
		{"a.*", "b.{{(1)}}", prefix + "unknown function in {{(1)}}"},
		{"a.*", "b.{{partition()}}", prefix + "not enough arguments passed to the function in {{partition()}}"},
		{"a.*", "b.{{split(1)}}", prefix + "not enough arguments passed to the function in {{split(1)}}"},
		{"a.*", "b.{{random()}}", prefix + "not enough arguments passed to the function in {{random()}}"},
		{"a.*", "b.{{random(1,2)}}", prefix + "too many arguments passed to the function in {{random(1,2)}}"},
		{"a.*", "b.{{wildcard(1,2)}}", prefix + "too many arguments passed to the function in {{wildcard(1,2)}}"},
		{"a.*", "b.{{splitfromleft(1,2,3)}}", prefix + "too many arguments passed to the function in {{splitfromleft(1,2,3)}}"},
		{"a.*", "b.{{partition(x,1)}}", prefix + "function argument is invalid or in the wrong format in {{partition(x,1)}}"},
		{"a.*", "b.{{partition(-1,1)}}", prefix + "function argument is invalid or in the wrong format in {{partition(-1,1)}}"},
		{"a.*", "b.{{random(-1)}}", prefix + "function argument is invalid or in the wrong format in {{random(-1)}}"},
		{"a.*", "b.{{partition(5,,1)}}", prefix + "function argument is invalid or in the wrong format in {{partition(5,,1)}}"},
		{"a.*", "b.{{split(x,-)}}", prefix + "function argument is invalid or in the wrong format in {{split(x,-)}}"},
		{"a.*", "b.{{split(1,a b)}}", prefix + "function argument is invalid or in the wrong format in {{split(1,a b)}}"},
		{"a.*", "b.{{left(1,99999999999)}}", prefix + "function argument is invalid or in the wrong format in {{left(1,99999999999)}}"},
		{"a.*", "b.*", "invalid subject"},
		{"a", "b.>", "invalid subject"},
		{"a.>", "b", "invalid subject"},
		{"a.>", "b.>.c", "invalid subject"},
		{"a", "b..c", "invalid subject"},
		{"a", "", "invalid subject"},
		{"a", "b c", "invalid subject"},
		{"x..y", "t.>", "invalid subject"},
	} {
		_, err := NewTransform(c.src, c.dest)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s -> %s: error %v, want %s", c.src, c.dest, err, c.want)
		}
		if c.want == "invalid subject" && !errors.Is(err, ErrInvalidSubject) {
			t.Errorf("%s -> %s: error %v is not ErrInvalidSubject", c.src, c.dest, err)
		}
	}
}

// TestImportsGoBothWays maps exported subjects to local ones and back.
func TestImportsGoBothWays(t *testing.T) {
	for _, c := range []struct{ src, dest, exported, local, inverse string }{
		{"svc.*.*", "my.$2.$1", "svc.2.1", "my.1.2", "svc.$2.$1"},
		{"st.*.*", "got.$2.$1", "st.1.2", "got.2.1", "st.$2.$1"},
		{"st.*.*.*", "got.$3.$1.$2", "st.1.2.3", "got.3.1.2", "st.$2.$3.$1"},
		{"svc.*", "my.*", "svc.x", "my.x", "svc.$1"},
		{"a.*.b.*", "*.c.*", "a.1.b.2", "1.c.2", "a.$1.b.$2"},
		{"a.*", "b.{{Wildcard(1)}}.$1", "a.1", "b.1.1", "a.$1"},
		{"ev.>", "imp.ev.>", "ev.x.y", "imp.ev.x.y", "ev.>"},
		{"ev.*.>", "imp.$1.z.>", "ev.x.y.w", "imp.x.z.y.w", "ev.$1.>"},
		{"a.$1.*", "b.$1", "a.$1.x", "b.x", "a.$1.$1"},
		{"a", "b", "a", "b", "a"},
	} {
		there, err := NewImportTransform(c.src, c.dest)
		if err != nil {
			t.Errorf("%s -> %s: %v", c.src, c.dest, err)
			continue
		}
		if got, ok := there.Apply(c.exported); !ok || got != c.local {
			t.Errorf("%s -> %s: %q becomes %q, want %q", c.src, c.dest, c.exported, got, c.local)
		}
		back, err := there.Inverse()
		if err != nil {
			t.Errorf("%s -> %s: inverse: %v", c.src, c.dest, err)
			continue
		}
		if got, ok := back.Apply(c.local); !ok || got != c.exported {
			t.Errorf("%s -> %s: %q comes back as %q, want %q", c.src, c.dest, c.local, got, c.exported)
		}
		if back.Destination() != c.inverse {
			t.Errorf("%s -> %s: inverse is to %q, want %q", c.src, c.dest, back.Destination(), c.inverse)
		}
	}
}

// TestImportErrors: an import may move tokens, not lose or change them.
func TestImportErrors(t *testing.T) {
	const prefix = "invalid mapping destination: "
	for _, c := range []struct{ src, dest, want string }{
		{"s.*.*", "x.$1", prefix + "not using all of the token wildcard(s) in x.$1"},
		{"s.*.*", "x.*", prefix + "not using all of the token wildcard(s) in x.$1"},
		{"s.*.*", "x", prefix + "not using all of the token wildcard(s) in x"},
		{"s.*.*", "x.*.*.*", prefix + "wildcard index out of range in $3: [3]"},
		{"s.*", "x.{{split(1,-)}}", prefix + "the only mapping function allowed for import transforms is {{Wildcard()}} in {{split(1,-)}}"},
		{"s.*", "x.{{foo(1)}}", prefix + "unknown function in {{foo(1)}}"},
		{"s.*.*", "x.>", "invalid subject"},
		{"s.*", "x..y", "invalid subject"},
		{"t.>", "u", "invalid subject"},
	} {
		if _, err := NewImportTransform(c.src, c.dest); err == nil || err.Error() != c.want {
			t.Errorf("%s -> %s: error %v, want %s", c.src, c.dest, err, c.want)
		}
	}
}

func TestLossyTransformsHaveNoInverse(t *testing.T) {
	for _, c := range []struct{ src, dest string }{
		{"a.*.*", "b.$1"},
		{"a.*", "b.{{left(1,2)}}"},
		{"a", "b.{{random(3)}}"},
	} {
		transform, err := NewTransform(c.src, c.dest)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := transform.Inverse(); !errors.Is(err, ErrNotInvertible) {
			t.Errorf("%s -> %s: inverse gives %v, want ErrNotInvertible", c.src, c.dest, err)
		}
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	for _, dest := range []string{"o.$2.$1.>", "o.{{partition(10,1,2)}}.>", "o.{{partition(9)}}.>", "o.{{split(1,-)}}.{{slicefromright(2,2)}}.>", "o.{{random(9)}}.>"} {
		transform, err := NewTransform("m.*.*.>", dest)
		if err != nil {
			t.Fatal(err)
		}
		subj, buf := []byte("m.a-b-c.defgh.i.j"), make([]byte, 0, 128)
		if n := testing.AllocsPerRun(100, func() { buf = transform.Append(buf[:0], subj) }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", dest, n)
		}
	}
}

// FuzzTransform feeds hostile configuration and subjects: no panic, no blank the
// subject had not, and imports come back to where they were.
func FuzzTransform(f *testing.F) {
	f.Add("a.*.*", "b.$2.$1", "a.x.y")
	f.Add("a.*.>", "b.{{split(1,-)}}.>", "a.x-y.z")
	f.Add("a.*", "b.{{ partition(3,1) }}.{{slicefromright(1,2)}}", "a.xyz")
	f.Add(">", "{{random(2)}}.>", "x")
	f.Fuzz(func(t *testing.T, src, dest, subj string) {
		if transform, err := NewTransform(src, dest); err == nil {
			if got, ok := transform.Apply(subj); ok && ValidLiteral(subj) && strings.ContainsAny(got, " \t\r\n") {
				t.Errorf("%q -> %q: %q becomes %q", src, dest, subj, got)
			}
		}
		there, err := NewImportTransform(src, dest)
		if err != nil {
			return
		}
		local, ok := there.Apply(subj)
		if !ok {
			return
		}
		back, err := there.Inverse()
		if err != nil {
			t.Fatalf("%q -> %q: inverse: %v", src, dest, err)
		}
		if again, ok := back.Apply(local); !ok || again != subj {
			t.Errorf("%q -> %q: %q becomes %q and comes back as %q", src, dest, subj, local, again)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, dest := range []string{"o.$2.$1", "o.{{partition(10,1,2)}}.$1"} {
		b.Run(dest, func(b *testing.B) {
			transform, err := NewTransform("m.*.*", dest)
			if err != nil {
				b.Fatal(err)
			}
			subj, buf := fmt.Append(nil, "m.customer.order"), make([]byte, 0, 64)
			for b.Loop() {
				buf = transform.Append(buf[:0], subj)
			}
		})
	}
}
