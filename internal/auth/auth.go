package auth

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// User is one configured user: by name, or by public nkey.
type User struct {
	Name        string // or the public key U...
	Password    string // plain or bcrypt; unused for nkeys
	Account     *core.Account
	Permissions *core.Permissions // nil allows everything
	// ConnectionTypes are the kinds of connection the user may come by, such
	// as STANDARD; empty for any.
	ConnectionTypes []string
}

// Rules are who may connect, compiled from the configuration. Immutable.
type Rules struct {
	Users map[string]*User // by name
	NKeys map[string]*User // by public key
	// Token and the single user belong to the global account.
	Token  string
	Single *User
	// Default is the user for those who give no credentials at all, nil for
	// none.
	Default *User
	// MapTLS takes the user from the client's certificate.
	MapTLS bool
	Global *core.Account
}

// Required tells whether anybody has to say who they are.
func (r *Rules) Required() bool {
	return len(r.Users) > 0 || len(r.NKeys) > 0 || r.Token != "" || r.Single != nil
}

// Authenticator checks connections against the rules in force.
type Authenticator struct{ rules atomic.Pointer[Rules] }

// New makes an authenticator.
func New(r *Rules) *Authenticator {
	a := new(Authenticator)
	a.rules.Store(r)
	return a
}

// Apply makes other rules count from now on.
func (a *Authenticator) Apply(r *Rules) { a.rules.Store(r) }

// Rules gives the rules in force.
func (a *Authenticator) Rules() *Rules { return a.rules.Load() }

// The reasons of a refusal, for the log.
var (
	errCredentials = errors.New("credentials do not match")
	errNoNonce     = errors.New("no nonce was given to sign")
	errType        = errors.New("user may not use this type of connection")
)

// nonced is a peer that was given a nonce to sign.
type nonced interface{ Nonce() string }

// Authenticate finds the grant for what a CONNECT says.
func (a *Authenticator) Authenticate(c *core.Conn, req *protocol.Connect) (*core.Grant, error) {
	r := a.rules.Load()
	if !r.Required() {
		return &core.Grant{Account: r.Global}, nil
	}
	u, err := r.find(c, req)
	if err != nil {
		return nil, err
	}
	if !u.takes(connectionType(c)) {
		return nil, errType
	}
	return u.Grant(), nil
}

// Grant is what the user gets.
func (u *User) Grant() *core.Grant {
	return &core.Grant{Account: u.Account, User: u.Name, Permissions: u.Permissions, Configured: true}
}

// find gives the user, in the order of client.md 10.
func (r *Rules) find(c *core.Conn, req *protocol.Connect) (*User, error) {
	if r.Default != nil && (anonymous(req) || req.NKey != "" && req.NKey == r.Default.Name) {
		return r.Default, nil
	}
	switch {
	case req.NKey != "" && len(r.NKeys) > 0:
		return r.byNKey(c, req)
	case len(r.Users) > 0 && r.MapTLS:
		return r.byCertificate(c)
	case len(r.Users) > 0:
		u := r.Users[req.User]
		if u == nil || !matches(u.Password, req.Pass) {
			return nil, errCredentials
		}
		return u, nil
	case r.Token != "":
		if !matches(r.Token, req.Token) {
			return nil, errCredentials
		}
		return &User{Account: r.Global}, nil
	case r.Single != nil && r.MapTLS:
		return r.byCertificate(c)
	case r.Single != nil:
		if !same(r.Single.Name, req.User) || !matches(r.Single.Password, req.Pass) {
			return nil, errCredentials
		}
		return r.Single, nil
	}
	return nil, errCredentials
}

// anonymous tells whether a CONNECT gives no credentials. A JWT is none where
// no operator is trusted. [client.md 3]
func anonymous(req *protocol.Connect) bool {
	return req.User == "" && req.Pass == "" && req.Token == "" && req.NKey == ""
}

// byNKey checks the signature of the nonce. [P-22]
func (r *Rules) byNKey(c *core.Conn, req *protocol.Connect) (*User, error) {
	u := r.NKeys[req.NKey]
	if u == nil {
		return nil, errCredentials
	}
	p, ok := c.Peer().(nonced)
	if !ok || p.Nonce() == "" {
		return nil, errNoNonce
	}
	return u, verify(req.NKey, p.Nonce(), req.Sig)
}

// byCertificate takes the first identity in the client's certificate that is a
// user.
func (r *Rules) byCertificate(c *core.Conn) (*User, error) {
	tc, ok := c.Transport().(*tls.Conn)
	if !ok {
		return nil, errors.New("no certificate: the connection is not TLS")
	}
	certs := tc.ConnectionState().PeerCertificates
	if len(certs) == 0 {
		return nil, errors.New("no client certificate")
	}
	for _, name := range identities(certs[0]) {
		if u := r.userNamed(name); u != nil {
			return u, nil
		}
	}
	if u := r.byDN(certs[0]); u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("certificate of %q is no user's", certs[0].Subject)
}

func (r *Rules) userNamed(name string) *User {
	if u := r.Users[name]; u != nil {
		return u
	}
	if r.Single != nil && r.Single.Name == name {
		return r.Single
	}
	return nil
}

// takes tells whether the user may come by a type of connection.
func (u *User) takes(typ string) bool {
	return len(u.ConnectionTypes) == 0 || slices.ContainsFunc(u.ConnectionTypes, func(t string) bool {
		return strings.EqualFold(t, typ)
	})
}

// connectionType names how a client is connected.
func connectionType(c *core.Conn) string {
	if !c.Kind().IsClient() {
		return "LEAFNODE"
	}
	if host, _ := c.RemoteHost(); host == "" {
		return "IN_PROCESS"
	}
	return "STANDARD"
}
