package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// When Flush returns the server has processed everything before it.
func TestFlushIsABarrier(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		sender, receiver := harness.Connect(t, srv), harness.Connect(t, srv)
		sub := harness.Subscribe(t, receiver, "f")
		total := 0
		for round := range 50 {
			for range round {
				if err := sender.Publish("f", nil); err != nil {
					t.Fatal(err)
				}
			}
			harness.Flush(t, sender)
			harness.Flush(t, receiver)
			if total += round; pending(t, sub) != total {
				t.Fatalf("%d messages are here, want %d", pending(t, sub), total)
			}
		}
	})
}

// A client measures its round trip, and so does the server.
func TestRTT(t *testing.T) {
	harness.Everywhere(t, "ping_interval: \"50ms\"", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		if rtt, err := nc.RTT(); err != nil || rtt <= 0 {
			t.Errorf("rtt %v (%v)", rtt, err)
		}
		harness.Until(t, "the server has measured", func() bool {
			list := harness.Connz(t, srv, "")
			if len(list) != 1 || list[0].RTT == "" {
				return false
			}
			rtt, err := time.ParseDuration(list[0].RTT)
			return err == nil && rtt > 0
		})
	})
}

// A publisher that is told the limit keeps to it; one that does not is closed.
// [P-9]
func TestMaxPayload(t *testing.T) {
	harness.Everywhere(t, `max_payload: 100`, func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		sub := harness.Subscribe(t, nc, "p")
		if err := nc.Publish("p", make([]byte, 101)); !errors.Is(err, nats.ErrMaxPayload) {
			t.Errorf("publish: %v, want %v", err, nats.ErrMaxPayload)
		}
		exact := strings.Repeat("x", 100)
		harness.Publish(t, nc, "p", exact)
		harness.Expect(t, sub, "p", exact)

		w := harness.OpenWire(t, srv)
		w.Send(t, `CONNECT {"verbose":false,"name":"greedy"}|PUB p 101|`)
		w.Want(t, "-ERR 'Maximum Payload Violation'")
		if rest := w.Rest(t); len(rest) != 0 {
			t.Errorf("then %q", rest)
		}
		if reason := harness.ClosedFor(t, srv, "greedy", 0); reason != "Maximum Message Payload Exceeded" {
			t.Errorf("reason %q", reason)
		}
		harness.Nothing(t, nc, sub)
	})
}

// The server asks whether a client is there, and the library answers.
func TestPingPong(t *testing.T) {
	harness.Everywhere(t, `ping_interval: "100ms", ping_max: 8`, func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv, nats.NoReconnect())
		w := harness.OpenWire(t, srv)
		w.Send(t, `CONNECT {"verbose":false}|`)
		// More pings than ping_max, each answered, and both are still there.
		for range 10 {
			w.Want(t, "PING")
			w.Send(t, "PONG|")
		}
		harness.Flush(t, nc)
	})
}

// A client that answers no PING is stale. [P-23]
func TestStaleConnection(t *testing.T) {
	harness.Everywhere(t, `ping_interval: "50ms", ping_max: 2`, func(t *testing.T, srv harness.Server) {
		w := harness.OpenWire(t, srv)
		w.Send(t, `CONNECT {"verbose":false,"name":"sleeper"}|`)
		w.Want(t, "PING", "PING", "-ERR 'Stale Connection'")
		w.Drained(t)
		if reason := harness.ClosedFor(t, srv, "sleeper", 0); reason != "Stale Connection" {
			t.Errorf("reason %q", reason)
		}
	})
}

// A server answers the client's own pings, however often they come.
func TestClientPings(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv, nats.PingInterval(time.Millisecond), nats.MaxPingsOutstanding(1000), nats.NoReconnect())
		for range 200 {
			harness.Flush(t, nc)
		}
		if err := nc.LastError(); err != nil || !nc.IsConnected() {
			t.Errorf("connected %v, error %v", nc.IsConnected(), err)
		}
	})
}

