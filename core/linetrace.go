package core

// LineTrace says how deliveries are logged. [C-14]
type LineTrace struct {
	HeadersOnly bool
	MaxBytes    int // of a payload; 0 for all
}

// SetLineTrace has each delivery logged; nil for none.
func (b *Broker) SetLineTrace(t *LineTrace) { b.lineTrace.Store(t) }

// LineTrace gives what SetLineTrace set.
func (b *Broker) LineTrace() *LineTrace { return b.lineTrace.Load() }

// traceDelivery logs a message as it was queued for a client.
func (c *Conn) traceDelivery(t *LineTrace, subject []byte, sid string, m *Msg) {
	reply := ""
	if len(m.Reply) > 0 {
		reply = " " + string(m.Reply)
	}
	if m.HdrLen > 0 {
		c.broker.log.Tracef("%s - ->> [HMSG %s %s%s %s %s]", c, subject, sid, reply, m.HdrText, m.SizeText)
	} else {
		c.broker.log.Tracef("%s - ->> [MSG %s %s%s %s]", c, subject, sid, reply, m.SizeText)
	}
	t.Payload(c, "->>", m.Wire[:m.Size()], m.HdrLen)
}

// Payload logs what a message carries, in a direction: all of it, its beginning,
// or only its header block.
func (t *LineTrace) Payload(c *Conn, direction string, body []byte, hdrLen int) {
	if t.HeadersOnly {
		if body = body[:hdrLen]; len(body) == 0 {
			return
		}
	}
	more := ""
	if t.MaxBytes > 0 && len(body) > t.MaxBytes {
		body, more = body[:t.MaxBytes], "..."
	}
	c.broker.log.Tracef("%s - %s MSG_PAYLOAD: [%q%s]", c, direction, body, more)
}

// TraceLine logs a line that was sent to the connection, if lines are logged.
func (c *Conn) TraceLine(line string) {
	if c.broker.lineTrace.Load() != nil {
		c.broker.log.Tracef("%s - ->> [%s]", c, line)
	}
}
