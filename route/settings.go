package route

import (
	"crypto/tls"
	"net/url"
	"time"

	"github.com/midge-nats/midge/core"
)

// Settings are what the configuration says about the cluster. Immutable.
type Settings struct {
	Name           string // of the cluster
	Dynamic        bool   // the name was made up
	Host           string
	Port           int // 0 for a free one
	Advertise      string
	NoAdvertise    bool
	Username       string // that dialers must give; empty for anybody
	Password       string
	AuthTimeout    time.Duration
	TLS            *tls.Config
	TLSTimeout     time.Duration
	Routes         []*url.URL
	ConnectRetries int // for routes that other servers tell of
	// Import limits what other servers may send here, Export what is sent to
	// them; nil for anything.
	Import, Export *core.Permissions
	PingInterval   time.Duration
	PingMax        int
	MaxControlLine int
	MaxPending     int64
	WriteDeadline  time.Duration
}

// maxPing is the longest interval of pings on routes. [route.md 17]
const maxPing = 30 * time.Second

// pingInterval is how often a route is pinged.
func (s *Settings) pingInterval() time.Duration {
	if s.PingInterval <= 0 {
		return maxPing
	}
	return min(s.PingInterval, maxPing)
}
