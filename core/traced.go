package core

import (
	"time"

	"github.com/midge-nats/midge/trace"
)

// deliverTraced delivers a traced message, or only finds out whether it would
// be, and records what became of it. [T-25] [T-32]
func (p *Publisher) deliverTraced(sub *Subscription, m *Msg) bool {
	c, r := sub.conn, m.Trace
	if im := sub.imported; im != nil {
		r.StreamExport(sub.original.acc.name, string(p.shownSubject(sub, m)))
		if !im.AllowTrace {
			return r.Only() || p.deliver(sub, m) == "" // [T-49]
		}
	}
	var failed string
	if r.Only() {
		failed = p.wouldDeliver(sub, m)
	} else {
		failed = p.deliver(sub, m)
	}
	e := trace.Egress{Kind: c.kind.Wire(), CID: c.id, Name: c.Name(), Subscription: sub.subject, Queue: sub.queue, Error: failed}
	if acc := c.Account(); acc != nil && acc.name != r.Account() {
		e.Account = acc.name
	}
	r.Egress(e)
	if failed == "" && r.Only() {
		// Reference figures count a trace-only delivery as one. [T-54]
		p.stats.out.add(m.Size())
	}
	return failed == ""
}

// wouldDeliver gives the reason why m could not be delivered, as far as it can
// be known without delivering: what is checked behind the trace-only stop of
// trace.md 10 is not looked at.
func (p *Publisher) wouldDeliver(sub *Subscription, m *Msg) string {
	c := sub.conn
	c.out.mu.Lock()
	noEcho := c.out.flags&outNoEcho != 0 && c == p.conn && m.From == p.kind
	c.out.mu.Unlock()
	switch {
	case noEcho:
		return trace.NotDeliveredNoEcho
	case sub.filtered.Load() && !c.mayReceive(p.shownSubject(sub, m)):
		return trace.NotDeliveredSubscriptionDenied
	case sub.closed.Load():
		return trace.NotDeliveredSubscriptionClosed
	}
	return ""
}

// FinishTrace has the trace of a message published that was never delivered to
// anybody.
func (p *Publisher) FinishTrace(r *trace.Recorder) {
	if r.Release() {
		p.traces = append(p.traces, r)
	}
}

// publishTraces publishes the trace messages of the batch, each in the account
// that its message came in by, as the account's own: no permissions, no
// mapping, no trace of it. Without a system account nobody hears of them.
// [T-35] [T-37]
func (p *Publisher) publishTraces() {
	server := p.broker.server.Load()
	if p.workshop == nil {
		p.open() // a message was refused before anything was published
	}
	for i, r := range p.traces {
		p.traces[i] = nil
		if server != nil {
			p.publishTrace(server, r)
		}
		r.Free()
	}
	p.traces = p.traces[:0]
}

func (p *Publisher) publishTrace(server *trace.Server, r *trace.Recorder) {
	acc := p.broker.LookupAccount(r.Account())
	if acc == nil || !acc.HasInterest([]byte(r.Dest())) && p.broker.gateways == nil {
		p.broker.NextSeq()
		return
	}
	p.event = r.Append(p.event[:0], server, p.broker.NextSeq(), time.Now())
	header, body := r.Encode(p.event)
	p.PublishInternal(acc, []byte(r.Dest()), nil, header, body)
}

// PublishInternal publishes a message of the account's own. The slices are
// borrowed for the call.
func (p *Publisher) PublishInternal(acc *Account, subject, reply, header, payload []byte) bool {
	m := p.Push()
	if m == nil {
		return false
	}
	p.wire = append(append(append(p.wire[:0], header...), payload...), crlf...)
	p.text = appendInt(p.text[:0], len(header)+len(payload))
	n := len(p.text)
	p.text = appendInt(p.text, len(header))
	m.Account, m.Subject, m.Reply, m.From = acc, subject, reply, KindAccount
	m.Wire, m.HdrLen = p.wire, len(header)
	m.SizeText, m.HdrText = p.text[:n:n], p.text[n:]
	delivered := p.Publish(m)
	p.Pop()
	return delivered
}
