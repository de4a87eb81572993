package gateway

import (
	"crypto/tls"
	"net/url"
	"time"
)

// Settings are what the configuration says about gateways. Immutable.
type Settings struct {
	Name           string // of this cluster
	Host           string
	Port           int // -1 or 0 for a free one
	Advertise      string
	Username       string // that dialers must give; empty for anybody
	Password       string
	AuthTimeout    time.Duration
	TLS            *tls.Config
	TLSTimeout     time.Duration
	ConnectRetries int // for clusters that others tell of
	ConnectBackoff bool
	RejectUnknown  bool
	Remotes        []Remote
	PingInterval   time.Duration
	PingMax        int
	MaxControlLine int
	MaxPending     int64
	WriteDeadline  time.Duration
}

// Remote is another cluster that is configured.
type Remote struct {
	Name       string
	URLs       []*url.URL
	TLS        *tls.Config // nil for that of the settings
	TLSTimeout time.Duration
}

// maxPing is the longest interval of pings on gateways. [G-37]
const maxPing = 15 * time.Second

// pingInterval is how often a gateway is pinged.
func (s *Settings) pingInterval() time.Duration {
	if s.PingInterval <= 0 {
		return maxPing
	}
	return min(s.PingInterval, maxPing)
}
