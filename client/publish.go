package client

// Hot path.

import (
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// publish processes PUB and HPUB. Whether a message is traced is decided before
// anything else is done with it: a refused publish is traced, and one that may
// not be traced is not even counted. [T-53]
func (c *Conn) publish(op protocol.Op, p *protocol.Parser) error {
	pub := c.conn.Publisher()
	acc := c.conn.Account()
	m := pub.Push()
	m.Account, m.Subject, m.Reply = acc, p.Subject, p.Reply
	m.Wire, m.SizeText = p.Wire, p.SizeText
	if op == protocol.OpHPub && p.HdrLen > 0 {
		m.HdrLen, m.HdrText = p.HdrLen, p.HdrText
		if trace.Wanted(m.Header(), acc.Tracing() != nil) && !c.startTrace(m) {
			pub.Pop()
			return nil
		}
	}
	err := c.publishMsg(pub, m)
	pub.Pop()
	return err
}

// publishMsg maps, checks and delivers the message of the top frame.
func (c *Conn) publishMsg(pub *core.Publisher, m *core.Msg) error {
	if maps := m.Account.Mappings(); maps != nil && c.mapped(maps, m) {
		pub.Received(m.Account, m.Size())
		c.ok()
		return nil
	}
	pub.Received(m.Account, m.Size())
	if e := c.refused(pub, m); e != nil {
		return e
	}
	if c.pedantic && !subject.ValidLiteral(m.Subject) {
		c.conn.ReplyErr(protocol.ErrInvalidPublishSubject)
	}
	c.ok()
	if !pub.Publish(m) && len(m.Reply) > 0 && c.noResponders {
		c.noRespondersFor(m)
	}
	return nil
}

// mapped applies the account's mappings and tells whether the message is lost
// by them. [A-15] [T-24]
func (c *Conn) mapped(maps *core.Mappings, m *core.Msg) (lost bool) {
	to, matched, lost := maps.Map(c.scratch[:0], m.Subject)
	if !matched {
		return false
	}
	if !lost {
		c.scratch = append(c.scratch[:0], to...)
		m.Subject = c.scratch
	}
	if m.Trace != nil {
		m.Trace.Mapping(string(to))
	}
	return lost
}

// refused gives the error for a message that the client may not publish. The
// trace of such a message ends with it. [T-22]
func (c *Conn) refused(pub *core.Publisher, m *core.Msg) *protocol.Error {
	if c.reservedSubject(m.Subject) || !pub.MayPublish(m.Subject) {
		if m.Trace != nil {
			m.Trace.Fail(trace.PublishDenied(string(m.Subject)))
		}
		c.server.broker.Log().Errorf("%s - Publish Violation - Subject %q", c.conn, m.Subject)
		return protocol.PublishViolation(m.Subject)
	}
	if reservedReply(m.Reply) {
		if m.Trace != nil {
			m.Trace.Fail(trace.ReplyDenied(string(m.Reply)))
		}
		c.server.broker.Log().Errorf("%s - Publish Violation - Reply %q", c.conn, m.Reply)
		return protocol.ReplyViolation(m.Reply)
	}
	return nil
}

// The subjects that clients may not use: replies of other clusters, replies of
// services, replicated groups and acknowledgements of streams. [P-20]
const (
	gatewayReply    = "_GR_."
	oldGatewayReply = "$GR."
	serviceReply    = "_R_."
	groupPrefix     = "$NRG."
	ackPrefix       = "$JS.ACK."
)

// reservedSubject tells whether no client may publish to a subject, and has a
// quick answer for nearly all of them.
func (c *Conn) reservedSubject(s []byte) bool {
	if len(s) < 5 || s[0] != '_' && s[0] != '$' {
		return false
	}
	return longer(s, gatewayReply) || longer(s, oldGatewayReply) ||
		starts(s, groupPrefix) && c.conn.Account() != c.server.system()
}

// reservedReply tells the same for a reply subject.
func reservedReply(s []byte) bool {
	if len(s) < 4 || s[0] != '_' && s[0] != '$' || s[1] == 'I' {
		return false
	}
	return starts(s, serviceReply) || starts(s, ackPrefix) || longer(s, gatewayReply) || longer(s, oldGatewayReply)
}

func starts(s []byte, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}

// longer tells whether s starts with prefix and goes on.
func longer(s []byte, prefix string) bool { return len(s) > len(prefix) && starts(s, prefix) }
