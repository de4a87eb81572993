package core

import (
	"time"

	"github.com/midge-nats/midge/protocol"
)

// Grant is what authentication gave a connection. It is immutable and swapped
// whole: a reload that changes a user's permissions gives its connections new
// grants.
type Grant struct {
	Account     *Account
	User        string       // shown in monitoring and events; empty without authentication
	Permissions *Permissions // nil allows everything
	Limits      UserLimits
	Expires     time.Time // zero for never
	// UserName is what people call the user, where User is a key.
	UserName string
	// Source is what the authenticator needs to judge the connection again
	// later; nothing here looks at it.
	Source any
	// Configured is false for the user of a server without any authentication.
	Configured bool
}

// UserLimits are what one connection may have. A negative number, and 0 for
// payload and subscriptions, means unlimited.
type UserLimits struct {
	Subscriptions int
	PayloadBytes  int64
}

// Grant is what authentication gave, nil before it.
func (c *Conn) Grant() *Grant { return c.grant.Load() }

// Account is the account that the connection is bound to, nil before
// authentication.
func (c *Conn) Account() *Account {
	if g := c.grant.Load(); g != nil {
		return g.Account
	}
	return nil
}

// Admit binds the connection to what it was granted, on its read loop. The
// connection leaves the account it was in, and drops its subscriptions if it
// had any. [P-28]
func (c *Conn) Admit(g *Grant) error {
	old := c.grant.Load()
	if old != nil {
		c.UnsubscribeAll()
		if old.Account != g.Account {
			old.Account.removeConn(c)
		}
	}
	if !g.Account.addConn(c) {
		return protocol.ErrMaxAccountConnections
	}
	c.setGrant(g)
	if c.broker.events != nil {
		c.broker.events.Opened(c)
	}
	return nil
}

// setGrant makes g count for the connection from now on.
func (c *Conn) setGrant(g *Grant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grant.Store(g)
	c.tracksReplies.Store(g.Permissions != nil && g.Permissions.responses != nil)
	c.setLogPrefix()
}

// Regrant replaces the permissions of a live connection and removes the
// subscriptions that they no longer allow, telling the peer of each. The
// account stays the same. [P-19]
func (c *Conn) Regrant(g *Grant) {
	c.setGrant(g)
	for _, s := range c.Subscriptions() {
		if g.Permissions.refusesSubscription([]byte(s.subject), []byte(s.queue)) == nil {
			c.refilter(s, g.Permissions)
			continue
		}
		c.Unsubscribe(s)
		c.Fail(protocol.SubscriptionRemoved(s.subject, s.queue, s.sid))
		c.broker.log.Noticef("%s - Removed sub %q (sid %q) for %q: not authorized", c, s.subject, s.sid, g.User)
	}
}

// refilter makes permissions count for a subscription and its shadows.
func (c *Conn) refilter(s *Subscription, p *Permissions) {
	filtered := p.filters(s.subject)
	c.mu.Lock()
	defer c.mu.Unlock()
	s.filtered.Store(filtered)
	for _, shadow := range s.shadows {
		shadow.filtered.Store(filtered)
	}
}
