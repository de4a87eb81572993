package route

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/midge-nats/midge/protocol"
)

// accept serves a connection that another server made.
func (m *Manager) accept(nc net.Conn) {
	c := m.newConn(nc, nil, false)
	if m.settings.TLS != nil {
		tc := tls.Server(nc, m.settings.TLS)
		if err := handshake(tc, m.settings.TLSTimeout); err != nil {
			m.deps.Broker.Log().Errorf("%s - TLS route handshake error: %v", c.conn, err)
			c.conn.Discard(protocol.TLSHandshakeFailure)
			return
		}
		c.conn.SetTransport(tc)
	}
	c.conn.Parser.ConnectFirst = true
	info := m.info()
	c.conn.Send(info.Marshal())
	if m.settings.Username != "" && m.settings.AuthTimeout > 0 {
		c.authTimer.Store(time.AfterFunc(m.settings.AuthTimeout, func() { c.conn.Fail(protocol.ErrAuthTimeout) }))
	}
	c.conn.Serve()
}

// dialed serves a connection that this server made: CONNECT and INFO go out at
// once.
func (m *Manager) dialed(nc net.Conn, u *url.URL, explicit bool) *Conn {
	c := m.newConn(nc, u, explicit)
	if m.settings.TLS != nil {
		cfg := m.settings.TLS.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = u.Hostname()
		}
		tc := tls.Client(nc, cfg)
		if err := handshake(tc, m.settings.TLSTimeout); err != nil {
			m.deps.Broker.Log().Errorf("%s - TLS route handshake error: %v", c.conn, err)
			c.conn.Discard(protocol.TLSHandshakeFailure)
			return c
		}
		c.conn.SetTransport(tc)
	}
	info := m.info()
	hello := protocol.LinkConnect{ServerID: "", Cluster: m.settings.Name, Dynamic: m.settings.Dynamic, LeafOrigin: true, LeafNoOrigin: true}
	hello.Echo, hello.Headers, hello.Name, hello.TLSRequired = true, true, info.ServerID, m.settings.TLS != nil
	if u.User != nil {
		hello.User = u.User.Username()
		hello.Pass, _ = u.User.Password()
	}
	c.connected = true
	c.conn.Send(append(hello.Marshal(), info.Marshal()...))
	c.conn.Serve()
	return c
}

func handshake(tc *tls.Conn, limit time.Duration) error {
	if err := tc.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if err := tc.Handshake(); err != nil {
		return err
	}
	return tc.SetDeadline(time.Time{})
}

// refuse gives the error for a connection that is to end.
func refuse(reason protocol.CloseReason, format string, v ...any) error {
	return &protocol.Error{Text: fmt.Sprintf(format, v...), Close: true, Reason: reason}
}

// silently ends a connection without a word.
func silently(reason protocol.CloseReason) error { return &protocol.Error{Close: true, Reason: reason} }

// handleConnect checks who dials.
func (c *Conn) handleConnect(arg []byte) error {
	said, err := protocol.ParseLinkConnect(arg)
	if err != nil {
		return err
	}
	s := c.manager.settings
	switch {
	case said.Lang != "":
		return protocol.ErrWrongPortRoute
	case said.Gateway != "":
		return refuse(protocol.WrongGateway, "Rejecting connection from gateway %q on the Route port", said.Gateway)
	case s.Username != "" && !c.manager.deps.Authorize(said.User, said.Pass):
		return protocol.ErrAuthorization
	case said.Cluster != s.Name:
		return refuse(protocol.ClusterNameConflict, "Rejecting connection, cluster name %q does not match %q", said.Cluster, s.Name)
	}
	if t := c.authTimer.Swap(nil); t != nil {
		t.Stop()
	}
	c.connected = true
	c.conn.Parser.ConnectFirst = false
	return nil
}

// handleInfo registers the other server with its first INFO; later ones bring
// news of it or of others.
func (c *Conn) handleInfo(arg []byte) error {
	info, err := protocol.ParseInfo(arg)
	if err != nil {
		return err
	}
	if c.registered {
		return c.handleNews(info)
	}
	own := c.manager.deps.Info()
	switch {
	case info.ServerID == own.ServerID:
		return silently(protocol.DuplicateRoute) // this server itself
	case info.Cluster != "" && info.Cluster != c.manager.settings.Name:
		return silently(protocol.ClusterNameConflict)
	case c.url == nil && info.ServerName == own.ServerName:
		c.manager.deps.Broker.Log().Errorf("%s - Remote server has a duplicate name: %q", c.conn, info.ServerName)
		return silently(protocol.DuplicateServerName)
	case info.RouteAccount != "":
		return refuse(protocol.ProtocolViolation, "Not possible to have a dedicated route for account %q between those servers", info.RouteAccount)
	}
	if !c.manager.register(c, info) {
		return silently(protocol.DuplicateRoute)
	}
	return nil
}
