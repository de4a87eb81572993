package client

import (
	"crypto/rand"
	"encoding/base64"
	"net"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// Conn is the client protocol's half of a connection.
type Conn struct {
	// Immutable after construction.
	conn     *core.Conn
	server   *Server
	nonce    string // to be signed with an nkey; empty if nobody needs one
	tlsFirst bool   // the handshake came before INFO

	// Owned by the read loop.
	verbose      bool
	pedantic     bool
	noResponders bool
	headers      bool
	connected    bool // CONNECT was accepted
	informed     bool // the INFO with connect_info was sent
	scratch      []byte

	// Read anywhere.
	connect   atomic.Pointer[protocol.Connect] // what the last accepted CONNECT said
	authTimer atomic.Pointer[time.Timer]
	expiry    atomic.Pointer[time.Timer]
}

// nonceBytes of randomness become the 15 characters of a nonce. [P-22]
const nonceBytes = 11

func (s *Server) newConn(nc net.Conn) *Conn {
	c := &Conn{server: s, verbose: true, pedantic: true}
	c.conn = s.broker.NewConn(nc, core.KindClient, c)
	c.conn.Parser.Dialect = protocol.Client
	c.applyLimits(s.Settings())
	if s.Settings().Nonce {
		var raw [nonceBytes]byte
		rand.Read(raw[:]) // never fails: the runtime aborts first
		c.nonce = base64.RawURLEncoding.EncodeToString(raw[:])
	}
	return c
}

// Core is the connection itself.
func (c *Conn) Core() *core.Conn { return c.conn }

// Nonce is what the client was asked to sign.
func (c *Conn) Nonce() string { return c.nonce }

// TLSFirst tells whether the TLS handshake came before INFO.
func (c *Conn) TLSFirst() bool { return c.tlsFirst }

// Options are what the client said with CONNECT, nil before it.
func (c *Conn) Options() *protocol.Connect { return c.connect.Load() }

// applyLimits makes settings and grant count together: the smaller limit of
// user, account and server.
func (c *Conn) applyLimits(s *Settings) {
	subs := s.MaxSubs
	payload := s.MaxPayload
	if g := c.conn.Grant(); g != nil {
		l := g.Account.Limits()
		subs = smaller(subs, l.Subscriptions)
		subs = smaller(subs, g.Limits.Subscriptions)
		payload = smaller(payload, l.PayloadBytes)
		payload = smaller(payload, g.Limits.PayloadBytes)
	}
	c.conn.SetLimits(s.MaxPending, s.WriteDeadline, subs)
	c.conn.SetInputLimits(payload, s.MaxControlLine)
	c.conn.StartPing(s.PingInterval, s.PingMax, false)
}

// smaller gives the lower of two limits of which zero and below mean none.
func smaller[T int | int64](a, b T) T {
	switch {
	case b <= 0:
		return a
	case a <= 0 || b < a:
		return b
	}
	return a
}

// HandleOp processes one operation. Without authentication any operation may
// come first.
func (c *Conn) HandleOp(op protocol.Op, p *protocol.Parser) error {
	if c.conn.Grant() == nil && op != protocol.OpConnect {
		if err := c.admitDefault(); err != nil {
			return err
		}
	}
	if t := c.server.broker.LineTrace(); t != nil {
		c.traceOp(t, op, p)
	}
	switch op {
	case protocol.OpPub, protocol.OpHPub:
		return c.publish(op, p)
	case protocol.OpSub:
		return c.subscribe(p)
	case protocol.OpUnsub:
		return c.unsubscribe(p)
	case protocol.OpPing:
		c.pinged()
	case protocol.OpPong:
		c.conn.Ponged()
	case protocol.OpConnect:
		return c.handleConnect(p.Arg)
	case protocol.OpErr:
		return protocol.ErrClientError
	}
	return nil // INFO and +OK of a client mean nothing
}

var pong = []byte(protocol.PongLine)

// pinged answers PING. The first one after CONNECT tells a client of protocol 1
// also where it ended up. [P-6]
func (c *Conn) pinged() {
	c.conn.Pinged()
	c.conn.Reply(pong)
	c.conn.TraceLine("PONG")
	if o := c.connect.Load(); o == nil || o.Protocol < 1 || c.informed {
		return
	}
	c.informed = true
	info := c.makeInfo()
	info.ConnectInfo = true
	acc := c.conn.Account()
	info.RemoteAccount = acc.Name()
	info.IsSystem = acc == c.server.system()
	info.AuthRequired = c.server.Settings().AuthRequired
	c.conn.Reply(info.Marshal())
}

// Closed stops what waits for the connection.
func (c *Conn) Closed(protocol.CloseReason) {
	stop(&c.authTimer)
	stop(&c.expiry)
}

// stop ends a timer, if there is one.
func stop(t *atomic.Pointer[time.Timer]) {
	if timer := t.Swap(nil); timer != nil {
		timer.Stop()
	}
}

// makeInfo is the server's INFO for this client.
func (c *Conn) makeInfo() protocol.Info {
	s := c.server.Settings()
	info := c.server.info()
	info.Proto = 1
	info.Headers = !s.NoHeaders
	info.MaxPayload = c.conn.MaxPayload()
	info.ClientID = c.conn.ID()
	info.ClientIP, _ = c.conn.RemoteHost()
	info.Nonce = c.nonce
	info.AuthRequired = s.AuthRequired && !s.DefaultUser
	if s.TLS != nil {
		info.TLSRequired = !s.AllowNonTLS
		info.TLSAvailable = s.AllowNonTLS
		info.TLSVerify = s.TLS.ClientAuth == requireCert
	}
	return info
}
