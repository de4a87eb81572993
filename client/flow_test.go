package client_test

import (
	"fmt"
	"strings"
	"testing"
)

// A message goes to plain subscribers and one member of each queue group, and
// the publisher's PONG comes behind everything it caused. [P-15] [P-17]
func TestPublishReachesSubscribers(t *testing.T) {
	b := newBench(t, defaults())
	w := b.dial(quiet + "SUB a.* 1\r\nSUB a.b q 2\r\nSUB a.> q 3\r\nPING\r\n")
	w.wants("PONG")
	w.send("PUB a.b r 2\r\nhi\r\nPING\r\n")
	w.wants("MSG a.b 1 r 2", "hi")
	if got := w.line(); got != "MSG a.b 2 r 2\r\n" && got != "MSG a.b 3 r 2\r\n" {
		t.Errorf("queue member got %q", got)
	}
	w.wants("hi", "PONG")
}

// A request without a responder is answered at once. [P-12]
func TestNoResponders(t *testing.T) {
	b := newBench(t, defaults())
	w := b.dial(quiet + "SUB rep.* 4\r\nPUB nobody rep.5 0\r\n\r\nPING\r\n")
	w.wants("HMSG rep.5 4 38 38", "NATS/1.0 503", "Nats-Subject: nobody", "", "", "PONG")
}

// Messages larger than a block and larger than a read arrive whole.
func TestLargeMessages(t *testing.T) {
	b := newBench(t, defaults())
	w := b.dial(quiet + "SUB big 1\r\n")
	payload := strings.Repeat("x", 300_000)
	for range 3 {
		w.send(fmt.Sprintf("PUB big %d\r\n%s\r\n", len(payload), payload))
		w.wants(fmt.Sprintf("MSG big 1 %d", len(payload)), payload)
	}
}
