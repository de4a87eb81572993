package gateway

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/midge-nats/midge/protocol"
)

// accept serves a connection that another server made. [G-1]
func (m *Manager) accept(nc net.Conn) {
	c := m.newConn(nc, nil)
	limit := m.settings.AuthTimeout
	if m.settings.TLS != nil {
		limit = m.settings.TLSTimeout + time.Second
		if !c.secure(tls.Server(nc, m.settings.TLS), m.settings.TLSTimeout) {
			return
		}
	}
	c.conn.Parser.ConnectFirst = true // [G-2]
	c.urls = m.clusterURLs()
	c.conn.Send(m.info())
	c.authTimer.Store(time.AfterFunc(limit, func() { c.conn.Fail(protocol.ErrAuthTimeout) })) // [G-6]
	c.conn.Serve()
}

// dialed serves a connection that this server made: the other one speaks first.
func (m *Manager) dialed(nc net.Conn, r *remote, serverName string) *Conn {
	c := m.newConn(nc, r)
	if cfg, limit := r.tls(m.settings); cfg != nil {
		cfg = cfg.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = serverName
		}
		if !c.secure(tls.Client(nc, cfg), limit) {
			return c
		}
	}
	c.conn.Serve()
	return c
}

// secure makes the connection TLS, or ends it.
func (c *Conn) secure(tc *tls.Conn, limit time.Duration) bool {
	err := tc.SetDeadline(time.Now().Add(limit))
	if err == nil {
		err = tc.Handshake()
	}
	if err == nil {
		err = tc.SetDeadline(time.Time{})
	}
	if err != nil {
		c.manager.deps.Broker.Log().Errorf("%s - TLS gateway handshake error: %v", c.conn, err)
		c.conn.Discard(protocol.TLSHandshakeFailure)
		return false
	}
	c.conn.SetTransport(tc)
	return true
}

// refuse gives the error for a connection that is to end.
func refuse(reason protocol.CloseReason, format string, v ...any) error {
	return &protocol.Error{Text: fmt.Sprintf(format, v...), Close: true, Reason: reason}
}

// silently ends a connection without a word.
func silently(reason protocol.CloseReason) error { return &protocol.Error{Close: true, Reason: reason} }

// handleConnect checks who dials. [G-3] [G-5] [G-6]
func (c *Conn) handleConnect(arg []byte) error {
	if c.Outbound() {
		return silently(protocol.ProtocolViolation)
	}
	said, err := protocol.ParseLinkConnect(arg)
	if err != nil {
		return err
	}
	m := c.manager
	switch {
	case m.settings.Username != "" && !m.deps.Authorize(said.User, said.Pass):
		return protocol.ErrAuthorization
	case said.Gateway == "":
		return protocol.ErrWrongPortGateway
	case m.settings.RejectUnknown && !m.configured(said.Gateway):
		return refuse(protocol.WrongGateway, "Connection to gateway %q rejected", m.settings.Name)
	}
	if t := c.authTimer.Swap(nil); t != nil {
		t.Stop()
	}
	c.conn.Parser.ConnectFirst = false
	return nil
}

// handleInfo registers the other server with its first INFO; later ones bring
// news of it, of other clusters or of what it wants.
func (c *Conn) handleInfo(arg []byte) error {
	info, err := protocol.ParseInfo(arg)
	if err != nil {
		return err
	}
	switch {
	case c.registered.Load():
		return c.handleNews(info)
	case c.Outbound():
		return c.greeted(info)
	case info.Gateway == "" || info.GatewayCmd != 0:
		return silently(protocol.WrongGateway)
	case c.manager.deps.InCluster(info.ServerName):
		return silently(protocol.DuplicateServerName)
	}
	c.ready(info)
	c.registered.Store(true)
	m := c.manager
	m.registerInbound(c)
	m.HeardOf(info.Gateway, info.GatewayURLs) // [G-8], before the gossip: of two that come at once one hears of the other
	m.deps.Broker.Log().Noticef("%s - Inbound gateway connection from %q (%s) registered", c.conn, info.Gateway, info.ServerID)
	c.conn.StartPing(m.settings.pingInterval(), m.settings.PingMax, true)
	if !slices.Equal(c.urls, m.clusterURLs()) {
		c.conn.Send(m.info()) // the cluster changed during the handshake [G-11]
	}
	c.conn.Send(m.gossip(info.Gateway))
	c.snapshot()
	return nil
}

// greeted checks who was reached and introduces this server. [G-2] [G-4]
func (c *Conn) greeted(info *protocol.Info) error {
	m, want := c.manager, c.remote.name
	switch {
	case info.Gateway == "":
		return refuse(protocol.WrongGateway, "Attempt to connect to gateway %q using wrong port", want)
	case info.Gateway != want:
		return refuse(protocol.WrongGateway, "Connection from %q rejected, wanted to connect to %q, this is %q", m.settings.Name, want, info.Gateway)
	case m.deps.InCluster(info.ServerName):
		return silently(protocol.DuplicateServerName)
	}
	hello := protocol.LinkConnect{Gateway: m.settings.Name}
	hello.Name = m.deps.Info().ServerID
	cfg, _ := c.remote.tls(m.settings)
	hello.TLSRequired = cfg != nil
	hello.User, hello.Pass = c.remote.credentials(m.settings)
	c.ready(info)
	c.conn.Send(append(hello.Marshal(), m.info()...))
	if !m.registerOutbound(c) {
		return silently(protocol.WrongGateway)
	}
	c.registered.Store(true)
	m.deps.Broker.Log().Noticef("%s - Outbound gateway connection to %q (%s) registered", c.conn, want, info.ServerID)
	c.conn.StartPing(m.settings.pingInterval(), m.settings.PingMax, true)
	m.learn(c.remote, info.GatewayURLs, true)
	return nil
}
