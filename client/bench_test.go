package client_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/internal/logging"
	"github.com/midge-nats/midge/protocol"
)

// bench is a broker with the client protocol, on a loopback listener or, for
// bubbles, on pipes.
type bench struct {
	t       testing.TB
	group   *group.Group
	broker  *core.Broker
	clients *client.Server
	addr    string // empty without listener
	log     *fakeLog

	// What a test may set before the first connection.
	grant  func(*protocol.Connect) (*core.Grant, error)
	system *core.Account

	mu     sync.Mutex
	closed map[uint64]protocol.CloseReason
}

// Authenticate asks the test, or lets everybody into the global account.
func (b *bench) Authenticate(_ *core.Conn, req *protocol.Connect) (*core.Grant, error) {
	b.mu.Lock()
	grant := b.grant
	b.mu.Unlock()
	if grant != nil {
		return grant(req)
	}
	return &core.Grant{Account: b.broker.Account(core.GlobalAccount)}, nil
}

// regrant changes who gets what while there are connections.
func (b *bench) regrant(grant func(*protocol.Connect) (*core.Grant, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grant = grant
}

// Opened is nothing to a bench.
func (b *bench) Opened(*core.Conn) {}

// Closed keeps the reason.
func (b *bench) Closed(c *core.Conn, reason protocol.CloseReason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed[c.ID()] = reason
}

// reason waits until a connection has ended and tells why.
func (b *bench) reason(cid uint64) string {
	b.t.Helper()
	for began := time.Now(); time.Since(began) < 10*time.Second; <-time.After(time.Millisecond) {
		b.mu.Lock()
		r, ended := b.closed[cid]
		b.mu.Unlock()
		if ended {
			return r.String()
		}
	}
	return "still open"
}

// defaults are settings as a server without configuration has them.
func defaults() *client.Settings {
	return &client.Settings{
		MaxPayload: 1 << 20, MaxControlLine: 4096, MaxPending: 64 << 20, WriteDeadline: 10 * time.Second,
		PingInterval: 2 * time.Minute, PingMax: 2,
	}
}

// newPipes makes a bench without listener.
func newPipes(t testing.TB, s *client.Settings) *bench {
	t.Helper()
	b := &bench{t: t, group: group.New(), log: new(fakeLog), closed: make(map[uint64]protocol.CloseReason)}
	log := logging.New(b.log)
	log.SetLevels(true, true)
	b.broker = core.New(b.group, log)
	b.broker.SetEvents(b)
	info := func() protocol.Info { return protocol.Info{ServerID: "ID", ServerName: "test", Version: "2.15.2"} }
	b.clients = client.NewServer(b.broker, b, info, func() *core.Account { return b.system }, s)
	t.Cleanup(func() {
		b.broker.CloseAll(protocol.ServerShutdown)
		b.group.Wait()
	})
	return b
}

func newBench(t testing.TB, s *client.Settings) *bench {
	t.Helper()
	b := newPipes(t, s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = l.Addr().String()
	b.group.Go("accept", func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			b.group.Go("client", func() { b.clients.Serve(nc) })
		}
	})
	t.Cleanup(func() { l.Close() })
	return b
}

// wire is a bare client.
type wire struct {
	t    testing.TB
	b    *bench
	nc   net.Conn
	r    *bufio.Reader
	info protocol.Info // the first one
}

// connect gives a socket to the server.
func (b *bench) connect() net.Conn {
	b.t.Helper()
	if b.addr == "" {
		server, client := net.Pipe()
		b.group.Go("client", func() { b.clients.Serve(server) })
		b.t.Cleanup(func() { client.Close() })
		return client
	}
	nc, err := net.Dial("tcp", b.addr)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { nc.Close() })
	return nc
}

// on makes a client of a socket.
func (b *bench) on(nc net.Conn) *wire { return &wire{t: b.t, b: b, nc: nc, r: bufio.NewReader(nc)} }

// dial connects, reads INFO and sends what comes first.
func (b *bench) dial(first string) *wire {
	b.t.Helper()
	w := b.on(b.connect())
	w.info = w.readInfo()
	w.send(first)
	return w
}

