package server

import (
	"fmt"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
)

// setup is what the options say about accounts and users, compiled: made whole
// before any of it counts, so that a reload happens altogether or not at all.
type setup struct {
	accounts []accountSetup
	rules    *auth.Rules
}

// accountSetup is one account's part.
type accountSetup struct {
	account  *core.Account
	mappings *core.Mappings
	tracing  *core.Tracing
	limits   core.AccountLimits
	exports  []*core.Export
	streams  []*core.StreamImport
	services []*core.ServiceImport
}

// build compiles the options. Accounts are made as needed, but nothing about
// existing ones changes.
func (s *Server) build(opts *Options) (*setup, error) {
	st := &setup{rules: &auth.Rules{
		Users: make(map[string]*auth.User), NKeys: make(map[string]*auth.User),
		Token: opts.Authorization, Global: s.broker.Account(core.GlobalAccount),
		MapTLS: opts.TLSMap,
	}}
	global := accountSetup{account: st.rules.Global, limits: core.Unlimited}
	var err error
	if global.mappings, err = mappings(opts.Mappings, opts.Cluster.Name); err != nil {
		return nil, err
	}
	st.accounts = append(st.accounts, global)
	if !opts.NoSystemAccount {
		s.broker.Account(opts.SystemAccount)
	}
	for _, a := range opts.Accounts {
		as, err := s.buildAccount(a, opts.Cluster.Name)
		if err != nil {
			return nil, fmt.Errorf("account %q: %w", a.Name, err)
		}
		st.accounts = append(st.accounts, as)
	}
	if err := s.buildImports(st, opts.Accounts); err != nil {
		return nil, err
	}
	return st, s.buildUsers(st.rules, opts)
}

func (s *Server) buildAccount(a *conf.Account, cluster string) (accountSetup, error) {
	as := accountSetup{account: s.broker.Account(a.Name), limits: core.Unlimited}
	if l := a.Limits; l != nil {
		as.limits = core.AccountLimits{Connections: l.MaxConn, Leafnodes: l.MaxLeafs, Subscriptions: l.MaxSubs, PayloadBytes: l.MaxPayload}
	}
	if a.TraceDest != "" {
		as.tracing = &core.Tracing{Dest: a.TraceDest, Sampling: a.TraceSampling}
	}
	var err error
	as.mappings, err = mappings(a.Mappings, cluster)
	return as, err
}

func mappings(list []*conf.Mapping, cluster string) (*core.Mappings, error) {
	var rules []core.Mapping
	for _, m := range list {
		r := core.Mapping{Source: m.Source}
		for _, d := range m.Destinations {
			r.Dests = append(r.Dests, core.MappingDest{Subject: d.Subject, Percent: int(d.Weight), Cluster: d.Cluster})
		}
		rules = append(rules, r)
	}
	return core.NewMappings(rules, cluster)
}

// buildUsers compiles who may connect.
func (s *Server) buildUsers(r *auth.Rules, opts *Options) error {
	for _, u := range opts.Users {
		p, err := permissions(u.Permissions)
		if err != nil {
			return fmt.Errorf("user %q: %w", u.Username, err)
		}
		r.Users[u.Username] = &auth.User{
			Name: u.Username, Password: u.Password, Account: s.accountOf(u.Account), Permissions: p,
			ConnectionTypes: u.AllowedConnectionTypes,
		}
	}
	for _, u := range opts.Nkeys {
		p, err := permissions(u.Permissions)
		if err != nil {
			return fmt.Errorf("nkey %q: %w", u.Nkey, err)
		}
		r.NKeys[u.Nkey] = &auth.User{
			Name: u.Nkey, Account: s.accountOf(u.Account), Permissions: p, ConnectionTypes: u.AllowedConnectionTypes,
		}
	}
	if opts.Username != "" {
		r.Single = &auth.User{Name: opts.Username, Password: opts.Password, Account: r.Global}
	}
	if opts.NoAuthUser != "" {
		if r.Default = r.Users[opts.NoAuthUser]; r.Default == nil {
			r.Default = r.NKeys[opts.NoAuthUser]
		}
	}
	return nil
}

func (s *Server) accountOf(a *conf.Account) *core.Account {
	if a == nil {
		return s.broker.Account(core.GlobalAccount)
	}
	return s.broker.Account(a.Name)
}

// permissions compiles configured permissions, nil of none.
func permissions(p *conf.Permissions) (*core.Permissions, error) {
	if p == nil {
		return nil, nil
	}
	var r core.Rules
	if p.Publish != nil {
		r.PublishAllow, r.PublishDeny = p.Publish.Allow, p.Publish.Deny
	}
	if p.Subscribe != nil {
		r.SubscribeAllow, r.SubscribeDeny = p.Subscribe.Allow, p.Subscribe.Deny
	}
	if p.Response != nil {
		r.Responses = &core.Responses{Max: p.Response.MaxMsgs, Expires: p.Response.Expires}
	}
	return core.NewPermissions(r)
}

// install makes a setup count.
func (s *Server) install(st *setup) error {
	for _, a := range st.accounts {
		a.account.SetMappings(a.mappings)
		a.account.SetTracing(a.tracing)
		a.account.SetLimits(a.limits)
		a.account.SetExports(a.exports)
		a.account.SetStreamImports(a.streams)
		services, err := s.withSystem(a.account, a.services)
		if err != nil {
			return err
		}
		if err := a.account.SetServiceImports(services); err != nil {
			return err
		}
	}
	s.auth.Apply(st.rules)
	return nil
}

// withSystem adds to an account's services those that all have from the system
// account.
func (s *Server) withSystem(acc *core.Account, services []*core.ServiceImport) ([]*core.ServiceImport, error) {
	if s.system == nil {
		return services, nil
	}
	own, err := s.system.Imports(acc)
	return append(own, services...), err
}
