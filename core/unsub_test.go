package core

import (
	"fmt"
	"testing"
)

// Auto-unsubscribe counts every delivery since the subscription was made; a
// later UNSUB replaces the maximum, and one that is reached already removes at
// once. [P-14]
func TestAutoUnsubscribe(t *testing.T) {
	type step struct {
		unsub int // UNSUB 1 max; -1 publishes instead
		want  string
	}
	publish := func(want string) step { return step{-1, want} }
	unsub := func(max int) step { return step{unsub: max} }
	for name, steps := range map[string][]step{
		"plain":          {publish("1 a x"), unsub(0), publish("")},
		"after max":      {unsub(2), publish("1 a x"), publish("1 a x"), publish("")},
		"counts before":  {publish("1 a x"), publish("1 a x"), unsub(3), publish("1 a x"), publish("")},
		"equal":          {publish("1 a x"), unsub(1), publish("")},
		"lower":          {publish("1 a x"), publish("1 a x"), unsub(1), publish("")},
		"raised":         {unsub(1), unsub(2), publish("1 a x"), publish("1 a x"), publish("")},
		"lowered":        {unsub(5), publish("1 a x"), unsub(2), publish("1 a x"), publish("")},
		"removed anyway": {unsub(5), publish("1 a x"), unsub(0), publish("")},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			m := b.join(KindClient, "")
			m.sub("a 1")
			for i, s := range steps {
				if s.unsub >= 0 {
					m.UnsubscribeSID([]byte("1"), uint64(s.unsub))
					continue
				}
				if delivered := m.pub("a", "x"); delivered != (s.want != "") {
					t.Fatalf("step %d: delivered %v", i, delivered)
				}
				if got := fmt.Sprint(m.got()); got != fmt.Sprint([]string{s.want}) && s.want != "" || s.want == "" && got != "[]" {
					t.Fatalf("step %d: got %s, want %q", i, got, s.want)
				}
			}
			if m.SubscriptionCount() != 0 || m.Account().SubscriptionCount() != 0 || b.broker.Totals().Subscriptions != 0 {
				t.Errorf("%d subscriptions are left of the connection, %d of the account, %d of the server",
					m.SubscriptionCount(), m.Account().SubscriptionCount(), b.broker.Totals().Subscriptions)
			}
		})
	}
}

// The maximum holds within one batch, and for a member of a queue group, whose
// place others take. [P-14]
func TestAutoUnsubscribeInBatch(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.sub("a q 1")
	m.sub("a q 2")
	m.UnsubscribeSID([]byte("1"), 3)
	for range 100 {
		m.queue("a", "", "")
	}
	m.Publisher().EndBatch()
	counts := map[string]int{}
	for _, line := range m.got() {
		counts[line[:1]]++
	}
	if counts["1"] > 3 || counts["1"]+counts["2"] != 100 {
		t.Errorf("the members got %v", counts)
	}
}

// An unknown sid is ignored, and a sid that is in use keeps its first
// subscription. [P-13] [P-14]
func TestDuplicateAndUnknownSID(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.sub("a 1")
	m.sub("b 1")
	m.UnsubscribeSID([]byte("7"), 0)
	m.pub("b", "x")
	m.pub("a", "y")
	m.wants("1 a y")
	m.UnsubscribeSID([]byte("1"), 0)
	m.sub("b 1")
	m.pub("b", "z")
	m.wants("1 b z")
}

// fakeObserver keeps what links would be told.
type fakeObserver struct{ changes []string }

// InterestChanged notes a change.
func (o *fakeObserver) InterestChanged(acc *Account, i Interest, n int32) {
	o.changes = append(o.changes, fmt.Sprintf("%s %s %s %d", acc.Name(), i.Subject, i.Queue, n))
}

// Observers hear of each subscription once as it comes and once as it goes,
// also when it goes by itself.
func TestInterestIsObserved(t *testing.T) {
	b := newBench(t)
	o := new(fakeObserver)
	b.broker.Observe(o)
	m := b.join(KindClient, "")
	m.sub("a 1")
	m.sub("b q 2")
	m.UnsubscribeSID([]byte("1"), 1)
	m.pub("a", "x")
	m.Discard(0)
	want := "[$G a  1 $G b q 1 $G a  0 $G b q 0]"
	if got := fmt.Sprint(o.changes); got != want {
		t.Errorf("observed %s", got)
	}
}

// A handler of the server's own takes part like any subscription, and not
// after its end.
func TestHandler(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	var got []string
	s, err := m.Account().Handle("a.*", "", func(_ *Publisher, s *Subscription, m *Msg) bool {
		got = append(got, string(m.Subject)+" "+s.Subject()+" "+string(m.Payload()))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if !m.pub("a.b", "x") {
		t.Error("not delivered")
	}
	m.Account().Unhandle(s)
	if m.pub("a.c", "x") {
		t.Error("delivered after the end")
	}
	if fmt.Sprint(got) != "[a.b a.* x]" {
		t.Errorf("got %q", got)
	}
	if d, max := s.Counts(); d != 0 || max != 0 || s.Conn() != nil || s.kind() != KindSystem {
		t.Errorf("counts %d, %d", d, max)
	}
	if _, err := m.Account().Handle("a..b", "", nil); err == nil {
		t.Error("an invalid subject was taken")
	}
}
