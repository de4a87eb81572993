package client

import (
	"math/rand/v2"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// startTrace decides whether a message whose headers name tracing is traced.
// It gives false when the message is to be dropped without a trace of it: it
// is not mapped, checked, counted or answered. [trace.md 2.4] [T-53]
func (c *Conn) startTrace(m *core.Msg) (process bool) {
	h, ok := trace.Scan(m.Header())
	if !ok {
		return true
	}
	log := c.server.broker.Log()
	if h.OriginAccount != "" {
		log.Errorf("%s - %s", c.conn, trace.LogOriginAccount(h.OriginAccount))
		c.disableTrace(m)
		return !h.Only
	}
	if h.External {
		t := m.Account.Tracing()
		if t == nil {
			return true
		}
		if !trace.Sampled(t.Sampling, drawPercent) {
			c.disableTrace(m) // so that no other server traces it [T-11]
			return true
		}
		h.Dest = t.Dest
	}
	if !subject.ValidLiteral(h.Dest) {
		log.Errorf("%s - %s", c.conn, trace.LogInvalidDest(h.Dest))
		return !h.Only
	}
	if !c.mayTraceTo(h.Dest) {
		log.Errorf("%s - %s", c.conn, trace.LogPublishViolation(h.Dest))
		c.conn.ReplyErr(protocol.PublishViolation(h.Dest))
		return false
	}
	m.Trace = c.newRecorder(h, m.Account, m.Subject, m.Size())
	return true
}

// mayTraceTo tells whether the client could itself publish to a destination:
// tracing is no way around permissions. [T-14] [T-15]
func (c *Conn) mayTraceTo(dest string) bool {
	return !c.reservedSubject([]byte(dest)) && c.conn.Publisher().MayPublishTraces([]byte(dest))
}

func (c *Conn) newRecorder(h trace.Headers, acc *core.Account, subj []byte, size int) *trace.Recorder {
	in := trace.Ingress{CID: c.conn.ID(), Name: c.conn.Name(), Account: acc.Name(), Subject: string(subj), Kind: c.conn.Kind().Wire()}
	return trace.NewRecorder(h, in, size, time.Now())
}

// disableTrace puts the sentinel in the header block, where every server on the
// message's way sees it. [T-5]
func (c *Conn) disableTrace(m *core.Msg) {
	hdr := protocol.AppendWithHeader(nil, m.Header(), trace.DestHeader, trace.DestDisabled)
	m.ReplaceHeader(hdr)
}

// Refused traces a message that is too large, as far as its header has come
// with the control line. Nothing of the payload is looked at. [T-23]
func (c *Conn) Refused(err error, p *protocol.Parser) {
	if err != protocol.ErrMaxPayload || len(p.Wire) == 0 || c.conn.Grant() == nil {
		return
	}
	acc := c.conn.Account()
	if !trace.Wanted(p.Wire, acc.Tracing() != nil) {
		return
	}
	h, ok := trace.Scan(p.Wire)
	if !ok || h.OriginAccount != "" {
		return
	}
	if t := acc.Tracing(); h.External {
		if t == nil || !trace.Sampled(t.Sampling, drawPercent) {
			return
		}
		h.Dest = t.Dest
	}
	if !subject.ValidLiteral(h.Dest) {
		return
	}
	if !c.mayTraceTo(h.Dest) {
		c.conn.ReplyErr(protocol.PublishViolation(h.Dest))
		return
	}
	r := c.newRecorder(h, acc, p.Subject, p.Size)
	r.Fail(trace.MaxPayload)
	c.conn.Publisher().FinishTrace(r)
}

func drawPercent() int { return rand.IntN(100) }
