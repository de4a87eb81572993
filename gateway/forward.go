package gateway

// Hot path.

import (
	"crypto/sha256"
	"slices"

	"github.com/midge-nats/midge/core"
)

// Forward sends a message to each other cluster with interest in it, the nearest
// first. A queue group is served once: here if it has members here, or else by
// the nearest cluster that has. [G-23] [gateway.md 6]
func (m *Manager) Forward(p *core.Publisher, msg *core.Msg, served []string) bool {
	list := *m.outbound.Load()
	if len(list) == 0 {
		return false
	}
	return m.forward(p, msg, served, list, true)
}

func (m *Manager) forward(p *core.Publisher, msg *core.Msg, served []string, list []*Conn, groups bool) (delivered bool) {
	account := msg.Account.Name()
	var assigned, queues [][]byte
	reply, mapped := msg.Reply, false
	for _, c := range list {
		plain, wanted := c.wants.match(account, msg.Subject)
		queues = queues[:0]
		for i := range wanted {
			name := wanted[i].Name
			if !groups || slices.Contains(served, name) || has(assigned, name) || msg.QueuesOnly && !has(msg.Queues, name) {
				continue
			}
			assigned = append(assigned, []byte(name))
			queues = append(queues, []byte(name))
		}
		if !plain && len(queues) == 0 {
			continue
		}
		if !mapped {
			mapped = true
			msg.Reply = m.mapReply(p, msg)
		}
		if p.ForwardTo(c.conn, msg, queues) {
			delivered = true
		}
	}
	msg.Reply = reply
	return delivered
}

// has tells whether a list has a queue group's name.
func has(list [][]byte, name string) bool {
	for _, q := range list {
		if string(q) == name {
			return true
		}
	}
	return false
}

// mapReply gives the reply under which other clusters are to answer: where the
// subscription to it is new they may not have heard of it yet. [G-26]
func (m *Manager) mapReply(p *core.Publisher, msg *core.Msg) []byte {
	if len(msg.Reply) == 0 || core.IsGatewayReply(msg.Reply) || !p.SubscribedHere(msg.Account, msg.Reply, core.GatewayReplyLife) {
		return msg.Reply
	}
	return append([]byte(m.prefix), msg.Reply...)
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Hash is the short name of a cluster or of a server in mapped replies. [G-25]
func Hash(name string) string {
	sum := sha256.Sum256([]byte(name))
	var h [6]byte
	for i := range h {
		h[i] = digits[int(sum[i])%len(digits)]
	}
	return string(h[:])
}
