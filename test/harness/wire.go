package harness

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// Info is what a test reads of the server's INFO. [P-4]
type Info struct {
	ID           string   `json:"server_id"`
	Name         string   `json:"server_name"`
	Version      string   `json:"version"`
	Host         string   `json:"host"`
	Port         int      `json:"port"`
	MaxPayload   int64    `json:"max_payload"`
	Headers      bool     `json:"headers"`
	AuthRequired bool     `json:"auth_required"`
	TLSRequired  bool     `json:"tls_required"`
	TLSAvailable bool     `json:"tls_available"`
	ClientID     uint64   `json:"client_id"`
	ClientIP     string   `json:"client_ip"`
	Nonce        string   `json:"nonce"`
	ConnectURLs  []string `json:"connect_urls"`
	LameDuck     bool     `json:"ldm"`
	ConnectInfo  bool     `json:"connect_info"`
	Account      string   `json:"remote_account"`
}

// Wire is a connection that is driven byte by byte.
type Wire struct {
	net.Conn
	Info Info // the first one
	r    *bufio.Reader
}

// OpenWire connects and reads the first INFO.
func OpenWire(t testing.TB, srv Server) *Wire {
	t.Helper()
	w := OpenSilent(t, srv)
	w.Info = w.ReadInfo(t)
	return w
}

// OpenSilent connects and reads nothing yet.
func OpenSilent(t testing.TB, srv Server) *Wire {
	t.Helper()
	nc, err := net.DialTimeout("tcp", srv.Addr(), patience)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { nc.Close() })
	return &Wire{Conn: nc, r: bufio.NewReader(nc)}
}

// OpenTLS connects with TLS from the first byte on and reads INFO.
func OpenTLS(t testing.TB, srv Server, config *tls.Config) *Wire {
	t.Helper()
	nc, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", srv.Addr(), config)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { nc.Close() })
	w := &Wire{Conn: nc, r: bufio.NewReader(nc)}
	w.Info = w.ReadInfo(t)
	return w
}

// ReadInfo connects a moment to read a server's INFO, and waits until the server
// has forgotten that, so that nobody counts it.
func ReadInfo(t testing.TB, srv Server) Info {
	t.Helper()
	w := OpenWire(t, srv)
	w.Close()
	ClosedFor(t, srv, "", w.Info.ClientID)
	return w.Info
}

// Send writes, with | for CRLF. A server that closes meanwhile is no failure
// of the sender: what it said is still to be read.
func (w *Wire) Send(t testing.TB, text string) {
	t.Helper()
	w.SendBytes(t, []byte(strings.ReplaceAll(text, "|", "\r\n")))
}

// SendBytes writes exactly these bytes.
func (w *Wire) SendBytes(t testing.TB, data []byte) {
	t.Helper()
	if err := w.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return // closed already
	}
	if _, err := w.Write(data); isTimeout(err) {
		t.Fatalf("the server took no more of %d bytes for %v", len(data), patience)
	}
}

// Line reads one line, without its end; ok is false at the end of the
// connection.
func (w *Wire) Line(t testing.TB) (line string, ok bool) {
	t.Helper()
	if err := w.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", false
	}
	line, err := w.r.ReadString('\n')
	if isTimeout(err) {
		t.Fatalf("nothing came for %v, only %q", patience, line)
	}
	if err != nil {
		return line, false
	}
	return strings.TrimRight(line, "\r\n"), true
}

// Want reads lines and checks them. "INFO" stands for any INFO.
func (w *Wire) Want(t testing.TB, lines ...string) {
	t.Helper()
	for _, want := range lines {
		got, ok := w.Line(t)
		if !ok {
			t.Fatalf("connection ended behind %q, want %q", got, want)
		}
		if got != want && !(want == "INFO" && strings.HasPrefix(got, "INFO {")) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// ReadInfo reads an INFO.
func (w *Wire) ReadInfo(t testing.TB) Info {
	t.Helper()
	line, ok := w.Line(t)
	rest, isInfo := strings.CutPrefix(line, "INFO ")
	if !ok || !isInfo {
		t.Fatalf("got %q, want INFO", line)
	}
	var info Info
	if err := json.Unmarshal([]byte(rest), &info); err != nil {
		t.Fatalf("INFO: %v in %s", err, rest)
	}
	return info
}

// Rest reads lines until the server closes; PING and INFO are left out.
func (w *Wire) Rest(t testing.TB) []string {
	t.Helper()
	var lines []string
	for {
		line, ok := w.Line(t)
		if line != "" && line != "PING" && !strings.HasPrefix(line, "INFO {") {
			lines = append(lines, line)
		}
		if !ok {
			return lines
		}
	}
}

// Alive checks that the connection still answers. Everything else that comes
// first is given back.
func (w *Wire) Alive(t testing.TB) []string {
	t.Helper()
	w.Send(t, "PING|")
	var lines []string
	for {
		line, ok := w.Line(t)
		switch {
		case !ok:
			t.Fatalf("connection ended behind %q", lines)
		case line == "PONG":
			return lines
		case line != "PING" && !strings.HasPrefix(line, "INFO {"):
			lines = append(lines, line)
		}
	}
}

// ready waits until a server takes connections, and has forgotten this one:
// ports are known before they are served.
func ready(t testing.TB, srv Server) {
	t.Helper()
	var port int
	Until(t, "the server accepts connections", func() bool {
		nc, err := net.DialTimeout("tcp", srv.Addr(), patience)
		if err != nil {
			return false
		}
		port = nc.LocalAddr().(*net.TCPAddr).Port
		nc.Close()
		return true
	})
	Until(t, "the server has seen it go", func() bool {
		return slices.ContainsFunc(Connz(t, srv, "state=closed&limit=20000"), func(c ConnInfo) bool { return c.Port == port })
	})
}

// Drained reads what is there until the end and gives its size.
func (w *Wire) Drained(t testing.TB) int64 {
	t.Helper()
	if err := w.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0
	}
	n, err := io.Copy(io.Discard, w.r)
	if isTimeout(err) {
		t.Fatalf("the connection did not end within %v", patience)
	}
	return n
}

// Printable shows bytes of a connection in a failure, cut to a sane length.
func Printable(data []byte) string {
	const most = 200
	if len(data) > most {
		data = append(bytes.Clone(data[:most]), "..."...)
	}
	return strings.ToValidUTF8(string(data), "?")
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// Bytes reads exactly n bytes.
func (w *Wire) Bytes(t testing.TB, n int) []byte {
	t.Helper()
	if err := w.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, n)
	if got, err := io.ReadFull(w.r, data); err != nil {
		t.Fatalf("read %d bytes, want %d: %v", got, n, err)
	}
	return data
}
