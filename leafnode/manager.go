package leafnode

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Deps are what the manager asks of its server.
type Deps struct {
	Broker *core.Broker
	// Info is the server's INFO without what is the leafnodes' own.
	Info func() protocol.Info
	// Authenticate finds what a spoke is granted. An error that is a
	// *protocol.Error is what it is told. [leafnode.md 5]
	Authenticate func(c *core.Conn, said *protocol.LinkConnect) (*core.Grant, error)
	// System is the system account, nil without one.
	System func() *core.Account
}

// Manager is the server's side of its leafnodes, hubs and spokes.
type Manager struct {
	deps     Deps
	settings *Settings
	stop     chan struct{}

	mu       sync.Mutex // guards the fields below
	listener net.Listener
	peers    map[*core.Account][]*Conn // registered; the lists are replaced, not changed
	loops    map[*core.Account]string  // the subject by which an account finds itself [L-8]
}

// New makes a manager. It opens nothing.
func New(deps Deps, s *Settings) *Manager {
	return &Manager{deps: deps, settings: s, stop: make(chan struct{}), peers: make(map[*core.Account][]*Conn), loops: make(map[*core.Account]string)}
}

// Listen opens the leafnode port, if there is to be one.
func (m *Manager) Listen() error {
	if !m.settings.Listen {
		return nil
	}
	l, err := net.Listen("tcp", netx.Join(m.settings.Host, max(m.settings.Port, 0)))
	if err != nil {
		//lint:ignore ST1005 the reference's text
		return fmt.Errorf("Error listening on leafnode port: %d - %w", m.settings.Port, err)
	}
	m.mu.Lock()
	m.listener = l
	m.mu.Unlock()
	return nil
}

// Start serves the leafnode port and dials the configured hubs.
func (m *Manager) Start() {
	if m.settings.Listen {
		m.deps.Broker.Log().Noticef("Listening for leafnode connections on %s", netx.Join(m.settings.Host, m.Port()))
		m.deps.Broker.Go("accept leafnode", m.acceptLoop)
	}
	for _, r := range m.settings.Remotes {
		m.deps.Broker.Go("dial leafnode", func() { m.newDialer(r).run() })
	}
}

// Stop closes the leafnode port and ends the dialing. The connections are the
// broker's to close.
func (m *Manager) Stop() {
	close(m.stop)
	if l := m.Listener(); l != nil {
		if err := l.Close(); err != nil {
			m.deps.Broker.Log().Debugf("Close leafnode listener: %v", err)
		}
	}
}

// Listener is the leafnode port's listener, nil without one.
func (m *Manager) Listener() net.Listener {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.listener
}

// Port is the leafnode port.
func (m *Manager) Port() int {
	if l := m.Listener(); l != nil {
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			return a.Port
		}
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
			m.deps.Broker.Go("leafnode", func() { m.accept(nc) })
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		m.deps.Broker.Log().Errorf("Accept leafnode: %v", err)
		if !m.pause(acceptPause) {
			return
		}
	}
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

// Peers lists the registered leafnodes, by connection id.
func (m *Manager) Peers() []*Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []*Conn
	for list := range maps.Values(m.peers) {
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b *Conn) int { return int(a.conn.ID()) - int(b.conn.ID()) })
	return all
}

// of lists the leafnodes that are bound to an account.
func (m *Manager) of(acc *core.Account) []*Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.peers[acc]
}

// loopPrefix begins the subjects by which loops are found.
const loopPrefix = "$LDS."

// loopTokenBytes is the length of the token behind it.
const loopTokenBytes = 22

// loopSubject is the subject that an account advertises to find out whether its
// own interest comes back to it, subscribed to with the account's first
// leafnode. [L-8]
func (m *Manager) loopSubject(acc *core.Account) (string, error) {
	m.mu.Lock()
	s, there := m.loops[acc]
	if !there {
		s = loopPrefix + rand.Text()[:loopTokenBytes]
		m.loops[acc] = s
	}
	m.mu.Unlock()
	if there {
		return s, nil
	}
	_, err := acc.Handle(s, "", func(*core.Publisher, *core.Subscription, *core.Msg) bool { return false })
	return s, err
}

// ownLoop tells whether a subject is the one of an account itself.
func (m *Manager) ownLoop(acc *core.Account, subject []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.loops[acc] == string(subject)
}

// info is the INFO of this server for spokes. [L-1]
func (m *Manager) info() protocol.Info {
	i := m.deps.Info()
	i.Proto = trace.Level
	i.Host, i.Port = m.settings.Host, m.Port()
	if host, port, err := netx.HostPort(m.settings.Advertise, i.Port); m.settings.Advertise != "" && err == nil {
		i.Host, i.Port = host, port
	}
	i.Headers, i.AuthRequired, i.InfoOnConnect = true, true, true
	i.TLSRequired = m.settings.TLS != nil
	i.TLSVerify = i.TLSRequired && m.settings.TLS.ClientCAs != nil
	i.IP = netx.Join(i.Host, i.Port)
	i.LeafURLs = []string{i.IP}
	i.Cluster, i.Dynamic = m.settings.Cluster, false
	i.ConnectURLs, i.WSConnectURLs, i.XKey = nil, nil, ""
	return i
}
