package client_test

import (
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// A program that embeds the server talks to it without a socket, and with those
// that use one.
func TestInProcessConnection(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		inside, ok := harness.InProcess(srv)
		if !ok {
			t.Skip("SKIPPED: a connection within the process needs the embedded server")
		}
		nc, outside := harness.Connect(t, srv, inside), harness.Connect(t, srv)
		sub := harness.Subscribe(t, nc, "a")
		harness.Publish(t, outside, "a", "in")
		harness.Expect(t, sub, "a", "in")
		harness.Respond(t, nc, "ask", func(m *nats.Msg) []byte { return m.Data })
		if got := harness.Request(t, outside, "ask", "hi"); string(got.Data) != "hi" {
			t.Errorf("answer %q", got.Data)
		}
	})
}
