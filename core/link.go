package core

import (
	"time"

	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// SetLink makes the connection a link: how its control lines are written,
// whether the other server takes headers, and whether it traces. Before Serve or
// by its read loop, before anything is subscribed.
func (c *Conn) SetLink(style LinkStyle, headers, traces bool) {
	c.style = style
	c.traces.Store(traces)
	c.SetDelivery(headers, true)
}

// AddInterest notes what another server is interested in: a plain subscription,
// or weight members of a queue group. The key names it for its removal; a known
// one only changes its weight.
func (c *Conn) AddInterest(acc *Account, subject, queue, origin, key []byte, weight int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason.Load() != 0 {
		return nil
	}
	if s := c.subs[string(key)]; s != nil {
		acc.reweigh(s, int32(max(weight, 1)))
		return nil
	}
	s := newSubscription(acc, c, subject, queue, key, time.Now())
	s.origin = string(origin)
	s.weight.Store(int32(max(weight, 1)))
	if err := acc.insert(s); err != nil {
		return protocol.ErrInvalidSubject
	}
	if c.subs == nil {
		c.subs = make(map[string]*Subscription)
	}
	c.subs[s.sid] = s
	if c.grant.Load() != nil {
		c.addShadowsLocked(s)
	}
	return nil
}

// Bind gives a leafnode what it was granted. Only an account with room for it
// takes one. [leafnode.md 5]
func (c *Conn) Bind(g *Grant) error {
	if !g.Account.addLeaf(c) {
		return protocol.ErrMaxAccountConnections
	}
	c.setGrant(g)
	return nil
}

// SetSending limits what is sent to the other server of a link: what the rules
// let be published. nil sends anything. [leafnode.md 8]
func (c *Conn) SetSending(p *Permissions) { c.sending.Store(p) }

// withheld tells why a message of a subject is not sent to the other server of
// a link, "" if it is. [T-31]
func (c *Conn) withheld(subject []byte) string {
	switch p := c.sending.Load(); {
	case !c.mayReceive(subject):
		return trace.NotDeliveredSubscriptionDenied
	case p != nil && !p.MayPublish(subject):
		return trace.NotDeliveredPublishDenied
	}
	return ""
}

// RemoveInterest ends an interest; an unknown one is ignored.
func (c *Conn) RemoveInterest(key []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.subs[string(key)]; s != nil {
		c.unsubscribeLocked(s)
	}
}
