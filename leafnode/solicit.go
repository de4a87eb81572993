package leafnode

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
)

// The pauses after what only an operator can repair. [L-22]
const (
	longPause    = 30 * time.Second
	versionPause = 5 * time.Second
	defaultPort  = 7422
	failuresSkip = 3600 // failed attempts of a row between two that are logged
)

// dialer keeps one hub connected.
type dialer struct {
	manager  *Manager
	remote   *Remote
	urls     []*url.URL // the next one first
	current  *url.URL
	failures int
	tlsName  string // the first host that is a name
}

func (m *Manager) newDialer(r *Remote) *dialer {
	d := &dialer{manager: m, remote: r, urls: slices.Clone(r.URLs)}
	for _, u := range r.URLs {
		if d.tlsName == "" && net.ParseIP(u.Hostname()) == nil {
			d.tlsName = u.Hostname()
		}
	}
	if !r.NoRandomize {
		rand.Shuffle(len(d.urls), func(i, j int) { d.urls[i], d.urls[j] = d.urls[j], d.urls[i] })
	}
	return d
}

// run dials until the manager stops.
func (d *dialer) run() {
	pause := or(d.manager.settings.Reconnect, defaultReconnect)
	for {
		c, err := d.connect()
		wait := pause
		switch {
		case err != nil:
			d.failures++
			if d.failures == 1 || d.failures%failuresSkip == 0 {
				d.manager.deps.Broker.Log().Errorf("Error trying to connect as leafnode to remote server %q (attempt %d): %v", d.current.Host, d.failures, err)
			}
			wait += rand.N(pause)
		case c.retryAfter > 0:
			wait = c.retryAfter
		default:
			d.failures = 0
		}
		if !d.manager.pause(wait) {
			return
		}
	}
}

// next picks the address for an attempt. [L-21]
func (d *dialer) next() *url.URL {
	if d.current != nil && len(d.urls) > 1 && d.current == d.urls[0] {
		d.urls = append(d.urls[1:], d.current)
	}
	d.current = d.urls[0]
	return d.current
}

// discovered puts the addresses that a hub tells of before the configured ones.
func (d *dialer) discovered(addrs []string) {
	if d.remote.IgnoreDiscovered {
		return
	}
	var urls []*url.URL
	for _, a := range addrs {
		if !slices.ContainsFunc(d.remote.URLs, func(u *url.URL) bool { return address(u) == a }) {
			urls = append(urls, &url.URL{Scheme: "nats-leaf", Host: a})
		}
	}
	d.urls = append(urls, d.remote.URLs...)
}

func address(u *url.URL) string {
	host, port, err := netx.HostPort(u.Host, defaultPort)
	if err != nil {
		return u.Host
	}
	return netx.Join(host, port)
}

// connect makes one connection and serves it to its end. The error says that
// there was none.
func (d *dialer) connect() (*Conn, error) {
	u := d.next()
	nc, err := net.DialTimeout("tcp", address(u), or(d.remote.DialTimeout, defaultDial))
	if err != nil {
		return nil, err
	}
	c := d.manager.newConn(nc, d.remote)
	info, tc, err := d.greeted(nc, u)
	if err != nil {
		reason := protocol.WrongPort
		if errors.Is(err, errHandshake) {
			reason = protocol.TLSHandshakeFailure
		}
		c.conn.Discard(reason)
		return nil, err
	}
	if tc != nc {
		c.conn.SetTransport(tc)
	}
	d.discovered(info.LeafURLs)
	if err := c.introduce(info, u); err != nil {
		c.conn.Discard(protocol.AuthenticationFailure)
		return nil, err
	}
	c.conn.Serve()
	return c, nil
}

// errHandshake marks the errors of the TLS handshake.
var errHandshake = errors.New("tls handshake")

// errWrongPort says that what was dialed is no leafnode port.
var errWrongPort = errors.New("attempted to connect to wrong port")

// greeted waits for the hub's INFO and starts TLS. Nothing is read behind INFO:
// it is read byte by byte.
func (d *dialer) greeted(nc net.Conn, u *url.URL) (*protocol.Info, net.Conn, error) {
	r := d.remote
	var err error
	if r.HandshakeFirst {
		if nc, err = d.secure(nc, u); err != nil {
			return nil, nil, err
		}
	}
	info, err := readInfo(nc, or(r.FirstInfoTimeout, defaultFirstInfo))
	if err != nil {
		return nil, nil, err
	}
	if info.ClientID == 0 || len(info.LeafURLs) == 0 {
		return nil, nil, errWrongPort
	}
	if !r.HandshakeFirst && (info.TLSRequired || r.TLS != nil || u.Scheme == "tls") {
		if nc, err = d.secure(nc, u); err != nil {
			return nil, nil, err
		}
	}
	return info, nc, nil
}

// secure upgrades the socket.
func (d *dialer) secure(nc net.Conn, u *url.URL) (net.Conn, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if d.remote.TLS != nil {
		cfg = d.remote.TLS.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = u.Hostname()
		if net.ParseIP(cfg.ServerName) != nil && d.tlsName != "" {
			cfg.ServerName = d.tlsName
		}
	}
	tc := tls.Client(nc, cfg)
	if err := shake(tc, or(d.remote.TLSTimeout, defaultTLSTimeout)); err != nil {
		return nil, fmt.Errorf("%w: %w", errHandshake, err)
	}
	return tc, nil
}

// maxInfo bounds the first line of a hub.
const maxInfo = 64 << 10

// readInfo reads one line, which has to be INFO.
func readInfo(nc net.Conn, limit time.Duration) (*protocol.Info, error) {
	if err := nc.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return nil, err
	}
	var line []byte
	b := make([]byte, 1)
	for len(line) < maxInfo {
		if _, err := nc.Read(b); err != nil {
			return nil, fmt.Errorf("first INFO: %w", err)
		}
		if b[0] != '\n' {
			line = append(line, b[0])
			continue
		}
		if len(line) < 4 || string(line[:4]) != "INFO" {
			return nil, errWrongPort
		}
		info, err := protocol.ParseInfo(line[4:])
		if err != nil {
			return nil, fmt.Errorf("first INFO: %w", err)
		}
		if err := nc.SetReadDeadline(time.Time{}); err != nil {
			return nil, err
		}
		return info, nil
	}
	return nil, errWrongPort
}
