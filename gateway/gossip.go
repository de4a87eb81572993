package gateway

import (
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// gossip tells of every other cluster that is known, but for the one that is
// told. [G-9]
func (m *Manager) gossip(to string) []byte {
	id := m.deps.Info().ServerID
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []byte
	for _, r := range m.remotes {
		if r.name != to {
			lines = append(lines, news(id, "", r)...)
		}
	}
	return lines
}

// news is an INFO that tells where a cluster is reached.
func news(id, name string, r *remote) []byte {
	i := protocol.Info{ServerID: id, ServerName: name, Gateway: r.name, GatewayURLs: r.addresses(), GatewayCmd: cmdGossip}
	return i.Marshal()
}

// Joined tells a new server of this cluster of the clusters that this one is
// connected to. [G-10]
func (m *Manager) Joined(route *core.Conn) {
	info := m.deps.Info()
	m.mu.Lock()
	var lines []byte
	for _, r := range m.remotes {
		if r.conn != nil {
			lines = append(lines, news("GW"+info.ServerID, info.ServerName, r)...)
		}
	}
	m.mu.Unlock()
	if len(lines) > 0 {
		route.Send(lines)
	}
}

// Gossip takes an INFO that another server of this cluster sent about a gateway.
func (m *Manager) Gossip(info *protocol.Info) {
	if info.GatewayCmd == cmdGossip {
		m.HeardOf(info.Gateway, info.GatewayURLs)
	}
}

// HeardOf dials a cluster that another server told of. [G-5] [G-8] [G-9]
func (m *Manager) HeardOf(name string, urls []string) {
	if name == "" || name == m.settings.Name {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.remotes[name]
	if r == nil {
		if m.settings.RejectUnknown {
			return
		}
		r = &remote{name: name, hash: Hash(name), learned: make(map[string]bool)}
		m.remotes[name] = r
	}
	r.learnLocked(urls)
	m.solicitLocked(r)
}

// learn notes where a cluster is reached and tells the own one. [G-11]
func (m *Manager) learn(r *remote, urls []string, all bool) {
	info := m.deps.Info()
	m.mu.Lock()
	if all {
		clear(r.learned)
	}
	r.learnLocked(urls)
	line := news("GW"+info.ServerID, info.ServerName, r)
	m.mu.Unlock()
	m.deps.TellRoutes(line)
}

// handleNews takes an INFO of a registered server. [G-13] [G-38]
func (c *Conn) handleNews(info *protocol.Info) error {
	m := c.manager
	switch {
	case !c.Outbound():
		if info.GatewayCmd == 0 && info.Gateway != "" {
			m.HeardOf(info.Gateway, info.GatewayURLs)
		}
	case info.GatewayCmd == cmdGossip:
		m.HeardOf(info.Gateway, info.GatewayURLs)
	case info.GatewayCmd == cmdStart, info.GatewayCmd == cmdDone:
		return c.handleCommand(info)
	case info.GatewayCmd != 0:
		m.deps.Broker.Log().Warnf("%s - Received unknown gateway command %v", c.conn, info.GatewayCmd)
	case info.Gateway == c.remote.name:
		m.learn(c.remote, info.GatewayURLs, true)
	}
	return nil
}

// handleCommand notes how far the other server has told what it wants.
func (c *Conn) handleCommand(info *protocol.Info) error {
	account := string(info.GatewayCmdPayload)
	word, to := "start", modeTransitioning
	if info.GatewayCmd == cmdDone {
		word, to = "complete", modeInterestOnly
	}
	if account == "" {
		return refuse(protocol.ProtocolViolation, "Account absent from receive-all-subscriptions-%s command", word)
	}
	c.wants.setMode(account, to)
	return nil
}
