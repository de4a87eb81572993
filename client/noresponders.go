package client

import (
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// noRespondersFor tells the client that nobody has interest in its request. It
// is told on its own plain subscription for the reply and on no other; the
// status does not count towards an auto-unsubscribe maximum. [P-12]
func (c *Conn) noRespondersFor(m *core.Msg) {
	for _, sub := range m.Account.Index().Match(m.Reply).Plain {
		if sub.Conn() == c.conn {
			c.conn.Reply(protocol.AppendNoRespondersMsg(nil, m.Subject, []byte(sub.SID()), m.Reply))
			return
		}
	}
}
