package client_test

import (
	"net"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// lameDuckSoon lets clients go at once; the duration's minimum is 30 seconds,
// but a single client does not wait for it.
const lameDuckSoon = `
	lame_duck_grace_period: "100ms"
	lame_duck_duration: "30s"`

// Clients are told, new ones are not let in, then the server goes. [P-26] [C-16]
func TestLameDuck(t *testing.T) {
	harness.Everywhere(t, lameDuckSoon, func(t *testing.T, srv harness.Server) {
		told, closed := make(chan struct{}), make(chan struct{})
		nc := harness.Connect(t, srv, nats.NoReconnect(),
			nats.LameDuckModeHandler(func(*nats.Conn) { close(told) }),
			nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
		harness.Flush(t, nc)
		srv.LameDuck(t)
		harness.Receive(t, "the client is told", told)
		if c, err := net.Dial("tcp", srv.Addr()); err == nil {
			c.Close()
			t.Error("the listener is still open")
		}
		harness.Receive(t, "the client is closed", closed)
		harness.Receive(t, "the server is gone", srv.Done())
	})
}

// While it is a lame duck the server works for those who are still there. Old
// clients are not told, since they would not understand. [P-26] [P-27]
func TestLameDuckStillWorks(t *testing.T) {
	const config = `
		lame_duck_grace_period: "20s"
		lame_duck_duration: "30s"`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		old := harness.OpenWire(t, srv)
		old.Send(t, `CONNECT {"verbose":false}|SUB a 1|PING|`)
		old.Want(t, "PONG")
		modern := harness.OpenWire(t, srv)
		modern.Send(t, `CONNECT {"verbose":false,"protocol":1}|SUB a 1|PING|`)
		for line, _ := modern.Line(t); line != "PONG"; line, _ = modern.Line(t) {
		}
		srv.LameDuck(t)
		for info := modern.ReadInfo(t); !info.LameDuck; info = modern.ReadInfo(t) {
		}
		modern.Send(t, "PUB a 1|x|PING|")
		modern.Want(t, "MSG a 1 1", "x", "PONG")
		old.Want(t, "MSG a 1 1", "x")
		old.Send(t, "PING|")
		old.Want(t, "PONG")
		// Who leaves last switches off the light, before the grace period ends;
		// a server that waits for it is stopped like any other.
		old.Close()
		modern.Close()
		srv.Stop(t)
	})
}
