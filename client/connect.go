package client

import (
	"errors"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// expectConnect begins the wait for credentials, if the server asks for any.
// [P-21]
func (c *Conn) expectConnect() {
	s := c.server.Settings()
	if !s.AuthRequired {
		return
	}
	c.conn.Parser.ConnectFirst = !s.DefaultUser
	if s.AuthTimeout > 0 {
		c.authTimer.Store(time.AfterFunc(s.AuthTimeout, func() { c.conn.Fail(protocol.ErrAuthTimeout) }))
	}
}

// admitDefault binds a client that says nothing about itself: to the global
// account, or to the user that the configuration has for such clients.
func (c *Conn) admitDefault() error {
	o := protocol.DefaultConnect()
	if err := c.admit(&o); err != nil {
		return err
	}
	stop(&c.authTimer)
	return nil
}

// admit authenticates and binds.
func (c *Conn) admit(o *protocol.Connect) error {
	g, err := c.server.auth.Authenticate(c.conn, o)
	if err != nil {
		if e, ok := errors.AsType[*protocol.Error](err); ok {
			return e
		}
		c.server.broker.Log().Errorf("%s - authentication error%s", c.conn, describe(o))
		c.server.broker.Log().Debugf("%s - %v", c.conn, err)
		return protocol.ErrAuthorization
	}
	if err := c.conn.Admit(g); err != nil {
		return err
	}
	c.applyLimits(c.server.Settings())
	c.conn.Parser.MaxPayload = c.conn.MaxPayload()
	stop(&c.expiry)
	if !g.Expires.IsZero() {
		c.expiry.Store(time.AfterFunc(time.Until(g.Expires), func() { c.conn.Fail(protocol.ErrUserExpired) }))
	}
	return nil
}

// describe names who failed to authenticate, for the log.
func describe(o *protocol.Connect) string {
	switch {
	case o.NKey != "":
		return " - Nkey " + quoted(o.NKey)
	case o.User != "":
		return " - User " + quoted(o.User)
	}
	return ""
}

// handleConnect processes CONNECT; a second one starts anew. [P-28]
func (c *Conn) handleConnect(arg []byte) error {
	before := protocol.DefaultConnect()
	if said := c.connect.Load(); said != nil {
		before = *said
	}
	o, err := before.Parse(arg)
	if err != nil {
		return err
	}
	stop(&c.authTimer)
	if o.NamesAccount() {
		return protocol.ErrAuthorization
	}
	if o.Protocol < 0 || o.Protocol > 1 {
		return protocol.ErrInvalidProtocol
	}
	c.conn.SetName(o.Name)
	c.connect.Store(o)
	if err := c.admit(o); err != nil {
		return err
	}
	c.verbose, c.pedantic = o.Verbose, o.Pedantic
	c.headers = o.Headers && !c.server.Settings().NoHeaders
	c.noResponders = o.NoResponders
	if c.noResponders && !c.headers {
		return protocol.ErrNoRespondersHeaders
	}
	c.conn.Parser.ConnectFirst = false
	c.conn.Parser.Headers = c.headers
	c.conn.SetDelivery(c.headers, o.Echo)
	c.informed = false
	if !c.connected {
		c.connected = true
		s := c.server.Settings()
		c.conn.StartPing(s.PingInterval, s.PingMax, !s.NoEarlyPing)
	}
	c.ok()
	return nil
}

var okay = []byte(protocol.OKLine)

// ok answers an accepted operation of a verbose client.
func (c *Conn) ok() {
	if c.verbose {
		c.conn.Reply(okay)
		c.conn.TraceLine("OK")
	}
}

// Regrant gives a live connection what its user may do now, after a reload.
func (c *Conn) Regrant(g *core.Grant) {
	c.conn.Regrant(g)
	c.applyLimits(c.server.Settings())
}
