package leafnode

import (
	"fmt"
	"strings"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/protocol"
)

func interestOf(s *core.Subscription) core.Interest {
	return core.Interest{Subject: s.Subject(), Queue: s.Queue()}
}

// SubscriptionChanged tells every leafnode of the account that is to hear of it.
// Called under the account's interest lock: the order of the lines is that of
// the changes. [L-6] [L-7]
func (m *Manager) SubscriptionChanged(s *core.Subscription, by int32) {
	for _, c := range m.of(s.Account()) {
		if c.hears(s) {
			c.count(interestOf(s), by)
		}
	}
}

// hears tells whether the other server is told of a subscription: not of its
// own, nor its cluster's; as hub not of other leafnodes if it is isolated; and a
// spoke's hub hears only of what is the spoke's own, or of its spokes.
// [leafnode.md 7.1] [L-10] [L-11]
func (c *Conn) hears(s *core.Subscription) bool {
	o := s.Conn()
	if o == nil {
		return true
	}
	if o == c.conn || s.Origin() != "" && s.Origin() == c.cluster {
		return false
	}
	if c.isolated && (o.Kind().IsLeafnode() || s.Origin() != "") {
		return false
	}
	return c.conn.Kind().HearsOf(o.Kind())
}

// count counts an interest and sends what has to be told of the change.
func (c *Conn) count(i core.Interest, by int32) {
	n := max(c.told[i]+by, 0)
	if n == 0 {
		delete(c.told, i)
	} else {
		c.told[i] = n
	}
	if i.Queue == "" && n > 0 && (n > by || by < 0) {
		return
	}
	if line := c.append(nil, i, n); len(line) > 0 {
		c.conn.Send(line)
	}
}

// append writes LS+ with the number of a group's members, or LS-; nothing for
// what a spoke may not subscribe to. [leafnode.md 7.2]
func (c *Conn) append(dst []byte, i core.Interest, n int32) []byte {
	if c.Spoke() && !unchecked(i.Subject) && !maySubscribe(c.may.Load(), i.Subject) {
		return dst
	}
	in := &protocol.Interest{Subject: i.Subject, Queue: i.Queue, Weight: int(n)}
	if n > 0 {
		return protocol.AppendLeafSub(dst, in)
	}
	return protocol.AppendLeafUnsub(dst, in)
}

// unchecked tells whether permissions do not matter for a subject: it is the
// servers' own.
func unchecked(subj string) bool {
	return strings.HasPrefix(subj, loopPrefix) || strings.HasPrefix(subj, "$GR.") || strings.HasPrefix(subj, "_GR_.")
}

// maySubscribe tells whether rules let a leafnode be interested in a subject. A
// wildcard need only overlap what is allowed: messages are looked at one by one.
// [leafnode.md 8]
func maySubscribe(p *core.Permissions, subj string) bool {
	if p == nil {
		return true
	}
	r := p.Rules()
	for _, d := range r.SubscribeDeny {
		if subject.IsSubset(subj, d) {
			return false
		}
	}
	for _, a := range r.SubscribeAllow {
		if subject.Overlaps(subj, a) {
			return true
		}
	}
	return len(r.SubscribeAllow) == 0
}

// addInterest notes what the other server wants. [leafnode.md 7.3]
func (c *Conn) addInterest(p *protocol.Parser) error {
	if !c.registered {
		return errUnbound
	}
	subj := string(p.Subject)
	if c.manager.ownLoop(c.account, p.Subject) {
		return c.loop()
	}
	if !c.Spoke() && !unchecked(subj) && !subject.HasWildcard(subj) && !maySubscribe(c.may.Load(), subj) {
		c.log().Errorf("%s - Subscription Violation on %q - Check other side configuration", c.conn, subj)
		c.retryAfter = longPause
		return refuse(protocol.ProtocolViolation, "Permissions Violation for Subscription to %q", subj)
	}
	if c.Spoke() && !unchecked(subj) && !subject.HasWildcard(subj) && !c.may.Load().MayPublish(p.Subject) {
		return nil // it would not be sent
	}
	if l := c.account.Limits().Subscriptions; l >= 0 && c.conn.SubscriptionCount() >= l {
		c.conn.ReplyErr(protocol.ErrMaxSubscriptions)
		return nil
	}
	if err := c.conn.AddInterest(c.account, p.Subject, p.Queue, []byte(c.cluster), p.Key, p.Weight); err != nil {
		c.log().Debugf("%s - Interest in %q: %v", c.conn, p.Subject, err)
	}
	return nil
}

// loop ends a connection by which this server's own interest has come back.
// [L-8]
func (c *Conn) loop() error {
	c.retryAfter = longPause
	text := fmt.Sprintf("Loop detected for leafnode account=%q. Delaying attempt to reconnect for %v", c.account.Name(), longPause)
	c.log().Errorf("%s - %s", c.conn, text)
	return refuse(protocol.ProtocolViolation, "%s", text)
}

// errUnbound answers interest before the handshake is through.
var errUnbound = &protocol.Error{Text: protocol.ErrAuthorization.Text, Close: true, Reason: protocol.ProtocolViolation}

// refuse gives the error for a connection that is to end.
func refuse(reason protocol.CloseReason, format string, v ...any) error {
	return &protocol.Error{Text: fmt.Sprintf(format, v...), Close: true, Reason: reason}
}
