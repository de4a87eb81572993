package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/gateway"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/internal/callout"
	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/internal/logging"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/internal/system"
	"github.com/midge-nats/midge/leafnode"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/route"
)

// Options configure a server: from a file, from flags, or by a program that
// embeds it.
type Options = conf.Options

// ErrServerNotRunning is returned for what only a running server can do.
var ErrServerNotRunning = errors.New("server is not running")

// Server is one NATS server.
type Server struct {
	// Immutable after construction.
	id         *identity
	log        *logging.Log
	goroutines *group.Group
	broker     *core.Broker
	auth       *auth.Authenticator
	operators  *operators      // nil unless accounts come from operators
	callout    *callout.Static // nil if they do
	asker      *callout.Asker
	clients    *client.Server
	monitor    *monitor.Monitor
	system     *system.System    // nil without a system account
	routes     *route.Manager    // nil without a cluster
	gateways   *gateway.Manager  // nil without gateways
	leafnodes  *leafnode.Manager // nil without hubs and spokes
	started    time.Time

	options atomic.Pointer[Options] // immutable once stored; a reload swaps it

	ready    chan struct{} // closed when all listeners serve
	stopping chan struct{} // closed when Shutdown begins
	stopped  chan struct{} // closed when Shutdown is through

	mu        sync.Mutex // guards the fields below
	state     state
	clientL   net.Listener
	http      *httpServer
	extraHTTP map[string]http.Handler
	logFile   *logging.File
	startErr  error
	reloadMu  sync.Mutex   // one reload at a time
	loaded    atomic.Int64 // unix nanoseconds
}

// state is how far a server's life has gone.
type state int

const (
	stateNew state = iota
	stateRunning
	stateLameDuck
	stateStopping
)

// NewServer makes a server of options, which it completes with defaults. It
// opens nothing. The error says what in the options cannot be.
func NewServer(opts *Options) (*Server, error) {
	trust, err := trustOperators(opts)
	if err != nil {
		return nil, err
	}
	opts.SetDefaults()
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	id, err := newIdentity(opts)
	if err != nil {
		return nil, err
	}
	s := &Server{
		id: id, log: logging.New(nil), goroutines: group.New(),
		ready: make(chan struct{}), stopping: make(chan struct{}), stopped: make(chan struct{}),
		started: time.Now(), extraHTTP: make(map[string]http.Handler),
	}
	s.options.Store(opts)
	s.loaded.Store(s.started.UnixNano())
	if err := s.wire(opts, trust); err != nil {
		return nil, err
	}
	return s, nil
}

// Start opens the listeners and serves until Shutdown. What keeps it from
// starting is logged as fatal and told by StartError.
func (s *Server) Start() {
	if err := s.start(); err != nil {
		s.mu.Lock()
		s.startErr = err
		s.mu.Unlock()
		s.log.Fatalf("%v", err)
		s.Shutdown()
	}
}

// StartError is what kept the server from starting, nil if nothing did.
func (s *Server) StartError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.startErr
}

func (s *Server) start() error {
	s.mu.Lock()
	if s.state != stateNew {
		s.mu.Unlock()
		return errors.New("server was started before")
	}
	s.state = stateRunning
	s.mu.Unlock()
	opts := s.getOpts()
	s.logStart(opts)
	if err := writePidFile(opts.PidFile); err != nil {
		return err
	}
	if err := s.startMonitoring(opts); err != nil {
		return err
	}
	if s.system != nil {
		if err := s.system.Start(); err != nil {
			return err
		}
	}
	if err := s.startOperators(opts); err != nil {
		return err
	}
	if !opts.DontListen {
		if err := s.startClients(opts); err != nil {
			return err
		}
	}
	if s.gateways != nil {
		if err := s.gateways.Listen(); err != nil {
			return err
		}
	}
	if s.routes != nil {
		if err := s.routes.Listen(); err != nil {
			return err
		}
	}
	if s.leafnodes != nil {
		if err := s.leafnodes.Listen(); err != nil {
			return err
		}
	}
	if err := s.writePortsFile(opts); err != nil {
		return err
	}
	s.log.Noticef("Server is ready")
	close(s.ready)
	if s.routes != nil {
		s.routes.Start()
	}
	if s.gateways != nil {
		s.gateways.Start()
	}
	if s.leafnodes != nil {
		s.leafnodes.Start()
	}
	return nil
}

