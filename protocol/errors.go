package protocol

// Error is a protocol error: what to tell the peer and whether to hang up.
// The errors without arguments are package variables, so returning one
// allocates nothing and callers may compare by identity. [client.md 13, P-30]
type Error struct {
	// Text is sent as -ERR '<Text>'. Empty: nothing is sent.
	Text string
	// Close says that the connection is closed after the text is sent.
	Close bool
	// Reason is recorded when the connection closes.
	Reason CloseReason
}

// Error returns the wire text, or the close reason of a silent close.
func (e *Error) Error() string {
	if e.Text != "" {
		return e.Text
	}
	return e.Reason.String()
}

// Errors of the parser.
var (
	// ErrUnknownOp is the answer to every byte that cannot continue an
	// operation, and to a payload that is not followed by CRLF.
	ErrUnknownOp = &Error{Text: "Unknown Protocol Operation", Close: true, Reason: ProtocolViolation}
	// ErrMaxControlLine is also given while the line is incomplete. [P-2]
	ErrMaxControlLine = &Error{Text: "maximum control line exceeded", Close: true, Reason: MaxControlLineExceeded}
	// ErrMaxPayload is given on the control line, before the body. [P-9]
	ErrMaxPayload = &Error{Text: "Maximum Payload Violation", Close: true, Reason: MaxPayloadExceeded}
	// ErrBadArguments closes without -ERR: wrong argument count, bad number,
	// bad CONNECT. [P-8]
	ErrBadArguments = &Error{Close: true, Reason: ProtocolViolation}
	// ErrHeadersNotNegotiated closes without -ERR. [client.md 4.2]
	ErrHeadersNotNegotiated = &Error{Close: true, Reason: ProtocolViolation}
	// ErrClientError closes without -ERR: the client sent -ERR itself.
	ErrClientError = &Error{Close: true, Reason: ParseError}
)

// Errors of CONNECT, authentication and limits.
var (
	// ErrAuthorization is the answer to every failed authentication; it never
	// says why. [client.md 10]
	ErrAuthorization = &Error{Text: "Authorization Violation", Close: true, Reason: AuthenticationFailure}
	// ErrAuthTimeout means that no CONNECT came in time. [P-21]
	ErrAuthTimeout = &Error{Text: "Authentication Timeout", Close: true, Reason: AuthenticationTimeout}
	// ErrUserExpired ends a connection whose user JWT has run out.
	ErrUserExpired = &Error{Text: "User Authentication Expired", Close: true, Reason: AuthenticationExpired}
	// ErrAccountExpired ends a connection whose account JWT has run out.
	ErrAccountExpired = &Error{Text: "Account Authentication Expired", Close: true, Reason: AuthenticationExpired}
	// ErrRevoked ends a connection whose user has been revoked.
	ErrRevoked = &Error{Text: "User Authentication Revoked", Close: true, Reason: CredentialsRevoked}
	// ErrInvalidProtocol is the answer to a protocol outside 0..1. [P-7]
	ErrInvalidProtocol = &Error{Text: "invalid client protocol", Close: true, Reason: BadClientProtocolVersion}
	// ErrNoRespondersHeaders is the answer to no_responders without headers. [P-7]
	ErrNoRespondersHeaders = &Error{Text: "no responders requires headers support", Close: true, Reason: NoRespondersRequiresHeaders}
	// ErrMaxConnections follows the INFO of a server that is full. [client.md 11]
	ErrMaxConnections = &Error{Text: "maximum connections exceeded", Close: true, Reason: MaxConnectionsExceeded}
	// ErrMaxAccountConnections is given after CONNECT. [client.md 11]
	ErrMaxAccountConnections = &Error{Text: "maximum account active connections exceeded", Close: true, Reason: MaxAccountConnectionsExceeded}
	// ErrThrottled is given over the rate limit of TLS handshakes. [client.md 11]
	ErrThrottled = &Error{Text: "Connection throttling is active. Please try again later.", Close: true, Reason: MaxConnectionsExceeded}
	// ErrStale ends a connection that left too many PINGs unanswered. [P-23]
	ErrStale = &Error{Text: "Stale Connection", Close: true, Reason: StaleConnection}
	// ErrTLSRequired is queued for a peer that does not speak TLS, which
	// normally does not see it. [client.md 9]
	ErrTLSRequired = &Error{Text: "Secure Connection - TLS Required", Close: true, Reason: TLSHandshakeFailure}
	// ErrAccountRegistration means that the account did not take the client.
	ErrAccountRegistration = &Error{Text: "Failed Account Registration", Close: true, Reason: MissingAccount}
	// ErrWrongPortRoute is the answer to a client on the route port.
	ErrWrongPortRoute = &Error{Text: "attempted to connect to route port", Close: true, Reason: WrongPort}
	// ErrWrongPortGateway is the answer to anyone else on the gateway port.
	ErrWrongPortGateway = &Error{Text: "attempted to connect to gateway port", Close: true, Reason: WrongPort}
	// ErrWrongPortLeaf is the answer to a client on the leafnode port.
	ErrWrongPortLeaf = &Error{Text: "attempted to connect to leaf node port", Close: true, Reason: WrongPort}
	// ErrMaxSubscriptionsClose ends a client that a changed limit put over it.
	ErrMaxSubscriptionsClose = &Error{Text: "maximum subscriptions exceeded", Close: true, Reason: MaxSubscriptionsExceeded}
)

// Errors after which the connection stays.
var (
	// ErrInvalidPublishSubject is a remark only: the message is processed all
	// the same. [P-10]
	ErrInvalidPublishSubject = &Error{Text: "Invalid Publish Subject"}
	// ErrInvalidSubject refuses a subscription. [P-13]
	ErrInvalidSubject = &Error{Text: "Invalid Subject"}
	// ErrMaxSubscriptions refuses one subscription. When a changed limit puts a
	// client over it, ErrMaxSubscriptionsClose is used instead.
	ErrMaxSubscriptions = &Error{Text: "maximum subscriptions exceeded"}
)

// PublishViolation is the refusal of a publish; the connection stays.
func PublishViolation[S ~string | ~[]byte](subject S) *Error {
	return &Error{Text: `Permissions Violation for Publish to "` + string(subject) + `"`}
}

// ReplyViolation is the refusal of a publish for its reserved reply subject;
// the connection stays. [P-20]
func ReplyViolation[S ~string | ~[]byte](reply S) *Error {
	return &Error{Text: `Permissions Violation for Publish with Reply of "` + string(reply) + `"`}
}

// SubscribeViolation is the refusal of a subscription; an empty queue means a
// plain one. The connection stays.
func SubscribeViolation[S ~string | ~[]byte](subject, queue S) *Error {
	return &Error{Text: subscriptionText(string(subject), string(queue))}
}

// SubscriptionRemoved tells that a changed permission took a subscription
// away. The connection stays.
func SubscriptionRemoved[S ~string | ~[]byte](subject, queue, sid S) *Error {
	return &Error{Text: subscriptionText(string(subject), string(queue)) + ` (sid "` + string(sid) + `")`}
}

// TooManyTokens refuses a subscription over max_sub_tokens; the connection
// stays.
func TooManyTokens[S ~string | ~[]byte](subject S) *Error {
	return &Error{Text: subscriptionText(string(subject), "") + ", too many tokens"}
}

func subscriptionText(subject, queue string) string {
	text := `Permissions Violation for Subscription to "` + subject + `"`
	if queue != "" {
		text += ` using queue "` + queue + `"`
	}
	return text
}
