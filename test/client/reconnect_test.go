package client_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// patient makes a client come back again and again, without pauses that a test
// would wait for.
func patient(options ...nats.Option) []nats.Option {
	return append([]nats.Option{
		nats.MaxReconnects(-1), nats.ReconnectWait(10 * time.Millisecond), nats.ReconnectJitter(0, 0),
	}, options...)
}

// When a server comes back its clients come back, with their subscriptions and
// with what they published meanwhile. [P-29]
func TestReconnectKeepsSubscriptions(t *testing.T) {
	harness.EverywhereStarted(t, func(t *testing.T, start harness.Starter) {
		srv := start(t, "")
		lost, back := make(chan struct{}, 1), make(chan struct{}, 1)
		nc := harness.Connect(t, srv, patient(
			nats.DisconnectErrHandler(func(*nats.Conn, error) { lost <- struct{}{} }),
			nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))...)
		plain := harness.Subscribe(t, nc, "plain.*")
		queue := harness.QueueSubscribe(t, nc, "queue", "q")
		limited := harness.Subscribe(t, nc, "limited")
		if err := limited.AutoUnsubscribe(2); err != nil {
			t.Fatal(err)
		}
		harness.Publish(t, nc, "limited", "1")
		harness.Expect(t, limited, "limited", "1")

		srv.Stop(t)
		harness.Receive(t, "the client notices", lost)
		if err := nc.Publish("plain.buffered", []byte("meanwhile")); err != nil {
			t.Fatal(err)
		}
		again := start(t, `listen: "`+srv.Addr()+`"`)
		harness.Receive(t, "the client is back", back)

		harness.Expect(t, plain, "plain.buffered", "meanwhile")
		other := harness.Connect(t, again)
		for i := range 3 {
			harness.Publish(t, other, "limited", fmt.Sprint(i+2))
		}
		harness.Publish(t, other, "queue", "q")
		harness.Expect(t, queue, "queue", "q")
		harness.Expect(t, limited, "limited", "2")
		harness.Flush(t, nc)
		if limited.IsValid() {
			t.Error("the subscription is still there after its second message")
		}
		if nc.Stats().Reconnects != 1 {
			t.Errorf("%d reconnects, want 1", nc.Stats().Reconnects)
		}
	})
}

// A client may leave and come back by itself.
func TestForceReconnect(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		back := make(chan struct{}, 1)
		nc := harness.Connect(t, srv, patient(nats.Name("mover"), nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))...)
		sub := harness.Subscribe(t, nc, "a")
		before, err := nc.GetClientID()
		if err != nil {
			t.Fatal(err)
		}
		if err := nc.ForceReconnect(); err != nil {
			t.Fatal(err)
		}
		harness.Receive(t, "the client is back", back)
		harness.Publish(t, nc, "a", "x")
		harness.Expect(t, sub, "a", "x")
		if after, err := nc.GetClientID(); err != nil || after == before {
			t.Errorf("client id %d as before (%v)", after, err)
		}
		// What the client had not read yet makes its end a reset.
		if reason := harness.ClosedFor(t, srv, "mover", 0); reason != "Client Closed" && reason != "Read Error" {
			t.Errorf("the first connection was closed because of %q", reason)
		}
	})
}

// A client whose server does not return goes to another one it knows.
func TestReconnectToAnotherServer(t *testing.T) {
	harness.EverywhereStarted(t, func(t *testing.T, start harness.Starter) {
		one, two := start(t, "server_name: one"), start(t, "server_name: two")
		back := make(chan struct{}, 1)
		nc, err := nats.Connect(one.URL()+","+two.URL(), patient(nats.DontRandomize(),
			nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		sub := harness.Subscribe(t, nc, "a")
		if nc.ConnectedServerName() != "one" {
			t.Fatalf("connected to %q first", nc.ConnectedServerName())
		}
		one.Stop(t)
		harness.Receive(t, "the client is back", back)
		if nc.ConnectedServerName() != "two" {
			t.Errorf("connected to %q now", nc.ConnectedServerName())
		}
		harness.Publish(t, nc, "a", "x")
		harness.Expect(t, sub, "a", "x")
	})
}

// A client that may not reconnect is closed for good.
func TestNoReconnect(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		closed := make(chan struct{})
		nc := harness.Connect(t, srv, nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
		srv.Stop(t)
		harness.Receive(t, "the client is closed", closed)
		if !nc.IsClosed() {
			t.Error("client is not closed")
		}
	})
}
