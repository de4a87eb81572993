package operator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/resolver"
	"github.com/midge-nats/midge/internal/subject"
	"github.com/nats-io/jwt/v2"
)

// account is one account in use.
type account struct {
	// Immutable: an update puts another account in its place.
	id     string
	token  string
	claims *jwt.AccountClaims
	core   *core.Account

	defaults core.Rules // of users without permissions of their own
	// Those of the claims that can be compiled, in their order.
	exports  []export
	mappings *core.Mappings
	tracing  *core.Tracing

	// Guarded by Manager.mu.
	expiry   *time.Timer // closes connections when the claims run out; nil for never
	imports  *time.Timer // compiles imports again when a token runs out; nil for never
	services []*core.ServiceImport
}

// export is an export with what its claims say about who may import it.
type export struct {
	claim *jwt.Export
	core  *core.Export
}

// parse reads an account's token: whole, of this account, and signed by whom
// the server trusts. Running out is no fault here: see account.expired.
func (t *Trust) parse(id, token string) (*jwt.AccountClaims, error) {
	c, err := resolver.Decode(token)
	if err != nil {
		return nil, err
	}
	if c.Subject != id {
		return nil, errMismatch
	}
	if err := t.judge(c.Issuer); err != nil {
		return nil, err
	}
	vr, err := validate(c)
	if err != nil {
		return nil, err
	}
	if vr.IsBlocking(false) {
		return nil, &validationError{issues(vr)}
	}
	return c, nil
}

// errMismatch is the answer to a token under another account's subject.
var errMismatch = errors.New("subject does not match jwt content")

// validationError says that claims contradict themselves.
type validationError struct{ issues string }

// Error gives what was found.
func (e *validationError) Error() string { return e.issues }

func validate(c jwt.Claims) (vr *jwt.ValidationResults, err error) {
	defer resolver.Guard(&err)
	vr = jwt.CreateValidationResults()
	c.Validate(vr)
	return vr, nil
}

// compile makes the parts of an account that need no other account. What cannot
// be compiled is left out and told of in problems: the rest of the account is
// of use all the same.
func (m *Manager) compile(id, token string, c *jwt.AccountClaims) (a *account, problems []error) {
	a = &account{id: id, token: token, claims: c, defaults: rules(&c.DefaultPermissions)}
	for _, e := range c.Exports {
		if !subject.Valid(string(e.Subject)) {
			problems = append(problems, fmt.Errorf("export of %q: invalid subject", e.Subject))
			continue
		}
		a.exports = append(a.exports, export{e, newExport(e)})
	}
	var err error
	if a.mappings, err = core.NewMappings(mappings(c.Mappings), m.cluster()); err != nil {
		problems = append(problems, err)
	}
	if t := c.Trace; t != nil && subject.ValidLiteral(string(t.Destination)) {
		a.tracing = &core.Tracing{Dest: string(t.Destination), Sampling: t.Sampling}
		if t.Sampling <= 0 || t.Sampling > 100 {
			a.tracing.Sampling = 100 // [trace.md 2.7]
		}
	}
	return a, problems
}

func newExport(e *jwt.Export) *core.Export {
	x := &core.Export{
		Subject: string(e.Subject), Service: e.IsService(), Threshold: e.ResponseThreshold, AllowTrace: e.AllowTrace,
	}
	switch {
	case e.IsStreamResponse():
		x.Response = core.ResponseStream
	case e.IsChunkedResponse():
		x.Response = core.ResponseChunked
	}
	if e.TokenReq {
		x.Approved = []string{} // nobody without a token
	}
	return x
}

// mappings puts the mappings of claims in an order.
func mappings(all jwt.Mapping) []core.Mapping {
	var list []core.Mapping
	for _, source := range slices.Sorted(maps.Keys(all)) {
		r := core.Mapping{Source: string(source)}
		for _, d := range all[source] {
			r.Dests = append(r.Dests, core.MappingDest{Subject: string(d.Subject), Percent: int(d.GetWeight()), Cluster: d.Cluster})
		}
		list = append(list, r)
	}
	return list
}

// rules are permissions of claims as core writes them.
func rules(p *jwt.Permissions) core.Rules {
	r := core.Rules{
		PublishAllow: p.Pub.Allow, PublishDeny: p.Pub.Deny, SubscribeAllow: p.Sub.Allow, SubscribeDeny: p.Sub.Deny,
	}
	if p.Resp != nil {
		r.Responses = &core.Responses{Max: p.Resp.MaxMsgs, Expires: p.Resp.Expires}
	}
	return r
}

// limits are what the account's connections may have.
func (a *account) limits() core.AccountLimits {
	l := &a.claims.Limits
	return core.AccountLimits{
		Connections: int(l.Conn), Leafnodes: int(l.LeafNodeConn), Subscriptions: int(l.Subs), PayloadBytes: l.Payload,
	}
}

// expires is when the claims run out, zero for never.
func (a *account) expires() time.Time { return unix(a.claims.Expires) }

// expired tells whether the claims have run out, or do not count yet.
func (a *account) expired(now time.Time) bool {
	e := a.expires()
	return !e.IsZero() && !now.Before(e) || now.Before(unix(a.claims.NotBefore))
}

// unix is a time of claims, of which zero is none.
func unix(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// signed tells whether a key signs for the account: itself or a signing key.
func (a *account) signed(issuer, issuerAccount string) bool {
	if issuer == a.id {
		return true
	}
	return issuerAccount == a.id && a.claims.SigningKeys.Contains(issuer)
}
