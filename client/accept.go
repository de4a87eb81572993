package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/midge-nats/midge/protocol"
)

const requireCert = tls.RequireAndVerifyClientCert

// tlsRecord is the first byte of a TLS handshake.
const tlsRecord = 0x16

// Serve handles a client's socket until it ends, on the caller's goroutine.
func (s *Server) Serve(nc net.Conn) {
	c := s.newConn(nc)
	if err := c.greet(nc); err != nil {
		reason := protocol.ClientClosed
		if errors.Is(err, errHandshake) {
			reason = protocol.TLSHandshakeFailure
			s.broker.Log().Errorf("%s - TLS handshake error: %v", c.conn, err)
		}
		c.conn.Discard(reason)
		return
	}
	c.expectConnect()
	c.conn.Serve()
}

// Refuse sends INFO and an error and ends the socket: the server is full.
func (s *Server) Refuse(nc net.Conn, e *protocol.Error) {
	c := s.newConn(nc)
	info := c.makeInfo()
	c.conn.Send(info.Marshal())
	c.conn.Fail(e)
	c.conn.Discard(e.Reason)
}

// errHandshake marks the errors of the TLS handshake.
var errHandshake = errors.New("tls handshake")

// greet sends INFO and has TLS started, in the order that the settings say.
func (c *Conn) greet(nc net.Conn) error {
	s := c.server.Settings()
	if s.TLS == nil {
		return c.sendInfo(nc)
	}
	if s.HandshakeFirst {
		first, err := c.waitForTLS(nc, s.TLSFallback)
		if err != nil {
			return err
		}
		if first != nil {
			c.tlsFirst = true
			tc, err := c.handshake(first, s)
			if err != nil {
				return err
			}
			return c.sendInfo(tc)
		}
		nc = c.conn.Transport() // with what it said already
	}
	if err := c.sendInfo(nc); err != nil {
		return err
	}
	if s.AllowNonTLS {
		peeked, isTLS, err := peekTLS(nc, s.TLSTimeout)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil // TLS would have begun by now
		case err != nil:
			return err
		}
		c.conn.SetTransport(peeked)
		if !isTLS {
			return nil
		}
		nc = peeked
	}
	_, err := c.handshake(nc, s)
	return err
}

// waitForTLS gives the socket to start TLS on, or nil when nothing came within
// the fallback time and INFO is to be sent in clear. Without a fallback there is
// nothing to wait for.
func (c *Conn) waitForTLS(nc net.Conn, fallback time.Duration) (net.Conn, error) {
	if fallback <= 0 {
		return nc, nil
	}
	peeked, isTLS, err := peekTLS(nc, fallback)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, nil
	case err != nil:
		return nil, err
	case isTLS:
		return peeked, nil
	}
	c.conn.SetTransport(peeked) // it speaks already, and not TLS
	return nil, nil
}

// peekTLS looks at the first byte, which stays to be read.
func peekTLS(nc net.Conn, limit time.Duration) (peeked net.Conn, isTLS bool, err error) {
	if err := nc.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return nil, false, err
	}
	first := make([]byte, 1)
	if _, err := io.ReadFull(nc, first); err != nil {
		if e := nc.SetReadDeadline(time.Time{}); e != nil {
			return nil, false, e
		}
		return nil, false, err
	}
	return &prefixed{nc, first}, first[0] == tlsRecord, nc.SetReadDeadline(time.Time{})
}

// handshake upgrades the socket. The peer gets the TLS timeout for it.
func (c *Conn) handshake(nc net.Conn, s *Settings) (net.Conn, error) {
	tc := tls.Server(nc, s.TLS)
	if err := tc.SetDeadline(time.Now().Add(s.TLSTimeout)); err != nil {
		return nil, err
	}
	if err := tc.Handshake(); err != nil {
		return nil, fmt.Errorf("%w: %w", errHandshake, err)
	}
	if err := tc.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	c.conn.SetTransport(tc)
	return tc, nil
}

// sendInfo writes INFO before the connection is served, so nothing can be in
// its way.
func (c *Conn) sendInfo(nc net.Conn) error {
	info := c.makeInfo()
	if d := c.server.Settings().WriteDeadline; d > 0 {
		if err := nc.SetWriteDeadline(time.Now().Add(d)); err != nil {
			return err
		}
	}
	if _, err := nc.Write(info.Marshal()); err != nil {
		return err
	}
	return nc.SetWriteDeadline(time.Time{})
}
