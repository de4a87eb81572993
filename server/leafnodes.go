package server

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/leafnode"
	"github.com/midge-nats/midge/protocol"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// newLeafnodes makes the server's side of its hubs and spokes, nil when there
// are to be none.
func (s *Server) newLeafnodes(opts *Options, rules *auth.Rules, authenticator core.Authenticator) (*leafnode.Manager, error) {
	l := &opts.LeafNode
	if l.Port == 0 && len(l.Remotes) == 0 {
		return nil, nil
	}
	set := &leafnode.Settings{
		Listen: l.Port != 0, Host: l.Host, Port: l.Port, Advertise: l.Advertise, NoAdvertise: l.NoAdvertise,
		AuthTimeout: seconds(l.AuthTimeout), TLS: l.TLSConfig, TLSTimeout: seconds(l.TLSTimeout),
		HandshakeFirst: l.TLSBlock != nil && l.TLSBlock.HandshakeFirst, MinVersion: l.MinVersion, Isolate: l.Isolate,
		Reconnect: seconds(l.ReconnectSeconds), PingInterval: opts.PingInterval, PingMax: opts.MaxPingsOut,
		MaxControlLine: int(opts.MaxControlLine), MaxPayload: int64(opts.MaxPayload), MaxPending: opts.MaxPending,
		WriteDeadline: opts.WriteDeadline, Cluster: s.leafCluster(opts),
	}
	if set.Host == "" {
		set.Host = opts.Host
	}
	if l.WriteDeadline > 0 {
		set.WriteDeadline = l.WriteDeadline
	}
	for _, r := range l.Remotes {
		if r.Disabled {
			continue
		}
		remote, err := leafRemote(r, l)
		if err != nil {
			return nil, err
		}
		set.Remotes = append(set.Remotes, remote)
	}
	own := &leafAuth{server: s, opts: l, required: rules.Required() || hasOperators(opts), next: authenticator}
	return leafnode.New(leafnode.Deps{Broker: s.broker, Info: s.baseInfo, Authenticate: own.authenticate, System: s.systemAccount}, set), nil
}

// leafCluster is the name of the cluster for other leafnode servers: a server
// alone that dials hubs is a cluster of its own name. [L-4]
func (s *Server) leafCluster(opts *Options) string {
	switch {
	case s.routes != nil:
		return s.routes.Name()
	case opts.Gateway.Name == "" && len(opts.LeafNode.Remotes) > 0:
		return s.Name()
	}
	return opts.Gateway.Name
}

func leafRemote(r *conf.RemoteLeafOpts, l *conf.LeafNodeOpts) (*leafnode.Remote, error) {
	remote := &leafnode.Remote{
		Account: r.LocalAccount, URLs: r.URLs, TLS: r.TLSConfig, TLSTimeout: seconds(r.TLSTimeout),
		HandshakeFirst: r.TLSBlock != nil && r.TLSBlock.HandshakeFirst, Hub: r.Hub,
		DenyImports: r.DenyImports, DenyExports: r.DenyExports, NoRandomize: r.NoRandomize,
		IgnoreDiscovered: r.IgnoreDiscovered, Isolate: r.Isolate, RequestIsolation: r.RequestIsolation,
		DialTimeout: r.DialTimeout, FirstInfoTimeout: r.FirstInfoTimeout,
	}
	if remote.Account == "" {
		remote.Account = core.GlobalAccount
	}
	if remote.DialTimeout == 0 {
		remote.DialTimeout = l.DialTimeout
	}
	for _, u := range r.URLs {
		if u.Scheme == "ws" || u.Scheme == "wss" {
			return nil, fmt.Errorf("leafnode remote %q: websocket is not supported", u.Redacted())
		}
	}
	switch {
	case r.Credentials != "":
		remote.Identity = func(nonce []byte) (string, string, string, error) { return signWithCreds(r.Credentials, nonce) }
	case r.Nkey != "":
		remote.Identity = func(nonce []byte) (string, string, string, error) { return signWithSeed(r.Nkey, nonce) }
	}
	return remote, nil
}

// signWithCreds reads the file anew each time: it may have been renewed.
func signWithCreds(file string, nonce []byte) (token, _, sig string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", "", "", fmt.Errorf("leafnode credentials: %w", err)
	}
	if token, err = jwt.ParseDecoratedJWT(text); err != nil {
		return "", "", "", fmt.Errorf("leafnode credentials %q: %w", file, err)
	}
	keys, err := jwt.ParseDecoratedUserNKey(text)
	if err != nil {
		return "", "", "", fmt.Errorf("leafnode credentials %q: %w", file, err)
	}
	defer keys.Wipe()
	_, sig, err = sign(keys, nonce)
	return token, "", sig, err
}