// readInfo expects INFO.
func (w *wire) readInfo() (info protocol.Info) {
	w.t.Helper()
	line := w.line()
	text, ok := strings.CutPrefix(line, "INFO ")
	if !ok {
		w.t.Fatalf("got %q, want INFO", line)
	}
	if err := json.Unmarshal([]byte(text), &info); err != nil {
		w.t.Fatal(err)
	}
	return info
}

func (w *wire) send(text string) {
	w.t.Helper()
	if _, err := io.WriteString(w.nc, text); err != nil {
		w.t.Fatal(err)
	}
}

// next gives the next line, false at the end. A reset is an end too: the server
// closed with input unread.
func (w *wire) next() (string, bool) {
	w.t.Helper()
	w.nc.SetReadDeadline(time.Now().Add(30 * time.Second)) // fails on a pipe that the server has closed
	line, err := w.r.ReadString('\n')
	switch {
	case err == nil:
		return line, true
	case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET):
		return line, false
	}
	w.t.Fatalf("read: %v after %q", err, line)
	return "", false
}

func (w *wire) line() string {
	w.t.Helper()
	line, ok := w.next()
	if !ok {
		w.t.Fatalf("end after %q", line)
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

// wantsEnd expects lines, then the end for a reason.
func (w *wire) wantsEnd(reason string, lines ...string) {
	w.t.Helper()
	w.wants(lines...)
	if line, more := w.next(); more || line != "" {
		w.t.Fatalf("got %q, want the end", line)
	}
	if got := w.b.reason(w.info.ClientID); got != reason {
		w.t.Fatalf("closed for %q, want %q", got, reason)
	}
}

// idle proves that nothing more was sent.
func (w *wire) idle() {
	w.t.Helper()
	w.send("PING\r\n")
	w.wants("PONG")
}

// crlf writes lines as transcripts do: "|" ends each.
func crlf(text string) string { return strings.ReplaceAll(text, "|", "\r\n") }

// talk sends text on a new connection and expects an answer; "|" stands for
// CRLF in both. The answer ends with "EOF reason" when the server closes, and
// nothing may come behind it else. INFO is written as "INFO".
func (b *bench) talk(text, want string) {
	b.t.Helper()
	w := b.dial("")
	w.says(text, want)
}

func (w *wire) says(text, want string) {
	w.t.Helper()
	w.send(crlf(text))
	lines, reason, ends := strings.Cut(want, "EOF ")
	for line := range strings.SplitAfterSeq(lines, "|") {
		if line == "" {
			continue
		}
		got := w.line()
		if strings.HasPrefix(got, "INFO {") {
			got = "INFO\r\n"
		}
		if got != crlf(line) {
			w.t.Fatalf("%s\ngot  %q\nwant %q of %s", text, got, line, want)
		}
	}
	if ends {
		w.wantsEnd(reason)
		return
	}
	w.idle()
}

const quiet = "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n"

// fakeLog keeps lines.
type fakeLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *fakeLog) add(level, format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == 10_000 { // a fuzzer's
		l.lines = nil
	}
	l.lines = append(l.lines, level+" "+fmt.Sprintf(format, v...))
}

// Noticef and its like keep a line.
func (l *fakeLog) Noticef(format string, v ...any) { l.add("INF", format, v...) }
func (l *fakeLog) Warnf(format string, v ...any)   { l.add("WRN", format, v...) }
func (l *fakeLog) Errorf(format string, v ...any)  { l.add("ERR", format, v...) }
func (l *fakeLog) Fatalf(format string, v ...any)  { l.add("FTL", format, v...) }
func (l *fakeLog) Debugf(format string, v ...any)  { l.add("DBG", format, v...) }
func (l *fakeLog) Tracef(format string, v ...any)  { l.add("TRC", format, v...) }

// has tells whether some line contains a text.
func (l *fakeLog) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.lines, func(s string) bool { return strings.Contains(s, text) })
}

func digits(n int) string { return fmt.Sprint(n) }

// all gives the lines so far.
func (l *fakeLog) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}
