package auth_test

import (
	"io"
	"net"
	"testing"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/internal/logging"
	"github.com/midge-nats/midge/protocol"
)

// fakePeer is a client that was given a nonce and said something.
type fakePeer struct{ nonce string }

// Nonce is what it was given.
func (p *fakePeer) Nonce() string { return p.nonce }

// HandleOp and the rest are never called.
func (p *fakePeer) HandleOp(protocol.Op, *protocol.Parser) error { return io.EOF }
func (p *fakePeer) Refused(error, *protocol.Parser)              {}
func (p *fakePeer) Closed(protocol.CloseReason)                  {}

// bench makes connections to authenticate.
type bench struct {
	t      *testing.T
	broker *core.Broker
}

func newBench(t *testing.T) *bench {
	g := group.New()
	b := &bench{t, core.New(g, logging.New(nil))}
	t.Cleanup(g.Wait)
	return b
}

func (b *bench) account(name string) *core.Account { return b.broker.Account(name) }

// conn gives a connection on a socket, nil for one within the process.
func (b *bench) conn(nc net.Conn, nonce string) *core.Conn {
	if nc == nil {
		server, client := net.Pipe()
		b.t.Cleanup(func() { client.Close() })
		nc = server
	}
	c := b.broker.NewConn(nc, core.KindClient, &fakePeer{nonce})
	b.t.Cleanup(func() { c.Discard(protocol.ClientClosed) })
	return c
}

// admitted is a connection with a grant.
func (b *bench) admitted(g *core.Grant) *core.Conn {
	c := b.conn(nil, "")
	if err := c.Admit(g); err != nil {
		b.t.Fatal(err)
	}
	return c
}

// say makes what a CONNECT says of user and password.
func say(user, pass string) *protocol.Connect { return &protocol.Connect{User: user, Pass: pass} }
