package leafnode

// Hot path.

import (
	"bytes"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Subjects that permissions do not hold back: answers to services, and
// acknowledgements of streams. [leafnode.md 8]
var (
	servicePrefix = []byte("_R_.")
	ackPrefix     = []byte("$JS.ACK.")
)

// message delivers a message of the other server: to plain subscriptions, and
// to one member of each queue group that it names. [L-9]
func (c *Conn) message(p *protocol.Parser) error {
	if !c.registered {
		return errUnbound
	}
	pub := c.conn.Publisher()
	m := pub.Push()
	defer pub.Pop()
	m.Account, m.Subject, m.Reply = c.account, p.Subject, p.Reply
	m.Queues, m.QueuesOnly, m.Origin = p.Queues, true, c.origin
	m.Wire, m.SizeText = p.Wire, p.SizeText
	if p.HdrLen > 0 {
		m.HdrLen, m.HdrText = p.HdrLen, p.HdrText
		if trace.Wanted(m.Header(), c.account.Tracing() != nil) {
			if process, err := c.startTrace(m); !process {
				return err
			}
		}
	}
	pub.Received(c.account, m.Size())
	if !c.mayCome(m.Subject) {
		if c.Spoke() {
			return nil
		}
		c.log().Errorf("%s - Publish Violation on %q", c.conn, m.Subject)
		c.retryAfter = longPause
		return refuse(protocol.ProtocolViolation, "Permissions Violation for Publish to %q", m.Subject) // [T-51]
	}
	if c.mapped(m) {
		return nil
	}
	pub.Publish(m)
	return nil
}

// mayCome tells whether the other server may send a subject: as a hub by what
// it may publish, as a spoke by what this server may hear. [L-14] [L-15]
func (c *Conn) mayCome(subj []byte) bool {
	p := c.may.Load()
	if p == nil || bytes.HasPrefix(subj, servicePrefix) || bytes.HasPrefix(subj, ackPrefix) {
		return true
	}
	if c.Spoke() {
		return maySubscribe(p, string(subj))
	}
	return p.MayPublish(subj)
}

// mapped applies the account's mappings and tells whether the message is lost by
// them. Behind a mapping the sender's choice of queue groups means nothing.
// [T-24]
func (c *Conn) mapped(m *core.Msg) (lost bool) {
	maps := c.account.Mappings()
	if maps == nil {
		return false
	}
	to, matched, lost := maps.Map(nil, m.Subject)
	if !matched || lost {
		return lost
	}
	if m.Trace != nil {
		m.Trace.Mapping(string(to))
	}
	m.Subject, m.QueuesOnly = to, false
	return false
}

// startTrace decides whether a message is traced here, and gives false when it
// is to be dropped. [T-11] [T-14] [trace.md 2.4]
func (c *Conn) startTrace(m *core.Msg) (process bool, err error) {
	h, ok := trace.Scan(m.Header())
	if !ok {
		return true, nil
	}
	if h.OriginAccount != "" {
		c.log().Errorf("%s - %s", c.conn, trace.LogOriginAccount(h.OriginAccount))
		m.ReplaceHeader(protocol.AppendWithHeader(nil, m.Header(), trace.DestHeader, trace.DestDisabled))
		return !h.Only, nil
	}
	if h.External {
		t := c.account.Tracing()
		if t == nil {
			return true, nil
		}
		h.Dest = t.Dest
	}
	if !subject.ValidLiteral(h.Dest) {
		c.log().Errorf("%s - %s", c.conn, trace.LogInvalidDest(h.Dest))
		return !h.Only, nil
	}
	if !c.mayCome([]byte(h.Dest)) {
		c.log().Errorf("%s - %s", c.conn, trace.LogPublishViolation(h.Dest))
		c.conn.ReplyErr(protocol.PublishViolation(h.Dest))
		return false, nil
	}
	in := trace.Ingress{
		Kind: c.conn.Kind().Wire(), CID: c.conn.ID(), Name: c.conn.Name(), Account: c.account.Name(), Subject: string(m.Subject),
	}
	m.Trace = trace.NewRecorder(h, in, m.Size(), time.Now())
	return true, nil
}
