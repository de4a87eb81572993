package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/resolver"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
	"golang.org/x/sync/singleflight"
)

// Store is where accounts' tokens come from. resolver.ErrUnknown says that there
// is none.
type Store interface {
	Load(id string) (token string, err error)
	Save(id, token string) error
}

// Config is what a manager needs to know. Store and Remote may be set later, but
// before the first connection.
type Config struct {
	Broker *core.Broker
	Trust  *Trust
	Store  Store
	// Remote asks other servers for a token, ErrUnknown when none answers in
	// time; nil where there are none to ask. It ends with the context.
	Remote func(ctx context.Context, id string) (string, error)
	// Timeout is what fetching an account and all it imports from may take.
	Timeout time.Duration
	// Services gives the service imports that every account has, before its
	// own.
	Services func(acc *core.Account, own []*core.ServiceImport) ([]*core.ServiceImport, error)
	// Cluster is the name of this server's cluster, for mappings.
	Cluster func() string
	// System is the public key of the system account, "" without one.
	System string
	// Pinned are the only accounts whose users may connect, besides the
	// system account's; none for all.
	Pinned []string
	// Sentinel is the token of clients that bring none.
	Sentinel string
}

// Manager has the accounts in use.
type Manager struct {
	Config

	fetches  singleflight.Group
	context  context.Context // ends with Stop
	cancel   context.CancelFunc
	delegate Delegate // nil without
	pinned   atomic.Pointer[[]string]

	mu       sync.Mutex // guards the fields below, and what accounts are in core
	accounts map[string]*account
	stopped  bool
}

// DefaultTimeout is what fetching an account may take. [accounts.md 10]
const DefaultTimeout = 1900 * time.Millisecond

// New makes a manager without accounts.
func New(c Config) *Manager {
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	m := &Manager{Config: c, accounts: make(map[string]*account)}
	m.pinned.Store(&c.Pinned)
	m.context, m.cancel = context.WithCancel(context.Background())
	return m
}

// cluster is the name of this server's cluster.
func (m *Manager) cluster() string {
	if m.Cluster == nil {
		return ""
	}
	return m.Cluster()
}

// SetPinned replaces the accounts whose users may connect; none for all.
func (m *Manager) SetPinned(ids []string) { m.pinned.Store(&ids) }

// Stop ends what waits for something.
func (m *Manager) Stop() {
	m.cancel()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped = true
	for _, a := range m.accounts {
		a.stopTimers()
	}
}

// Use brings an account into use, with those it imports from, and waits for
// their tokens if they have to be fetched.
func (m *Manager) Use(id string) error {
	_, err := m.use(id)
	return err
}

// use gives an account in use.
func (m *Manager) use(id string) (*account, error) {
	if a := m.inUse(id); a != nil {
		return a, nil
	}
	if !nkeys.IsValidPublicAccountKey(id) {
		return nil, fmt.Errorf("%q is not an account public key", id)
	}
	ctx, cancel := context.WithTimeout(m.context, m.Timeout)
	defer cancel()
	token, claims, err := m.fetch(ctx, id)
	if err != nil {
		return nil, err
	}
	found := m.gather(ctx, map[string]parsed{id: {token, claims}})
	return m.install(found, id), nil
}

func (m *Manager) inUse(id string) *account {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.accounts[id]
}

// parsed is a token that was found to be good.
type parsed struct {
	token  string
	claims *jwt.AccountClaims
}

// gather adds the accounts that others import from, as far as they can be had
// in time. An account is of use without them.
func (m *Manager) gather(ctx context.Context, found map[string]parsed) map[string]parsed {
	var queue []string
	for id := range found {
		queue = append(queue, id)
	}
	asked := make(map[string]bool)
	for len(queue) > 0 {
		p := found[queue[0]]
		queue = queue[1:]
		for _, im := range p.claims.Imports {
			if _, there := found[im.Account]; there || asked[im.Account] || m.inUse(im.Account) != nil {
				continue
			}
			asked[im.Account] = true
			token, claims, err := m.fetch(ctx, im.Account)
			if err != nil {
				continue // told of when the import is compiled
			}
			found[im.Account] = parsed{token, claims}
			queue = append(queue, im.Account)
		}
	}
	return found
}

