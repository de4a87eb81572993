package gateway

import (
	"bytes"

	"github.com/midge-nats/midge/core"
)

// serviceReply begins the replies that imports of services make.
var serviceReply = []byte("_R_.")

// Answer takes the answer to a mapped reply a step further: to the cluster that
// asked if it was given here, to the server that asked if it came by a gateway,
// and from there as the reply's own subject to who waits for it. [gateway.md 8.3]
func (m *Manager) Answer(p *core.Publisher, msg *core.Msg) bool {
	cluster, server, plain := core.SplitGatewayReply(msg.Subject)
	home := string(cluster) == m.clusterHash
	switch far := msg.From.IsRoute() || msg.From.IsGateway(); {
	case !home && far:
		return false // [G-29]
	case !home:
		return m.sendBack(p, msg, string(cluster))
	}
	if string(server) != m.serverHash && !msg.From.IsRoute() {
		if c := m.deps.RouteTo(string(server)); c != nil {
			return p.ForwardTo(c, msg, nil) // [G-28]
		}
	}
	return m.arrived(p, msg, plain)
}

// sendBack sends an answer to the cluster that asked, whatever it is interested
// in. [G-27]
func (m *Manager) sendBack(p *core.Publisher, msg *core.Msg, cluster string) bool {
	for _, c := range *m.outbound.Load() {
		if c.remote.hash == cluster {
			return p.ForwardTo(c.conn, msg, nil)
		}
	}
	return false
}

// arrived delivers an answer under the subject that was subscribed to. It names
// no groups, and a member of each gets it. [G-30]
func (m *Manager) arrived(p *core.Publisher, msg *core.Msg, plain []byte) bool {
	subject, from, only := msg.Subject, msg.From, msg.QueuesOnly
	msg.Subject, msg.From, msg.QueuesOnly = plain, core.KindGateway, false
	delivered := p.Publish(msg)
	if !bytes.HasPrefix(plain, serviceReply) && m.forward(p, msg, nil, *m.outbound.Load(), false) {
		delivered = true
	}
	msg.Subject, msg.From, msg.QueuesOnly = subject, from, only
	return delivered
}
