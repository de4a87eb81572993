package server_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/server"
	"github.com/nats-io/nats.go"
)

// start runs a server for a test.
func start(t *testing.T, opts *server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatalf("not ready: %v", s.StartError())
	}
	return s
}

// A test that embeds the server needs these calls and no others.
func TestEmbedded(t *testing.T) {
	s := start(t, &server.Options{Host: "127.0.0.1", Port: -1})
	nc, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Subscribe("greet", func(m *nats.Msg) { m.Respond([]byte("hello " + string(m.Data))) }); err != nil {
		t.Fatal(err)
	}
	answer, err := nc.Request("greet", []byte("world"), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(answer.Data); got != "hello world" {
		t.Errorf("answer %q", got)
	}
	if _, err := nc.Request("nobody", nil, 5*time.Second); err != nats.ErrNoResponders {
		t.Errorf("request without responder: %v", err)
	}
}

// A server without sockets lives in a bubble of fake time: a day of it passes
// in a moment, pings included, and the connection is still there.
func TestADayInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := server.NewServer(&server.Options{DontListen: true})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		nc, err := nats.Connect("", nats.InProcessServer(s))
		if err != nil {
			t.Fatal(err)
		}
		sub, err := nc.SubscribeSync("news")
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(24 * time.Hour)
		if err := nc.Publish("news", []byte("still here")); err != nil {
			t.Fatal(err)
		}
		m, err := sub.NextMsg(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Data) != "still here" || nc.Stats().Reconnects != 0 {
			t.Errorf("got %q after %d reconnects", m.Data, nc.Stats().Reconnects)
		}
		nc.Close()
		s.Shutdown()
	})
}

// Shutdown waits for everything that Start began, also twice and also when
// nothing was started.
func TestShutdownTwice(t *testing.T) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, HTTPPort: -1})
	if err != nil {
		t.Fatal(err)
	}
	s.Shutdown()
	s.Shutdown()
	s.WaitForShutdown()
}
