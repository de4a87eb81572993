package core

import (
	"strings"
	"sync/atomic"
	"time"
)

// Subscription is one interest of one holder: a connection's SUB, another
// server's interest on a link, or a handler of this server's own.
type Subscription struct {
	// Immutable after construction.
	acc     *Account
	conn    *Conn      // the holder; nil for an internal subscription
	handler MsgHandler // internal subscriptions
	subject string
	queue   string // group name; empty for a plain subscription
	sid     string // the holder's own name for it
	created time.Time
	origin  string // leafnode cluster that holds the interest of another server
	private bool   // no other server hears of it: a service import
	// A stream import's shadow stands for another subscription, in the account
	// that the messages come from.
	original *Subscription
	imported *StreamImport

	// filtered is true when the holder's permissions deny some subject that
	// this subscription matches, so each message has to be looked at. [P-19]
	filtered atomic.Bool
	closed   atomic.Bool
	// weight is how many members a remote server has in the queue group.
	weight atomic.Int32

	// Guarded by the connection's mu.
	shadows []*Subscription

	// Guarded by the connection's Outbound.mu. Those of a shadow are its
	// original's.
	delivered uint64
	max       uint64 // 0 means unlimited [P-14]
}

// newSubscription copies subject, queue and sid into one string: three small
// allocations would cost more than the texts, and there are hundreds of
// thousands of subscriptions.
func newSubscription(acc *Account, c *Conn, subject, queue, sid []byte, now time.Time) *Subscription {
	var b strings.Builder
	b.Grow(len(subject) + len(queue) + len(sid))
	b.Write(subject)
	b.Write(queue)
	b.Write(sid)
	text := b.String()
	n, q := len(subject), len(subject)+len(queue)
	s := &Subscription{acc: acc, conn: c, subject: text[:n], queue: text[n:q], sid: text[q:], created: now}
	s.weight.Store(1)
	return s
}

// Subject is the pattern subscribed to.
func (s *Subscription) Subject() string { return s.subject }

// Queue is the queue group's name, empty for a plain subscription.
func (s *Subscription) Queue() string { return s.queue }

// Private tells that no other server is to hear of the subscription.
func (s *Subscription) Private() bool { return s.private }

// Origin is the leafnode cluster that holds the interest of another server,
// empty for none or none that has a name.
func (s *Subscription) Origin() string {
	if s.origin == NoOrigin {
		return ""
	}
	return s.origin
}

// Weight is the number of a queue group's members that the subscription stands
// for, 1 for any other.
func (s *Subscription) Weight() int32 { return s.weight.Load() }

// SID is the holder's name for the subscription.
func (s *Subscription) SID() string { return s.sid }

// Account is the account whose messages are subscribed to.
func (s *Subscription) Account() *Account { return s.acc }

// Conn is the connection that holds the subscription, nil for this server's own.
func (s *Subscription) Conn() *Conn { return s.conn }

// Created is when the subscription was made.
func (s *Subscription) Created() time.Time { return s.created }

// Counts gives the number of messages delivered and the number after which the
// subscription ends, 0 for never.
func (s *Subscription) Counts() (delivered, max uint64) {
	if s.conn == nil {
		return 0, 0
	}
	s.conn.out.mu.Lock()
	defer s.conn.out.mu.Unlock()
	return s.delivered, s.max
}

// limit sets the number of deliveries after which the subscription ends and
// tells whether it has had them already. All deliveries since it was made
// count. [P-14]
func (s *Subscription) limit(max uint64) (reached bool) {
	s.conn.out.mu.Lock()
	defer s.conn.out.mu.Unlock()
	if s.delivered >= max {
		return true
	}
	s.max = max
	return false
}

// hadAllLocked tells whether the subscription has had its last message. The
// connection's outbound lock is held.
func (s *Subscription) hadAllLocked() bool { return s.max != 0 && s.delivered >= s.max }

// counted is the subscription whose deliveries count: what came through an
// import does as well.
func (s *Subscription) counted() *Subscription {
	if s.original != nil {
		return s.original
	}
	return s
}

// lastResort tells whether a queue member is behind a leafnode: it is chosen
// when no other can be. [P-18]
func (s *Subscription) lastResort() bool {
	return s.origin != "" || s.conn != nil && behindLeaf&(1<<s.conn.kind) != 0
}

// kind is the kind of the holder.
func (s *Subscription) kind() Kind {
	if s.conn == nil {
		return KindSystem
	}
	return s.conn.kind
}
