package route

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
)

// Deps are what the manager asks of its server.
type Deps struct {
	Broker *core.Broker
	// Info is the server's INFO without what is the cluster's own.
	Info func() protocol.Info
	// Authorize checks the credentials of another server.
	Authorize func(user, password string) bool
	// ClientURLs are where clients reach this server.
	ClientURLs func() []string
	// Joined is called with each new route, and Gossip with what another server
	// tells of gateways. [G-10]
	Joined func(c *core.Conn)
	Gossip func(info *protocol.Info)
	// Changed is called, without lock, when the cluster's client URLs have
	// changed.
	Changed func()
}

// Manager is the server's side of its cluster.
type Manager struct {
	deps     Deps
	settings *Settings
	stop     chan struct{}

	mu       sync.Mutex // guards the fields below
	listener net.Listener
	peers    map[string]*Conn // registered, by server id
	dialing  map[string]bool  // addresses that are dialed
	everUp   bool             // some route has been up
}

// New makes a manager. It opens nothing.
func New(deps Deps, s *Settings) *Manager {
	return &Manager{deps: deps, settings: s, stop: make(chan struct{}), peers: make(map[string]*Conn), dialing: make(map[string]bool)}
}

// Listen opens the cluster port.
func (m *Manager) Listen() error {
	l, err := net.Listen("tcp", netx.Join(m.settings.Host, max(m.settings.Port, 0)))
	if err != nil {
		//lint:ignore ST1005 the reference's text
		return fmt.Errorf("Error listening on router port: %s, %w", netx.Join(m.settings.Host, m.settings.Port), err)
	}
	m.mu.Lock()
	m.listener = l
	m.mu.Unlock()
	return nil
}

// Start serves the cluster port and dials the configured routes.
func (m *Manager) Start() {
	log := m.deps.Broker.Log()
	log.Noticef("Cluster name is %s", m.settings.Name)
	if m.settings.Dynamic {
		log.Warnf("Cluster name was dynamically generated, consider setting one")
	}
	log.Noticef("Listening for route connections on %s", netx.Join(m.settings.Host, m.Port()))
	m.deps.Broker.Go("accept route", m.acceptLoop)
	for _, u := range m.settings.Routes {
		m.solicit(u, true, 0)
	}
}

// Stop closes the cluster port and ends the dialing. The connections are the
// broker's to close.
func (m *Manager) Stop() {
	close(m.stop)
	m.mu.Lock()
	l := m.listener
	m.mu.Unlock()
	if l != nil {
		if err := l.Close(); err != nil {
			m.deps.Broker.Log().Debugf("Close route listener: %v", err)
		}
	}
}

// Addr is the cluster port's address, nil before Listen.
func (m *Manager) Addr() net.Addr {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listener == nil {
		return nil
	}
	return m.listener.Addr()
}

// Listener is the cluster port's listener, nil before Listen.
func (m *Manager) Listener() net.Listener {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.listener
}

// Port is the cluster port.
func (m *Manager) Port() int {
	if a, ok := m.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return m.settings.Port
}

// acceptPause is the wait after a failed accept.
const acceptPause = 100 * time.Millisecond

func (m *Manager) acceptLoop() {
	l := m.Listener()
	for {
		nc, err := l.Accept()
		if err == nil {
			m.deps.Broker.Go("route", func() { m.accept(nc) })
			continue
		}
		select {
		case <-m.stop:
			return
		case <-time.After(acceptPause):
			m.deps.Broker.Log().Errorf("Accept route: %v", err)
		}
	}
}

// Name is the cluster's name.
func (m *Manager) Name() string { return m.settings.Name }

// Peers lists the registered routes, by server id.
func (m *Manager) Peers() []*Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.Collect(maps.Values(m.peers))
	slices.SortFunc(list, func(a, b *Conn) int { return int(a.conn.ID()) - int(b.conn.ID()) })
	return list
}

// ClientURLs are where clients reach the cluster: this server first. Nothing is
// told before a route has been up. [P-27]
func (m *Manager) ClientURLs(own bool) []string {
	if m.settings.NoAdvertise {
		return nil
	}
	m.mu.Lock()
	up := m.everUp
	m.mu.Unlock()
	if !up {
		return nil
	}
	var urls []string
	if own {
		urls = m.deps.ClientURLs()
	}
	for _, c := range m.Peers() {
		if info := c.info.Load(); info != nil && !info.LameDuck {
			for _, u := range info.ConnectURLs {
				if !slices.Contains(urls, u) {
					urls = append(urls, u)
				}
			}
		}
	}
	return urls
}

// LameDuck tells the other servers that clients are sent away from here.
func (m *Manager) LameDuck() {
	for _, c := range m.Peers() {
		info := m.info()
		info.LameDuck = true
		c.conn.Send(info.Marshal())
	}
}

// info is the INFO of this server on routes.
func (m *Manager) info() protocol.Info {
	i := m.deps.Info()
	i.Proto = level
	i.Host, i.Port = m.settings.Host, m.Port()
	if m.settings.Advertise != "" {
		if host, port, err := netx.HostPort(m.settings.Advertise, i.Port); err == nil {
			i.Host, i.Port = host, port
			i.IP = "nats-route://" + netx.Join(host, port) + "/"
		}
	}
	i.Headers = true
	i.AuthRequired = m.settings.Username != ""
	i.TLSRequired, i.TLSVerify = m.settings.TLS != nil, m.settings.TLS != nil
	i.Cluster, i.Dynamic = m.settings.Name, m.settings.Dynamic
	i.Import, i.Export = advertised(m.settings.Import), advertised(m.settings.Export)
	i.LeafOrigin, i.LeafOriginUnsub, i.LeafNoOrigin = true, true, true
	i.ClientID, i.ClientIP, i.Nonce, i.XKey, i.APILevel, i.JetStream = 0, "", "", "", 0, false
	i.ConnectURLs = nil
	if !m.settings.NoAdvertise {
		i.ConnectURLs = m.deps.ClientURLs()
	}
	return i
}

// advertised shows other servers what they may, nil for anything.
func advertised(p *core.Permissions) *protocol.SubjectPermission {
	if p == nil {
		return nil
	}
	r := p.Rules()
	return &protocol.SubjectPermission{Allow: r.SubscribeAllow, Deny: r.SubscribeDeny}
}
