package server

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
)

// The pauses after a failed accept, such as one for want of file descriptors.
const (
	acceptPauseMin = 10 * time.Millisecond
	acceptPauseMax = time.Second
)

// startClients opens the client listener and serves it.
func (s *Server) startClients(opts *Options) error {
	port := opts.Port
	if port < 0 {
		port = 0
	}
	hp := netx.Join(opts.Host, port)
	l, err := net.Listen("tcp", hp)
	if err != nil {
		//lint:ignore ST1005 the reference's text [C-8]
		return fmt.Errorf("Error listening on port: %s, %q", hp, err)
	}
	s.mu.Lock()
	s.clientL = l
	s.mu.Unlock()
	s.log.Noticef("Listening for client connections on %s", netx.Join(opts.Host, l.Addr().(*net.TCPAddr).Port))
	if opts.TLSConfig != nil {
		s.log.Noticef("TLS required for client connections")
	}
	s.goroutines.Go("accept", func() { s.acceptLoop(l, s.serveClient) })
	return nil
}

// acceptLoop serves every connection of a listener until it is closed.
func (s *Server) acceptLoop(l net.Listener, serve func(net.Conn)) {
	pause := acceptPauseMin
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = acceptPauseMin
			s.goroutines.Go("client", func() { serve(nc) })
		case errors.Is(err, net.ErrClosed):
			return
		default:
			s.log.Errorf("Accept error: %v, retrying in %v", err, pause)
			select {
			case <-time.After(pause):
				pause = min(2*pause, acceptPauseMax)
			case <-s.stopping:
				return
			}
		}
	}
}

// serveClient serves one client to its end.
func (s *Server) serveClient(nc net.Conn) {
	if !s.Running() {
		if err := nc.Close(); err != nil {
			s.log.Debugf("Close: %v", err)
		}
		return
	}
	s.monitor.Accepted()
	if most := s.getOpts().MaxConn; most > 0 && s.NumClients() >= most {
		s.log.Errorf("maximum connections exceeded")
		s.clients.Refuse(nc, protocol.ErrMaxConnections)
		return
	}
	s.clients.Serve(nc)
}
