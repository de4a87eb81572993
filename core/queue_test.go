package core

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// shares publishes n messages one by one and counts who got them.
func shares(b *bench, pub *member, n int, members ...*member) map[string]int {
	b.t.Helper()
	for range n {
		pub.queue("a", "", "")
	}
	pub.Publisher().EndBatch()
	counts := make(map[string]int)
	for i, m := range members {
		for _, line := range m.got() {
			sid, _, _ := strings.Cut(line, " ")
			counts[fmt.Sprintf("%d:%s", i, sid)]++
		}
	}
	return counts
}

// fair tells whether n of total is within five standard deviations of a share:
// once in two million runs it is not.
func fair(n, total int, share float64) bool {
	mean := float64(total) * share
	return math.Abs(float64(n)-mean) < 5*math.Sqrt(mean*(1-share))
}

// A group is its name: members on different patterns share, each subscription
// gets its part, and a second group gets its own copy. [P-17] [P-18]
func TestQueueGroupIsItsName(t *testing.T) {
	const total = 3000
	b := newBench(t)
	pub, one, two := b.join(KindClient, ""), b.join(KindClient, ""), b.join(KindClient, "")
	one.sub("a q 1")
	one.sub("* q 2")
	two.sub("> q 3")
	two.sub("a other 4")
	two.sub("a.b q 5") // does not match
	counts := shares(b, pub, total, one, two)
	if counts["1:4"] != total || counts["1:5"] != 0 {
		t.Errorf("the other group got %d of %d, a pattern that does not match %d", counts["1:4"], total, counts["1:5"])
	}
	sum := 0
	for _, who := range []string{"0:1", "0:2", "1:3"} {
		sum += counts[who]
		if !fair(counts[who], total, 1.0/3) {
			t.Errorf("member %s got %d of %d", who, counts[who], total)
		}
	}
	if sum != total {
		t.Errorf("the group got %d messages for %d", sum, total)
	}
}

// Queue names are case-sensitive and wildcards mean nothing in them.
func TestQueueNamesAreLiteral(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.sub("a q 1")
	m.sub("a Q 2")
	m.sub("a > 3")
	m.pub("a", "x")
	if got := m.got(); len(got) != 3 {
		t.Errorf("three groups got %q", got)
	}
}

// A member that cannot take the message is passed over, whatever the reason:
// the publisher itself without echo, a denied subject, a connection that has
// ended. [P-16]
func TestQueuePassesFailingMembersOver(t *testing.T) {
	const total = 200
	b := newBench(t)
	pub := b.join(KindClient, "")
	pub.SetDelivery(true, false)
	denied := b.join(KindClient, "", Rules{SubscribeDeny: []string{"a"}})
	gone, good := b.join(KindClient, ""), b.join(KindClient, "")
	for _, m := range []*member{pub, denied, gone, good} {
		m.sub("> q 1")
	}
	gone.out.mu.Lock()
	gone.out.flags |= outClosed
	gone.out.mu.Unlock()
	counts := shares(b, pub, total, pub, denied, gone, good)
	if counts["3:1"] != total || len(counts) != 1 {
		t.Errorf("of %d messages the members got %v", total, counts)
	}
	good.Discard(0)
	if pub.pub("a", "x") {
		t.Error("delivered although no member can take it")
	}
}

// A message that names groups goes to no other, and one that names none to
// plain subscriptions only. [P-17]
func TestQueuesNamedByLink(t *testing.T) {
	b := newBench(t)
	link, m := b.join(KindRoute, ""), b.join(KindClient, "")
	m.sub("a 1")
	m.sub("a q 2")
	m.sub("a r 3")
	send := func(queues ...[]byte) {
		p := link.Publisher()
		msg := p.Push()
		msg.Account, msg.Subject, msg.Wire, msg.SizeText = link.Account(), []byte("a"), []byte("x\r\n"), []byte("1")
		msg.Queues, msg.QueuesOnly = queues, true
		p.Publish(msg)
		p.Pop()
		p.EndBatch()
	}
	send()
	m.wants("1 a x")
	send([]byte("r"), []byte("nobody"))
	m.wants("1 a x", "3 a x")
}
