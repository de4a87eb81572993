package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Deps are what the manager asks of its server.
type Deps struct {
	Broker *core.Broker
	// Info is the server's INFO without what is the gateway's own.
	Info func() protocol.Info
	// Authorize checks the credentials of another server.
	Authorize func(user, password string) bool
	// ClusterURLs are the gateway addresses of the other servers of the cluster.
	ClusterURLs func() []string
	// InCluster tells whether a server of the cluster has a name.
	InCluster func(serverName string) bool
	// RouteTo gives the route to the server with a hash, nil without one.
	RouteTo func(hash string) *core.Conn
	// TellRoutes sends a line to the other servers of the cluster.
	TellRoutes func(line []byte)
}

// Manager is the server's side of its gateways.
type Manager struct {
	// Immutable after construction.
	deps        Deps
	settings    *Settings
	stop        chan struct{}
	clusterHash string
	serverHash  string
	prefix      string // of mapped replies

	outbound atomic.Pointer[[]*Conn] // registered, the nearest first

	talliesMu sync.Mutex // guards tallies
	tallies   map[*core.Account]tally

	mu       sync.Mutex // guards the fields below
	listener net.Listener
	remotes  map[string]*remote // by gateway name
	inbound  map[*Conn]struct{} // registered
	urls     []string           // that others were told last
}

// New makes a manager. It opens nothing.
func New(deps Deps, s *Settings) *Manager {
	m := &Manager{
		deps: deps, settings: s, stop: make(chan struct{}), tallies: make(map[*core.Account]tally),
		remotes: make(map[string]*remote), inbound: make(map[*Conn]struct{}),
		clusterHash: Hash(s.Name), serverHash: Hash(deps.Info().ServerID),
	}
	m.prefix = "_GR_." + m.clusterHash + "." + m.serverHash + "."
	m.outbound.Store(new([]*Conn))
	for i := range s.Remotes {
		if r := &s.Remotes[i]; r.Name != s.Name {
			m.remotes[r.Name] = &remote{name: r.Name, hash: Hash(r.Name), config: r, learned: make(map[string]bool)}
		}
	}
	return m
}

// Listen opens the gateway port.
func (m *Manager) Listen() error {
	addr := netx.Join(m.settings.Host, max(m.settings.Port, 0))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listening on gateway port: %s, %w", addr, err)
	}
	m.mu.Lock()
	m.listener = l
	m.mu.Unlock()
	return nil
}

// Start serves the gateway port and dials the configured clusters.
func (m *Manager) Start() {
	log := m.deps.Broker.Log()
	log.Noticef("Gateway name is %s", m.settings.Name)
	log.Noticef("Listening for gateways connections on %s", netx.Join(m.settings.Host, m.Port()))
	m.ClusterChanged()
	m.deps.Broker.Go("accept gateway", m.acceptLoop)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.remotes {
		m.solicitLocked(r)
	}
}

// Stop closes the gateway port and ends the dialing. The connections are the
// broker's to close.
func (m *Manager) Stop() {
	close(m.stop)
	if l := m.Listener(); l != nil {
		if err := l.Close(); err != nil {
			m.deps.Broker.Log().Debugf("Close gateway listener: %v", err)
		}
	}
}

// Listener is the gateway port's listener, nil before Listen.
func (m *Manager) Listener() net.Listener {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.listener
}

// Port is the gateway port.
func (m *Manager) Port() int {
	if l := m.Listener(); l != nil {
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			return a.Port
		}
	}
	return m.settings.Port
}

// Name is this cluster's name.
func (m *Manager) Name() string { return m.settings.Name }

// acceptPause is the wait after a failed accept.
const acceptPause = 100 * time.Millisecond

func (m *Manager) acceptLoop() {
	l := m.Listener()
	for {
		nc, err := l.Accept()
		if err == nil {
			m.deps.Broker.Go("gateway", func() { m.accept(nc) })
			continue
		}
		if !m.pause(acceptPause) {
			return
		}
		m.deps.Broker.Log().Errorf("Accept gateway: %v", err)
	}
}

