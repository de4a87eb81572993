package route

import (
	"net"
	"net/url"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// register makes a connection count as the route to a server, unless there is
// one already: the first stays. When two servers dial each other at the same
// time each may have another first, and would lose both; so then the connection
// stays that the server with the greater id dialed. [route.md 6]
func (m *Manager) register(c *Conn, info *protocol.Info) bool {
	c.info.Store(info)
	c.conn.SetName(info.ServerName)
	style := core.LinkStyle(protocol.AppendRouteMsg)
	if !info.LeafOrigin {
		style = withoutOrigin
	}
	c.conn.SetLink(style, info.Headers, info.Proto >= trace.Level)
	c.conn.Parser.UnsubOrigin = info.LeafOriginUnsub || info.LeafNoOrigin
	greater := m.deps.Info().ServerID > info.ServerID // than the other server
	m.mu.Lock()
	old := m.peers[info.ServerID]
	if old != nil && !replaces(c, old, greater) {
		m.mu.Unlock()
		return false
	}
	m.peers[info.ServerID] = c
	m.everUp = true
	m.mu.Unlock()
	if old != nil {
		old.conn.Close(protocol.DuplicateRoute)
	}
	c.registered = true
	m.deps.Broker.Log().Noticef("%s - Route connection created", c.conn)
	c.conn.StartPing(m.settings.pingInterval(), m.settings.PingMax, true)
	c.snapshot()
	m.deps.Joined(c.conn)
	m.spread(c, info)
	m.deps.Changed()
	return true
}

// replaces tells whether of two connections to a server the later one stays;
// greater is whether this server's id is the greater one.
func replaces(later, first *Conn, greater bool) bool {
	dialedByGreater := func(c *Conn) bool { return (c.url != nil) == greater }
	return dialedByGreater(later) && !dialedByGreater(first)
}

func (m *Manager) unregister(c *Conn) {
	info := c.info.Load()
	if info == nil {
		return
	}
	m.mu.Lock()
	was := m.peers[info.ServerID] == c
	if was {
		delete(m.peers, info.ServerID)
	}
	m.mu.Unlock()
	if was {
		m.deps.Changed()
	}
}

// linked tells whether there is a route to a server.
func (m *Manager) linked(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.peers[id] != nil
}

// spread tells the other servers of a new one, so that they connect to it.
//
func (m *Manager) spread(c *Conn, info *protocol.Info) {
	news := *info
	news.Nonce = ""
	if news.IP == "" {
		host, _ := c.conn.RemoteHost()
		news.IP = "nats-route://" + netx.Join(host, news.Port) + "/"
	}
	line := news.Marshal()
	for _, other := range m.Peers() {
		if other != c {
			other.conn.Send(line)
		}
	}
}

// handleNews takes an INFO of a registered server: about another one that it
// knows, or about itself.
func (c *Conn) handleNews(info *protocol.Info) error {
	own := c.manager.deps.Info()
	switch known := c.info.Load(); {
	case info.RouteAccReqID != "":
		return nil
	case info.Gateway != "" || info.GatewayCmd != 0:
		c.manager.deps.Gossip(info)
		return nil
	case info.ServerID == own.ServerID:
		return nil
	case info.ServerID != known.ServerID:
		c.manager.heardOf(info)
	default:
		c.info.Store(info)
		c.manager.deps.Changed()
	}
	return nil
}

// heardOf dials a server that another one told of.
func (m *Manager) heardOf(info *protocol.Info) {
	if info.IP == "" || m.linked(info.ServerID) {
		return
	}
	u, err := url.Parse(info.IP)
	if err != nil || u.Host == "" {
		m.deps.Broker.Log().Debugf("Route gossip with the address %q", info.IP)
		return
	}
	for _, r := range m.settings.Routes {
		if r.Host == u.Host || r.Host == net.JoinHostPort(info.Host, u.Port()) {
			return // dialed anyway
		}
	}
	if info.AuthRequired && m.settings.Username != "" {
		u.User = url.UserPassword(m.settings.Username, m.settings.Password)
	}
	m.solicit(u, false, m.settings.ConnectRetries)
}
