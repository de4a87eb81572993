package client

import (
	"crypto/tls"
	"time"

	"github.com/midge-nats/midge/core"
)

// Settings are what the server's configuration says about clients. Immutable:
// a reload swaps them whole.
type Settings struct {
	MaxPayload     int64 // bytes of header block and payload; negative for unlimited
	MaxControlLine int   // bytes
	MaxPending     int64 // bytes that may wait for one client
	MaxSubs        int   // subscriptions of one connection; 0 for any number
	MaxSubTokens   int   // tokens of one subscription's subject; 0 for any number
	WriteDeadline  time.Duration
	PingInterval   time.Duration
	PingMax        int  // unanswered PINGs
	NoEarlyPing    bool // leave out the short first ping
	NoHeaders      bool // headers are not supported at all
	AuthRequired   bool // CONNECT must bring credentials
	DefaultUser    bool // there is a no_auth_user
	AuthTimeout    time.Duration
	Nonce          bool // INFO carries a nonce to sign
	TLS            *tls.Config
	TLSTimeout     time.Duration
	AllowNonTLS    bool // TLS is offered, not required
	// HandshakeFirst is whether TLS starts before INFO; with a fallback the
	// server waits so long for it and then sends INFO in clear. [P-25]
	HandshakeFirst bool
	TLSFallback    time.Duration
	LineTrace      *core.LineTrace // how operations are logged; nil for not at all
}
