package client_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// Every way to receive gets every message, in order. [P-15]
func TestWaysToReceive(t *testing.T) {
	const n = 1000
	ways := map[string]func(t *testing.T, nc *nats.Conn) <-chan *nats.Msg{
		"callback": func(t *testing.T, nc *nats.Conn) <-chan *nats.Msg {
			got := make(chan *nats.Msg, n)
			if _, err := nc.Subscribe("s", func(m *nats.Msg) { got <- m }); err != nil {
				t.Fatal(err)
			}
			return got
		},
		"channel": func(t *testing.T, nc *nats.Conn) <-chan *nats.Msg {
			got := make(chan *nats.Msg, n)
			if _, err := nc.ChanSubscribe("s", got); err != nil {
				t.Fatal(err)
			}
			return got
		},
		"queue channel": func(t *testing.T, nc *nats.Conn) <-chan *nats.Msg {
			got := make(chan *nats.Msg, n)
			if _, err := nc.ChanQueueSubscribe("s", "q", got); err != nil {
				t.Fatal(err)
			}
			return got
		},
		"sync": func(t *testing.T, nc *nats.Conn) <-chan *nats.Msg {
			sub := harness.Subscribe(t, nc, "s")
			return pump(n, func() (*nats.Msg, error) { return sub.NextMsg(longest) })
		},
		"context": func(t *testing.T, nc *nats.Conn) <-chan *nats.Msg {
			sub := harness.Subscribe(t, nc, "s")
			return pump(n, func() (*nats.Msg, error) { return sub.NextMsgWithContext(t.Context()) })
		},
		"iterator": func(t *testing.T, nc *nats.Conn) <-chan *nats.Msg {
			sub := harness.Subscribe(t, nc, "s")
			got := make(chan *nats.Msg, n)
			go func() {
				for m, err := range sub.Msgs() {
					if err != nil {
						return
					}
					got <- m
				}
			}()
			return got
		},
	}
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		sender := harness.Connect(t, srv)
		got := map[string]<-chan *nats.Msg{}
		for name, receive := range ways {
			nc := harness.Connect(t, srv)
			got[name] = receive(t, nc)
			harness.Flush(t, nc)
		}
		for i := range n {
			if err := sender.Publish("s", fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		harness.Flush(t, sender)
		for name, ch := range got {
			for i := range n {
				if m := harness.Receive(t, name, ch); string(m.Data) != fmt.Sprint(i) {
					t.Fatalf("%s: message %d is %q", name, i, m.Data)
				}
			}
		}
	})
}

// pump calls next for n messages.
func pump(n int, next func() (*nats.Msg, error)) <-chan *nats.Msg {
	got := make(chan *nats.Msg, n)
	go func() {
		for range n {
			m, err := next()
			if err != nil {
				return
			}
			got <- m
		}
	}()
	return got
}

// The server stops after the last wanted message, whoever asks. [P-14]
func TestAutoUnsubscribe(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc, sender := harness.Connect(t, srv), harness.Connect(t, srv)
		sub := harness.Subscribe(t, nc, "a")
		harness.Publish(t, sender, "a", "0")
		harness.Expect(t, sub, "a", "0")
		// What was delivered before counts.
		if err := sub.AutoUnsubscribe(3); err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, nc)
		for i := range 5 {
			harness.Publish(t, sender, "a", fmt.Sprint(i+1))
		}
		harness.Expect(t, sub, "a", "1")
		harness.Expect(t, sub, "a", "2")
		if _, err := sub.NextMsg(longest); !errors.Is(err, nats.ErrMaxMessages) {
			t.Errorf("after the last message: %v, want %v", err, nats.ErrMaxMessages)
		}
		harness.Flush(t, nc)
		if stats := nc.Stats(); stats.InMsgs != 3 {
			t.Errorf("the server sent %d messages, want 3", stats.InMsgs)
		}
		if list := harness.Connz(t, srv, "subs=1"); subscriptions(list) != 0 {
			t.Errorf("the server still knows a subscription: %+v", list)
		}
	})
}

// subscriptions sums up what connections have.
func subscriptions(list []harness.ConnInfo) (n int) {
	for _, c := range list {
		n += c.Subscriptions
	}
	return n
}

// After Unsubscribe nothing more comes.
func TestUnsubscribe(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc, sender := harness.Connect(t, srv), harness.Connect(t, srv)
		sub := harness.Subscribe(t, nc, "a")
		harness.Publish(t, sender, "a", "x")
		harness.Expect(t, sub, "a", "x")
		if err := sub.Unsubscribe(); err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, nc)
		harness.Publish(t, sender, "a", "y")
		harness.Flush(t, nc)
		if in := nc.Stats().InMsgs; in != 1 {
			t.Errorf("%d messages came, want 1", in)
		}
	})
}

// Which subjects a pattern matches.
func TestWildcards(t *testing.T) {
	subjects := []string{"foo", "foo.bar", "foo.bar.baz", "bar", "foo.baz", "FOO.bar", "*", "foo.*"}
	want := map[string][]string{
		"foo":       {"foo"},
		"foo.*":     {"foo.bar", "foo.baz", "foo.*"},
		"foo.>":     {"foo.bar", "foo.bar.baz", "foo.baz", "foo.*"},
		"*":         {"foo", "bar", "*"},
		"*.bar":     {"foo.bar", "FOO.bar"},
		"*.*.baz":   {"foo.bar.baz"},
		"*.>":       {"foo.bar", "foo.bar.baz", "foo.baz", "FOO.bar", "foo.*"},
		">":         subjects,
		"foo.b*":    nil,
		"foo.bar.>": {"foo.bar.baz"},
	}
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc, sender := harness.Connect(t, srv), harness.Connect(t, srv, nats.SkipSubjectValidation())
		subs := map[string]*nats.Subscription{}
		for pattern := range want {
			subs[pattern] = harness.Subscribe(t, nc, pattern)
		}
		for _, subject := range subjects {
			harness.Publish(t, sender, subject, "x")
		}
		for pattern, sub := range subs {
			for _, subject := range want[pattern] {
				harness.Expect(t, sub, subject, "x")
			}
			harness.Nothing(t, nc, sub)
		}
	})
}

// One copy for each matching subscription, also of one connection.
func TestOverlappingSubscriptions(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		var subs []*nats.Subscription
		for range 3 {
			for _, pattern := range []string{"a.b", "a.*", ">"} {
				subs = append(subs, harness.Subscribe(t, nc, pattern))
			}
		}
		harness.Publish(t, nc, "a.b", "x")
		for _, sub := range subs {
			harness.Expect(t, sub, "a.b", "x")
			harness.Nothing(t, nc, sub)
		}
	})
}

// Payloads of every size arrive unchanged, from nothing to the limit.
func TestPayloadSizes(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		sub := harness.Subscribe(t, nc, "p")
		big := make([]byte, nc.MaxPayload())
		for i := range big {
			big[i] = byte(i * 7 >> (i % 5))
		}
		for _, size := range []int{0, 1, 2, 511, 512, 513, 4095, 4096, 4097, 32 << 10, 65535, 65536, 65537, 200_000, len(big)} {
			if err := nc.Publish("p", big[:size]); err != nil {
				t.Fatal(err)
			}
			if m := harness.Next(t, sub); string(m.Data) != string(big[:size]) {
				t.Fatalf("payload of %d bytes came back as %d others", size, len(m.Data))
			}
		}
	})
}
