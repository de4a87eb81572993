package core

import "github.com/midge-nats/midge/protocol"

// Peer is the protocol-specific half of a connection.
type Peer interface {
	// HandleOp processes one operation on the connection's read loop. What
	// the parser's fields point to is valid until it returns. An error that
	// is a *protocol.Error is sent and closes as it says; any other closes.
	HandleOp(op protocol.Op, p *protocol.Parser) error
	// Refused hears of input that the parser refused with an error that
	// closes, before the peer is told.
	Refused(err error, p *protocol.Parser)
	// Closed is called once, after the connection's subscriptions are gone.
	Closed(reason protocol.CloseReason)
}

// InterestObserver advertises local interest to remotes.
type InterestObserver interface {
	// InterestChanged tells that n local subscriptions have an interest now: 0
	// when it ended. It is called under the account's interest lock:
	// implementations queue bytes and return.
	InterestChanged(acc *Account, i Interest, n int32)
}

// SubscriptionObserver hears of every subscription, the links' included: what a
// leafnode is told depends on whose it is.
type SubscriptionObserver interface {
	// SubscriptionChanged tells that by more members hold s, fewer if it is
	// negative: all of them when it begins or ends. It is called under the
	// account's interest lock: implementations queue bytes and return.
	SubscriptionChanged(s *Subscription, by int32)
}

// LinkStyle writes the control line of a message for one link.
type LinkStyle func(dst []byte, m *protocol.LinkMsg) []byte

// Gateways carries messages to other clusters. Nil when none are configured.
type Gateways interface {
	// Forward sends m to each other cluster with interest in it, except to
	// the queue groups already served here, and tells whether any took it.
	Forward(p *Publisher, m *Msg, served []string) bool
	// Answer sends m, whose subject is a mapped reply, on its way back, or
	// delivers it if this is where it was going. [gateway.md 8.3]
	Answer(p *Publisher, m *Msg) bool
}

// Authenticator turns a CONNECT into a Grant.
type Authenticator interface {
	// Authenticate runs on the connection's read loop and may block on it.
	// An error that is a *protocol.Error is what the peer is told; of any
	// other it hears an authorization violation. [P-21]
	Authenticate(c *Conn, req *protocol.Connect) (*Grant, error)
}

// Events hears about connection life: advisories, monitoring.
type Events interface {
	// Opened is called when a connection has its grant.
	Opened(c *Conn)
	// Closed is called once for each connection that NewConn made, when
	// nothing of it is left but its figures.
	Closed(c *Conn, reason protocol.CloseReason)
}

// MsgHandler receives messages for an internal subscription, inline, on the
// publisher's goroutine. It must copy what it keeps and must not block. It
// tells whether it took the message.
type MsgHandler func(p *Publisher, sub *Subscription, m *Msg) (delivered bool)

// Logger is what core tells a log: connection lines only.
type Logger interface {
	Noticef(format string, v ...any)
	Warnf(format string, v ...any)
	Errorf(format string, v ...any)
	Debugf(format string, v ...any)
	Tracef(format string, v ...any)
}
