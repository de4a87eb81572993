package trace

import "strconv"

// Level is the protocol level from which on a server understands tracing. It
// is announced as "proto" in the INFO of server links, and as "protocol" in
// the CONNECT of a leafnode. A missing field is level 0. [T-34]
const Level = 3

// Header names. They match in exact case, only traceparent in any. [T-2]
const (
	DestHeader           = "Nats-Trace-Dest"
	OnlyHeader           = "Nats-Trace-Only"
	HopHeader            = "Nats-Trace-Hop"
	OriginAccountHeader  = "Nats-Trace-Origin-Account"
	AcceptEncodingHeader = "Accept-Encoding"
	TraceparentHeader    = "traceparent"
)

// ContentEncodingHeader is the only header a trace message ever has. [T-35]
const ContentEncodingHeader = "Content-Encoding"

// DestDisabled as the value of [DestHeader] switches tracing off for this
// message whatever its other headers say. It holds a space so that it can
// never be a valid subject. [T-5]
const DestDisabled = "trace disabled"

// Texts of an egress that did not deliver, or delivered with a warning.
// Receivers compare them byte for byte. [T-31]
const (
	NotDeliveredNoSupport          = "Not delivered because remote does not support message tracing"
	DeliveredNoSupport             = "Message delivered but remote does not support message tracing so no trace event generated from there"
	NotDeliveredNoEcho             = "Not delivered because of no echo"
	NotDeliveredPublishDenied      = "Not delivered because publish denied for this subject"
	NotDeliveredSubscriptionDenied = "Not delivered because subscription denies this subject"
	NotDeliveredSubscriptionClosed = "Not delivered because subscription is closed"
	NotDeliveredClientClosed       = "Not delivered because client is closed"
	NotDeliveredAutoUnsubscribe    = "Not delivered because auto-unsubscribe exceeded"
	NotDeliveredFastProducer       = "Not delivered because fast producer not stalled and consumer is slow"
)

// MaxPayload is the ingress error of a message announced larger than the
// connection may send. [T-22]
const MaxPayload = "maximum payload exceeded"

// PublishDenied is the ingress error of a message its connection may not
// publish. [T-22]
func PublishDenied(subject string) string {
	return "Permissions Violation for Publish to " + strconv.Quote(subject)
}

// ReplyDenied is the ingress error of a message with a reserved reply
// subject. [T-22]
func ReplyDenied(reply string) string {
	return "Permissions Violation for Publish with Reply of " + strconv.Quote(reply)
}

// LogInvalidDest is logged for a destination that is no subject to publish
// to. [T-13]
func LogInvalidDest(dest string) string {
	return "Destination " + strconv.Quote(dest) + " is not valid, won't be able to trace events"
}

// LogUnknownAccount is logged for a message of a route or gateway whose
// account this server does not have. [T-52]
func LogUnknownAccount(account string) string {
	return "Account " + strconv.Quote(account) + " was not found, won't be able to trace events"
}

// LogOriginAccount is logged for a message that names an origin account, which
// is never trusted. [T-16]
func LogOriginAccount(value string) string {
	return "Message tracing disabled because of header " + strconv.Quote(OriginAccountHeader) +
		" with value=" + strconv.Quote(value)
}

// LogPublishViolation is logged for a destination that the connection may not
// publish to. [T-14]
func LogPublishViolation(dest string) string {
	return "Publish Violation - Subject " + strconv.Quote(dest)
}

// Kind is the kind of a connection, as numbered on the wire. Only clients,
// routes, gateways and leafnodes occur in events. [trace.md 5]
type Kind int

// The kinds, in wire order.
const (
	Client Kind = iota
	Route
	Gateway
	System
	Leaf
	JetStream
	Account
)

// String returns the kind in words, as a person would say it.
func (k Kind) String() string {
	switch k {
	case Client:
		return "client"
	case Route:
		return "route"
	case Gateway:
		return "gateway"
	case System:
		return "system"
	case Leaf:
		return "leafnode"
	case JetStream:
		return "jetstream"
	case Account:
		return "account"
	}
	return "kind " + strconv.Itoa(int(k))
}

// isLink reports whether the kind joins servers: what is sent there is traced
// again on the far side, under a hop id.
func (k Kind) isLink() bool { return k == Route || k == Gateway || k == Leaf }
