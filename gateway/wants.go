package gateway

import (
	"sync"

	"github.com/midge-nats/midge/internal/sublist"
	"github.com/midge-nats/midge/protocol"
)

// mode is how far the other cluster has told what it wants in an account.
type mode uint8

const (
	modeNone          mode = iota // nothing yet: only groups are served
	modeTransitioning             // it is telling
	modeInterestOnly              // it has told everything
)

// String gives the mode's name in monitoring.
func (m mode) String() string {
	switch m {
	case modeTransitioning:
		return "Transitioning"
	case modeInterestOnly:
		return "Interest-Only"
	}
	return "Optimistic"
}

// wants is what another cluster is interested in.
type wants struct {
	mu       sync.RWMutex
	accounts map[string]*interest
}

// interest is what it wants in one account.
type interest struct {
	mode    mode
	none    bool // it has said that it wants nothing
	subs    *sublist.Sublist[*want]
	entries map[string]*want
	queues  int
}

type want struct{ subject, queue string }

// match gives what wants a subject of an account: plain says that something but
// groups does. [G-12] [G-14]
func (w *wants) match(account string, subject []byte) (plain bool, groups []sublist.Group[*want]) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	i := w.accounts[account]
	if i == nil || i.none {
		return false, nil
	}
	r := i.subs.Match(subject)
	return len(r.Plain) > 0 && i.mode == modeInterestOnly, r.Queues
}

// needLocked gives the interest in an account, made if there is none.
func (w *wants) needLocked(account string) *interest {
	i := w.accounts[account]
	if i == nil {
		if w.accounts == nil {
			w.accounts = make(map[string]*interest)
		}
		i = &interest{subs: sublist.New[*want](), entries: make(map[string]*want)}
		w.accounts[account] = i
	}
	return i
}

// add stores an interest. A plain one counts only once the other server has
// begun to tell all. [G-12]
func (w *wants) add(account, key string, v *want) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.needLocked(account)
	if i.entries[key] != nil || v.queue == "" && i.mode == modeNone || i.subs.Insert(v.subject, v.queue, v) != nil {
		return
	}
	i.entries[key] = v
	if v.queue != "" {
		i.queues++
	}
}

func (w *wants) remove(account, key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.accounts[account]
	if i == nil || i.entries[key] == nil {
		return
	}
	v := i.entries[key]
	delete(i.entries, key)
	i.subs.Remove(v.subject, v.queue, v)
	if v.queue != "" {
		i.queues--
	}
}

func (w *wants) setMode(account string, m mode) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.needLocked(account)
	i.mode, i.none = m, false
}

// setNone notes that the other cluster wants nothing in an account, or does so
// no more. [G-20]
func (w *wants) setNone(account string, none bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.needLocked(account)
	i.none = none && i.queues == 0
}

// handleInterest takes what the other server says it wants.
func (c *Conn) handleInterest(op protocol.Op, p *protocol.Parser) error {
	switch op {
	case protocol.OpSubscribe:
		c.wants.add(string(p.Account), string(p.Key), &want{string(p.Subject), string(p.Queue)})
	case protocol.OpUnsubscribe:
		c.wants.remove(string(p.Account), string(p.Key))
	case protocol.OpAccountSub:
		c.wants.setNone(string(p.Account), false)
	case protocol.OpAccountUnsub:
		c.wants.setNone(string(p.Account), true)
	case protocol.OpMsg, protocol.OpHMsg:
		return silently(protocol.ProtocolViolation) // [G-36]
	}
	return nil
}

// Account is what another cluster wants in an account, for monitoring.
type Account struct {
	Name   string
	Mode   string // as real servers call it
	Plain  int
	Queues int
}

// Wants lists what another cluster wants, by account, in no order.
func (c *Conn) Wants() []Account {
	c.wants.mu.RLock()
	defer c.wants.mu.RUnlock()
	var list []Account
	for name, i := range c.wants.accounts {
		list = append(list, Account{name, i.mode.String(), len(i.entries) - i.queues, i.queues})
	}
	return list
}