func signWithSeed(seed string, nonce []byte) (_, public, sig string, err error) {
	keys, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return "", "", "", fmt.Errorf("leafnode nkey: %w", err)
	}
	defer keys.Wipe()
	public, sig, err = sign(keys, nonce)
	return "", public, sig, err
}

// leafAuth admits spokes: by the leafnodes' own users, else as clients are.
// [leafnode.md 5]
type leafAuth struct {
	server   *Server
	opts     *conf.LeafNodeOpts
	required bool
	next     core.Authenticator
}

var errLeafCredentials = errors.New("credentials do not match")

func (a *leafAuth) authenticate(c *core.Conn, said *protocol.LinkConnect) (*core.Grant, error) {
	l := a.opts
	switch {
	case l.Username != "":
		if !auth.SameUser(l.Username, l.Password, said.User, said.Pass) {
			return nil, errLeafCredentials
		}
		return a.grant(l.Account, l.Username), nil
	case l.Nkey != "":
		if said.NKey != l.Nkey {
			return nil, errLeafCredentials
		}
		if err := auth.VerifyNonce(c, l.Nkey, said.Sig); err != nil {
			return nil, err
		}
		return a.grant(l.Account, l.Nkey), nil
	case len(l.Users) > 0:
		for _, u := range l.Users {
			if u.Username == said.User && auth.SameUser(u.Username, u.Password, said.User, said.Pass) {
				return a.grant(u.AccountName, u.Username), nil
			}
		}
		return nil, errLeafCredentials
	case !a.required:
		return a.grant(l.Account, ""), nil
	}
	return a.next.Authenticate(c, &said.Connect)
}

func (a *leafAuth) grant(account, user string) *core.Grant {
	if account == "" {
		account = core.GlobalAccount
	}
	return &core.Grant{Account: a.server.broker.Account(account), User: user, Configured: user != ""}
}

// leafnodeList describes the leafnodes for monitoring.
func (s *Server) leafnodeList() []*monitor.LeafnodeInfo {
	if s.leafnodes == nil {
		return nil
	}
	var list []*monitor.LeafnodeInfo
	for _, c := range s.leafnodes.Peers() {
		l := s.monitor.DescribeLeafnode(c.Core())
		l.Account, l.Isolated = c.Account().Name(), c.Isolated()
		list = append(list, l)
	}
	return list
}

// leafInfo describes listener and remotes for monitoring.
func (s *Server) leafInfo() monitor.LeafInfo {
	if s.leafnodes == nil {
		return monitor.LeafInfo{}
	}
	l := &s.getOpts().LeafNode
	i := monitor.LeafInfo{Host: l.Host, AuthTimeout: l.AuthTimeout, TLSTimeout: l.TLSTimeout, TLSRequired: l.TLSConfig != nil}
	if l.Port != 0 {
		i.Port = s.leafnodes.Port()
	}
	for _, r := range l.Remotes {
		info := monitor.LeafRemoteInfo{LocalAccount: r.LocalAccount, TLSTimeout: r.TLSTimeout}
		for _, u := range r.URLs {
			info.URLs = append(info.URLs, u.Redacted())
		}
		if len(r.DenyExports)+len(r.DenyImports) > 0 {
			info.Deny = &monitor.LeafDeny{Exports: r.DenyExports, Imports: r.DenyImports}
		}
		i.Remotes = append(i.Remotes, info)
	}
	return i
}

// leafListener is the leafnode port's listener, nil without one.
func (s *Server) leafListener() net.Listener {
	if s.leafnodes == nil {
		return nil
	}
	return s.leafnodes.Listener()
}

// sign gives the public key and the signature of a nonce.
func sign(keys nkeys.KeyPair, nonce []byte) (public, sig string, err error) {
	if public, err = keys.PublicKey(); err != nil {
		return "", "", fmt.Errorf("leafnode nkey: %w", err)
	}
	raw, err := keys.Sign(nonce)
	if err != nil {
		return "", "", fmt.Errorf("leafnode nkey: %w", err)
	}
	return public, base64.RawURLEncoding.EncodeToString(raw), nil
}

// NumLeafNodes is the number of leafnode connections, as hub and as spoke.
func (s *Server) NumLeafNodes() int {
	if s.leafnodes == nil {
		return 0
	}
	return len(s.leafnodes.Peers())
}
