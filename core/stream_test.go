package core

import (
	"fmt"
	"slices"
	"testing"
)

// streams makes account IMP import subjects of EXP, each "subject local".
func (b *bench) streams(list ...[2]string) {
	b.t.Helper()
	var ims []*StreamImport
	for _, l := range list {
		im, err := NewStreamImport(b.broker.Account("EXP"), l[0], l[1], false)
		if err != nil {
			b.t.Fatal(err)
		}
		ims = append(ims, im)
	}
	b.broker.Account("IMP").SetStreamImports(ims)
}

// Subscriptions that touch an import get the exporter's messages under their
// local subjects, and no more of them than they asked for.
func TestStreamImport(t *testing.T) {
	for _, row := range []struct{ subj, local, sub, want string }{
		{"ev.>", "", "ev.a", "[1 ev.a m]"},
		{"ev.>", "", ">", "[1 ev.a m 1 ev.b m]"},
		{"ev.*", "my.*", "my.a", "[1 my.a m]"},
		{"ev.*", "my.*", "my.>", "[1 my.a m 1 my.b m]"},
		{"ev.*", "my.*", "*.*", "[1 my.a m 1 my.b m]"},
		{"ev.*", "my.*", "ev.*", "[]"},
		{"ev.a", "one", "one", "[1 one m]"},
		{"ev.a", "one", "*", "[1 one m]"},
		{"ev.a", "", "ev.b", "[]"},
	} {
		b := newBench(t)
		b.streams([2]string{row.subj, row.local})
		m, pub := b.join(KindClient, "IMP"), b.join(KindClient, "EXP")
		m.sub(row.sub + " 1")
		pub.pub("ev.a", "m")
		pub.pub("ev.b", "m")
		if got := fmt.Sprint(m.got()); got != row.want {
			t.Errorf("%s as %q, SUB %s: got %s, want %s", row.subj, row.local, row.sub, got, row.want)
		}
		m.UnsubscribeSID([]byte("1"), 0)
		if n := b.broker.Totals().Subscriptions; n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	}
}

// An importer's queue members are in the exporter's groups; a maximum counts
// what came from either account. [P-14] [P-17]
func TestStreamImportCounts(t *testing.T) {
	b := newBench(t)
	b.streams([2]string{"str.>", "imp.str.>"})
	m, pub := b.join(KindClient, "IMP"), b.join(KindClient, "EXP")
	pub.sub("str.x q 1")
	m.sub("imp.str.x q 2")
	for range 100 {
		pub.queue("str.x", "", "")
	}
	pub.Publisher().EndBatch()
	here, there := len(pub.got()), len(m.got())
	if here+there != 100 || here == 0 || there == 0 {
		t.Errorf("the group shared %d and %d", here, there)
	}
	m.UnsubscribeSID([]byte("2"), 0)
	pub.UnsubscribeSID([]byte("1"), 0)
	m.sub("imp.str.y 3")
	m.UnsubscribeSID([]byte("3"), 2)
	m.pub("imp.str.y", "own")
	pub.pub("str.y", "theirs")
	pub.pub("str.y", "late")
	m.wants("3 imp.str.y own", "3 imp.str.y theirs")
	if n := b.broker.Totals().Subscriptions; n != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}

// Live subscriptions follow a change of imports.
func TestStreamImportsChange(t *testing.T) {
	b := newBench(t)
	b.streams([2]string{"a", ""})
	m, pub := b.join(KindClient, "IMP"), b.join(KindClient, "EXP")
	m.sub("* 1")
	pub.pub("a", "1")
	b.streams([2]string{"b", ""})
	pub.pub("a", "2")
	pub.pub("b", "3")
	m.wants("1 a 1", "1 b 3")
	m.Discard(0)
	if n := b.broker.Totals().Subscriptions; n != 0 || !slices.Equal(m.got(), nil) {
		t.Errorf("%d subscriptions are left", n)
	}
	if _, err := NewStreamImport(b.broker.Account("EXP"), "a.*", "b", false); err == nil {
		t.Error("a wildcard without a place was taken")
	}
}
