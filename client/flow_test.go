package client_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/internal/logging"
	"github.com/midge-nats/midge/protocol"
)

// bench is a broker with the client protocol on a loopback listener.
type bench struct {
	t       testing.TB
	broker  *core.Broker
	clients *client.Server
	addr    string
	grant   func(*protocol.Connect) (*core.Grant, error)
}

// Authenticate asks the test, or lets everybody into the global account.
func (b *bench) Authenticate(_ *core.Conn, req *protocol.Connect) (*core.Grant, error) {
	if b.grant != nil {
		return b.grant(req)
	}
	return &core.Grant{Account: b.broker.Account(core.GlobalAccount)}, nil
}

// defaults are settings as a server without configuration has them.
func defaults() *client.Settings {
	return &client.Settings{
		MaxPayload: 1 << 20, MaxControlLine: 4096, MaxPending: 64 << 20, WriteDeadline: 10 * time.Second,
		PingInterval: 2 * time.Minute, PingMax: 2,
	}
}

func newBench(t testing.TB, s *client.Settings) *bench {
	t.Helper()
	g := group.New()
	b := &bench{t: t, broker: core.New(g, logging.New(nil))}
	info := func() protocol.Info { return protocol.Info{ServerID: "ID", ServerName: "test", Version: "2.15.2"} }
	b.clients = client.NewServer(b.broker, b, info, func() *core.Account { return nil }, s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = l.Addr().String()
	g.Go("accept", func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			g.Go("client", func() { b.clients.Serve(nc) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		b.broker.CloseAll(protocol.ServerShutdown)
		g.Wait()
	})
	return b
}

// wire is a bare client.
type wire struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

// dial connects, reads INFO and sends what comes first.
func (b *bench) dial(first string) *wire {
	b.t.Helper()
	nc, err := net.Dial("tcp", b.addr)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { nc.Close() })
	w := &wire{b.t, nc, bufio.NewReader(nc)}
	if line := w.line(); !strings.HasPrefix(line, "INFO {") {
		b.t.Fatalf("first line %q, want INFO", line)
	}
	w.send(first)
	return w
}

func (w *wire) send(text string) {
	w.t.Helper()
	if _, err := io.WriteString(w.nc, text); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) line() string {
	w.t.Helper()
	if err := w.nc.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	line, err := w.r.ReadString('\n')
	if err != nil {
		w.t.Fatalf("read: %v after %q", err, line)
	}
	return line
}

// wants reads lines and compares them.
func (w *wire) wants(lines ...string) {
	w.t.Helper()
	for _, want := range lines {
		if got := w.line(); got != want+"\r\n" {
			w.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

const quiet = "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n"

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