// fetch gets a token and judges it; one fetch per account at a time.
func (m *Manager) fetch(ctx context.Context, id string) (string, *jwt.AccountClaims, error) {
	if !nkeys.IsValidPublicAccountKey(id) {
		return "", nil, fmt.Errorf("%q is not an account public key", id)
	}
	v, err, _ := m.fetches.Do(id, func() (any, error) {
		start := time.Now()
		token, err := m.load(ctx, id)
		if took := time.Since(start); took > slowFetch {
			m.Broker.Log().Warnf("Account [%s] fetch took %v", id, took)
		}
		if err != nil {
			m.Broker.Log().Warnf("Account fetch failed: %v", err)
			return nil, err
		}
		c, err := m.Trust.parse(id, token)
		if err != nil {
			m.Broker.Log().Warnf("Account [%s] refused: %v", id, err)
			return nil, err
		}
		return parsed{token, c}, nil
	})
	if err != nil {
		return "", nil, err
	}
	p := v.(parsed)
	return p.token, p.claims, nil
}

// slowFetch is what the log hears of.
const slowFetch = time.Second

// errTimeout says that nobody knew the account in time.
var errTimeout = errors.New("fetching jwt timed out")

// load takes a token from here, or else from other servers.
func (m *Manager) load(ctx context.Context, id string) (string, error) {
	token, err := m.Store.Load(id)
	if err == nil || !errors.Is(err, resolver.ErrUnknown) || m.Remote == nil {
		return token, err
	}
	if token, err = m.Remote(ctx, id); err != nil {
		return "", errTimeout
	}
	// Kept here only if it is what it seems: the next start reads it.
	if _, err := m.Trust.parse(id, token); err != nil {
		return "", err
	}
	if err := m.Store.Save(id, token); err != nil {
		m.Broker.Log().Errorf("Save account [%s]: %v", id, err)
	}
	return token, nil
}

// install puts accounts in use, in place of what they were before, and makes
// the imports of all whom that concerns again. It gives the account of id.
func (m *Manager) install(found map[string]parsed, id string) *account {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := make(map[string]bool)
	for id, p := range found {
		old := m.accounts[id]
		if old != nil && old.token == p.token {
			continue
		}
		a, problems := m.compile(id, p.token, p.claims)
		m.tell(a, problems)
		a.core = m.Broker.Account(id)
		if old != nil {
			old.stopTimers()
			a.services = old.services
		}
		m.accounts[id] = a
		changed[id] = true
	}
	for id := range changed {
		m.enforce(m.accounts[id])
	}
	m.renew(changed)
	for id := range changed {
		m.recheck(m.accounts[id])
	}
	return m.accounts[id]
}

// renew compiles the imports of accounts that changed, and of those that import
// from them. m.mu is held.
func (m *Manager) renew(changed map[string]bool) {
	for id, a := range m.accounts {
		if changed[id] || slices.ContainsFunc(a.claims.Imports, func(i *jwt.Import) bool { return changed[i.Account] }) {
			m.renewImports(a)
		}
	}
}

// renewImports makes an account's imports count. m.mu is held.
func (m *Manager) renewImports(a *account) {
	a.services = nil // what it has does not make a cycle with what it will have
	streams, services, until, problems := m.compileImports(a, time.Now())
	m.tell(a, problems)
	a.services = services
	a.core.SetStreamImports(streams)
	all := services
	if m.Services != nil {
		var err error
		if all, err = m.Services(a.core, services); err != nil {
			m.tell(a, []error{err})
		}
	}
	if err := a.core.SetServiceImports(all); err != nil {
		m.tell(a, []error{err})
	}
	stop(&a.imports)
	if !until.IsZero() && !m.stopped {
		a.imports = time.AfterFunc(time.Until(until), func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			if !m.stopped && m.accounts[a.id] == a {
				m.renewImports(a)
			}
		})
	}
}

// tell logs what in an account's claims is of no use.
func (m *Manager) tell(a *account, problems []error) {
	for _, err := range problems {
		m.Broker.Log().Warnf("Account [%s]: %v", a.id, err)
	}
}

// stopTimers ends what waits for the account's times.
func (a *account) stopTimers() {
	stop(&a.expiry)
	stop(&a.imports)
}

func stop(t **time.Timer) {
	if *t != nil {
		(*t).Stop()
		*t = nil
	}
}
