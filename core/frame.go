package core

// Hot path.

// maxFrames bounds chains of imports: each pushes a frame. A deeper chain is a
// refused delivery, not a stack overflow.
const maxFrames = 8

// Push gives the publisher's next frame, nil when the stack is full. The
// caller sets every field it needs: only what could be left over from an
// earlier message is cleared.
func (p *Publisher) Push() *Msg {
	if p.depth == maxFrames {
		return nil
	}
	if p.workshop == nil {
		p.open()
	}
	m := &p.frames[p.depth]
	p.depth++
	m.Reply, m.Deliver, m.HdrText, m.Queues, m.Origin = nil, nil, nil, nil, nil
	m.HdrLen, m.QueuesOnly, m.From, m.Trace = 0, false, p.kind, nil
	m.via, m.traceDest, m.imported = nil, "", false
	return m
}

// Pop ends the message of the top frame. A traced message's event is
// complete unless a stream still holds it.
func (p *Publisher) Pop() {
	p.depth--
	m := &p.frames[p.depth]
	if r := m.Trace; r != nil {
		m.Trace = nil
		if p.depth == 0 && r.Release() {
			p.traces = append(p.traces, r)
		}
	}
}
