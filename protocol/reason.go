package protocol

// CloseReason says why a connection was closed. Its text is shown in the list
// of closed connections of the monitoring endpoint. [client.md 14, P-29]
type CloseReason uint8

// The reasons, in the order of client.md 14.
const (
	// UnknownState is the zero value: no reason has been recorded.
	UnknownState CloseReason = iota
	// ClientClosed means that the peer ended the connection (EOF).
	ClientClosed
	// AuthenticationTimeout means that no CONNECT came in time.
	AuthenticationTimeout
	// AuthenticationFailure means that the credentials were refused.
	AuthenticationFailure
	// TLSHandshakeFailure means that the TLS handshake failed or took too long.
	TLSHandshakeFailure
	// SlowConsumerPendingBytes means that more than max_pending bytes were queued.
	SlowConsumerPendingBytes
	// SlowConsumerWriteDeadline means that a write was blocked longer than write_deadline.
	SlowConsumerWriteDeadline
	// WriteError means that the socket refused bytes.
	WriteError
	// ReadError means that reading the socket failed otherwise than by EOF.
	ReadError
	// ParseError is kept for -ERR sent by a client; bad input is ProtocolViolation.
	ParseError
	// StaleConnection means that PINGs went unanswered.
	StaleConnection
	// ProtocolViolation means that the peer sent what this port does not accept.
	ProtocolViolation
	// BadClientProtocolVersion means that CONNECT named an unknown protocol level.
	BadClientProtocolVersion
	// WrongPort means that the peer speaks another protocol than this port.
	WrongPort
	// MaxAccountConnectionsExceeded means that the account is full.
	MaxAccountConnectionsExceeded
	// MaxConnectionsExceeded means that the server is full.
	MaxConnectionsExceeded
	// MaxPayloadExceeded means that a message was announced over the limit.
	MaxPayloadExceeded
	// MaxControlLineExceeded means that a line was over the limit.
	MaxControlLineExceeded
	// MaxSubscriptionsExceeded means that a changed limit put the client over it.
	MaxSubscriptionsExceeded
	// DuplicateRoute means that this route exists already.
	DuplicateRoute
	// RouteRemoved means that a reload took the route away.
	RouteRemoved
	// ServerShutdown means that this server stops, or is in lame duck mode.
	ServerShutdown
	// AuthenticationExpired means that a JWT has run out.
	AuthenticationExpired
	// WrongGateway means that the peer is not the gateway that was dialed.
	WrongGateway
	// MissingAccount means that the account does not exist here.
	MissingAccount
	// CredentialsRevoked means that the user has been revoked.
	CredentialsRevoked
	// InternalClient means that a client of the server itself has ended.
	InternalClient
	// MessageHeaderViolation means that a peer sent headers that it may not send.
	MessageHeaderViolation
	// NoRespondersRequiresHeaders means that CONNECT asked for one without the other.
	NoRespondersRequiresHeaders
	// ClusterNameConflict means that two cluster names cannot be one cluster.
	ClusterNameConflict
	// DuplicateRemoteLeafnodeConnection means that the same leafnode has connected again.
	DuplicateRemoteLeafnodeConnection
	// DuplicateClientID means that a client of that MQTT id has connected again.
	DuplicateClientID
	// DuplicateServerName means that two servers have one name.
	DuplicateServerName
	// MinimumVersionRequired means that the leafnode is older than min_version.
	MinimumVersionRequired
	// ClusterNamesIdentical means that hub and leafnode are of one cluster name.
	ClusterNamesIdentical
	// Kicked means that an operator closed the connection.
	Kicked
	// ProxyNotTrusted means that a proxy is not among the trusted ones.
	ProxyNotTrusted
	// ProxyRequired means that the user may only connect through a proxy.
	ProxyRequired
)

var reasonTexts = [...]string{
	UnknownState:                      "Unknown State",
	ClientClosed:                      "Client Closed",
	AuthenticationTimeout:             "Authentication Timeout",
	AuthenticationFailure:             "Authentication Failure",
	TLSHandshakeFailure:               "TLS Handshake Failure",
	SlowConsumerPendingBytes:          "Slow Consumer (Pending Bytes)",
	SlowConsumerWriteDeadline:         "Slow Consumer (Write Deadline)",
	WriteError:                        "Write Error",
	ReadError:                         "Read Error",
	ParseError:                        "Parse Error",
	StaleConnection:                   "Stale Connection",
	ProtocolViolation:                 "Protocol Violation",
	BadClientProtocolVersion:          "Bad Client Protocol Version",
	WrongPort:                         "Incorrect Port",
	MaxAccountConnectionsExceeded:     "Maximum Account Connections Exceeded",
	MaxConnectionsExceeded:            "Maximum Connections Exceeded",
	MaxPayloadExceeded:                "Maximum Message Payload Exceeded",
	MaxControlLineExceeded:            "Maximum Control Line Exceeded",
	MaxSubscriptionsExceeded:          "Maximum Subscriptions Exceeded",
	DuplicateRoute:                    "Duplicate Route",
	RouteRemoved:                      "Route Removed",
	ServerShutdown:                    "Server Shutdown",
	AuthenticationExpired:             "Authentication Expired",
	WrongGateway:                      "Wrong Gateway",
	MissingAccount:                    "Missing Account",
	CredentialsRevoked:                "Credentials Revoked",
	InternalClient:                    "Internal Client",
	MessageHeaderViolation:            "Message Header Violation",
	NoRespondersRequiresHeaders:       "No Responders Requires Headers",
	ClusterNameConflict:               "Cluster Name Conflict",
	DuplicateRemoteLeafnodeConnection: "Duplicate Remote LeafNode Connection",
	DuplicateClientID:                 "Duplicate Client ID",
	DuplicateServerName:               "Duplicate Server Name",
	MinimumVersionRequired:            "Minimum Version Required",
	ClusterNamesIdentical:             "Cluster Names Identical",
	Kicked:                            "Kicked",
	ProxyNotTrusted:                   "Proxy Not Trusted",
	ProxyRequired:                     "Proxy Required",
}

// String returns the reason's text, byte for byte as in client.md 14.
func (r CloseReason) String() string {
	if int(r) < len(reasonTexts) {
		return reasonTexts[r]
	}
	return reasonTexts[UnknownState]
}
