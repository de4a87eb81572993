package core

import (
	"cmp"
	"iter"
	"time"

	"github.com/midge-nats/midge/protocol"
)

// Interest is what other servers are told of: a subject, for members of a queue
// group its name, and for what leafnodes are interested in their cluster.
type Interest struct{ Subject, Queue, Origin string }

// NoOrigin stands for the cluster of leafnodes that name none. [route.md 11]
const NoOrigin = "_"

// insert makes a subscription take part in matching.
func (a *Account) insert(s *Subscription) error {
	a.interestMu.Lock()
	defer a.interestMu.Unlock()
	if err := a.subs.Insert(s.subject, s.queue, s); err != nil {
		return err
	}
	a.broker.subscriptions.Add(1)
	a.countLocked(s, s.weight.Load())
	return nil
}

// remove ends that.
func (a *Account) remove(s *Subscription) {
	a.interestMu.Lock()
	defer a.interestMu.Unlock()
	if a.subs.Remove(s.subject, s.queue, s) {
		a.broker.subscriptions.Add(-1)
		a.countLocked(s, -s.weight.Load())
	}
}

// reweigh changes how many members of a queue group a subscription stands for.
func (a *Account) reweigh(s *Subscription, weight int32) {
	a.interestMu.Lock()
	defer a.interestMu.Unlock()
	if by := weight - s.weight.Swap(weight); by != 0 && s.queue != "" && !s.closed.Load() {
		a.countLocked(s, by)
	}
}

// countLocked counts a subscription in or out of what other servers are told,
// and tells them of plain interest that begins or ends and of each change in
// the number of a queue group's members. What links hold is theirs and not
// told on, but a hub's cluster hears of its spokes. [R-22] [R-23] [R-26] [L-12]
func (a *Account) countLocked(s *Subscription, by int32) {
	for _, o := range a.broker.watchers {
		o.SubscriptionChanged(s, by)
	}
	k := Interest{Subject: s.subject, Queue: s.queue}
	if s.conn != nil && s.conn.kind.IsLink() {
		if s.queue != "" {
			a.remoteMembers.Add(int64(by))
		}
		if toldToRoutes&(1<<s.conn.kind) == 0 {
			return
		}
		k.Origin = cmp.Or(s.origin, NoOrigin)
	}
	if s.private || len(a.broker.observers) == 0 {
		return
	}
	if a.tally == nil {
		a.tally = make(map[Interest]int32)
	}
	n := a.tally[k] + by
	if n == 0 {
		delete(a.tally, k)
	} else {
		a.tally[k] = n
	}
	if s.queue == "" && n > 0 && (n > by || by < 0) {
		return
	}
	for _, o := range a.broker.observers {
		o.InterestChanged(a, k, n)
	}
}

// WithInterest calls fn with all that other servers are to be told of the
// account, while nothing of it can change.
func (a *Account) WithInterest(fn func(all map[Interest]int32)) {
	a.interestMu.Lock()
	defer a.interestMu.Unlock()
	fn(a.tally)
}

// WithInterestLocked is WithInterest for an observer, who is called with the
// lock held.
func (a *Account) WithInterestLocked(fn func(all map[Interest]int32)) { fn(a.tally) }

// WithSubscriptions calls fn with all interest in the account, while nothing of
// it can change.
func (a *Account) WithSubscriptions(fn func(all iter.Seq[*Subscription])) {
	a.interestMu.Lock()
	defer a.interestMu.Unlock()
	fn(a.Subscriptions())
}

// Handle subscribes a handler of this server's own; queue may be empty. It
// takes part like any other subscription.
func (a *Account) Handle(subject, queue string, h MsgHandler) (*Subscription, error) {
	s := newSubscription(a, nil, []byte(subject), []byte(queue), nil, time.Now())
	s.handler = h
	if err := a.insert(s); err != nil {
		return nil, err
	}
	return s, nil
}

// handlePrivate is Handle for what other servers do not hear of.
func (a *Account) handlePrivate(subject string, h MsgHandler) (*Subscription, error) {
	s := newSubscription(a, nil, []byte(subject), nil, nil, time.Now())
	s.handler, s.private = h, true
	if err := a.insert(s); err != nil {
		return nil, err
	}
	return s, nil
}

// Unhandle ends what Handle began. A message that is being delivered meanwhile
// may still arrive.
func (a *Account) Unhandle(s *Subscription) {
	s.closed.Store(true)
	a.remove(s)
}

// Subscribe adds a subscription of the connection, for which it has been found
// permitted. A sid that is in use keeps its first subscription. [P-13]
func (c *Conn) Subscribe(subject, queue, sid []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason.Load() != 0 {
		return nil
	}
	if c.maxSubs > 0 && len(c.subs) >= c.maxSubs {
		return protocol.ErrMaxSubscriptions
	}
	if _, used := c.subs[string(sid)]; used {
		return nil
	}
	g := c.grant.Load()
	if e := g.Permissions.refusesSubscription(subject, queue); e != nil {
		c.broker.log.Errorf("%s - Subscription Violation - %s", c, violation(g, subject, queue, sid))
		return e
	}
	s := newSubscription(g.Account, c, subject, queue, sid, time.Unix(0, c.lastActivity.Load()))
	s.filtered.Store(g.Permissions.filters(s.subject))
	if err := g.Account.insert(s); err != nil {
		return protocol.ErrInvalidSubject
	}
	if c.subs == nil {
		c.subs = make(map[string]*Subscription, 1)
	}
	c.subs[s.sid] = s
	c.addShadowsLocked(s)
	return nil
}

// Unsubscribe removes a subscription; removing it twice does nothing.
func (c *Conn) Unsubscribe(s *Subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsubscribeLocked(s)
}

func (c *Conn) unsubscribeLocked(s *Subscription) {
	if c.subs[s.sid] != s {
		return
	}
	delete(c.subs, s.sid)
	c.removeShadowsLocked(s)
	s.closed.Store(true)
	s.acc.remove(s)
}

// UnsubscribeSID removes the subscription of a sid now, or after max deliveries
// counted from its beginning; an unknown sid is ignored. [P-14]
func (c *Conn) UnsubscribeSID(sid []byte, max uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.subs[string(sid)]; s != nil && (max == 0 || s.limit(max)) {
		c.unsubscribeLocked(s)
	}
}

// UnsubscribeAll removes every subscription.
func (c *Conn) UnsubscribeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.subs {
		c.unsubscribeLocked(s)
	}
	c.subs = nil
}

// Subscriptions lists the connection's subscriptions in no order.
func (c *Conn) Subscriptions() []*Subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*Subscription, 0, len(c.subs))
	for _, s := range c.subs {
		list = append(list, s)
	}
	return list
}

// SubscriptionCount is the number of the connection's subscriptions.
func (c *Conn) SubscriptionCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.subs)
}
