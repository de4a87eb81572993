package leafnode

import (
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// Conn is the leafnode protocol's half of a connection.
type Conn struct {
	// Immutable after construction.
	conn    *core.Conn
	manager *Manager
	remote  *Remote // that was dialed; nil for an accepted connection
	nonce   string  // that an accepted spoke has to sign

	// Set on registration and immutable from then on.
	account  *core.Account
	cluster  string // of the other server
	origin   []byte // the same, for messages
	foreign  string // the account that it is bound to there
	isolated bool   // hears nothing of other leafnodes

	// Owned by the read loop.
	registered bool
	said       *protocol.LinkConnect
	retryAfter time.Duration // before the hub is dialed again

	// may is what the other server may do here and what it is told. Read by
	// everyone.
	may atomic.Pointer[core.Permissions]

	timer atomic.Pointer[time.Timer]

	// told counts what the other server is told. Guarded by the account's
	// interest lock.
	told map[core.Interest]int32
}

func (m *Manager) newConn(nc net.Conn, r *Remote) *Conn {
	s, kind := m.settings, core.KindLeafHub
	if r != nil && !r.Hub {
		kind = core.KindLeafSpoke
	}
	c := &Conn{manager: m, remote: r}
	c.conn = m.deps.Broker.NewConn(nc, kind, c)
	c.conn.Parser.Dialect = protocol.Leaf
	c.conn.SetLimits(s.MaxPending, s.WriteDeadline, 0)
	c.conn.SetInputLimits(s.MaxPayload, s.MaxControlLine)
	return c
}

// Core is the connection itself.
func (c *Conn) Core() *core.Conn { return c.conn }

// Nonce is what the spoke has to sign. [L-5]
func (c *Conn) Nonce() string { return c.nonce }

// Spoke tells whether this server is the spoke.
func (c *Conn) Spoke() bool { return c.conn.Kind().IsSpoke() }

// Account is the account that the connection is bound to.
func (c *Conn) Account() *core.Account { return c.account }

// Isolated tells whether the other server hears nothing of other leafnodes.
func (c *Conn) Isolated() bool { return c.isolated }

// HandleOp processes one operation of the other server.
func (c *Conn) HandleOp(op protocol.Op, p *protocol.Parser) error {
	switch op {
	case protocol.OpMsg, protocol.OpHMsg:
		return c.message(p)
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
		c.handleErr(string(p.Arg))
	}
	return nil // PUB and +OK mean nothing here
}

// Refused has nothing to do: nobody traces what a server may not send.
func (c *Conn) Refused(error, *protocol.Parser) {}

// Closed takes the connection out of the account.
func (c *Conn) Closed(reason protocol.CloseReason) {
	c.stopTimer()
	name := ""
	if n := c.conn.Name(); n != "" {
		name = " - Remote: " + n
	}
	c.log().Noticef("%s - Leafnode connection closed: %s%s", c.conn, reason, name)
	c.manager.unregister(c)
}

// handleErr notes what the other server complains of, which closes if it has
// to. [L-27] [L-22]
func (c *Conn) handleErr(text string) {
	text = strings.Trim(text, "'")
	c.log().Errorf("%s - Leafnode Error '%s'", c.conn, text)
	switch {
	case strings.Contains(text, "Loop detected"), strings.Contains(text, sameCluster.Text):
		c.retryAfter = longPause
	case strings.Contains(text, "minimum version required"):
		c.retryAfter = versionPause
	}
}

func (c *Conn) log() core.Logger { return c.manager.deps.Broker.Log() }

func (c *Conn) stopTimer() {
	if t := c.timer.Swap(nil); t != nil {
		t.Stop()
	}
}
