package operator

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/internal/resolver"
	"github.com/nats-io/jwt/v2"
)

// User is what a connection's user was admitted by: the Source of its grant, so
// that a change of its account can be judged.
type User struct {
	Claims *jwt.UserClaims
	// Delegated is set when an authorization service made the claims: there
	// is no key of the user's own.
	Delegated bool

	by *account // the state of the account that admitted it
}

// decodeUser reads a user's token and checks its signature, its form and its
// times, not who signed it.
func decodeUser(token string) (c *jwt.UserClaims, err error) {
	defer resolver.Guard(&err)
	if c, err = jwt.DecodeUserClaims(token); err != nil {
		return nil, fmt.Errorf("User JWT not valid: %w", err) //nolint:staticcheck // the reference's text
	}
	vr := jwt.CreateValidationResults()
	c.Validate(vr)
	if vr.IsBlocking(true) {
		return nil, fmt.Errorf("User JWT not valid: %s", issues(vr)) //nolint:staticcheck // the reference's text
	}
	return c, nil
}

// accountOf gives the account that a user says it belongs to.
func accountOf(c *jwt.UserClaims) string {
	if c.IssuerAccount != "" {
		return c.IssuerAccount
	}
	return c.Issuer
}

// admit checks a user against its account, in the order of accounts.md 10, and
// gives what it gets. A signature over the nonce is the caller's to check.
func (a *account) admit(c *core.Conn, u *User, now time.Time) (*core.Grant, error) {
	limits, err := a.scoped(u.Claims)
	if err != nil {
		return nil, err
	}
	switch {
	case a.expired(now):
		return nil, errors.New("account is expired")
	case limits.BearerToken && a.claims.Limits.DisallowBearer:
		return nil, errors.New("account does not allow bearer tokens")
	case !typeAllowed(limits.AllowedConnectionTypes, c):
		return nil, errors.New("connection type not allowed")
	case a.revoked(u.Claims):
		return nil, errRevoked
	case !sourceAllowed(limits.Src, c):
		return nil, errors.New("user is not allowed from this address")
	}
	until, ok := window(&limits.UserLimits, now)
	if !ok {
		return nil, errors.New("user is not allowed at this time")
	}
	p, err := a.permissions(limits)
	if err != nil {
		return nil, err
	}
	expires := unix(u.Claims.Expires)
	if expires.IsZero() || !until.IsZero() && until.Before(expires) {
		expires = until
	}
	return &core.Grant{
		Account: a.core, User: u.Claims.Subject, UserName: u.Claims.Name, Permissions: p, Configured: true, Source: u,
		Limits:  core.UserLimits{Subscriptions: int(limits.Subs), PayloadBytes: limits.Payload},
		Expires: expires,
	}, nil
}

// GrantFor gives what the user of an authorization service gets in a configured
// account. Who signed the claims is the caller's to check.
func GrantFor(c *core.Conn, u *User, to *core.Account, now time.Time) (*core.Grant, error) {
	a := &account{id: u.Claims.Issuer, claims: new(jwt.AccountClaims), core: to}
	return a.admit(c, u, now)
}

// errRevoked says that the account has withdrawn a user's token.
var errRevoked = errors.New("user is revoked")

// revoked tells whether the account has withdrawn the user's token.
func (a *account) revoked(c *jwt.UserClaims) bool {
	return a.claims.Revocations.IsRevoked(c.Subject, time.Unix(c.IssuedAt, 0))
}

// scoped gives what a user may, from its own claims or from the template of the
// signing key that signed them.
func (a *account) scoped(c *jwt.UserClaims) (*jwt.UserPermissionLimits, error) {
	if !a.signed(c.Issuer, c.IssuerAccount) {
		return nil, errors.New("User JWT issuer is not known") //nolint:staticcheck // the reference's text
	}
	scope, ok := a.claims.SigningKeys.GetScope(c.Issuer)
	if !ok || scope == nil || c.Issuer == a.id {
		return &c.UserPermissionLimits, nil
	}
	if err := scope.ValidateScopedSigner(c); err != nil {
		return nil, fmt.Errorf("User JWT is not valid: %w", err) //nolint:staticcheck // the reference's text
	}
	us, ok := scope.(*jwt.UserScope)
	if !ok {
		return nil, fmt.Errorf("signing key of unknown scope %T", scope)
	}
	limits := us.Template
	var err error
	limits.Permissions, err = (&template{user: c, account: a.claims}).permissions(&us.Template.Permissions)
	return &limits, err
}

// permissions compiles what a user may; the account's default is for those who
// bring nothing. Where the account has an authorization service, nobody but this
// server may ask it. [ADR-26]
func (a *account) permissions(l *jwt.UserPermissionLimits) (*core.Permissions, error) {
	r := rules(&l.Permissions)
	if none(r) {
		r = a.defaults
	}
	if a.claims.Authorization.IsEnabled() {
		r.PublishDeny = append(slices.Clip(r.PublishDeny), auth.CalloutSubject)
	}
	if none(r) {
		return nil, nil
	}
	p, err := core.NewPermissions(r)
	if err != nil {
		return nil, fmt.Errorf("permissions: %w", err)
	}
	return p, nil
}

func none(r core.Rules) bool {
	return len(r.PublishAllow)+len(r.PublishDeny)+len(r.SubscribeAllow)+len(r.SubscribeDeny) == 0 && r.Responses == nil
}

func typeAllowed(types jwt.StringList, c *core.Conn) bool {
	return len(types) == 0 || slices.ContainsFunc(types, func(t string) bool {
		return strings.EqualFold(t, auth.ConnectionType(c))
	})
}

// sourceAllowed tells whether the client comes from one of the networks. One
// without an address comes from none.
func sourceAllowed(networks jwt.CIDRList, c *core.Conn) bool {
	if len(networks) == 0 {
		return true
	}
	host, _ := c.RemoteHost()
	ip := net.ParseIP(host)
	return ip != nil && slices.ContainsFunc(networks, func(text string) bool {
		_, n, err := net.ParseCIDR(text)
		return err == nil && n.Contains(ip)
	})
}

// clock is how times of day are written.
const clock = "15:04:05"

// window tells whether now is within one of the times of day, and when that
// ends. One that ends before it starts goes over midnight.
func window(l *jwt.UserLimits, now time.Time) (until time.Time, ok bool) {
	if len(l.Times) == 0 {
		return time.Time{}, true
	}
	zone := time.Local
	if l.Locale != "" {
		var err error
		if zone, err = time.LoadLocation(l.Locale); err != nil {
			return time.Time{}, false
		}
	}
	now = now.In(zone)
	at := func(text string, days int) (time.Time, bool) {
		t, err := time.Parse(clock, text)
		y, m, d := now.Date()
		return time.Date(y, m, d+days, t.Hour(), t.Minute(), t.Second(), 0, zone), err == nil
	}
	for _, r := range l.Times {
		for _, day := range []int{-1, 0} { // yesterday's may still last
			start, ok1 := at(r.Start, day)
			end, ok2 := at(r.End, day)
			if !ok1 || !ok2 {
				continue
			}
			if end.Before(start) {
				end, _ = at(r.End, day+1)
			}
			if !now.Before(start) && now.Before(end) && end.After(until) {
				until, ok = end, true
			}
		}
	}
	return until, ok
}