// ReadyForConnections waits until the server serves its listeners, at most d,
// and tells whether it does.
func (s *Server) ReadyForConnections(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.ready:
		return true
	case <-s.stopped:
		return false
	case <-timer.C:
		return false
	}
}

// Running tells whether the server was started and not stopped.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == stateRunning || s.state == stateLameDuck
}

// getOpts gives the options in force. They are not to be changed.
func (s *Server) getOpts() *Options { return s.options.Load() }

// ID is the server's public key, N and 55 characters.
func (s *Server) ID() string { return s.id.public }

// Name is the server's configured name, or its id.
func (s *Server) Name() string { return s.id.name }

// ClusterAddr is the address of the cluster port, nil when there is none.
func (s *Server) ClusterAddr() *net.TCPAddr {
	if s.routes == nil {
		return nil
	}
	a, _ := s.routes.Addr().(*net.TCPAddr)
	return a
}

// ClusterName is the name of the cluster, "" when there is none.
func (s *Server) ClusterName() string {
	if s.routes == nil {
		return s.getOpts().Gateway.Name
	}
	return s.routes.Name()
}

// NumRoutes is the number of servers that this one has a route to.
func (s *Server) NumRoutes() int {
	if s.routes == nil {
		return 0
	}
	return len(s.routes.Peers())
}

// NumClients is the number of client connections.
func (s *Server) NumClients() int { return s.broker.ConnCount(core.KindClient) }

// NumSubscriptions is the number of subscriptions in all accounts.
func (s *Server) NumSubscriptions() uint32 { return uint32(s.broker.Totals().Subscriptions) }

// Addr is the address that clients connect to, nil when there is none.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clientL == nil {
		return nil
	}
	return s.clientL.Addr()
}

// MonitorAddr is the address of the monitoring endpoint, nil when there is
// none.
func (s *Server) MonitorAddr() *net.TCPAddr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		return nil
	}
	a, _ := s.http.listener.Addr().(*net.TCPAddr)
	return a
}

// ClientURL is where a client on this machine connects to, "" when the server
// does not listen.
func (s *Server) ClientURL() string {
	opts := s.getOpts()
	addr, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		return ""
	}
	u := url.URL{Scheme: "nats", Host: net.JoinHostPort(localHost(opts.Host), fmt.Sprint(addr.Port))}
	if opts.TLSConfig != nil {
		u.Scheme = "tls"
	}
	return u.String()
}

// localHost is the host under which this machine reaches a listener of its own.
func localHost(host string) string {
	switch host {
	case "", "0.0.0.0", "::":
		return "127.0.0.1"
	}
	return host
}

// InProcessConn gives the client's end of a connection that needs no socket;
// nats.InProcessServer uses it.
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateRunning {
		return nil, ErrServerNotRunning
	}
	ours, theirs := net.Pipe()
	s.goroutines.Go("client", func() { s.serveClient(ours) })
	return theirs, nil
}

// baseInfo is this server's INFO of the moment, without what is one client's
// own. [P-4]
func (s *Server) baseInfo() protocol.Info {
	opts := s.getOpts()
	info := s.id.info(opts)
	s.mu.Lock()
	if port, ok := addrPort(s.clientL); ok {
		info.Port = port
	}
	lameDuck := s.state == stateLameDuck
	s.mu.Unlock()
	s.advertise(opts, &info)
	info.LameDuck = lameDuck
	if s.gateways != nil {
		info.Cluster = s.gateways.Name()
	}
	if s.routes != nil {
		info.Cluster = s.routes.Name()
		info.Dynamic = opts.Cluster.Name == "" && opts.Gateway.Name == ""
		info.ConnectURLs = s.routes.ClientURLs(!lameDuck)
	}
	return info
}
