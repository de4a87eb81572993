package auth

import "github.com/midge-nats/midge/core"

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
