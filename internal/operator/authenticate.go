package operator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/protocol"
	"github.com/nats-io/jwt/v2"
)

// Delegation is an account that has its users judged by a service of its own.
// [ADR-26]
type Delegation struct {
	Account *core.Account
	ID      string // its public key
	XKey    string // to seal requests for, "" for none
	// Signed tells whether a key signs for the account.
	Signed func(issuer, issuerAccount string) bool
}

// Delegate asks a service who a client is. The claims it gives were signed by
// whom they name; nothing else about them is checked.
type Delegate func(c *core.Conn, req *protocol.Connect, d Delegation) (*jwt.UserClaims, error)

// SetDelegate sets what asks the authorization services of accounts. Before the
// first connection.
func (m *Manager) SetDelegate(d Delegate) { m.delegate = d }

// Authenticate lets a client in whose JWT leads to an operator, with the
// signature of the nonce by its key. It waits for the account to be fetched.
//
func (m *Manager) Authenticate(c *core.Conn, req *protocol.Connect) (*core.Grant, error) {
	token := req.JWT
	if token == "" {
		token = m.Sentinel
	}
	if token == "" {
		return nil, errors.New("no JWT")
	}
	claims, err := decodeUser(token)
	if err != nil {
		return nil, err
	}
	a, g, err := m.admit(c, &User{Claims: claims})
	if err != nil {
		return nil, err
	}
	limits, err := a.scoped(claims)
	if err != nil {
		return nil, err
	}
	if !limits.BearerToken {
		if err := auth.VerifyNonce(c, claims.Subject, req.Sig); err != nil {
			return nil, err
		}
	}
	if ext := &a.claims.Authorization; ext.IsEnabled() && !ext.AuthUsers.Contains(claims.Subject) {
		return m.delegated(c, req, a)
	}
	return g, nil
}

// admit finds a user's account and checks the user against it.
func (m *Manager) admit(c *core.Conn, u *User) (*account, *core.Grant, error) {
	id := accountOf(u.Claims)
	if pinned := *m.pinned.Load(); len(pinned) > 0 && id != m.System && !slices.Contains(pinned, id) {
		return nil, nil, fmt.Errorf("account %s is not pinned", id)
	}
	a, err := m.use(id)
	if err != nil {
		return nil, nil, fmt.Errorf("account JWT lookup error: %w", err)
	}
	u.by = a
	g, err := a.admit(c, u, time.Now())
	return a, g, err
}

// delegated has the account's service judge a client.
func (m *Manager) delegated(c *core.Conn, req *protocol.Connect, a *account) (*core.Grant, error) {
	if m.delegate == nil {
		return nil, errors.New("no authorization service can be asked")
	}
	ext := &a.claims.Authorization
	claims, err := m.delegate(c, req, Delegation{Account: a.core, ID: a.id, XKey: ext.XKey, Signed: a.signed})
	if err != nil {
		return nil, err
	}
	vr, err := validate(claims)
	if err != nil {
		return nil, err
	}
	if vr.IsBlocking(true) {
		return nil, fmt.Errorf("user of the authorization service is not valid: %s", issues(vr))
	}
	target := accountOf(claims)
	allowed := &ext.AllowedAccounts
	if target != a.id && !allowed.Contains(target) && !allowed.Contains(jwt.AnyAccount) {
		return nil, fmt.Errorf("authorization service may not place users in account %s", target)
	}
	_, g, err := m.admit(c, &User{Claims: claims, Delegated: true})
	return g, err
}
