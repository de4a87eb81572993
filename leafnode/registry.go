package leafnode

import (
	"iter"
	"slices"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// register makes a connection take part in its account: it is told all that
// there is, in one write, and every change from then on.
func (m *Manager) register(c *Conn) error {
	if _, err := m.loopSubject(c.account); err != nil {
		return err
	}
	c.registered, c.origin = true, []byte(c.cluster)
	c.told = make(map[core.Interest]int32)
	c.account.WithSubscriptions(func(all iter.Seq[*core.Subscription]) {
		for s := range all {
			if c.hears(s) {
				c.told[interestOf(s)] += s.Weight()
			}
		}
		var lines []byte
		for i, n := range c.told {
			lines = c.append(lines, i, n)
		}
		c.conn.Send(lines)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.peers[c.account] = append(slices.Clip(m.peers[c.account]), c)
	})
	c.log().Noticef("%s - Leafnode connection created for account: %s ", c.conn, c.account.Name())
	c.conn.StartPing(m.settings.PingInterval, m.settings.PingMax, true)
	return nil
}

func (m *Manager) unregister(c *Conn) {
	if c.account == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(m.peers[c.account]), func(o *Conn) bool { return o == c })
	if len(list) == 0 {
		delete(m.peers, c.account)
		return
	}
	m.peers[c.account] = list
}

// replace ends an older connection of the same server for the same accounts.
// [L-20]
func (m *Manager) replace(c *Conn) {
	for _, o := range m.of(c.account) {
		if o != c && o.remote == nil && c.foreign != "" && o.foreign == c.foreign && o.cluster == c.cluster && o.conn.Name() == c.conn.Name() {
			c.log().Noticef("%s - Replacing connection from same server", c.conn)
			o.conn.Fail(errDuplicate)
		}
	}
}

var errDuplicate = &protocol.Error{Text: "Duplicate Remote LeafNode Connection", Close: true, Reason: protocol.DuplicateRemoteLeafnodeConnection}
