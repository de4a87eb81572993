package client_test

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// Exactly one member of a group gets a message, and each gets its share; a
// plain subscription gets all. [P-17] [P-18]
func TestQueueGroup(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		const members, n = 4, 2000
		sender := harness.Connect(t, srv)
		plain := harness.Subscribe(t, sender, "work")
		var subs []*nats.Subscription
		var conns []*nats.Conn
		for range members {
			nc := harness.Connect(t, srv)
			conns, subs = append(conns, nc), append(subs, harness.QueueSubscribe(t, nc, "work", "q"))
		}
		for i := range n {
			if err := sender.Publish("work", fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		harness.Flush(t, sender)
		sum := 0
		for i, sub := range subs {
			harness.Flush(t, conns[i])
			got := pending(t, sub)
			sum += got
			// A fair draw leaves a member this far from 500 once in 10^20 runs.
			if got < n/members/2 || got > n/members*2 {
				t.Errorf("member %d got %d of %d", i, got, n)
			}
		}
		if sum != n || pending(t, plain) != n {
			t.Errorf("the group got %d, the plain subscription %d, want %d each", sum, pending(t, plain), n)
		}
	})
}

// Groups are independent of each other; the name alone makes a group, also over
// different patterns. [P-17]
func TestQueueGroupsByName(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		const n = 600
		nc := harness.Connect(t, srv)
		same := []*nats.Subscription{
			harness.QueueSubscribe(t, nc, "foo.bar", "one"),
			harness.QueueSubscribe(t, nc, "foo.*", "one"),
			harness.QueueSubscribe(t, nc, "foo.>", "one"),
		}
		other := harness.QueueSubscribe(t, nc, "foo.bar", "two")
		for range n {
			if err := nc.Publish("foo.bar", nil); err != nil {
				t.Fatal(err)
			}
		}
		harness.Flush(t, nc)
		sum := 0
		for _, sub := range same {
			got := pending(t, sub)
			sum += got
			if got < n/6 || got > n/3*2 {
				t.Errorf("the member on %q got %d of %d", sub.Subject, got, n)
			}
		}
		if sum != n || pending(t, other) != n {
			t.Errorf("group one got %d, group two %d, want %d each", sum, pending(t, other), n)
		}
	})
}

// When a member goes the others take all.
func TestQueueMemberLeaves(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		sender, leaver, stayer := harness.Connect(t, srv), harness.Connect(t, srv), harness.Connect(t, srv)
		harness.QueueSubscribe(t, leaver, "work", "q")
		sub := harness.QueueSubscribe(t, stayer, "work", "q")
		leaver.Close()
		harness.Until(t, "the server has seen it go", func() bool { return len(harness.Connz(t, srv, "")) == 2 })
		for range 100 {
			if err := sender.Publish("work", nil); err != nil {
				t.Fatal(err)
			}
		}
		harness.Flush(t, sender)
		harness.Flush(t, stayer)
		if got := pending(t, sub); got != 100 {
			t.Errorf("%d messages, want 100", got)
		}
	})
}

// pending is how many messages wait in a synchronous subscription.
func pending(t *testing.T, sub *nats.Subscription) int {
	t.Helper()
	n, _, err := sub.Pending()
	if err != nil {
		t.Fatal(err)
	}
	return n
}
