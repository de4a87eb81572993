package monitor

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// Source is what the monitor looks at. The functions are called from any
// goroutine.
type Source struct {
	Broker  *core.Broker
	Started time.Time
	// Options are those in force; Loaded is when they came to be, and Digest
	// their file's, empty without one.
	Options func() *conf.Options
	Loaded  func() time.Time
	Digest  func() string
	// Info is the server's INFO of the moment.
	Info func() protocol.Info
	// System is the system account, nil without one.
	System func() *core.Account
	// HTTPPort is the port that the endpoint listens on, 0 for none.
	HTTPPort func() int
	// Routes are this server's routes, Cluster what it is in: nil for none.
	Routes  func() []*RouteInfo
	Cluster func() *ClusterInfo
	// Gateways describes the gateways: nil for none.
	Gateways func() *GatewayState
	// Leafnodes and Leaf describe the leafnodes; nil where there are none.
	Leafnodes func() []*LeafnodeInfo
	Leaf      func() LeafInfo
	// Ready tells whether clients can connect.
	Ready func() bool
}

// Monitor answers questions about a server. It hears of connections, so that
// it can tell of those that have ended.
type Monitor struct {
	Source
	closed  *closedList
	ever    atomic.Uint64 // client connections since the start
	cpu     cpuMeter
	mu      sync.Mutex // guards the fields below
	reqs    map[string]uint64
	further map[string]http.Handler
}

// New makes a monitor of a server. A source without links needs no functions
// for them.
func New(src Source) *Monitor {
	if src.Routes == nil {
		src.Routes = func() []*RouteInfo { return nil }
	}
	if src.Gateways == nil {
		src.Gateways = func() *GatewayState { return nil }
	}
	if src.Cluster == nil {
		src.Cluster = func() *ClusterInfo { return nil }
	}
	return &Monitor{Source: src, closed: newClosedList(), reqs: make(map[string]uint64), further: make(map[string]http.Handler)}
}

// Opened has nothing to do: a connection is counted when it is made.
func (m *Monitor) Opened(*core.Conn) {}

// Closed keeps what a connection was. [M-4]
func (m *Monitor) Closed(c *core.Conn, reason protocol.CloseReason) {
	if c.Kind().IsClient() {
		m.closed.add(m.describe(c, time.Now()), reason, m.Options().MaxClosedClients)
	}
}

// Accepted counts a client connection.
func (m *Monitor) Accepted() { m.ever.Add(1) }

// Handle adds a page.
func (m *Monitor) Handle(path string, h http.Handler) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.further[path] = h
}

// counted notes a request for a page. [M-18]
func (m *Monitor) counted(path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reqs[path]++
}

func (m *Monitor) requests() map[string]uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	copied := make(map[string]uint64, len(m.reqs))
	for k, v := range m.reqs {
		copied[k] = v
	}
	return copied
}
