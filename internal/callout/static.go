package callout

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/internal/operator"
	"github.com/midge-nats/midge/protocol"
)

// Rules are the auth_callout block of a configuration, compiled. Immutable.
type Rules struct {
	Issuer  string        // public key that signs answers and users
	Account *core.Account // where the service listens
	Users   []string      // names or keys of those who authenticate as configured
	XKey    string        // "" for none
	Allowed []string      // accounts that users may be placed in; none for any
}

// Static is the authenticator of a configuration with auth_callout: everybody
// but a few users is judged by a service.
type Static struct {
	inner  core.Authenticator
	asker  *Asker
	broker *core.Broker
	rules  atomic.Pointer[Rules] // nil: nothing is delegated
}

// NewStatic makes one on top of the authenticator of configured users.
func NewStatic(inner core.Authenticator, asker *Asker, r *Rules) *Static {
	s := &Static{inner: inner, asker: asker, broker: asker.Broker}
	s.rules.Store(r)
	return s
}

// Apply makes other rules count from now on; nil delegates nothing.
func (s *Static) Apply(r *Rules) { s.rules.Store(r) }

// Rules gives the rules in force, nil if nothing is delegated.
func (s *Static) Rules() *Rules { return s.rules.Load() }

// Authenticate asks the service, but for its own users and those of accounts
// that it may not place users in.
func (s *Static) Authenticate(c *core.Conn, req *protocol.Connect) (*core.Grant, error) {
	r := s.rules.Load()
	g, err := s.inner.Authenticate(c, req)
	switch {
	case r == nil:
		return g, err
	case slices.Contains(r.Users, req.User), slices.Contains(r.Users, req.NKey):
		return s.Guard(g, err)
	case err == nil && (slices.Contains(r.Users, g.User) || g.Account.Name() != core.GlobalAccount && !r.allows(g.Account.Name())):
		return s.Guard(g, err)
	}
	claims, err := s.asker.Ask(c, req, Target{Account: r.Account, Issuer: r.Issuer, XKey: r.XKey, Signed: r.signed})
	if err != nil {
		return nil, err
	}
	if !r.signed(claims.Issuer, claims.IssuerAccount) {
		return nil, errors.New("user JWT issuer is not known")
	}
	to := s.broker.LookupAccount(claims.Audience)
	if to == nil || !r.allows(to.Name()) {
		return nil, fmt.Errorf("user JWT is for account %q, which is not there or not allowed", claims.Audience)
	}
	g, err = operator.GrantFor(c, &operator.User{Claims: claims, Delegated: true}, to, time.Now())
	if err != nil {
		return nil, err
	}
	g.User, g.UserName = name(claims.Name, req.User, claims.Subject), ""
	return s.Guard(g, nil)
}

// name gives the first that is not empty.
func name(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

func (r *Rules) signed(issuer, _ string) bool { return issuer == r.Issuer }

// allows tells whether users may be placed in an account.
func (r *Rules) allows(account string) bool {
	return len(r.Allowed) == 0 || slices.Contains(r.Allowed, account) || account == r.Account.Name()
}

// Guard keeps the users of the service's account from asking it in the server's
// name. An error is passed on.
func (s *Static) Guard(g *core.Grant, err error) (*core.Grant, error) {
	r := s.rules.Load()
	if err != nil || r == nil || g.Account != r.Account {
		return g, err
	}
	return auth.DenyPublish(g, auth.CalloutSubject)
}

// Delegated tells whether a service placed the holder of a grant.
func Delegated(g *core.Grant) bool {
	u, ok := g.Source.(*operator.User)
	return ok && u.Delegated
}
