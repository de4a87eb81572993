package auth

import (
	"slices"

	"github.com/midge-nats/midge/core"
)

// ConnectionType names how a client is connected, as users' allowed connection
// types do.
func ConnectionType(c *core.Conn) string { return connectionType(c) }

// VerifyNonce checks that the holder of a public key signed the nonce that the
// client was given. [P-22]
func VerifyNonce(c *core.Conn, public, sig string) error {
	p, ok := c.Peer().(nonced)
	if !ok || p.Nonce() == "" {
		return errNoNonce
	}
	return verify(public, p.Nonce(), sig)
}

// CalloutSubject is where authorization services are asked. [ADR-26]
const CalloutSubject = "$SYS.REQ.USER.AUTH"

// DenyPublish gives a grant that does not allow to publish to a subject either.
func DenyPublish(g *core.Grant, subject string) (*core.Grant, error) {
	var rules core.Rules
	if g.Permissions != nil {
		rules = g.Permissions.Rules()
	}
	rules.PublishDeny = append(slices.Clip(rules.PublishDeny), subject)
	p, err := core.NewPermissions(rules)
	if err != nil {
		return nil, err
	}
	next := *g
	next.Permissions = p
	return &next, nil
}