// Outbound lists the connections that messages are sent on, the nearest first.
func (m *Manager) Outbound() []*Conn { return *m.outbound.Load() }

// Inbound lists the connections that messages come by, the oldest first.
func (m *Manager) Inbound() []*Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.Collect(maps.Keys(m.inbound))
	slices.SortFunc(list, func(a, b *Conn) int { return cmp.Compare(a.conn.ID(), b.conn.ID()) })
	return list
}

// configured tells whether a cluster is.
func (m *Manager) configured(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.remotes[name]
	return r != nil && r.config != nil
}

// sortOutbound puts the nearest cluster first.
func (m *Manager) sortOutbound() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sortOutboundLocked()
}

// notMeasured stands for a round trip that is not known yet.
const notMeasured = time.Hour

func (m *Manager) sortOutboundLocked() {
	var list []*Conn
	for _, r := range m.remotes {
		if r.conn != nil {
			list = append(list, r.conn)
		}
	}
	slices.SortFunc(list, func(a, b *Conn) int {
		return cmp.Or(cmp.Compare(cmp.Or(a.conn.RTT(), notMeasured), cmp.Or(b.conn.RTT(), notMeasured)), cmp.Compare(a.conn.ID(), b.conn.ID()))
	})
	m.outbound.Store(&list)
}

// registerOutbound makes a connection the one to its cluster. [G-7]
func (m *Manager) registerOutbound(c *Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.remote.conn != nil {
		return false
	}
	c.remote.conn = c
	m.sortOutboundLocked()
	return true
}

func (m *Manager) registerInbound(c *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inbound[c] = struct{}{}
}

func (m *Manager) unregister(c *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.inbound, c)
	if c.remote != nil && c.remote.conn == c {
		c.remote.conn = nil
		m.sortOutboundLocked()
	}
}

// address is where other clusters reach this server. [gateway.md 2.1]
func (m *Manager) address() (host string, port int) {
	port = m.Port()
	if m.settings.Advertise != "" {
		if h, p, err := netx.HostPort(m.settings.Advertise, port); err == nil {
			return h, p
		}
	}
	host = m.settings.Host
	if netx.Wildcard(host) {
		if list := netx.NonLocal(host); len(list) > 0 {
			host = list[0]
		}
	}
	return host, port
}

// URL is where other clusters reach this server, as host and port.
func (m *Manager) URL() string { return netx.Join(m.address()) }

// clusterURLs are where other clusters reach this one.
func (m *Manager) clusterURLs() []string {
	urls := append(m.deps.ClusterURLs(), m.URL())
	slices.Sort(urls)
	return slices.Compact(urls)
}

// ClusterChanged tells other clusters where this one is reached now, if that has
// changed. [G-11]
func (m *Manager) ClusterChanged() {
	urls := m.clusterURLs()
	m.mu.Lock()
	same := slices.Equal(m.urls, urls)
	m.urls = urls
	m.mu.Unlock()
	if same {
		return
	}
	line := m.info()
	for _, c := range m.Inbound() {
		c.conn.Send(line)
	}
}

// info is the INFO of this server on gateways, whole.
func (m *Manager) info() []byte {
	base := m.deps.Info()
	i := protocol.Info{
		ServerID: base.ServerID, ServerName: base.ServerName, Version: base.Version, Proto: trace.Level, Go: base.Go,
		GitCommit: base.GitCommit, Headers: true, MaxPayload: base.MaxPayload, AuthRequired: m.settings.Username != "",
		TLSRequired: m.settings.TLS != nil, TLSVerify: m.settings.TLS != nil, Gateway: m.settings.Name,
		GatewayURLs: m.clusterURLs(), GatewayURL: m.URL(), GatewayNewReply: true, GatewayIOM: true,
	}
	i.Host, i.Port = m.address()
	return i.Marshal()
}

// pause waits and tells whether the manager goes on.
func (m *Manager) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-m.stop:
		return false
	}
}
