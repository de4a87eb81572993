package core

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/midge-nats/midge/protocol"
)

// firstPing is when a new connection is pinged the first time, at the latest,
// plus up to 20 %: the round trip is known early, and not all at once after a
// restart. [P-23]
const firstPing = 2 * time.Second

// rttOutdated is the age at which a round trip is measured again although the
// peer shows life.
const rttOutdated = time.Hour

// pinger asks a quiet peer for a sign of life.
type pinger struct {
	mu       sync.Mutex
	timer    *time.Timer // nil before the first ping is due and after stop
	interval time.Duration
	max      int // unanswered PINGs before the peer counts as stale
	out      int // unanswered PINGs
	sent     time.Time
	measured time.Time // when the round trip was last known
	heard    time.Time // the peer's last PING
	stopped  bool
}

// StartPing begins to ping every interval; more than max unanswered PINGs
// close the connection as stale. With early the first one comes soon. It may
// be called again with other values; an interval of zero ends the pinging.
func (c *Conn) StartPing(interval time.Duration, max int, early bool) {
	p := &c.ping
	p.mu.Lock()
	defer p.mu.Unlock()
	p.interval, p.max = interval, max
	if p.stopped {
		return
	}
	if interval <= 0 {
		if p.timer != nil {
			p.timer.Stop()
		}
		return
	}
	wait := interval
	if early {
		wait = min(interval, firstPing)
		wait += rand.N(wait/5 + 1)
	}
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, c.pingDue)
		return
	}
	p.timer.Reset(wait)
}

func (p *pinger) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.timer != nil {
		p.timer.Stop()
	}
}

// pingDue sends a PING unless the peer has shown life within the interval, or
// gives the peer up.
func (c *Conn) pingDue() {
	p := &c.ping
	p.mu.Lock()
	if p.stopped || p.interval <= 0 {
		p.mu.Unlock()
		return
	}
	now := time.Now()
	active := time.Unix(0, c.lastActivity.Load())
	quiet := now.Sub(active) >= p.interval && now.Sub(p.heard) >= p.interval
	outdated := p.measured.IsZero() || now.Sub(p.measured) > rttOutdated
	stale := false
	send := quiet || outdated
	if send {
		if p.out+1 > p.max {
			stale = true
		} else {
			p.out++
			p.sent = now
		}
	}
	p.timer.Reset(p.interval)
	p.mu.Unlock()
	switch {
	case stale:
		c.broker.staleConns[c.kind].Add(1)
		c.broker.log.Debugf("%s - Stale Client Connection - Closing", c)
		c.Fail(protocol.ErrStale)
	case send:
		c.Send([]byte(protocol.PingLine))
	}
}

// MeasureRTT sends a PING out of turn if the round trip is not known yet: for
// somebody who asks for it.
func (c *Conn) MeasureRTT() {
	p := &c.ping
	p.mu.Lock()
	send := !p.stopped && p.out == 0 && p.measured.IsZero()
	if send {
		p.out++
		p.sent = time.Now()
	}
	p.mu.Unlock()
	if send {
		c.Send([]byte(protocol.PingLine))
	}
}

// Ponged notes that the peer answered.
func (c *Conn) Ponged() {
	p := &c.ping
	p.mu.Lock()
	p.out = 0
	now := time.Now()
	if !p.sent.IsZero() {
		p.measured = now
		c.rtt.Store(max(int64(now.Sub(p.sent)), 1))
		p.sent = time.Time{}
	}
	p.mu.Unlock()
}

// Pinged notes the peer's own PING, a sign of life.
func (c *Conn) Pinged() {
	p := &c.ping
	p.mu.Lock()
	p.heard = time.Now()
	p.mu.Unlock()
}

// RTT is the round trip measured last, 0 when none was.
func (c *Conn) RTT() time.Duration { return time.Duration(c.rtt.Load()) }
