package gateway

// Hot path.

import (
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// message delivers a message of the other cluster in this one: to plain
// subscriptions, and to one member of each queue group that it names. [G-21] [G-22]
func (c *Conn) message(p *protocol.Parser) error {
	acc := c.accountOf(p.Account)
	pub := c.conn.Publisher()
	m := pub.Push()
	m.Account, m.Subject, m.Reply = acc, p.Subject, p.Reply
	m.Queues, m.QueuesOnly = p.Queues, true
	m.Wire, m.SizeText = p.Wire, p.SizeText
	if p.HdrLen > 0 {
		m.HdrLen, m.HdrText = p.HdrLen, p.HdrText
		external := acc != nil && acc.Tracing() != nil
		if trace.Wanted(m.Header(), external) && !c.startTrace(m, string(p.Account)) {
			pub.Pop()
			return nil
		}
	}
	if acc != nil {
		pub.Received(acc, m.Size())
		pub.Publish(m)
	} else if c.told.lacks(string(p.Account)) {
		c.conn.Reply(protocol.AppendAccountUnsub(nil, string(p.Account)))
	}
	pub.Pop()
	return nil
}

// accountOf finds the account that a control line names; messages of one come
// in rows.
func (c *Conn) accountOf(name []byte) *core.Account {
	if c.account == nil || c.account.Name() != string(name) {
		c.account = c.manager.deps.Broker.LookupAccount(string(name))
	}
	return c.account
}

// startTrace decides whether a message is traced here, and gives false when it
// is to be dropped. Sampling was decided where the message entered. [T-11]
// [trace.md 2.4]
func (c *Conn) startTrace(m *core.Msg, account string) (process bool) {
	h, ok := trace.Scan(m.Header())
	if !ok {
		return true
	}
	log := c.manager.deps.Broker.Log()
	switch {
	case h.OriginAccount != "":
		log.Errorf("%s - %s", c.conn, trace.LogOriginAccount(h.OriginAccount))
		m.ReplaceHeader(protocol.AppendWithHeader(nil, m.Header(), trace.DestHeader, trace.DestDisabled))
		return !h.Only
	case m.Account == nil:
		log.Errorf("%s - %s", c.conn, trace.LogUnknownAccount(account)) // [T-52]
		return !h.Only
	case h.External:
		t := m.Account.Tracing()
		if t == nil {
			return true
		}
		h.Dest = t.Dest
	}
	if !subject.ValidLiteral(h.Dest) {
		log.Errorf("%s - %s", c.conn, trace.LogInvalidDest(h.Dest))
		return !h.Only
	}
	in := trace.Ingress{
		Kind: c.conn.Kind().Wire(), CID: c.conn.ID(), Name: c.conn.Name(), Account: m.Account.Name(), Subject: string(m.Subject),
	}
	m.Trace = trace.NewRecorder(h, in, m.Size(), time.Now())
	return true
}
