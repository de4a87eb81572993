package gateway

import (
	"iter"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// The commands that INFO carries on gateways. [gateway.md 3]
const (
	cmdGossip = 1
	cmdStart  = 2
	cmdDone   = 3
)

// topic is what other clusters are told of: a subject, and for a queue group its
// name.
type topic struct{ subject, queue string }

// tally counts who is interested in what in an account, the servers of the
// cluster included. It is guarded by the account's interest lock. [G-17]
type tally map[topic]int32

// SubscriptionChanged tells other clusters of what the first one here wants, and
// the last one no more. [G-16] [G-17] [G-18]
func (m *Manager) SubscriptionChanged(s *core.Subscription, by int32) {
	if s.Private() || by == 0 {
		return
	}
	acc, t := s.Account(), topic{s.Subject(), s.Queue()}
	all := m.tallyOf(acc)
	was := all[t]
	n := was + by
	if n <= 0 {
		delete(all, t)
	} else {
		all[t] = n
	}
	if was > 0 && n > 0 || was <= 0 && n <= 0 {
		return
	}
	for _, c := range m.Inbound() {
		c.tell(acc, all, t, n > 0)
	}
}

// tallyOf gives an account's tally; its entries are by the interest lock.
func (m *Manager) tallyOf(acc *core.Account) tally {
	m.talliesMu.Lock()
	defer m.talliesMu.Unlock()
	t := m.tallies[acc]
	if t == nil {
		t = make(tally)
		m.tallies[acc] = t
	}
	return t
}

// tell sends one change, or everything if this is the first of the account. [G-15]
func (c *Conn) tell(acc *core.Account, all tally, t topic, begins bool) {
	already, absent := c.told.begin(acc.Name())
	if !already {
		var lines []byte
		if absent {
			lines = protocol.AppendAccountSub(lines, acc.Name()) // [G-19]
		}
		c.conn.Send(c.appendAll(lines, acc, all))
		return
	}
	c.conn.Send(appendTopic(nil, acc, t, begins))
}

// snapshot tells a new peer everything. What changes meanwhile is told by
// SubscriptionChanged, which sees the peer already. [gateway.md 5.2]
func (c *Conn) snapshot() {
	for acc := range c.manager.deps.Broker.Accounts() {
		acc.WithSubscriptions(func(iter.Seq[*core.Subscription]) {
			if already, _ := c.told.begin(acc.Name()); !already {
				c.conn.Send(c.appendAll(nil, acc, c.manager.tallyOf(acc)))
			}
		})
	}
}

// appendAll writes an account's groups and then, between the two commands, its
// plain interest.
func (c *Conn) appendAll(dst []byte, acc *core.Account, all tally) []byte {
	for t := range all {
		if t.queue != "" {
			dst = appendTopic(dst, acc, t, true)
		}
	}
	dst = append(dst, c.manager.command(cmdStart, acc)...)
	for t := range all {
		if t.queue == "" {
			dst = appendTopic(dst, acc, t, true)
		}
	}
	return append(dst, c.manager.command(cmdDone, acc)...)
}

// command is an INFO that says something of an account. [G-13] [G-38]
func (m *Manager) command(n int, acc *core.Account) []byte {
	i := protocol.Info{Gateway: m.settings.Name, GatewayCmd: n, GatewayCmdPayload: []byte(acc.Name())}
	return i.Marshal()
}

// appendTopic writes RS+, with the weight 1 for a group, or RS-.
func appendTopic(dst []byte, acc *core.Account, t topic, begins bool) []byte {
	in := &protocol.Interest{Account: acc.Name(), Subject: t.subject, Queue: t.queue, Weight: 1}
	if begins {
		return protocol.AppendRouteSub(dst, in)
	}
	return protocol.AppendRouteUnsub(dst, in, false)
}
