package server

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/operator"
	"github.com/midge-nats/midge/internal/resolver"
)

// operators are what a server has whose accounts come from operators.
type operators struct {
	trust   *operator.Trust
	manager *operator.Manager
	service *operator.Service // nil without a system account
	url     *resolver.URL     // nil with another resolver
}

// The defaults of resolvers. [accounts.md 10]
const (
	resolverInterval = time.Minute
	cacheLimit       = 1000
	cacheTTL         = time.Hour
)

// trustOperators reads the operators that the options name, and puts what they
// say into the options; nil without operators. It comes before the defaults.
func trustOperators(opts *Options) (*operator.Trust, error) {
	if !hasOperators(opts) {
		return nil, nil
	}
	t, err := operator.NewTrust(opts.Operators, opts.TrustedKeys, Version)
	if err != nil {
		return nil, err
	}
	named := opts.SystemAccount
	if named == conf.DefaultSystemAccount { // which no operator can have signed
		named = ""
	}
	switch {
	case named == "":
		named = t.SystemAccount
	case t.SystemAccount != "" && t.SystemAccount != named:
		return nil, errors.New("system_account in config and operator JWT must be identical")
	}
	opts.SystemAccount = named
	opts.NoSystemAccount = named == ""
	if t.ServerURL != "" && (opts.Resolver == nil || opts.Resolver.Type == "") {
		if opts.Resolver == nil {
			opts.Resolver = new(conf.Resolver)
		}
		opts.Resolver.Type, opts.Resolver.URL = "url", t.ServerURL+"/accounts/"
	}
	if r := opts.Resolver; named == "" && r != nil && (r.Type == "full" || r.Type == "cache") {
		return nil, errors.New("using nats based account resolver - the system account needs to be specified in configuration or the operator jwt")
	}
	return t, nil
}

// hasOperators tells whether accounts and users come from operators.
func hasOperators(opts *Options) bool { return len(opts.Operators) > 0 || len(opts.TrustedKeys) > 0 }

// wireOperators makes the manager of accounts, without opening anything yet.
func (s *Server) wireOperators(opts *Options, trust *operator.Trust) {
	system := opts.SystemAccount
	if opts.NoSystemAccount {
		system = ""
	}
	s.operators = &operators{trust: trust, manager: operator.New(operator.Config{
		Broker: s.broker, Trust: trust, Timeout: opts.Resolver.Timeout, Services: s.withSystem, Cluster: s.ClusterName,
		System: system, Pinned: opts.PinnedAccounts, Sentinel: opts.DefaultSentinel,
	})}
}

// startOperators opens the resolver and brings the system account into use.
func (s *Server) startOperators(opts *Options) error {
	o := s.operators
	if o == nil {
		return nil
	}
	for _, line := range o.trust.Describe() {
		s.log.Noticef("%s", line)
	}
	store, dir, err := s.openResolver(opts.Resolver)
	if err != nil {
		return err
	}
	o.manager.Store = store
	if err := s.preload(opts.Resolver, store); err != nil {
		return err
	}
	if s.system == nil {
		return nil
	}
	service := operator.NewService(operator.ServiceConfig{
		Broker: s.broker, Account: s.system.Account(), Manager: o.manager, Dir: dir, Every: opts.Resolver.Interval,
	})
	if dir != nil {
		o.manager.Remote = service.Remote
	}
	if err := o.manager.Use(opts.SystemAccount); err != nil {
		if dir == nil {
			return fmt.Errorf("error resolving system account: %w", err)
		}
		s.log.Warnf("System account [%s] is not known yet: %v", opts.SystemAccount, err)
	}
	o.service = service
	return service.Start()
}

// openResolver makes what account tokens come from; dir is nil unless they are
// files.
func (s *Server) openResolver(r *conf.Resolver) (store operator.Store, dir *resolver.Dir, err error) {
	switch r.Type {
	case "url":
		timeout := r.Timeout
		if timeout <= 0 {
			timeout = operator.DefaultTimeout
		}
		u := resolver.NewURL(r.URL, timeout, nil)
		s.operators.url = u
		return u, nil, u.Reachable()
	case "full", "cache":
		set := resolver.Settings{
			Dir: r.Dir, Cache: r.Type == "cache", Limit: r.Limit, TTL: r.TTL, AllowDelete: r.AllowDelete, HardDelete: r.HardDelete,
		}
		if set.Cache {
			set.Limit, set.TTL = withDefault(r.Limit, cacheLimit), withDefault(r.TTL, cacheTTL)
		} else {
			r.Interval = withDefault(r.Interval, resolverInterval)
		}
		dir, ignored, err := resolver.Open(set)
		if err != nil {
			return nil, nil, err
		}
		for _, err := range ignored {
			s.log.Warnf("Ignored: %v", err)
		}
		abs, err := filepath.Abs(r.Dir)
		if err != nil {
			return nil, nil, err
		}
		s.log.Noticef("Managing all jwt in exclusive directory %s", abs)
		return dir, dir, nil
	}
	return resolver.NewMemory(), nil, nil
}

// withDefault gives the default in place of zero.
func withDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// newer is a store that keeps the token that was signed last.
type newer interface {
	SaveIfNewer(id, token string) (bool, error)
}

// preload puts the configured tokens into the resolver, unless there are newer
// ones.
func (s *Server) preload(r *conf.Resolver, store operator.Store) error {
	for id, token := range r.Preload {
		err := s.operators.manager.Check(id, token)
		if err == nil {
			if n, ok := store.(newer); ok {
				_, err = n.SaveIfNewer(id, token)
			} else {
				err = store.Save(id, token)
			}
		}
		if err != nil {
			return fmt.Errorf("preload account error for %q: %w", id, err)
		}
	}
	return nil
}

// reloadOperators makes what may change of them count: the tokens of a memory
// resolver and the accounts that may connect.
func (s *Server) reloadOperators(next *Options) {
	o := s.operators
	if o == nil {
		return
	}
	o.manager.SetPinned(next.PinnedAccounts)
	if next.Resolver.Type != "memory" {
		return
	}
	for id, token := range next.Resolver.Preload {
		if old, err := o.manager.Store.Load(id); err == nil && old == token {
			continue
		}
		if err := o.manager.Update(id, token); err != nil {
			s.log.Errorf("Reload of account [%s]: %v", id, err)
		}
	}
}

// stopOperators ends what waits for tokens.
func (s *Server) stopOperators() {
	o := s.operators
	if o == nil {
		return
	}
	o.manager.Stop()
	if o.service != nil {
		o.service.Stop()
	}
	if o.url != nil {
		o.url.Close()
	}
}

// operatedGrant tells whether a connection was let in by other than the users of
// the configuration: a reload of those does not concern it.
func (s *Server) operatedGrant(g *core.Grant) bool {
	_, ok := g.Source.(*operator.User)
	return ok
}
