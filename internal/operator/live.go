package operator

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/nats-io/jwt/v2"
)

// enforce makes what an account's claims say about itself count in core, from
// now on and for its connections. m.mu is held.
func (m *Manager) enforce(a *account) {
	a.core.SetDisplayName(a.claims.Name)
	a.core.SetMappings(a.mappings)
	a.core.SetTracing(a.tracing)
	exports := make([]*core.Export, 0, len(a.exports))
	for _, e := range a.exports {
		exports = append(exports, e.core)
	}
	a.core.SetExports(exports)
	if e := a.expires(); !e.IsZero() && !m.stopped {
		a.expiry = time.AfterFunc(time.Until(e), func() { m.expire(a) })
	}
}

// expire closes the connections of an account whose claims have run out.
func (m *Manager) expire(a *account) {
	m.mu.Lock()
	current := m.accounts[a.id] == a && !m.stopped
	m.mu.Unlock()
	if !current {
		return
	}
	for _, c := range a.core.Conns() {
		c.Fail(protocol.ErrAccountExpired)
	}
}

// regranted is a peer that takes a new grant.
type regranted interface{ Regrant(g *core.Grant) }

// recheck judges the live connections of an account by its new claims. Who may
// not stay is closed before the limits count, so that they close nobody else.
// m.mu is held.
func (m *Manager) recheck(a *account) {
	now := time.Now()
	for _, c := range a.core.Conns() {
		if e := a.judge(c, now); e != nil {
			c.Fail(e)
		}
	}
	a.core.SetLimits(a.limits())
}

// judge gives the reason why a connection may not stay, nil if it may; then it
// has what its user may do now.
func (a *account) judge(c *core.Conn, now time.Time) *protocol.Error {
	g := c.Grant()
	if g == nil {
		return nil
	}
	u, ok := g.Source.(*User)
	if !ok {
		return nil
	}
	if a.expired(now) {
		return protocol.ErrAccountExpired
	}
	next, err := a.admit(c, u, now)
	switch {
	case errors.Is(err, errRevoked):
		return protocol.ErrRevoked
	case err != nil:
		return protocol.ErrAuthorization
	}
	// Regranted even without a change: limits of the account count for each.
	if p, ok := c.Peer().(regranted); ok {
		if reflect.DeepEqual(rulesOf(g), rulesOf(next)) {
			next.Permissions = g.Permissions
		}
		p.Regrant(next)
	}
	return nil
}

// rulesOf gives a grant's permissions as they were written, nil for all.
func rulesOf(g *core.Grant) *core.Rules {
	if g.Permissions == nil {
		return nil
	}
	r := g.Permissions.Rules()
	return &r
}

// Drop takes accounts out of use whose tokens are gone, and closes their
// connections.
func (m *Manager) Drop(ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := make(map[string]bool)
	for _, id := range ids {
		a := m.accounts[id]
		if a == nil {
			continue
		}
		a.stopTimers()
		delete(m.accounts, id)
		changed[id] = true
		a.core.SetExports(nil)
		a.core.SetStreamImports(nil)
		if err := a.core.SetServiceImports(nil); err != nil {
			m.tell(a, []error{err})
		}
		for _, c := range a.core.Conns() {
			c.Fail(protocol.ErrAuthorization)
		}
	}
	m.renew(changed)
}

// Opened judges a connection once more when its account has changed between its
// admission and now: the change did not see it.
func (m *Manager) Opened(c *core.Conn) {
	g := c.Grant()
	if g == nil {
		return
	}
	u, ok := g.Source.(*User)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.accounts[g.Account.Name()]
	switch {
	case a == u.by:
	case a == nil:
		c.Fail(protocol.ErrAuthorization)
	default:
		if e := a.judge(c, time.Now()); e != nil {
			c.Fail(e)
		}
	}
}

// Closed completes core.Events.
func (m *Manager) Closed(*core.Conn, protocol.CloseReason) {}

// Update puts a new token of an account into the store and, if the account is
// in use or others import from it, makes it count. The token is judged again:
// nobody needs to have done so.
func (m *Manager) Update(id, token string) error {
	claims, err := m.check(id, token)
	if err != nil {
		return err
	}
	if err := m.Store.Save(id, token); err != nil {
		return err
	}
	m.changed(id, parsed{token, claims})
	return nil
}

// Check tells whether a token is good, be it expired or not.
func (m *Manager) Check(id, token string) error {
	_, err := m.Trust.parse(id, token)
	return err
}

// check judges a token that is to count from now on.
func (m *Manager) check(id, token string) (*jwt.AccountClaims, error) {
	c, err := m.Trust.parse(id, token)
	if err != nil {
		return nil, err
	}
	vr, err := validate(c)
	if err != nil {
		return nil, err
	}
	if vr.IsBlocking(true) {
		return nil, &validationError{issues(vr)}
	}
	return c, nil
}

// changed makes a token that is in the store count where it matters. What it
// imports from may have to be fetched from other servers: nobody waits for that.
func (m *Manager) changed(id string, p parsed) {
	if !m.concerns(id) {
		return
	}
	m.install(map[string]parsed{id: p}, id)
	if len(p.claims.Imports) == 0 {
		return
	}
	m.Broker.Go("account imports", func() {
		ctx, cancel := context.WithTimeout(m.context, m.Timeout)
		defer cancel()
		found := m.gather(ctx, map[string]parsed{id: p})
		delete(found, id)
		if len(found) > 0 {
			m.install(found, id)
		}
	})
}

// concerns tells whether an account in use is this one or imports from it.
func (m *Manager) concerns(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.accounts[id] != nil {
		return true
	}
	for _, a := range m.accounts {
		for _, im := range a.claims.Imports {
			if im.Account == id {
				return true
			}
		}
	}
	return false
}
