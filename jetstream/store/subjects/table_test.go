package subjects

import (
	"fmt"
	"slices"
	"testing"
)

func TestTableCountsMessages(t *testing.T) {
	var table Table
	for seq := uint64(1); seq <= 10000; seq++ {
		table.Add(table.Intern(fmt.Appendf(nil, "orders.%d.new", seq%1000)), seq)
	}
	if table.Live() != 1000 || table.Len() != 1000 {
		t.Fatalf("live %d, len %d; want 1000 both", table.Live(), table.Len())
	}
	id, ok := table.GetString("orders.7.new")
	if !ok {
		t.Fatal("orders.7.new is missing")
	}
	if e := table.Entry(id); e.Messages != 10 || e.First != 7 || e.Last != 9007 {
		t.Errorf("entry %+v, want 10 messages from 7 to 9007", *e)
	}
	if _, ok := table.GetString("orders.7"); ok {
		t.Error("found a subject that was never added")
	}
}

func TestCompactForgetsOnlyEmptySubjects(t *testing.T) {
	var table Table
	for i := range 4000 {
		table.Add(table.Intern(fmt.Appendf(nil, "s.%d", i)), uint64(i+1))
	}
	m := NewMatch([]string{"s.*"})
	m.Update(&table)
	for i := range 3000 {
		table.Drop(ID(i), 1)
	}
	if !table.Wasteful() {
		t.Fatal("3000 of 4000 subjects are empty: the table should be wasteful")
	}
	ids := table.Compact()
	if table.Len() != 1000 || table.Live() != 1000 {
		t.Errorf("after Compact len %d, live %d; want 1000", table.Len(), table.Live())
	}
	if ids[0] != None || string(table.Name(ids[3500])) != "s.3500" || table.Entry(ids[3500]).First != 3501 {
		t.Errorf("renumbering is wrong: %v, %v", ids[0], ids[3500])
	}
	if got := len(m.Update(&table)); got != 1000 {
		t.Errorf("the filter resolves to %d subjects, want 1000", got)
	}
}

func TestMatchCatchesUp(t *testing.T) {
	var table Table
	literal, wild, all := NewMatch([]string{"a.b", "c"}), NewMatch([]string{"a.*", "d"}), NewMatch(nil)
	for _, name := range []string{"x", "a.b", "a.c", "c", "d", "a.b.c"} {
		id := table.Intern([]byte(name))
		table.Add(id, uint64(id)+1)
		literal.Update(&table)
		wild.Update(&table)
	}
	names := func(m *Match) (list []string) {
		for _, id := range m.Update(&table) {
			list = append(list, string(table.Name(id)))
		}
		return list
	}
	if got := names(literal); !slices.Equal(got, []string{"a.b", "c"}) {
		t.Errorf("literal filters resolve to %q", got)
	}
	if got := names(wild); !slices.Equal(got, []string{"a.b", "a.c", "d"}) {
		t.Errorf("wildcard filters resolve to %q", got)
	}
	if !all.All() || !all.Has([]byte("anything")) || !all.HasID(5) {
		t.Error("no filter must match everything")
	}
}

func TestInternAllocs(t *testing.T) {
	var table Table
	names := make([][]byte, 1000)
	for i := range names {
		names[i] = fmt.Appendf(nil, "subject.%d", i)
		table.Intern(names[i])
	}
	seq := uint64(0)
	if n := testing.AllocsPerRun(100, func() {
		for _, name := range names {
			seq++
			table.Add(table.Intern(name), seq)
		}
	}); n != 0 {
		t.Errorf("a known subject allocates %v times per 1000, want 0", n)
	}
}

func BenchmarkIntern(b *testing.B) {
	var table Table
	names := make([][]byte, 10000)
	for i := range names {
		names[i] = fmt.Appendf(nil, "orders.%d.created", i)
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		table.Intern(names[i%len(names)])
		i++
	}
}
