package core

import (
	"time"

	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// A client that publishes faster than a consumer reads is held back a little
// at a time, so that a short burst does not cost the consumer its connection.
// [client.md: back-pressure]
const (
	stallShort  = 2 * time.Millisecond  // per delivery to a consumer over 75 % of max_pending
	stallLong   = 5 * time.Millisecond  // per delivery to one at max_pending
	stallBudget = 10 * time.Millisecond // per read batch, all consumers together
)

// holdBackLocked waits for a slow consumer a moment, if the publisher is a
// client that has not yet used up its budget. It gives the reason when the
// message must not be queued. The lock is given up while waiting.
func (p *Publisher) holdBackLocked(c *Conn) string {
	o := &c.out
	if o.flags&outClosed != 0 {
		return trace.NotDeliveredClientClosed
	}
	if p.conn == nil || !p.kind.IsClient() {
		return ""
	}
	if p.broker.noStall.Load() {
		return trace.NotDeliveredFastProducer
	}
	left := stallBudget - p.stalled
	if left <= 0 || p.conn == c {
		return ""
	}
	wait := stallShort
	if o.pending >= o.maxPending {
		wait = stallLong
	}
	if o.relief == nil {
		o.relief = make(chan struct{})
	}
	relief := o.relief
	o.stalls++
	o.mu.Unlock()
	p.flush() // whoever keeps up must not wait with us
	p.stalled += waitFor(relief, min(wait, left))
	p.broker.stalls.Add(1)
	o.mu.Lock()
	if o.flags&outClosed != 0 {
		return trace.NotDeliveredClientClosed
	}
	return ""
}

// waitFor waits until c is closed, at most limit, and gives the time it took.
func waitFor(c <-chan struct{}, limit time.Duration) time.Duration {
	began := time.Now()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c:
	case <-timer.C:
	}
	return time.Since(began)
}

// fellBehind is called, without lock, after something was queued for a
// connection over its stall threshold: a message, or an answer to one of those
// that it sends without reading.
func (c *Conn) fellBehind() {
	o := &c.out
	o.mu.Lock()
	over := o.pending > o.maxPending
	if o.pending > o.slowAt {
		o.flags |= outSlow
	}
	o.mu.Unlock()
	if over {
		c.slowConsumer(protocol.SlowConsumerPendingBytes)
	}
}

// slowConsumer closes the connection without a word: what is queued is
// discarded, for the peer does not read it anyway. [P-24]
func (c *Conn) slowConsumer(reason protocol.CloseReason) {
	if c.reason.Load() != 0 {
		return
	}
	c.broker.slowConsumers[c.kind].Add(1)
	c.broker.log.Noticef("%s - Slow Consumer Detected: %s", c, reason)
	c.Close(reason)
}
