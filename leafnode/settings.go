package leafnode

import (
	"crypto/tls"
	"net/url"
	"time"
)

// Settings are what the configuration says about leafnodes. Immutable.
type Settings struct {
	Listen         bool
	Host           string
	Port           int // 0 for a free one
	Advertise      string
	NoAdvertise    bool
	AuthTimeout    time.Duration
	TLS            *tls.Config
	TLSTimeout     time.Duration
	HandshakeFirst bool // TLS begins before INFO
	MinVersion     string
	Isolate        bool // spokes hear nothing of each other
	Reconnect      time.Duration
	PingInterval   time.Duration
	PingMax        int
	MaxControlLine int
	MaxPayload     int64
	MaxPending     int64
	WriteDeadline  time.Duration
	Remotes        []*Remote
	// Cluster is the cluster's name, or without one the server's, if the
	// server dials hubs. [L-4]
	Cluster string
}

// Remote is one hub to dial. Immutable.
type Remote struct {
	Account          string
	URLs             []*url.URL
	Identity         Identity // how the server proves who it is
	TLS              *tls.Config
	TLSTimeout       time.Duration
	HandshakeFirst   bool
	Hub              bool // this server is the hub of the connection
	DenyImports      []string
	DenyExports      []string
	NoRandomize      bool
	IgnoreDiscovered bool
	Isolate          bool // the hub's server hears nothing of other leafnodes
	RequestIsolation bool // this server wants to hear nothing of them
	DialTimeout      time.Duration
	FirstInfoTimeout time.Duration
}

// The defaults of leafnode.md 2 and 6.
const (
	defaultAuthTimeout = 2 * time.Second
	defaultTLSTimeout  = 2 * time.Second
	defaultReconnect   = time.Second
	defaultDial        = time.Second
	defaultFirstInfo   = time.Second
	connectInfoTimeout = 2 * time.Second
)

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
