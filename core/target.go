package core

// Hot path.

import (
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// linkTarget is one link that the message in hand goes to: once, whatever
// number of subscriptions the other server holds. It names the queue groups of
// which a member there is to get it.
type linkTarget struct {
	conn   *Conn
	shadow *Subscription // whose import changes the subject; nil if none does
	queues [][]byte
}

// cameBy tells whether m came by a link, to which it does not go back. What this
// server publishes itself on that link's behalf, such as a trace, may.
func (p *Publisher) cameBy(c *Conn, m *Msg) bool { return c == p.conn && m.From == p.kind }

// mayCross tells whether m may go to the link that holds a subscription: not back
// to where it came from, nor to another leafnode of that cluster. A spoke is not
// sent what came by a route, but for the answers to its hub's requests. [L-10]
// [L-11]
func (p *Publisher) mayCross(sub *Subscription, m *Msg) bool {
	c := sub.conn
	if p.cameBy(c, m) || len(m.Origin) > 0 && sub.imported == nil && sub.origin == string(m.Origin) {
		return false
	}
	return reaches(m.From, c.kind) || answered&(1<<c.kind) != 0 && len(m.Subject) > len(replyPrefix) && string(m.Subject[:len(replyPrefix)]) == replyPrefix
}

// addLink notes that a message goes to the link that holds a subscription, and
// there to a member of a queue group if one is named. first is where the
// message's own links begin.
func (p *Publisher) addLink(first int, sub *Subscription, queue string) {
	c := sub.conn
	var shadow *Subscription
	if sub.imported != nil && sub.imported.toLocal != nil {
		shadow = sub
	}
	t := p.linkTo(first, c, shadow)
	if queue != "" {
		t.queues = append(t.queues, []byte(queue))
	}
}

// linkTo finds the target of a link, and adds it with no groups if there is none.
func (p *Publisher) linkTo(first int, c *Conn, shadow *Subscription) *linkTarget {
	for i := first; i < len(p.links); i++ {
		if p.links[i].conn == c && p.links[i].shadow == shadow {
			return &p.links[i]
		}
	}
	n := len(p.links)
	if n < cap(p.links) {
		p.links = p.links[:n+1] // with the list of groups that it had
	} else {
		p.links = append(p.links, linkTarget{})
	}
	t := &p.links[n]
	t.conn, t.shadow, t.queues = c, shadow, t.queues[:0]
	return t
}

// forward sends m to its links and tells whether any took it.
func (p *Publisher) forward(first int, m *Msg) (delivered bool) {
	for i := first; i < len(p.links); i++ {
		t := &p.links[i]
		if m.Trace == nil {
			if p.sendToLink(t, m) {
				delivered = true
			}
		} else if p.sendTraced(t, m) {
			delivered = true
		}
		t.conn, t.shadow = nil, nil
	}
	p.links = p.links[:first]
	return delivered
}

// sendToLink queues one copy for a link.
func (p *Publisher) sendToLink(t *linkTarget, m *Msg) bool {
	c, subject := t.conn, m.Subject
	if t.shadow != nil {
		subject = p.shownSubject(t.shadow, m)
	}
	if c.withheld(subject) != "" {
		return false
	}
	line := &p.line
	*line = protocol.LinkMsg{
		Origin: m.Origin, Account: m.Account.wire, Subject: subject, Reply: m.Reply, Queues: t.queues,
		HdrText: m.HdrText, SizeText: m.SizeText,
	}
	wire := m.Wire
	o := &c.out
	o.mu.Lock()
	if o.flags&outClosed != 0 {
		o.mu.Unlock()
		return false
	}
	if m.HdrLen > 0 && o.flags&outHeaders == 0 {
		wire = wire[m.HdrLen:]
		p.text = appendInt(p.text[:0], len(wire)-len(crlf))
		line.HdrText, line.SizeText = nil, p.text
	}
	b := o.reserveLocked(linkLineBytes(line) + len(wire))
	before := len(b)
	b = c.style(b, line)
	o.commitLocked(b, before, wire)
	size := len(wire) - len(crlf)
	o.sent.add(size)
	behind := o.pending > o.slowAt
	listed := o.flags&outDirty != 0
	o.flags |= outDirty
	o.mu.Unlock()
	p.stats.out.add(size)
	if !listed {
		p.dirty = append(p.dirty, c)
	}
	if behind {
		c.fellBehind()
	}
	return true
}

// linkLineBytes bounds the length of a control line.
func linkLineBytes(l *protocol.LinkMsg) int {
	n := len("HMSG    +   \r\n") + len(l.Origin) + len(l.Account) + len(l.Subject) + len(l.Reply) + len(l.HdrText) + len(l.SizeText)
	for _, q := range l.Queues {
		n += len(q) + 1
	}
	return n
}

// sendTraced sends a traced message with the number of its hop, unless it is
// only to be traced and the other server cannot. [T-28] [T-33]
func (p *Publisher) sendTraced(t *linkTarget, m *Msg) bool {
	r, c := m.Trace, t.conn
	e := trace.Egress{Kind: c.kind.Wire(), CID: c.id, Name: c.Name(), Hop: r.NextHop()}
	if acc := c.Account(); acc != nil && acc.name != r.Account() {
		e.Account = acc.name // [T-27]
	}
	subject := m.Subject
	if t.shadow != nil {
		subject = p.shownSubject(t.shadow, m)
	}
	if e.Error = c.withheld(subject); e.Error != "" {
		r.Egress(e)
		return false
	}
	switch {
	case !c.traces.Load() && r.Only():
		e.Error = trace.NotDeliveredNoSupport
		r.Egress(e)
		return false
	case !c.traces.Load():
		e.Error = trace.DeliveredNoSupport
	}
	n := p.Push()
	if n == nil {
		return false
	}
	n.Account, n.Subject, n.Reply, n.From, n.Origin = m.Account, m.Subject, m.Reply, m.From, m.Origin
	n.header = protocol.AppendWithHeader(n.header[:0], m.Header(), trace.HopHeader, e.Hop)
	n.setWire(n.header, m.Payload())
	sent := p.sendToLink(t, n)
	p.Pop()
	if !sent {
		e.Error = trace.NotDeliveredClientClosed
	}
	r.Egress(e)
	return sent
}
