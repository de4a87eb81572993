package client

import (
	"sync/atomic"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// Server is what all clients of a listener have in common.
type Server struct {
	broker   *core.Broker
	auth     core.Authenticator
	info     func() protocol.Info // this server's INFO without what is one client's own
	settings atomic.Pointer[Settings]
	system   func() *core.Account // nil without a system account
}

// NewServer makes the client side of a server. info gives the INFO of this
// moment, system the account whose users may publish to $NRG subjects.
func NewServer(b *core.Broker, auth core.Authenticator, info func() protocol.Info, system func() *core.Account, s *Settings) *Server {
	srv := &Server{broker: b, auth: auth, info: info, system: system}
	srv.settings.Store(s)
	b.SetLineTrace(s.LineTrace)
	return srv
}

// Settings gives the settings in force.
func (s *Server) Settings() *Settings { return s.settings.Load() }

// Apply makes new settings count: limits and pings at once for every client,
// the rest for those to come. [C-18]
func (s *Server) Apply(next *Settings) {
	s.settings.Store(next)
	s.broker.SetLineTrace(next.LineTrace)
	s.each(func(c *Conn) { c.applyLimits(next) })
}

// SendInfo sends the INFO of this moment to every client that takes later
// ones: its URLs changed, or lame duck mode began. [P-27]
func (s *Server) SendInfo() {
	s.each(func(c *Conn) {
		if o := c.connect.Load(); o != nil && o.Protocol >= 1 {
			info := c.makeInfo()
			c.conn.Send(info.Marshal())
		}
	})
}

// SendLameDuck tells one client to go elsewhere. [M-14]
func (c *Conn) SendLameDuck() {
	info := c.makeInfo()
	info.LameDuck = true
	c.conn.Send(info.Marshal())
}

// each calls fn for every open client of this server.
func (s *Server) each(fn func(c *Conn)) {
	s.broker.Conns(func(cc *core.Conn) bool {
		if c, ok := cc.Peer().(*Conn); ok && c.server == s {
			fn(c)
		}
		return true
	})
}
