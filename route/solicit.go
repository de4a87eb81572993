package route

import (
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
)

// The pauses between attempts: a little at random, so that two servers that
// dial each other do not meet again and again, and a second more for configured
// routes, which are dialed for ever.
const (
	dialTimeout  = time.Second
	dialJitter   = 100 * time.Millisecond
	dialPause    = time.Second
	defaultPort  = 6222
	failuresTold = 1 // of a row of failed attempts, and then every so many
	failuresSkip = 3600
)

// solicit dials an address until there is a route, and again when it is lost.
func (m *Manager) solicit(u *url.URL, explicit bool, retries int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dialing[u.Host] {
		return
	}
	m.dialing[u.Host] = true
	m.deps.Broker.Go("dial route", func() {
		m.dialLoop(u, explicit, retries)
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.dialing, u.Host)
	})
}

func (m *Manager) dialLoop(u *url.URL, explicit bool, retries int) {
	failures := 0
	for {
		nc, err := m.dial(u)
		if err != nil {
			failures++
			if failures == failuresTold || failures%failuresSkip == 0 {
				m.deps.Broker.Log().Errorf("Error trying to connect to route (attempt %d): %v", failures, err)
			}
			if !explicit && failures > retries {
				return
			}
		} else {
			failures = 0
			c := m.dialed(nc, u, explicit)
			if !m.again(c, explicit) {
				return
			}
		}
		pause := rand.N(dialJitter)
		if explicit {
			pause += dialPause
		}
		if !m.pause(pause) {
			return
		}
	}
}

// again tells whether an address is dialed once more after its connection
// ended, and waits as long as another connection to that server does.
func (m *Manager) again(c *Conn, explicit bool) bool {
	reason, _ := c.conn.Closed()
	info := c.info.Load()
	own := m.deps.Info()
	switch {
	case info != nil && info.ServerID == own.ServerID:
		return false
	case info == nil && reason == protocol.DuplicateRoute:
		return false // this server itself
	case !explicit && reason != protocol.DuplicateRoute && !c.registered:
		return false
	case !explicit && reason == protocol.DuplicateRoute:
		// The other connection is there, or was closed as a duplicate too.
		return m.pause(dialPause) && !m.linked(info.ServerID)
	}
	for info != nil && m.linked(info.ServerID) {
		if !m.pause(dialPause) {
			return false
		}
	}
	return true
}

func (m *Manager) dial(u *url.URL) (net.Conn, error) {
	host, port, err := netx.HostPort(u.Host, defaultPort)
	if err != nil {
		return nil, err
	}
	return net.DialTimeout("tcp", netx.Join(host, port), dialTimeout)
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
