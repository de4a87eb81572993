package main

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/midge-nats/midge/internal/metrics"
)

// monitorSource reads the monitoring pages from their handler, without a
// socket.
func monitorSource(h http.Handler) metrics.Source {
	return func(path string) ([]byte, error) {
		req, err := http.NewRequest(http.MethodGet, path, nil)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", path, err)
		}
		w := &page{header: http.Header{}}
		h.ServeHTTP(w, req)
		// An unhealthy server says so in the body.
		if w.status != http.StatusOK && w.status != http.StatusServiceUnavailable {
			return nil, fmt.Errorf("status %d", w.status)
		}
		return w.body.Bytes(), nil
	}
}

// page is an http.ResponseWriter that keeps what is written.
type page struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header gives the header, which nobody reads.
func (p *page) Header() http.Header { return p.header }

// WriteHeader keeps the first status.
func (p *page) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

// Write keeps the body; it cannot fail.
func (p *page) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(b)
}
