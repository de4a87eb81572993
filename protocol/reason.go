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
	AuthenticationTimeout
	AuthenticationFailure
	TLSHandshakeFailure
	SlowConsumerPendingBytes
	SlowConsumerWriteDeadline
	WriteError
	ReadError
	// ParseError is kept for -ERR sent by a client; bad input is ProtocolViolation.
	ParseError
	StaleConnection
	ProtocolViolation
	BadClientProtocolVersion
	// WrongPort means that the peer speaks another protocol than this port.
	WrongPort
	MaxAccountConnectionsExceeded
	MaxConnectionsExceeded
	MaxPayloadExceeded
	MaxControlLineExceeded
	MaxSubscriptionsExceeded
	DuplicateRoute
	RouteRemoved
	ServerShutdown
	AuthenticationExpired
	WrongGateway
	MissingAccount
	CredentialsRevoked
	InternalClient
	MessageHeaderViolation
	NoRespondersRequiresHeaders
	ClusterNameConflict
	DuplicateRemoteLeafnodeConnection
	DuplicateClientID
	DuplicateServerName
	MinimumVersionRequired
	ClusterNamesIdentical
	Kicked
	ProxyNotTrusted
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
