package gateway

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Conn is the gateway protocol's half of a connection to another cluster.
type Conn struct {
	// Immutable after construction.
	conn    *core.Conn
	manager *Manager
	remote  *remote // that was dialed; nil for an accepted connection

	// Owned by the read loop.
	account *core.Account // of the last message
	urls    []string      // of this cluster, as an accepted connection was told

	info       atomic.Pointer[protocol.Info] // what the other server said of itself
	registered atomic.Bool
	authTimer  atomic.Pointer[time.Timer]

	wants wants // of the other cluster, by a dialed connection
	told  told  // of this cluster, by an accepted connection
}

func (m *Manager) newConn(nc net.Conn, r *remote) *Conn {
	s := m.settings
	c := &Conn{manager: m, remote: r}
	c.conn = m.deps.Broker.NewConn(nc, core.KindGateway, c)
	c.conn.Parser.Dialect = protocol.Gateway
	c.conn.SetLimits(s.MaxPending, s.WriteDeadline, 0)
	c.conn.SetInputLimits(-1, s.MaxControlLine)
	return c
}

// Core is the connection itself.
func (c *Conn) Core() *core.Conn { return c.conn }

// Info is what the other server said of itself, nil before it did.
func (c *Conn) Info() *protocol.Info { return c.info.Load() }

// Outbound tells whether this server dialed.
func (c *Conn) Outbound() bool { return c.remote != nil }

// Configured tells whether the other cluster is.
func (c *Conn) Configured() bool {
	info := c.info.Load()
	return info != nil && c.manager.configured(info.Gateway)
}

// HandleOp processes one operation of the other server.
func (c *Conn) HandleOp(op protocol.Op, p *protocol.Parser) error {
	switch op {
	case protocol.OpPing:
		c.conn.Pinged()
		c.conn.Reply([]byte(protocol.PongLine))
		return nil
	case protocol.OpPong:
		c.conn.Ponged()
		c.manager.sortOutbound()
		return nil
	case protocol.OpConnect:
		return c.handleConnect(p.Arg)
	case protocol.OpInfo:
		return c.handleInfo(p.Arg)
	case protocol.OpErr:
		c.manager.deps.Broker.Log().Errorf("%s - Gateway Error %q", c.conn, p.Arg)
		return protocol.ErrClientError
	}
	if c.Outbound() {
		return c.handleInterest(op, p)
	}
	switch op {
	case protocol.OpMsg, protocol.OpHMsg:
		return c.message(p)
	case protocol.OpSubscribe, protocol.OpUnsubscribe, protocol.OpAccountSub, protocol.OpAccountUnsub:
		return silently(protocol.ProtocolViolation) // [G-36]
	}
	return nil
}

// Refused has nothing to do: nobody traces what a server may not send.
func (c *Conn) Refused(error, *protocol.Parser) {}

// Closed forgets the connection.
func (c *Conn) Closed(reason protocol.CloseReason) {
	if t := c.authTimer.Swap(nil); t != nil {
		t.Stop()
	}
	c.manager.deps.Broker.Log().Noticef("%s - Gateway connection closed: %s", c.conn, reason)
	c.manager.unregister(c)
}

// ready takes down what the first INFO says.
func (c *Conn) ready(info *protocol.Info) {
	c.info.Store(info)
	c.conn.SetName(info.ServerName)
	c.conn.SetLink(withoutOrigin, info.Headers, info.Proto >= trace.Level) // [G-34] [G-40]
}

// withoutOrigin writes control lines of gateways: they do not know LMSG.
func withoutOrigin(dst []byte, m *protocol.LinkMsg) []byte {
	m.Origin = nil
	return protocol.AppendRouteMsg(dst, m)
}

// told is the set of accounts of which the other server has had everything.
type told struct {
	mu       sync.Mutex
	accounts map[string]bool
	absent   map[string]bool // that do not exist here, and it heard so
}

// begin tells whether an account was told already, and that it is from now on.
func (t *told) begin(name string) (already, wasAbsent bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accounts == nil {
		t.accounts = make(map[string]bool)
	}
	already, wasAbsent = t.accounts[name], t.absent[name]
	t.accounts[name] = true
	delete(t.absent, name)
	return already, wasAbsent
}

// maxAbsent bounds the memory of accounts that do not exist.
const maxAbsent = 10000

// lacks notes that an account does not exist and tells whether it is news. [G-19]
func (t *told) lacks(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.absent[name] || t.accounts[name] || len(t.absent) >= maxAbsent {
		return false
	}
	if t.absent == nil {
		t.absent = make(map[string]bool)
	}
	t.absent[name] = true
	return true
}
