package client_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// Draining a subscription processes everything that was sent to it before, and
// nothing else. [P-15]
func TestDrainSubscription(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		const n = 500
		sender, nc := harness.Connect(t, srv), harness.Connect(t, srv)
		hold := make(chan struct{})
		var got atomic.Int32
		sub, err := nc.Subscribe("work", func(*nats.Msg) {
			<-hold
			got.Add(1)
		})
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan struct{})
		sub.SetClosedHandler(func(string) { close(closed) })
		harness.Flush(t, nc)
		for i := range n {
			if err := sender.Publish("work", fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		harness.Flush(t, sender)
		if err := sub.Drain(); err != nil {
			t.Fatal(err)
		}
		// The drain's UNSUB is behind the messages and before this PONG.
		harness.Flush(t, nc)
		harness.Publish(t, sender, "work", "too late")
		close(hold)
		harness.Receive(t, "the subscription is drained", closed)
		if got.Load() != n {
			t.Errorf("%d messages processed, want %d", got.Load(), n)
		}
		if nc.IsClosed() {
			t.Error("the connection was closed as well")
		}
	})
}

// Members of a queue group that drain lose nothing while others take over.
func TestDrainQueueMember(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		const n = 2000
		sender, leaver, stayer := harness.Connect(t, srv), harness.Connect(t, srv), harness.Connect(t, srv)
		var got atomic.Int32
		all := make(chan struct{})
		count := func(*nats.Msg) {
			if got.Add(1) == n {
				close(all)
			}
		}
		leaving, err := leaver.QueueSubscribe("work", "q", count)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stayer.QueueSubscribe("work", "q", count); err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, leaver)
		harness.Flush(t, stayer)
		for i := range n {
			if i == n/2 {
				if err := leaving.Drain(); err != nil {
					t.Fatal(err)
				}
			}
			if err := sender.Publish("work", nil); err != nil {
				t.Fatal(err)
			}
		}
		harness.Flush(t, sender)
		harness.Receive(t, "every message is processed once", all)
		harness.Until(t, "the subscription is gone", func() bool { return !leaving.IsValid() })
		if got.Load() != n {
			t.Errorf("%d messages processed, want %d", got.Load(), n)
		}
	})
}

// Draining a connection finishes the work, answers included, and closes it.
func TestDrainConnection(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		const n = 200
		asker := harness.Connect(t, srv)
		closed := make(chan struct{})
		nc := harness.Connect(t, srv, nats.Name("drained"), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
		hold := make(chan struct{})
		_, err := nc.Subscribe("ask", func(m *nats.Msg) {
			<-hold
			if err := m.Respond(m.Data); err != nil {
				t.Errorf("answer while draining: %v", err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, nc)
		answers := harness.Subscribe(t, asker, "answers")
		for i := range n {
			if err := asker.PublishRequest("ask", "answers", fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		harness.Flush(t, asker)
		if err := nc.Drain(); err != nil {
			t.Fatal(err)
		}
		if !nc.IsDraining() {
			t.Error("the connection is not draining")
		}
		close(hold)
		for i := range n {
			harness.Expect(t, answers, "answers", fmt.Sprint(i))
		}
		harness.Receive(t, "the connection is closed", closed)
		if reason := harness.ClosedFor(t, srv, "drained", 0); reason != "Client Closed" {
			t.Errorf("reason %q", reason)
		}
	})
}
