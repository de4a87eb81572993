package server

import (
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/callout"
	"github.com/midge-nats/midge/internal/operator"
	"github.com/midge-nats/midge/protocol"
	"github.com/nats-io/jwt/v2"
)

// authenticator gives what clients are admitted by: the configured users, what
// operators signed, or a service.
func (s *Server) authenticator(opts *Options, trust *operator.Trust) (core.Authenticator, error) {
	asker, err := callout.NewAsker(callout.Config{
		Broker: s.broker, Keys: s.id.keys, Curve: s.id.curve, Server: s.calloutServer,
		Timeout: func() time.Duration { return seconds(s.getOpts().AuthTimeout) },
	})
	if err != nil {
		return nil, err
	}
	s.asker = asker
	if trust == nil {
		s.callout = callout.NewStatic(s.auth, asker, s.calloutRules(opts))
		return s.callout, nil
	}
	s.wireOperators(opts, trust)
	s.operators.manager.SetDelegate(func(c *core.Conn, req *protocol.Connect, d operator.Delegation) (*jwt.UserClaims, error) {
		return asker.Ask(c, req, callout.Target{Account: d.Account, Issuer: d.ID, XKey: d.XKey, Signed: d.Signed})
	})
	return s.operators.manager, nil
}

// calloutRules compiles the auth_callout block, nil of none.
func (s *Server) calloutRules(opts *Options) *callout.Rules {
	b := opts.AuthCallout
	if b == nil {
		return nil
	}
	return &callout.Rules{
		Issuer: b.Issuer, Account: s.broker.Account(b.Account), Users: b.AuthUsers, XKey: b.XKey, Allowed: b.AllowedAccounts,
	}
}

// calloutServer describes this server to authorization services.
func (s *Server) calloutServer() jwt.ServerID {
	opts := s.getOpts()
	return jwt.ServerID{Name: s.Name(), Host: opts.Host, ID: s.ID(), Version: Version, Cluster: s.ClusterName(), Tags: opts.Tags}
}

// reloadCallout makes another auth_callout block count.
func (s *Server) reloadCallout(next *Options) {
	if s.callout != nil {
		s.callout.Apply(s.calloutRules(next))
	}
}

// guarded keeps a grant that a reload gives within what the service's account
// allows.
func (s *Server) guarded(g *core.Grant) *core.Grant {
	if s.callout == nil {
		return g
	}
	next, err := s.callout.Guard(g, nil)
	if err != nil { // one more denied subject compiles as the others did
		s.log.Errorf("Permissions of %q: %v", g.User, err)
		return g
	}
	return next
}
