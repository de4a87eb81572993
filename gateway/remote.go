package gateway

import (
	"crypto/tls"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"github.com/midge-nats/midge/internal/netx"
)

// remote is another cluster: configured, or one that others told of.
type remote struct {
	// Immutable after construction.
	name   string
	hash   string
	config *Remote // nil unless configured

	// Guarded by the manager's mu.
	learned map[string]bool // addresses that its servers told
	dialing bool
	conn    *Conn // registered
}

// maxLearned bounds the addresses that are remembered of a cluster.
const maxLearned = 1000

func (r *remote) learnLocked(urls []string) {
	for _, u := range urls {
		if len(r.learned) < maxLearned {
			r.learned[u] = true
		}
	}
}

// addresses are where the cluster is reached; by the manager's mu.
func (r *remote) addresses() []string {
	list := slices.Collect(maps.Keys(r.learned))
	if r.config != nil {
		for _, u := range r.config.URLs {
			list = append(list, u.Host)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// tls gives how the cluster is talked to, nil for in the clear.
func (r *remote) tls(s *Settings) (*tls.Config, time.Duration) {
	if r.config != nil && r.config.TLS != nil {
		if r.config.TLSTimeout > 0 {
			return r.config.TLS, r.config.TLSTimeout
		}
		return r.config.TLS, s.TLSTimeout
	}
	return s.TLS, s.TLSTimeout
}

// credentials are those of the configured URL, or else this cluster's own.
func (r *remote) credentials(s *Settings) (user, password string) {
	if r.config != nil {
		for _, u := range r.config.URLs {
			if u.User != nil {
				password, _ = u.User.Password()
				return u.User.Username(), password
			}
		}
	}
	return s.Username, s.Password
}

// The pauses between attempts. [gateway.md 9]
const (
	dialTimeout  = time.Second
	dialJitter   = 100 * time.Millisecond
	dialPause    = time.Second
	maxDialPause = 30 * time.Second // with backoff
	defaultPort  = 7222
	failuresTold = 1 // of a row of failed attempts, and then every so many
	failuresSkip = 3600
)

// solicitLocked dials a cluster until there is a connection, and again when it is
// lost.
func (m *Manager) solicitLocked(r *remote) {
	select {
	case <-m.stop:
		return
	default:
	}
	if r.dialing {
		return
	}
	r.dialing = true
	m.deps.Broker.Go("dial gateway", func() { m.dialLoop(r) })
}

func (m *Manager) dialLoop(r *remote) {
	failures := 0
	for {
		if m.dialRound(r) {
			failures = 0
		} else {
			failures++
			if failures > m.settings.ConnectRetries && m.forget(r) {
				return
			}
			if failures == failuresTold || failures%failuresSkip == 0 {
				m.deps.Broker.Log().Errorf("Error trying to connect to gateway %q (attempt %d)", r.name, failures)
			}
		}
		pause := rand.N(dialJitter)
		if r.config != nil || failures > 0 {
			pause += m.roundPause(failures)
		}
		if !m.pause(pause) {
			return
		}
	}
}

// roundPause is the wait after a number of failed rounds.
func (m *Manager) roundPause(failures int) time.Duration {
	if !m.settings.ConnectBackoff {
		return dialPause
	}
	return min(dialPause<<min(max(failures-1, 0), 5), maxDialPause)
}

// dialRound tries each address once and tells whether there was a connection; it
// returns when that has ended.
func (m *Manager) dialRound(r *remote) bool {
	m.mu.Lock()
	addresses := r.addresses()
	m.mu.Unlock()
	rand.Shuffle(len(addresses), func(i, j int) { addresses[i], addresses[j] = addresses[j], addresses[i] })
	for _, addr := range addresses {
		host, port, err := netx.HostPort(addr, defaultPort)
		if err != nil {
			continue
		}
		nc, err := net.DialTimeout("tcp", netx.Join(host, port), dialTimeout)
		if err != nil {
			m.deps.Broker.Log().Debugf("Gateway %q: %v", r.name, err)
			continue
		}
		if c := m.dialed(nc, r, host); c.registered.Load() {
			return true
		}
	}
	return false
}

// forget gives up a cluster that is not configured and has no connection to this
// one either.
func (m *Manager) forget(r *remote) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.config != nil {
		return false
	}
	for c := range m.inbound {
		if info := c.info.Load(); info != nil && info.Gateway == r.name {
			return false
		}
	}
	delete(m.remotes, r.name)
	return true
}
