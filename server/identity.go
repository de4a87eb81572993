package server

import (
	"fmt"
	"net"
	"runtime"

	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
	"github.com/nats-io/nkeys"
)

// Version is what the server says it is. Clients and peers decide by it what
// they may ask for, so it is that of the reference whose protocol is spoken;
// midge's own version is in Build.
const Version = "2.15.2"

// apiLevel is the level of the JetStream API that INFO announces.
const apiLevel = 5

// identity is what a server is called: made anew at each start, except for a
// configured name.
type identity struct {
	keys   nkeys.KeyPair // signs for the server
	curve  nkeys.KeyPair // seals authorization requests
	public string        // N...
	xkey   string        // X...
	name   string
}

func newIdentity(opts *Options) (*identity, error) {
	keys, err := nkeys.CreateServer()
	if err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	curve, err := nkeys.CreateCurveKeys()
	if err != nil {
		return nil, fmt.Errorf("server curve key: %w", err)
	}
	id := &identity{keys: keys, curve: curve, name: opts.ServerName}
	if id.public, err = keys.PublicKey(); err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	if id.xkey, err = curve.PublicKey(); err != nil {
		return nil, fmt.Errorf("server curve key: %w", err)
	}
	if id.name == "" {
		id.name = id.public
	}
	return id, nil
}

// info is the part of INFO that tells who the server is.
func (id *identity) info(opts *Options) protocol.Info {
	return protocol.Info{
		ServerID: id.public, ServerName: id.name, Version: Version, Proto: 1, Go: runtime.Version(),
		Host: opts.Host, Port: opts.Port, APILevel: apiLevel, XKey: id.xkey,
		MaxPayload: int64(opts.MaxPayload),
	}
}

// advertise puts the configured public address in place of the listen address.
func (s *Server) advertise(opts *Options, info *protocol.Info) {
	if opts.ClientAdvertise == "" {
		return
	}
	if host, port, err := netx.HostPort(opts.ClientAdvertise, info.Port); err == nil {
		info.Host, info.Port = host, port
	}
}

// addrPort gives the port that a listener has.
func addrPort(l net.Listener) (int, bool) {
	if l == nil {
		return 0, false
	}
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, false
	}
	return a.Port, true
}
