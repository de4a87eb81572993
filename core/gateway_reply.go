package core

import (
	"sync"
	"sync/atomic"
	"time"
)

// gatewayReply begins the reply subjects that come from other clusters:
// "_GR_.CCCCCC.SSSSSS." stands before the requester's own and says which cluster
// and which server of it the answer goes to. [gateway.md 8.2]
const (
	gatewayReply      = "_GR_."
	gatewayReplyBytes = len(gatewayReply + "CCCCCC.SSSSSS.")
)

// GatewayReplyLife is how long an answer finds its way back by the subject of
// the request's reply. [G-26] [G-32]
const GatewayReplyLife = 2 * time.Second

// IsGatewayReply tells whether a subject is the mapped reply of another cluster.
func IsGatewayReply(s []byte) bool {
	return len(s) > gatewayReplyBytes && s[0] == '_' && string(s[:len(gatewayReply)]) == gatewayReply &&
		s[len(gatewayReply)+6] == '.' && s[gatewayReplyBytes-1] == '.'
}

// SplitGatewayReply gives the hashes of cluster and server of what
// IsGatewayReply, and the requester's own subject.
func SplitGatewayReply(s []byte) (cluster, server, plain []byte) {
	n := len(gatewayReply)
	return s[n : n+6], s[n+7 : n+13], s[gatewayReplyBytes:]
}

// answers are the mapped replies that a client was shown without their prefix.
type answers struct {
	any   atomic.Bool // looked at before each publish
	mu    sync.Mutex  // guards the fields below
	full  map[string]mappedReply
	swept time.Time
}

type mappedReply struct {
	subject string
	expires time.Time
}

// remember takes the prefix from a reply and keeps it for the answer. The latest
// of the same name wins. [G-27]
func (a *answers) remember(reply []byte) (plain []byte) {
	_, _, plain = SplitGatewayReply(reply)
	full := string(reply)
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.full == nil {
		a.full = make(map[string]mappedReply)
	}
	a.full[full[gatewayReplyBytes:]] = mappedReply{full, now.Add(GatewayReplyLife)}
	a.sweepLocked(now)
	a.any.Store(true)
	return plain
}

// find gives the mapped reply that a subject stands for, "" if none does.
func (a *answers) find(subject []byte) string {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweepLocked(now)
	r, ok := a.full[string(subject)]
	if !ok || now.After(r.expires) {
		return ""
	}
	return r.subject
}

// sweepLocked forgets what is too old now and then.
func (a *answers) sweepLocked(now time.Time) {
	if now.Sub(a.swept) < GatewayReplyLife {
		return
	}
	a.swept = now
	for k, r := range a.full {
		if now.After(r.expires) {
			delete(a.full, k)
		}
	}
	if len(a.full) == 0 {
		a.any.Store(false)
	}
}

// answer sends an answer to the cluster that asked, and nowhere else; done says
// that m was one. A server without gateways hands it to its hubs. [gateway.md 8.3]
func (p *Publisher) answer(m *Msg) (done, delivered bool) {
	subject := m.Subject
	g := p.broker.gateways
	switch c := p.conn; {
	case IsGatewayReply(subject):
		if g == nil && m.From.IsLink() {
			return false, false
		}
	case c != nil && c.answers.any.Load() && m.From == c.kind:
		full := c.answers.find(subject)
		if full == "" {
			return false, false
		}
		m.Subject = []byte(full)
	default:
		return false, false
	}
	if g != nil {
		delivered = g.Answer(p, m)
	}
	if !m.From.IsLink() {
		for _, c := range m.Account.Leafnodes() {
			if c.kind.isSpoke() && p.ForwardTo(c, m, nil) {
				delivered = true
			}
		}
	}
	m.Subject = subject
	return true, delivered
}

// ForwardTo sends m to one link, for members of the groups named.
func (p *Publisher) ForwardTo(c *Conn, m *Msg, queues [][]byte) bool {
	first := len(p.links)
	t := p.linkTo(first, c, nil)
	t.queues = append(t.queues[:0], queues...)
	return p.forward(first, m)
}

// SubscribedHere tells whether someone on this server has subscribed to a
// subject within the time given. [G-26]
func (p *Publisher) SubscribedHere(acc *Account, subject []byte, within time.Duration) bool {
	r := p.match(acc, subject)
	since := time.Now().Add(-within)
	fresh := func(list []*Subscription) bool {
		for _, s := range list {
			if (s.conn == nil || !s.conn.kind.IsLink()) && s.created.After(since) {
				return true
			}
		}
		return false
	}
	if fresh(r.Plain) {
		return true
	}
	for i := range r.Queues {
		if fresh(r.Queues[i].Members) {
			return true
		}
	}
	return false
}