// A reader that stops is closed, without a word, when too much waits for it;
// others do not notice. [P-24]
func TestSlowConsumer(t *testing.T) {
	const config = `max_pending: 1MB, max_payload: 64KB, write_deadline: "10s"`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		slow := harness.OpenWire(t, srv)
		slow.Send(t, `CONNECT {"verbose":false,"name":"slow"}|SUB flood 1|PING|`)
		slow.Want(t, "PONG")
		reader, sender := harness.Connect(t, srv), harness.Connect(t, srv)
		sub := harness.Subscribe(t, reader, "flood")
		if err := sub.SetPendingLimits(-1, -1); err != nil {
			t.Fatal(err)
		}
		payload := bytes.Repeat([]byte("x"), 32<<10)
		sent := 0
		harness.Until(t, "the slow reader is closed", func() bool {
			for range 50 {
				if err := sender.Publish("flood", payload); err != nil {
					t.Fatal(err)
				}
				sent++
			}
			harness.Flush(t, sender)
			return len(harness.Connz(t, srv, "state=open")) == 2
		})
		if reason := harness.ClosedFor(t, srv, "slow", 0); reason != "Slow Consumer (Pending Bytes)" {
			t.Errorf("reason %q", reason)
		}
		for i := range sent {
			if m := harness.Next(t, sub); len(m.Data) != len(payload) {
				t.Fatalf("message %d of the other reader has %d bytes", i, len(m.Data))
			}
		}
		var varz struct {
			Slow int `json:"slow_consumers"`
		}
		harness.GetJSON(t, srv, "/varz", &varz)
		if varz.Slow == 0 {
			t.Error("/varz counts no slow consumer")
		}
	})
}

// A subscription whose callback is too slow loses messages in the library and
// says so; the connection stays.
func TestSlowCallback(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		errs := make(chan error, 10)
		nc := harness.Connect(t, srv, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err }))
		hold := make(chan struct{})
		sub, err := nc.Subscribe("s", func(*nats.Msg) { <-hold })
		if err != nil {
			t.Fatal(err)
		}
		if err := sub.SetPendingLimits(5, -1); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			harness.Publish(t, nc, "s", "x")
		}
		if err := harness.Receive(t, "the library says so", errs); !errors.Is(err, nats.ErrSlowConsumer) {
			t.Errorf("error %v, want %v", err, nats.ErrSlowConsumer)
		}
		close(hold)
		harness.Flush(t, nc)
	})
}

// Two thousand clients, each with an inbox, all of them heard.
func TestTwoThousandConnections(t *testing.T) {
	const n = 2000
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		harness.NeedFiles(t, 2*n+500)
		options := []nats.Option{nats.PingInterval(time.Hour), nats.SyncQueueLen(8), nats.WriteBufferSize(512)}
		subs := make([]*nats.Subscription, n)
		conns := make([]*nats.Conn, n)
		harness.Parallel(t, n, 16, func(i int) error {
			nc, err := harness.Dial(srv, options...)
			if err != nil {
				return err
			}
			conns[i] = nc
			if subs[i], err = nc.SubscribeSync("all"); err != nil {
				return err
			}
			if _, err = nc.SubscribeSync(fmt.Sprint("one.", i)); err != nil {
				return err
			}
			return nc.Flush()
		})
		t.Cleanup(func() {
			for _, nc := range conns {
				if nc != nil {
					nc.Close()
				}
			}
		})
		var varz struct {
			Connections   int `json:"connections"`
			Subscriptions int `json:"subscriptions"`
		}
		harness.GetJSON(t, srv, "/varz", &varz)
		if varz.Connections != n || varz.Subscriptions < 2*n {
			t.Errorf("/varz shows %d connections and %d subscriptions", varz.Connections, varz.Subscriptions)
		}
		if err := conns[0].Publish("all", []byte("hello")); err != nil {
			t.Fatal(err)
		}
		for i, sub := range subs {
			if m, err := sub.NextMsg(longest); err != nil || string(m.Data) != "hello" {
				t.Fatalf("client %d: %v (%v)", i, m, err)
			}
		}
		for _, nc := range conns {
			nc.Close()
		}
		harness.Until(t, "all are gone", func() bool {
			harness.GetJSON(t, srv, "/varz", &varz)
			return varz.Connections == 0
		})
	})
}
