package hostile_test

import (
	"strings"
	"testing"

	"github.com/midge-nats/midge/test/harness"
)

// JSON ten thousand deep costs neither stack nor time. What is right in spite of
// that, under a key that nobody knows, may also be accepted. [P-8]
func TestDeepJSON(t *testing.T) {
	const depth = 10_000
	bad := []string{
		strings.Repeat("[", depth) + strings.Repeat("]", depth),
		`{"name":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}",
		`{"x":` + strings.Repeat("[", depth),
		`{"x":` + strings.Repeat("[", depth+1) + strings.Repeat("]", depth+1) + "}",
	}
	right := strings.Repeat(`{"a":`, depth-1) + "1" + strings.Repeat("}", depth-1)
	// Lines this long are allowed, so that the JSON is looked at.
	harness.Everywhere(t, "max_control_line: 64KB", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		bounded(t, srv, 64*megabyte, func() {
			for _, doc := range bad {
				w := harness.OpenWire(t, srv)
				w.Send(t, "CONNECT "+doc+"|PING|")
				ends(t, srv, w, mute, "Protocol Violation")
			}
			w := harness.OpenWire(t, srv)
			w.Send(t, "CONNECT "+right+"|PING|")
			if line, ok := w.Line(t); ok {
				if next, _ := w.Line(t); line != "+OK" || next != "PONG" {
					t.Errorf("answers %q, %q", line, next)
				}
			}
		})
		others.testify(t)
	})
}

// With the usual limit such a line is not even JSON.
func TestDeepJSONUnderTheUsualLimit(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		w := harness.OpenWire(t, srv)
		w.Send(t, "CONNECT "+strings.Repeat(`{"a":`, 10_000)+"|")
		endsUnread(t, srv, w, "maximum control line exceeded", "Maximum Control Line Exceeded")
	})
}

// CONNECT that is no JSON, or has values of other types.
func TestBadConnect(t *testing.T) {
	documents := []string{
		"", "{", "}", "null x", "[]", "1", `"x"`, `{"verbose":"yes"}`, `{"name":5}`, `{"protocol":"1"}`, `{"protocol":1.5}`,
		`{"user":["a"]}`, `{"echo":1}`, `{"verbose":false}}`, `{'verbose':false}`, "{\"name\":\"\x01\"}", `{"name":"\q"}`,
		`{"protocol":99999999999999999999}`,
	}
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		for _, doc := range documents {
			w := harness.OpenWire(t, srv)
			w.Send(t, "CONNECT "+doc+"|PING|")
			ends(t, srv, w, mute, "Protocol Violation")
		}
		others.testify(t)
	})
}

// CONNECT that is JSON and asks for what there is not. [P-7]
func TestConnectThatCannotBe(t *testing.T) {
	cases := []struct{ doc, err, reason string }{
		{`{"protocol":2}`, "invalid client protocol", "Bad Client Protocol Version"},
		{`{"protocol":-1}`, "invalid client protocol", "Bad Client Protocol Version"},
		{`{"no_responders":true}`, "no responders requires headers support", "No Responders Requires Headers"},
		{`{"account":"$SYS"}`, "Authorization Violation", "Authentication Failure"},
		{`{"new_account":true}`, "Authorization Violation", "Authentication Failure"},
	}
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, c := range cases {
			w := harness.OpenWire(t, srv)
			w.Send(t, "CONNECT "+strings.Replace(c.doc, "{", `{"verbose":false,`, 1)+"|")
			ends(t, srv, w, c.err, c.reason)
		}
	})
}

// Credentials made to confuse are just wrong.
func TestHostileCredentials(t *testing.T) {
	const config = `authorization { users: [{user: a, password: "pw"}, {nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4}] }`
	documents := []string{
		`{}`, `{"user":"a"}`, `{"user":"a","pass":""}`, `{"user":"a","pass":"pw "}`, `{"user":"A","pass":"pw"}`, `{"user":"a\u0000","pass":"pw"}`,
		`{"auth_token":"pw"}`, `{"nkey":"UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"}`,
		`{"nkey":"UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4","sig":"AAAA"}`, `{"nkey":"U","sig":"!!!"}`,
		`{"jwt":"a.b.c","sig":"AAAA"}`, `{"jwt":"....","nkey":"","sig":""}`, `{"user":"` + strings.Repeat("x", 3000) + `","pass":"pw"}`,
	}
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		for _, doc := range documents {
			w := harness.OpenWire(t, srv)
			w.Send(t, "CONNECT "+doc+"|PING|")
			ends(t, srv, w, "Authorization Violation", "Authentication Failure")
		}
		w := harness.OpenWire(t, srv)
		w.Send(t, "PING|")
		ends(t, srv, w, "Authorization Violation", "Authentication Failure")
	})
}
