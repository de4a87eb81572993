package monitor

import (
	"sync"
	"time"

	"github.com/midge-nats/midge/protocol"
)

// closedList keeps the connections that ended last. [M-4]
type closedList struct {
	mu    sync.Mutex
	ring  []*ConnInfo // oldest at next once full
	next  int
	total uint64
}

func newClosedList() *closedList { return new(closedList) }

// add puts a connection in the list, which keeps most of them; the oldest goes.
func (l *closedList) add(c *ConnInfo, reason protocol.CloseReason, most int) {
	now := time.Now()
	c.Stop, c.Reason = &now, reason.String()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	if most <= 0 {
		return
	}
	if len(l.ring) < most {
		l.ring = append(l.ring, c)
		return
	}
	l.ring[l.next] = c
	l.next = (l.next + 1) % len(l.ring)
}

// all gives copies, so that a page can leave out what was not asked for.
func (l *closedList) all() []*ConnInfo {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*ConnInfo, len(l.ring))
	for i, c := range l.ring {
		copied := *c
		list[i] = &copied
	}
	return list
}
