package route

import (
	"sync"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// interestTold is the set of accounts of which a peer has had everything: for
// the others a change is told with all the rest.
type interestTold struct {
	mu       sync.Mutex
	accounts map[*core.Account]bool
}

// begin tells whether an account was told already, and that it is from now on.
func (t *interestTold) begin(acc *core.Account) (already bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accounts == nil {
		t.accounts = make(map[*core.Account]bool)
	}
	already = t.accounts[acc]
	t.accounts[acc] = true
	return already
}

// InterestChanged tells every registered server. Called under the account's
// interest lock: the order of the lines is that of the changes.
func (m *Manager) InterestChanged(acc *core.Account, i core.Interest, n int32) {
	for _, c := range m.Peers() {
		if c.told.begin(acc) {
			c.tell(acc, i, n)
			continue
		}
		// Everything there is includes the change.
		acc.WithInterestLocked(func(all map[core.Interest]int32) { c.tellAll(acc, all) })
	}
}

// snapshot tells a new peer everything. What changes meanwhile is told by
// InterestChanged, which sees the peer already.
func (c *Conn) snapshot() {
	for acc := range c.manager.deps.Broker.Accounts() {
		acc.WithInterest(func(all map[core.Interest]int32) {
			if !c.told.begin(acc) {
				c.tellAll(acc, all)
			}
		})
	}
}

func (c *Conn) tellAll(acc *core.Account, all map[core.Interest]int32) {
	var lines []byte
	for i, n := range all {
		lines = c.appendInterest(lines, acc, i, n)
	}
	if len(lines) > 0 {
		c.conn.Send(lines)
	}
}

// tell sends one change.
func (c *Conn) tell(acc *core.Account, i core.Interest, n int32) {
	if line := c.appendInterest(nil, acc, i, n); len(line) > 0 {
		c.conn.Send(line)
	}
}

// appendInterest writes RS+ with the number of a group's members, or RS-; nothing
// for what other servers may not send here.
func (c *Conn) appendInterest(dst []byte, acc *core.Account, i core.Interest, n int32) []byte {
	if !c.manager.settings.Import.MaySubscribe(i.Subject, "") {
		return dst
	}
	in := &protocol.Interest{Origin: c.origin(i.Origin), Account: acc.Name(), Subject: i.Subject, Queue: i.Queue, Weight: int(n)}
	if n > 0 {
		return protocol.AppendRouteSub(dst, in)
	}
	return protocol.AppendRouteUnsub(dst, in, c.conn.Parser.UnsubOrigin)
}

// origin is how a leafnode's cluster is told to the other server: not at all to
// one that does not know of origins, or not of their absence.
func (c *Conn) origin(o string) string {
	info := c.info.Load()
	if info == nil || !info.LeafOrigin || o == core.NoOrigin && !info.LeafNoOrigin {
		return ""
	}
	return o
}

// withoutOrigin writes control lines for a server that does not know of origins.
func withoutOrigin(dst []byte, m *protocol.LinkMsg) []byte {
	m.Origin = nil
	return protocol.AppendRouteMsg(dst, m)
}
