package core

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// replyPrefix begins the reply subjects that a server makes up for requests to
// services: "_R_." with a token for the account on this server, and one for the
// request.
const replyPrefix = "_R_."

// tokenBytes is the length of each of the two tokens.
const tokenBytes = 6

// response waits for the answers to one request, or for the traces of the
// servers behind an import.
type response struct {
	table     *responses
	subject   string
	requester *Account
	reply     string // there
	typ       ResponseType
	traces    bool // its messages are trace messages: any number of them

	// Guarded by table.mu.
	expires time.Time
	limit   time.Duration
	index   int // in the heap; -1 when removed
}

// responses are the answers that an exporting account is waiting for. There is
// one timer for all of them.
type responses struct {
	account *Account
	prefix  string // "_R_.XXXXXX."

	mu    sync.Mutex
	open  map[string]*response
	heap  expiries
	timer *time.Timer
	armed time.Time // when the timer fires; zero when it does not
	sub   *Subscription
}

// expectResponse makes a reply subject in the account a whose messages are
// delivered to a requester's own reply subject. The first one subscribes to
// all of them.
func (a *Account) expectResponse(requester *Account, reply string, typ ResponseType, limit time.Duration, traces bool) *response {
	t := a.responseTable()
	r := &response{table: t, requester: requester, reply: reply, typ: typ, traces: traces, limit: limit}
	r.subject = t.prefix + randomToken()
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.open[r.subject] != nil {
		r.subject = t.prefix + randomToken()
	}
	r.expires = time.Now().Add(limit)
	t.open[r.subject] = r
	heap.Push(&t.heap, r)
	t.armLocked(r)
	return r
}

// responseTable gives the account's table and makes it with the first request.
func (a *Account) responseTable() *responses {
	if t := a.responses.Load(); t != nil {
		return t
	}
	a.importMu.Lock()
	defer a.importMu.Unlock()
	if t := a.responses.Load(); t != nil {
		return t
	}
	t := &responses{account: a, prefix: replyPrefix + randomToken() + ".", open: make(map[string]*response)}
	sub, err := a.Handle(t.prefix+">", "", t.deliver)
	if err != nil { // the subject is made here and valid
		a.broker.log.Errorf("Account %q: %v", a.name, err)
	}
	t.sub = sub
	a.responses.Store(t)
	return t
}

// PendingResponses is the number of answers that the account waits for.
func (a *Account) PendingResponses() int {
	t := a.responses.Load()
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// deliver takes an answer back to who asked. Tracing ends there. [T-48]
func (t *responses) deliver(p *Publisher, _ *Subscription, m *Msg) bool {
	r := t.take(m)
	if r == nil {
		return false
	}
	if m.Trace != nil {
		m.Trace.ServiceImport(r.requester.name, string(m.Subject), r.reply)
		if m.Trace.Only() {
			return false
		}
	}
	n := p.Push()
	if n == nil {
		return false
	}
	// It is a new message: wherever the answer came from, it may go anywhere.
	n.Account, n.From, n.imported = r.requester, KindAccount, true
	n.Subject = append(n.subject[:0], r.reply...)
	n.subject = n.Subject
	n.Wire, n.HdrLen, n.HdrText, n.SizeText = m.Wire, m.HdrLen, m.HdrText, m.SizeText
	n.Reply = m.Reply
	if m.Trace != nil {
		n.setWire(protocol.AppendWithHeader(nil, m.Header(), trace.DestHeader, trace.DestDisabled), m.Payload())
	}
	delivered := p.Publish(n)
	p.popImport(n)
	if !delivered && r.typ != ResponseSingle && !r.traces {
		r.remove() // nobody waits for the rest
	}
	return delivered
}

// take finds who waits for an answer. A single one is all there is; an empty
// message ends a stream of them.
func (t *responses) take(m *Msg) *response {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.open[string(m.Subject)]
	switch {
	case r == nil:
		return nil
	case r.traces:
		return r
	case r.typ == ResponseSingle || len(m.Payload()) == 0:
		if m.Trace == nil || !m.Trace.Only() {
			t.removeLocked(r)
		}
	default:
		r.expires = time.Now().Add(r.limit)
		heap.Fix(&t.heap, r.index)
	}
	return r
}

// remove ends the wait.
func (r *response) remove() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	r.table.removeLocked(r)
}

func (t *responses) removeLocked(r *response) {
	if r.index < 0 {
		return
	}
	delete(t.open, r.subject)
	heap.Remove(&t.heap, r.index)
}

// armLocked has the timer fire in time for r. It is left as it is when it fires
// earlier anyway: nearly every answer comes long before it is too late, and to
// set a timer costs more than to let it find nothing.
func (t *responses) armLocked(r *response) {
	switch {
	case t.timer == nil:
		t.timer = time.AfterFunc(time.Until(r.expires), t.expire)
	case !t.armed.IsZero() && !r.expires.Before(t.armed):
		return
	default:
		t.timer.Reset(time.Until(r.expires))
	}
	t.armed = r.expires
}

// expire gives up what is too late.
func (t *responses) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.armed = time.Time{}
	for len(t.heap) > 0 && !t.heap[0].expires.After(now) {
		t.removeLocked(t.heap[0])
	}
	if len(t.heap) > 0 {
		t.armLocked(t.heap[0])
	}
}

// expiries is a heap of responses, the first to expire on top.
type expiries []*response

func (h expiries) Len() int           { return len(h) }
func (h expiries) Less(i, j int) bool { return h[i].expires.Before(h[j].expires) }
func (h expiries) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for the heap package.
func (h *expiries) Push(x any) {
	r := x.(*response)
	r.index = len(*h)
	*h = append(*h, r)
}

// Pop is for the heap package.
func (h *expiries) Pop() any {
	old := *h
	r := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	r.index = -1
	return r
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// randomToken makes a token that nobody can guess from others.
func randomToken() string {
	var b [tokenBytes]byte
	for i := range b {
		b[i] = alphabet[rand.IntN(len(alphabet))]
	}
	return string(b[:])
}
