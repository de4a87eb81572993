package protocol

import (
	"slices"
	"strings"
	"testing"
)

// [P-30] The table of client.md 13, with the close reasons of 14.
func TestErrorTexts(t *testing.T) {
	for _, row := range []struct {
		err    *Error
		text   string
		reason string // empty: the connection stays
	}{
		{ErrUnknownOp, "Unknown Protocol Operation", "Protocol Violation"},
		{ErrMaxControlLine, "maximum control line exceeded", "Maximum Control Line Exceeded"},
		{ErrMaxPayload, "Maximum Payload Violation", "Maximum Message Payload Exceeded"},
		{ErrAuthorization, "Authorization Violation", "Authentication Failure"},
		{ErrAuthTimeout, "Authentication Timeout", "Authentication Timeout"},
		{ErrUserExpired, "User Authentication Expired", "Authentication Expired"},
		{ErrAccountExpired, "Account Authentication Expired", "Authentication Expired"},
		{ErrRevoked, "User Authentication Revoked", "Credentials Revoked"},
		{ErrInvalidProtocol, "invalid client protocol", "Bad Client Protocol Version"},
		{ErrNoRespondersHeaders, "no responders requires headers support", "No Responders Requires Headers"},
		{ErrMaxConnections, "maximum connections exceeded", "Maximum Connections Exceeded"},
		{ErrMaxAccountConnections, "maximum account active connections exceeded", "Maximum Account Connections Exceeded"},
		{ErrThrottled, "Connection throttling is active. Please try again later.", "Maximum Connections Exceeded"},
		{ErrStale, "Stale Connection", "Stale Connection"},
		{ErrTLSRequired, "Secure Connection - TLS Required", "TLS Handshake Failure"},
		{ErrAccountRegistration, "Failed Account Registration", "Missing Account"},
		{ErrWrongPortRoute, "attempted to connect to route port", "Incorrect Port"},
		{ErrWrongPortGateway, "attempted to connect to gateway port", "Incorrect Port"},
		{ErrWrongPortLeaf, "attempted to connect to leaf node port", "Incorrect Port"},
		{ErrMaxSubscriptionsClose, "maximum subscriptions exceeded", "Maximum Subscriptions Exceeded"},
		{ErrBadArguments, "", "Protocol Violation"},
		{ErrHeadersNotNegotiated, "", "Protocol Violation"},
		{ErrClientError, "", "Parse Error"},
		{ErrInvalidPublishSubject, "Invalid Publish Subject", ""},
		{ErrInvalidSubject, "Invalid Subject", ""},
		{ErrMaxSubscriptions, "maximum subscriptions exceeded", ""},
		{PublishViolation("$NRG.a"), `Permissions Violation for Publish to "$NRG.a"`, ""},
		{ReplyViolation([]byte("_R_.x")), `Permissions Violation for Publish with Reply of "_R_.x"`, ""},
		{SubscribeViolation("s", ""), `Permissions Violation for Subscription to "s"`, ""},
		{SubscribeViolation([]byte("s"), nil), `Permissions Violation for Subscription to "s"`, ""},
		{SubscribeViolation("s", "q"), `Permissions Violation for Subscription to "s" using queue "q"`, ""},
		{SubscriptionRemoved("s", "", "7"), `Permissions Violation for Subscription to "s" (sid "7")`, ""},
		{SubscriptionRemoved("s", "q", "7"), `Permissions Violation for Subscription to "s" using queue "q" (sid "7")`, ""},
		{TooManyTokens("a.b.c"), `Permissions Violation for Subscription to "a.b.c", too many tokens`, ""},
	} {
		if row.err.Text != row.text {
			t.Errorf("text %q, want %q", row.err.Text, row.text)
		}
		if row.err.Close != (row.reason != "") {
			t.Errorf("%q: close %v", row.text, row.err.Close)
		}
		if row.reason != "" && row.err.Reason.String() != row.reason {
			t.Errorf("%q: reason %q, want %q", row.text, row.err.Reason, row.reason)
		}
		if row.err.Error() == "" {
			t.Errorf("%#v says nothing", row.err)
		}
	}
}

// [P-29] Every text of client.md 14, in its order; the default last.
func TestCloseReasons(t *testing.T) {
	const all = "Client Closed|Authentication Timeout|Authentication Failure|TLS Handshake Failure|" +
		"Slow Consumer (Pending Bytes)|Slow Consumer (Write Deadline)|Write Error|Read Error|Parse Error|Stale Connection|" +
		"Protocol Violation|Bad Client Protocol Version|Incorrect Port|Maximum Account Connections Exceeded|" +
		"Maximum Connections Exceeded|Maximum Message Payload Exceeded|Maximum Control Line Exceeded|" +
		"Maximum Subscriptions Exceeded|Duplicate Route|Route Removed|Server Shutdown|Authentication Expired|Wrong Gateway|" +
		"Missing Account|Credentials Revoked|Internal Client|Message Header Violation|No Responders Requires Headers|" +
		"Cluster Name Conflict|Duplicate Remote LeafNode Connection|Duplicate Client ID|Duplicate Server Name|" +
		"Minimum Version Required|Cluster Names Identical|Kicked|Proxy Not Trusted|Proxy Required"
	var got []string
	for r := ClientClosed; r <= ProxyRequired; r++ {
		got = append(got, r.String())
	}
	if want := strings.Split(all, "|"); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if UnknownState.String() != "Unknown State" || CloseReason(200).String() != "Unknown State" {
		t.Errorf("default texts %q, %q", UnknownState, CloseReason(200))
	}
}

func TestNamesOfOperations(t *testing.T) {
	for op := OpNone; op <= OpAccountUnsub; op++ {
		if op.String() == "" || op.String() == "UNKNOWN" {
			t.Errorf("operation %d has no name", op)
		}
	}
	if Op(200).String() != "UNKNOWN" || Leaf.String() != "leafnode" || Dialect(200).String() != "unknown" {
		t.Error("names out of range")
	}
	if _, _, err := (&Parser{Dialect: 200}).Next([]byte("PING\r\n")); err != ErrUnknownOp {
		t.Errorf("unknown dialect: %v", err)
	}
}
