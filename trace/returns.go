package trace

import "sync"

// maxReturns bounds the hop ids one crossing remembers. Beyond it the mapping
// lives until its timer, as it does when a trace never comes.
const maxReturns = 1 << 14

// Returns counts the trace messages that come back through the response
// mapping of one account crossing, to know when the mapping can go. Every hop
// id announced, by this server or by a trace that came back, is awaited, but
// for those of failed egresses: no trace comes from there. Traces may arrive
// in any order. [T-46] [trace.md 9.2]
//
// It is safe for concurrent use. What comes back is not trusted: a forged
// message can at most end the wait early or leave it to the timer.
type Returns struct {
	// Guarded by mu.
	mu     sync.Mutex
	state  map[string]hopState
	open   int // announced, but not seen
	sealed bool
	given  bool // too many ids
}

type hopState uint8

const (
	hopAnnounced hopState = 1 << iota
	hopSeen
)

// NewReturns returns a count with nothing announced, not sealed.
func NewReturns() *Returns {
	return &Returns{state: make(map[string]hopState)}
}

// Expect announces a hop id under which this server forwarded a copy through
// the crossing. Ids of copies that failed are not to be announced.
func (r *Returns) Expect(hop string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mark(hop, hopAnnounced)
}

// Seal says that this server forwards no more copies. It reports whether
// nothing is awaited, so that the mapping can go at once.
func (r *Returns) Seal() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sealed = true
	return r.complete()
}

// Returned counts a trace message that came back, in its encoding as for
// Parse, and reports whether it was the last one awaited. Anything that is no
// trace message is ignored.
func (r *Returns) Returned(body []byte, contentEncoding string) bool {
	m, err := Parse(body, contentEncoding)
	if err != nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	hop := m.Hop()
	if hop == "" {
		return false
	}
	r.mark(hop, hopSeen)
	for i := range m.Events {
		e := &m.Events[i]
		if e.Type == EgressType && e.Hop != "" && e.Error == "" {
			r.mark(e.Hop, hopAnnounced)
		}
	}
	return r.complete()
}

func (r *Returns) complete() bool { return r.sealed && r.open == 0 && !r.given }

// mark notes that an id was announced or seen, and keeps count of the open ones.
func (r *Returns) mark(hop string, as hopState) {
	was, known := r.state[hop]
	if !known && len(r.state) >= maxReturns {
		r.given = true
		return
	}
	now := was | as
	r.state[hop] = now
	switch {
	case was != hopAnnounced && now == hopAnnounced:
		r.open++
	case was == hopAnnounced && now != hopAnnounced:
		r.open--
	}
}
