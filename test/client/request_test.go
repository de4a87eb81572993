package client_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/midge-nats/midge/test/harness"
)

// longest is how long a request waits for what is certain to come.
const longest = 20 * time.Second

func TestRequest(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		server := harness.Connect(t, srv)
		harness.Respond(t, server, "echo", func(m *nats.Msg) []byte { return m.Data })
		styles := map[string][]nats.Option{"muxed inbox": nil, "an inbox each": {nats.UseOldRequestStyle()}}
		for name, options := range styles {
			nc := harness.Connect(t, srv, options...)
			for i := range 100 {
				want := fmt.Sprint(name, i)
				if got := harness.Request(t, nc, "echo", want); string(got.Data) != want {
					t.Fatalf("answer %q, want %q", got.Data, want)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), longest)
			got, err := nc.RequestWithContext(ctx, "echo", []byte("context"))
			cancel()
			if err != nil || string(got.Data) != "context" {
				t.Errorf("%s: answer %v (%v)", name, got, err)
			}
		}
	})
}

// Many goroutines share one connection, each gets its own answer.
func TestConcurrentRequests(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		server, nc := harness.Connect(t, srv), harness.Connect(t, srv)
		harness.Respond(t, server, "echo", func(m *nats.Msg) []byte { return m.Data })
		var wg sync.WaitGroup
		for g := range 20 {
			wg.Go(func() {
				for i := range 50 {
					want := fmt.Sprint(g, "/", i)
					got, err := nc.Request("echo", []byte(want), longest)
					if err != nil || string(got.Data) != want {
						t.Errorf("request %s: %v (%v)", want, got, err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// Several answers to one request, gathered until the count is reached.
func TestRequestMany(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		const servers = 5
		for i := range servers {
			harness.Respond(t, harness.Connect(t, srv), "who", func(*nats.Msg) []byte { return fmt.Append(nil, i) })
		}
		nc := harness.Connect(t, srv)
		inbox := nc.NewInbox()
		answers := harness.Subscribe(t, nc, inbox)
		if err := answers.AutoUnsubscribe(servers); err != nil {
			t.Fatal(err)
		}
		if err := nc.PublishRequest("who", inbox, nil); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for m, err := range answers.MsgsTimeout(longest) {
			if err != nil {
				// The library says so when the last expected answer was read.
				if !errors.Is(err, nats.ErrMaxMessages) {
					t.Fatal(err)
				}
				break
			}
			seen[string(m.Data)] = true
		}
		if len(seen) != servers {
			t.Errorf("answers of %d servers, want %d: %v", len(seen), servers, seen)
		}
	})
}

// Answers until a sentinel, an empty message.
func TestRequestManySentinel(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		server, nc := harness.Connect(t, srv), harness.Connect(t, srv)
		_, err := server.Subscribe("count", func(m *nats.Msg) {
			for _, part := range []string{"one", "two", "three", ""} {
				if err := m.Respond([]byte(part)); err != nil {
					t.Errorf("respond: %v", err)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, server)
		inbox := nc.NewInbox()
		answers := harness.Subscribe(t, nc, inbox)
		if err := nc.PublishRequest("count", inbox, nil); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"one", "two", "three", ""} {
			harness.Expect(t, answers, inbox, want)
		}
	})
}

// A request that nobody listens to fails at once. [P-12]
func TestNoResponders(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, options := range [][]nats.Option{nil, {nats.UseOldRequestStyle()}} {
			nc := harness.Connect(t, srv, options...)
			if _, err := nc.Request("nobody", nil, longest); !errors.Is(err, nats.ErrNoResponders) {
				t.Errorf("request: %v, want %v", err, nats.ErrNoResponders)
			}
			inbox := nc.NewInbox()
			sub := harness.Subscribe(t, nc, inbox)
			if err := nc.PublishRequest("nobody", inbox, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := sub.NextMsg(longest); !errors.Is(err, nats.ErrNoResponders) {
				t.Errorf("subscription: %v, want %v", err, nats.ErrNoResponders)
			}
		}
	})
}

// Somebody who listens but does not answer is no lack of responders; and once
// the last one has left there is.
func TestNoRespondersFollowsInterest(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		server, nc := harness.Connect(t, srv), harness.Connect(t, srv)
		sub := harness.QueueSubscribe(t, server, "slow.*", "q")
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := nc.RequestWithContext(ctx, "slow.one", nil)
			failed <- err
		}()
		harness.Next(t, sub) // the request is here, and no 503 was sent
		cancel()
		if err := harness.Receive(t, "the request ends", failed); !errors.Is(err, context.Canceled) {
			t.Errorf("request: %v, want %v", err, context.Canceled)
		}
		if err := sub.Unsubscribe(); err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, server)
		if _, err := nc.Request("slow.one", nil, longest); !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("request: %v, want %v", err, nats.ErrNoResponders)
		}
	})
}

// The service framework of the client library: discovery, statistics, groups.
func TestMicroService(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		server, nc := harness.Connect(t, srv), harness.Connect(t, srv)
		svc, err := micro.AddService(server, micro.Config{Name: "sum", Version: "1.2.3"})
		if err != nil {
			t.Fatal(err)
		}
		err = svc.AddGroup("math").AddEndpoint("double", micro.HandlerFunc(func(r micro.Request) {
			if err := r.Respond(append(r.Data(), r.Data()...)); err != nil {
				t.Errorf("respond: %v", err)
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, server)
		if got := harness.Request(t, nc, "math.double", "ab"); string(got.Data) != "abab" {
			t.Errorf("answer %q", got.Data)
		}
		var info micro.Info
		harness.RequestJSON(t, nc, "$SRV.INFO.sum", "", &info)
		if info.Version != "1.2.3" || len(info.Endpoints) != 1 || info.Endpoints[0].Subject != "math.double" {
			t.Errorf("info %+v", info)
		}
		if err := svc.Stop(); err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, server)
		if _, err := nc.Request("math.double", nil, longest); !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("request to a stopped service: %v", err)
		}
	})
}
