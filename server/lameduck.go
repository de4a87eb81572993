package server

import (
	"math/rand/v2"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// lameDuckPause is the longest pause between two clients that are sent away.
const lameDuckPause = time.Second

// LameDuckShutdown stops the server gently: nobody new is let in, clients are
// told to go elsewhere, and after the grace period they are closed one by one
// in random order, so that they do not all come to the other servers at once.
// It returns when the server has stopped. [C-16]
func (s *Server) LameDuckShutdown() {
	s.mu.Lock()
	if s.state != stateRunning {
		s.mu.Unlock()
		return
	}
	s.state = stateLameDuck
	listener := s.clientL
	s.mu.Unlock()
	opts := s.getOpts()
	s.log.Noticef("Entering lame duck mode, stop accepting new clients")
	if s.system != nil {
		s.system.LameDuck()
	}
	if listener != nil {
		if err := listener.Close(); err != nil {
			s.log.Debugf("Close client listener: %v", err)
		}
	}
	if len(s.lameDuckConns()) > 0 {
		s.clients.SendInfo()
		if s.routes != nil {
			s.routes.LameDuck()
		}
		if s.pause(opts.LameDuckGracePeriod) {
			s.log.Noticef("Closing existing clients")
			s.closeSlowly(s.lameDuckConns(), opts.LameDuckDuration-opts.LameDuckGracePeriod)
		}
	}
	s.Shutdown()
}

// lameDuckConns lists who is sent away by lame duck mode.
func (s *Server) lameDuckConns() []*core.Conn {
	var list []*core.Conn
	s.broker.Conns(func(c *core.Conn) bool {
		if c.Kind().IsClient() {
			list = append(list, c)
		}
		return true
	})
	return list
}

// closeSlowly closes connections in random order, spread over d.
func (s *Server) closeSlowly(conns []*core.Conn, d time.Duration) {
	rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })
	gap := min(d/time.Duration(max(len(conns), 1)), lameDuckPause)
	// Thousands of clients would ask for pauses shorter than a timer can give:
	// several are closed at a time then.
	each := 1
	if gap < time.Millisecond {
		each = max(1, int(time.Millisecond/max(gap, time.Microsecond)))
		gap = time.Millisecond
	}
	for i, c := range conns {
		c.Close(protocol.ServerShutdown)
		if (i+1)%each == 0 && i+1 < len(conns) && !s.pause(gap) {
			return
		}
	}
}

// pause waits and tells whether the server has not been stopped meanwhile.
func (s *Server) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.stopping:
		return false
	}
}
