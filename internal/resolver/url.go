package resolver

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
)

// URL asks a web server: the account's public key is appended to its base.
type URL struct {
	base   string
	client *http.Client
}

// NewURL makes one. A request may take no longer than timeout. tls is nil for
// the system's roots.
func NewURL(base string, timeout time.Duration, tls *tls.Config) *URL {
	if !strings.HasSuffix(base, "/") {
		base += "/"
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: tls, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second}
	return &URL{base: base, client: &http.Client{Timeout: timeout, Transport: transport}}
}

// Reachable asks for no account in particular, which must be answered too.
func (u *URL) Reachable() error {
	_, err := u.get("")
	return err
}

// Load fetches an account's token.
func (u *URL) Load(id string) (string, error) { return u.get(id) }

// Save does nothing: what is pushed counts while the account is in use, and the
// web server is told by others.
func (u *URL) Save(string, string) error { return nil }

// Close ends idle connections.
func (u *URL) Close() { u.client.CloseIdleConnections() }

func (u *URL) get(id string) (token string, err error) {
	where := u.base + id
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, where, nil)
	if err != nil {
		return "", fmt.Errorf("could not fetch <%q>: %w", where, err)
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("could not fetch <%q>: %w", where, err)
	}
	defer func() {
		if e := resp.Body.Close(); e != nil && err == nil {
			err = fmt.Errorf("could not fetch <%q>: %w", where, e)
		}
	}()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("could not fetch <%q>: %s", where, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, jwt.MaxTokenSize+1))
	if err != nil {
		return "", fmt.Errorf("could not fetch <%q>: %w", where, err)
	}
	if len(body) > jwt.MaxTokenSize {
		return "", fmt.Errorf("could not fetch <%q>: longer than %d bytes", where, jwt.MaxTokenSize)
	}
	return strings.TrimSpace(string(body)), nil
}
