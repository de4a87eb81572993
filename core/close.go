package core

import (
	"time"

	"github.com/midge-nats/midge/protocol"
)

// Close ends the connection for a reason, from any goroutine. Only the first
// call counts. It does not wait: what is queued is still written, as far as the
// reason leaves any hope for that, then the socket is closed, the read loop
// ends and removes what the connection held.
func (c *Conn) Close(reason protocol.CloseReason) {
	if c.reason.CompareAndSwap(0, uint32(reason)+1) {
		c.broker.Go("close", func() { c.end(reason) })
	}
}

// closeNow is Close for the read loop itself: it returns when the socket is
// closed.
func (c *Conn) closeNow(reason protocol.CloseReason) {
	if c.reason.CompareAndSwap(0, uint32(reason)+1) {
		c.end(reason)
	}
}

// end writes what is left to write and closes the socket.
func (c *Conn) end(reason protocol.CloseReason) {
	c.ping.stop()
	nc := c.Transport()
	if err := nc.SetReadDeadline(time.Unix(1, 0)); err != nil {
		c.broker.log.Debugf("%s - Read deadline: %v", c, err)
	}
	if flushedBefore(reason) {
		c.drain(nc)
	} else {
		o := &c.out
		o.mu.Lock()
		o.flags |= outClosed
		o.discardLocked()
		o.mu.Unlock()
	}
	if err := nc.Close(); err != nil {
		c.broker.log.Debugf("%s - Close: %v", c, err)
	}
}

// flushedBefore tells whether the peer may still read what is queued.
func flushedBefore(reason protocol.CloseReason) bool {
	switch reason {
	case protocol.SlowConsumerPendingBytes, protocol.SlowConsumerWriteDeadline,
		protocol.WriteError, protocol.ReadError, protocol.TLSHandshakeFailure:
		return false
	}
	return true
}

// Closed tells whether the connection has ended, and why.
func (c *Conn) Closed() (protocol.CloseReason, bool) {
	r := c.reason.Load()
	if r == 0 {
		return 0, false
	}
	return protocol.CloseReason(r - 1), true
}

// teardown removes what the connection held. It runs once, on the read loop.
func (c *Conn) teardown() {
	reason, _ := c.Closed()
	c.Discard(reason)
}

// Discard ends a connection that was never served: its handshake failed. It
// runs on the goroutine that would have served it.
func (c *Conn) Discard(reason protocol.CloseReason) {
	c.closeNow(reason)
	reason, _ = c.Closed()
	c.UnsubscribeAll()
	c.peer.Closed(reason)
	if g := c.grant.Load(); g != nil && g.Account != nil {
		g.Account.removeConn(c)
	}
	c.broker.conns.Delete(c.id)
	c.broker.open[c.kind].Add(-1)
	c.broker.log.Debugf("%s - %s connection closed: %s", c, c.kind, reason)
	if e := c.broker.events; e != nil {
		e.Closed(c, reason)
	}
}
