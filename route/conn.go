package route

import (
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// level is the protocol level of this server: it traces messages. [T-34]
const level = trace.Level

// Conn is the route protocol's half of a connection to another server.
type Conn struct {
	// Immutable after construction.
	conn     *core.Conn
	manager  *Manager
	url      *url.URL // that was dialed; nil for an accepted connection
	explicit bool     // the URL is configured

	// Owned by the read loop.
	connected  bool // the dialer's CONNECT was accepted
	registered bool
	account    *core.Account // of the last message

	info      atomic.Pointer[protocol.Info] // what the other server said of itself
	authTimer atomic.Pointer[time.Timer]

	// told are the accounts of which the other server has had everything.
	// Guarded by each account's interest lock and, between accounts, by mu.
	told interestTold
}

func (m *Manager) newConn(nc net.Conn, u *url.URL, explicit bool) *Conn {
	s := m.settings
	c := &Conn{manager: m, url: u, explicit: explicit}
	c.conn = m.deps.Broker.NewConn(nc, core.KindRoute, c)
	c.conn.Parser.Dialect = protocol.Route
	c.conn.SetLimits(s.MaxPending, s.WriteDeadline, 0)
	c.conn.SetInputLimits(-1, s.MaxControlLine)
	return c
}

// Core is the connection itself.
func (c *Conn) Core() *core.Conn { return c.conn }

// Info is what the other server said of itself, nil before it did.
func (c *Conn) Info() *protocol.Info { return c.info.Load() }

// Solicited tells whether this server dialed, and whether it was told to.
func (c *Conn) Solicited() (dialed, configured bool) { return c.url != nil, c.explicit }

// HandleOp processes one operation of the other server.
func (c *Conn) HandleOp(op protocol.Op, p *protocol.Parser) error {
	switch op {
	case protocol.OpMsg, protocol.OpHMsg:
		return c.message(op, p)
	case protocol.OpSubscribe:
		return c.addInterest(p)
	case protocol.OpUnsubscribe:
		c.conn.RemoveInterest(p.Key)
	case protocol.OpPing:
		c.conn.Pinged()
		c.conn.Reply([]byte(protocol.PongLine))
	case protocol.OpPong:
		c.conn.Ponged()
	case protocol.OpConnect:
		return c.handleConnect(p.Arg)
	case protocol.OpInfo:
		return c.handleInfo(p.Arg)
	case protocol.OpErr:
		c.manager.deps.Broker.Log().Errorf("%s - Route Error %q", c.conn, p.Arg)
		return protocol.ErrClientError
	}
	return nil // A+, A- and +OK mean nothing here
}

// Refused has nothing to do: nobody traces what a server may not send.
func (c *Conn) Refused(error, *protocol.Parser) {}

// Closed takes the connection out of the cluster.
func (c *Conn) Closed(reason protocol.CloseReason) {
	if t := c.authTimer.Swap(nil); t != nil {
		t.Stop()
	}
	c.manager.deps.Broker.Log().Noticef("%s - Router connection closed: %s", c.conn, reason)
	c.manager.unregister(c)
}

// addInterest notes what the other server wants. An account that is unknown
// here is no reason to part.
func (c *Conn) addInterest(p *protocol.Parser) error {
	acc := c.manager.deps.Broker.LookupAccount(string(p.Account))
	if acc == nil || !c.manager.settings.Export.MaySubscribe(string(p.Subject), "") {
		return nil
	}
	err := c.conn.AddInterest(acc, p.Subject, p.Queue, p.Origin, p.Key, p.Weight)
	if err != nil {
		c.manager.deps.Broker.Log().Debugf("%s - Interest in %q: %v", c.conn, p.Subject, err)
	}
	return nil
}
