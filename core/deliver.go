package core

// Hot path.

import (
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Publish delivers m to everybody with interest whom its sender may reach, and
// tells whether anybody took it. Plain subscriptions come first, then one
// member of each queue group, then one copy for each link, then other
// clusters. [P-15] [T-18]
func (p *Publisher) Publish(m *Msg) (delivered bool) {
	if done, delivered := p.answer(m); done {
		return delivered
	}
	r := p.match(m.Account, m.Subject)
	first, served := len(p.links), len(p.served)
	for _, sub := range r.Plain {
		if p.offer(sub, m, first) {
			delivered = true
		}
	}
	if len(r.Queues) > 0 && p.publishQueues(r.Queues, m, first) {
		delivered = true
	}
	if len(p.links) > first && p.forward(first, m) {
		delivered = true
	}
	if g := p.broker.gateways; g != nil && offered&(1<<m.From) != 0 && g.Forward(p, m, p.served[served:]) {
		delivered = true
	}
	p.served = p.served[:served]
	if len(p.ended) > 0 {
		p.removeEnded()
	}
	return delivered
}

// offer hands m to one plain subscription, or notes the link that holds it;
// first is where the message's own links begin.
func (p *Publisher) offer(sub *Subscription, m *Msg, first int) bool {
	c := sub.conn
	if c == nil {
		return sub.handler(p, sub, m)
	}
	if m.imported && sub.imported != nil {
		return false
	}
	if c.kind.IsLink() {
		if p.mayCross(sub, m) {
			p.addLink(first, sub, "")
		}
		return false
	}
	if !reaches(m.From, c.kind) {
		return false
	}
	return p.offerClient(sub, m)
}

// offerClient hands m to a client's subscription.
func (p *Publisher) offerClient(sub *Subscription, m *Msg) bool {
	if m.Trace != nil {
		return p.deliverTraced(sub, m)
	}
	return p.deliver(sub, m) == ""
}

// deliver queues m for the connection of sub and returns "", or the reason why
// not, in the words of a trace event. [T-31]
//
// It takes the destination's outbound lock once and does no I/O. The control
// line is appended directly to the destination's block: building it in a
// scratch buffer first costs one more copy per delivery.
func (p *Publisher) deliver(sub *Subscription, m *Msg) string {
	c := sub.conn
	subject := p.shownSubject(sub, m)
	if sub.filtered.Load() && !c.mayReceive(subject) {
		return trace.NotDeliveredSubscriptionDenied
	}
	if sub.closed.Load() {
		return trace.NotDeliveredSubscriptionClosed
	}
	reply := m.Reply
	if IsGatewayReply(reply) {
		reply = c.answers.remember(reply)
	}
	o := &c.out
	o.mu.Lock()
	if o.flags&outNoEcho != 0 && c == p.conn && m.From == p.kind {
		o.mu.Unlock()
		return trace.NotDeliveredNoEcho
	}
	counted := sub.counted()
	if counted.hadAllLocked() {
		o.mu.Unlock()
		return trace.NotDeliveredAutoUnsubscribe
	}
	if o.flags&(outSlow|outClosed) != 0 {
		reason := p.holdBackLocked(c)
		if reason == "" && counted.hadAllLocked() { // by somebody who waited as well
			reason = trace.NotDeliveredAutoUnsubscribe
		}
		if reason != "" {
			o.mu.Unlock()
			return reason
		}
	}
	counted.delivered++
	if counted.delivered == counted.max {
		p.ended = append(p.ended, counted)
	}
	size := p.appendMsgLocked(o, subject, sub.sid, reply, m)
	o.sent.add(size)
	behind := o.pending > o.slowAt
	listed := o.flags&outDirty != 0
	o.flags |= outDirty
	o.mu.Unlock()

	if t := p.broker.lineTrace.Load(); t != nil {
		c.traceDelivery(t, subject, sub.sid, m)
	}
	p.stats.out.add(size)
	p.stats.client.add(size)
	if !listed {
		p.dirty = append(p.dirty, c)
	}
	if len(reply) > 0 && c.tracksReplies.Load() {
		c.allowReply(reply)
	}
	if behind {
		c.fellBehind()
	}
	return ""
}

// shownSubject is the subject under which a subscription's holder gets m.
func (p *Publisher) shownSubject(sub *Subscription, m *Msg) []byte {
	switch {
	case sub.imported != nil && sub.imported.toLocal != nil:
		p.shown = sub.imported.toLocal.Append(p.shown[:0], m.Subject)
		return p.shown
	case len(m.Deliver) > 0:
		return m.Deliver
	}
	return m.Subject
}

// appendMsgLocked queues the control line and the message and gives the size
// as delivered. A client without headers gets the payload only. [P-11]
func (p *Publisher) appendMsgLocked(o *Outbound, subject []byte, sid string, reply []byte, m *Msg) int {
	line := len("HMSG    \r\n") + len(subject) + len(sid) + len(reply) + len(m.HdrText) + len(m.SizeText)
	wire := m.Wire
	b := o.reserveLocked(line + len(wire))
	before := len(b)
	switch {
	case m.HdrLen == 0:
		b = protocol.AppendMsg(b, subject, sid, reply, m.SizeText)
	case o.flags&outHeaders != 0:
		b = protocol.AppendHMsg(b, subject, sid, reply, m.HdrText, m.SizeText)
	default:
		wire = wire[m.HdrLen:]
		p.text = appendInt(p.text[:0], len(wire)-len(crlf))
		b = protocol.AppendMsg(b, subject, sid, reply, p.text)
	}
	o.commitLocked(b, before, wire)
	return len(wire) - len(crlf)
}

// removeEnded removes the subscriptions that had their last message.
func (p *Publisher) removeEnded() {
	for i, sub := range p.ended {
		p.ended[i] = nil
		sub.conn.Unsubscribe(sub)
	}
	p.ended = p.ended[:0]
}

// appendInt appends n in decimal. n is not negative.
func appendInt(dst []byte, n int) []byte {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return append(dst, b[i:]...)
		}
	}
}
