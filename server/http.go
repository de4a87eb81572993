package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/midge-nats/midge/internal/netx"
)

// httpServer is the monitoring endpoint.
type httpServer struct {
	scheme   string
	host     string
	listener net.Listener
	server   *http.Server
}

// The limits of the monitoring endpoint: nobody needs longer to ask.
const (
	httpHeaderTimeout = 5 * time.Second
	httpWriteTimeout  = 30 * time.Second
	httpStopTimeout   = 2 * time.Second
	httpHeaderBytes   = 16 << 10
)

// HandleHTTP adds a page to the monitoring endpoint, before Start.
func (s *Server) HandleHTTP(path string, h http.Handler) { s.monitor.Handle(path, h) }

// startMonitoring opens the monitoring endpoint, if one is configured.
func (s *Server) startMonitoring(opts *Options) error {
	scheme, port := "http", opts.HTTPPort
	if opts.HTTPSPort != 0 {
		scheme, port = "https", opts.HTTPSPort
		if opts.TLSConfig == nil {
			return errors.New("TLS cert and key required for HTTPS")
		}
	}
	if port == 0 {
		return nil
	}
	host := opts.HTTPHost
	if host == "" {
		host = opts.Host
	}
	l, err := net.Listen("tcp", netx.Join(host, max(port, 0)))
	if err != nil {
		//lint:ignore ST1005 the reference's text [M-2]
		return fmt.Errorf("Can't start monitoring: can't listen to the monitor port: %w", err)
	}
	at := netx.Join(host, l.Addr().(*net.TCPAddr).Port)
	if scheme == "https" {
		cfg := opts.TLSConfig.Clone()
		cfg.ClientAuth = tls.NoClientCert
		l = tls.NewListener(l, cfg)
	}
	srv := &http.Server{
		Handler:           s.monitor.Handler(opts.HTTPBasePath),
		ReadHeaderTimeout: httpHeaderTimeout, WriteTimeout: httpWriteTimeout, MaxHeaderBytes: httpHeaderBytes,
		ErrorLog: nil,
	}
	s.mu.Lock()
	s.http = &httpServer{scheme, host, l, srv}
	s.mu.Unlock()
	s.log.Noticef("Starting %s monitor on %s", scheme, at)
	s.goroutines.Go("monitor", func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Errorf("Monitoring: %v", err)
		}
	})
	return nil
}

func (s *Server) stopMonitoring() {
	s.mu.Lock()
	h := s.http
	s.mu.Unlock()
	if h == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), httpStopTimeout)
	defer cancel()
	if err := h.server.Shutdown(ctx); err != nil {
		s.log.Debugf("Stop monitoring: %v", err)
	}
}

// httpPort is the port of the monitoring endpoint, 0 without one.
func (s *Server) httpPort() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil || s.http.scheme != "http" {
		return 0
	}
	port, _ := addrPort(s.http.listener)
	return port
}

// MonitorHandler serves the monitoring pages in a program that embeds the
// server.
func (s *Server) MonitorHandler() http.Handler { return s.monitor.Handler(s.getOpts().HTTPBasePath) }

// isReady tells whether the listeners serve.
func (s *Server) isReady() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}
