package hostile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// hello makes a well-behaved start, under a name that /connz can be asked for.
func hello(name string) string {
	return fmt.Sprintf(`CONNECT {"verbose":false,"pedantic":false,"headers":true,"name":%q}`+"\r\n", name)
}

// mute stands for a close without -ERR.
const mute = ""

// ends checks that the server answers bad input by its -ERR, or by nothing, and
// ends the connection for the reason that /connz then shows. [P-8] [P-29] [P-30]
func ends(t *testing.T, srv harness.Server, w *harness.Wire, errText, reason string) {
	t.Helper()
	want := ""
	if errText != mute {
		want = "-ERR '" + errText + "'"
	}
	if got := strings.Join(w.Rest(t), "|"); got != want {
		t.Errorf("answer %q, want %q", got, want)
	}
	closedFor(t, srv, w, reason)
}

// endsUnread is ends where more was sent than the server read: a close then
// resets the connection, and the reset may overtake the -ERR.
func endsUnread(t *testing.T, srv harness.Server, w *harness.Wire, errText, reason string) {
	t.Helper()
	want := "-ERR '" + errText + "'"
	if got := strings.Join(w.Rest(t), "|"); got != want && got != "" {
		t.Errorf("answer %q, want %q or a reset", got, want)
	}
	closedFor(t, srv, w, reason)
}

func closedFor(t *testing.T, srv harness.Server, w *harness.Wire, reason string) {
	t.Helper()
	if got := harness.ClosedFor(t, srv, "", w.Info.ClientID); got != reason {
		t.Errorf("closed because of %q, want %q", got, reason)
	}
}

// witness is a pair of clients that must not notice anything.
type witness struct {
	from, to *nats.Conn
	sub      *nats.Subscription
	n        int
}

func newWitness(t *testing.T, srv harness.Server) *witness {
	t.Helper()
	w := &witness{from: harness.Connect(t, srv, nats.NoReconnect()), to: harness.Connect(t, srv, nats.NoReconnect())}
	w.sub = harness.Subscribe(t, w.to, "witness.>")
	return w
}

// testify sends a message from one to the other.
func (w *witness) testify(t *testing.T) {
	t.Helper()
	w.n++
	data := fmt.Sprint("still here ", w.n)
	harness.Publish(t, w.from, "witness.a", data)
	harness.Expect(t, w.sub, "witness.a", data)
}

// megabyte is the unit of memory limits here.
const megabyte = 1 << 20

// bounded checks that the server's memory grew by no more than this while work
// ran. The embedded server shares it with the test, so only the binary's is
// measured.
func bounded(t *testing.T, srv harness.Server, most int64, work func()) {
	t.Helper()
	if srv.Embedded() {
		work()
		return
	}
	before := harness.Memory(t, srv)
	work()
	if after := harness.Memory(t, srv); after-before > most {
		t.Errorf("memory grew from %d to %d bytes, want no more than %d", before, after, most)
	}
}
