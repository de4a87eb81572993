package core

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/midge-nats/midge/protocol"
)

// fakeEvents notes who came and went.
type fakeEvents struct{ list []string }

// Opened notes a connection.
func (e *fakeEvents) Opened(c *Conn) { e.list = append(e.list, "+"+c.Account().Name()) }

// Closed notes the end of one.
func (e *fakeEvents) Closed(c *Conn, r protocol.CloseReason) {
	name := ""
	if acc := c.Account(); acc != nil {
		name = acc.Name()
	}
	e.list = append(e.list, "-"+name+" "+r.String())
}

// A second grant moves the connection to another account without its
// subscriptions; the counts of both accounts follow. [P-28]
func TestAdmitAgain(t *testing.T) {
	b := newBench(t)
	ev := new(fakeEvents)
	b.broker.SetEvents(ev)
	m := b.join(KindClient, "ONE")
	m.sub("a 1")
	if err := m.Admit(b.grant("TWO")); err != nil {
		t.Fatal(err)
	}
	if m.SubscriptionCount() != 0 || m.Account().Name() != "TWO" {
		t.Errorf("%d subscriptions in %s", m.SubscriptionCount(), m.Account().Name())
	}
	m.sub("a 1") // the sid is free
	b.join(KindClient, "ONE").pub("a", "x")
	m.wants()
	b.join(KindClient, "TWO").pub("a", "y")
	m.wants("1 a y")
	for name, want := range map[string]int{"ONE": 1, "TWO": 2} {
		if now, _ := b.broker.Account(name).ConnCount(); now != want || len(b.broker.Account(name).Conns()) != want {
			t.Errorf("%s has %d connections", name, now)
		}
	}
	if _, ever := b.broker.Account("ONE").ConnCount(); ever != 2 {
		t.Errorf("ONE ever had %d connections", ever)
	}
	m.Discard(protocol.ClientClosed)
	if want := []string{"+ONE", "+TWO", "+ONE", "+TWO", "-TWO Client Closed"}; !slices.Equal(ev.list, want) {
		t.Errorf("events %v", ev.list)
	}
}

// New permissions take subscriptions away that they do not allow, with a word
// for each, and filter what the others still get. [P-19]
func TestRegrant(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	for _, s := range []string{"a 1", "b 2", "b q 3", "c.* 4", "* 5"} {
		m.sub(s)
	}
	m.Regrant(b.grant(GlobalAccount, Rules{SubscribeDeny: []string{"b", "c.x"}}))
	got := m.got()
	slices.Sort(got)
	want := []string{
		`-ERR 'Permissions Violation for Subscription to "b" (sid "2")'`,
		`-ERR 'Permissions Violation for Subscription to "b" using queue "q" (sid "3")'`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %q", got)
	}
	pub := b.join(KindClient, "")
	for _, subj := range []string{"a", "b", "c.x", "c.y"} {
		pub.pub(subj, "m")
	}
	m.wants("1 a m", "5 a m", "4 c.y m")
	m.Regrant(b.grant(GlobalAccount))
	pub.pub("b", "m")
	m.wants("5 b m")
}

// Permission changes reach what a subscription gets through an import as well.
// [P-19]
func TestRegrantFiltersImports(t *testing.T) {
	b := newBench(t)
	exporter, importer := b.broker.Account("EXP"), b.broker.Account("IMP")
	im, err := NewStreamImport(exporter, "ev.>", "", false)
	if err != nil {
		t.Fatal(err)
	}
	importer.SetStreamImports([]*StreamImport{im})
	m, pub := b.join(KindClient, "IMP"), b.join(KindClient, "EXP")
	m.sub("ev.* 1")
	pub.pub("ev.a", "x")
	m.wants("1 ev.a x")
	m.Regrant(b.grant("IMP", Rules{SubscribeDeny: []string{"ev.a"}}))
	pub.pub("ev.a", "x")
	pub.pub("ev.b", "y")
	m.wants("1 ev.b y")
}

// An account takes as many connections as its limit says, one of them once, and
// a lowered limit ends the newest.
func TestAccountConnectionLimit(t *testing.T) {
	b := newBench(t)
	acc := b.broker.Account("A")
	limits := Unlimited
	limits.Connections = 2
	acc.SetLimits(limits)
	one, two := b.join(KindClient, "A"), b.join(KindClient, "A")
	if err := one.Admit(b.grant("A")); err != nil {
		t.Errorf("a member is refused at its second CONNECT: %v", err)
	}
	three := b.stranger(KindClient)
	if err := three.Admit(b.grant("A")); !errors.Is(err, protocol.ErrMaxAccountConnections) {
		t.Errorf("a third one: %v", err)
	}
	one.Discard(protocol.ClientClosed)
	if err := three.Admit(b.grant("A")); err != nil {
		t.Errorf("after one has gone: %v", err)
	}
	limits.Connections = 1
	acc.SetLimits(limits)
	if acc.Limits() != limits {
		t.Errorf("limits %v", acc.Limits())
	}
	three.wants("-ERR 'maximum account active connections exceeded'")
	if three.end() != "Maximum Account Connections Exceeded" || two.end() != "open" {
		t.Errorf("the newest: %s; the oldest: %s", three.end(), two.end())
	}
}

// More subscriptions than allowed are refused, and those that go make room.
//
func TestSubscriptionLimit(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.SetLimits(1<<20, 0, 2)
	m.sub("a 1")
	m.sub("b 2")
	if err := m.trySub("c 3"); !errors.Is(err, protocol.ErrMaxSubscriptions) {
		t.Errorf("the third: %v", err)
	}
	m.UnsubscribeSID([]byte("1"), 0)
	m.sub("c 3")
	if err := m.trySub("a..b 9"); !errors.Is(err, protocol.ErrMaxSubscriptions) {
		t.Errorf("full: %v", err)
	}
	m.SetLimits(1<<20, 0, 0)
	if err := m.trySub("a..b 9"); !errors.Is(err, protocol.ErrInvalidSubject) {
		t.Errorf("an invalid subject: %v", err)
	}
}

// The registry makes an account once, finds it, lists it and forgets it.
func TestRegistry(t *testing.T) {
	b := newBench(t)
	a := b.broker.Account("A")
	if b.broker.Account("A") != a || b.broker.LookupAccount("A") != a || b.broker.LookupAccount("B") != nil {
		t.Error("accounts are not found by their names")
	}
	names := func() (list []string) {
		for acc := range b.broker.Accounts() {
			list = append(list, acc.Name())
		}
		slices.Sort(list)
		return list
	}
	if got := fmt.Sprint(names()); got != "[$G A]" {
		t.Errorf("accounts %s", got)
	}
	m := b.join(KindClient, "A")
	m.sub("x.* 1")
	var subs []string
	for s := range a.Subscriptions() {
		subs = append(subs, s.Subject())
	}
	if fmt.Sprint(subs) != "[x.*]" || !a.HasInterest([]byte("x.y")) || a.HasInterest([]byte("y")) {
		t.Errorf("subscriptions %v", subs)
	}
	b.broker.RemoveAccount("A")
	if got := fmt.Sprint(names()); got != "[$G]" {
		t.Errorf("accounts %s", got)
	}
}
