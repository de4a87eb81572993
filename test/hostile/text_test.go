package hostile_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/midge-nats/midge/test/harness"
)

// Names, subjects and queues are shown in -ERR, in monitoring and in logs.
// Whatever is in them, no second line, no broken JSON, no second log line comes
// of it.
var nasty = []string{
	"a\x00b", "a\x01b", "a\x7fb", "a\x1b[31mb", "a\"b", `a\b`, "a'b", "a</script>b", "a\xff\xfeb", "a\u2028b", "a\u202eb", "a\u0085b", "a%sb%d", "a\vb\fb",
}

// Control characters in subjects, queues and sids. [P-13]
func TestNastySubjects(t *testing.T) {
	const config = `authorization { users: [{user: u, password: pw, permissions: {publish: "ok", subscribe: "ok"}}] }`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		for _, s := range nasty {
			w := harness.OpenWire(t, srv)
			w.Send(t, `CONNECT {"verbose":false,"user":"u","pass":"pw"}`+"|PING|")
			w.Want(t, "PONG")
			for sent, want := range map[string]string{
				"PUB %s 1|x|":     `-ERR 'Permissions Violation for Publish to "%s"'`,
				"SUB %s 1|":       `-ERR 'Permissions Violation for Subscription to "%s"'`,
				"SUB %s %[1]s 1|": `-ERR 'Permissions Violation for Subscription to "%s" using queue "%[1]s"'`,
			} {
				w.Send(t, fmt.Sprintf(sent, s))
				got := w.Alive(t)
				if len(got) != 1 || !sameText(got[0], fmt.Sprintf(want, s)) {
					t.Errorf("%q: answer %q, want one line %q", s, got, fmt.Sprintf(want, s))
				}
			}
		}
	})
}

// sameText compares an -ERR with what the reference says, that is the subject as
// it came. A server may replace what cannot be printed, but the text stays one
// line and its printable part.
func sameText(got, want string) bool {
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' || r == '?' || r == '\\' {
				return -1
			}
			return r
		}, s)
	}
	return got == want || strings.HasPrefix(got, "-ERR '") && strings.Contains(clean(got), clean(want)[:24])
}

// A bare CR or LF ends a line and nothing more; what stands behind it is the
// next operation, for this client alone. [P-1]
func TestLineEndsInSubjects(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		w := harness.OpenWire(t, srv)
		w.Send(t, hello("lines"))
		w.SendBytes(t, []byte("SUB a 1\nPUB a 1\r\nx\r\n"))
		w.Want(t, "MSG a 1 1", "x")
		// In a name JSON keeps them apart.
		for _, name := range []string{`a\r\n-ERR 'x'\r\n`, `a\nb`, `a\u0000b`, `\u001b[2J`, `\ud800`, `\"`, `\\`} {
			w := harness.OpenWire(t, srv)
			w.Send(t, `CONNECT {"verbose":false,"name":"`+name+`"}`+"|")
			if got := w.Alive(t); len(got) != 0 {
				t.Errorf("name %q: then %q", name, got)
			}
		}
		status, body := harness.Get(t, srv, "/connz?subs=1")
		if status != http.StatusOK || !json.Valid(body) || !utf8.Valid(body) {
			t.Errorf("/connz: %d %q", status, body)
		}
		others.testify(t)
	})
}

// Monitoring stays JSON, whatever clients call themselves and subscribe to.
func TestNastyTextInMonitoring(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, s := range nasty {
			name, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			w := harness.OpenWire(t, srv)
			w.Send(t, fmt.Sprintf(`CONNECT {"verbose":false,"name":%s,"lang":%[1]s,"version":%[1]s}`+"|SUB %s %[2]s %[2]s|", name, s))
			w.Alive(t)
		}
		pages := []string{"/connz?subs=detail&auth=1", "/subsz?subs=1", "/varz", "/connz?state=any", "/accountz?acc=$G"}
		for _, page := range pages {
			status, body := harness.Get(t, srv, page)
			if status != http.StatusOK || !json.Valid(body) || !utf8.Valid(body) {
				t.Errorf("%s: %d %q", page, status, body)
			}
		}
		if list := harness.Connz(t, srv, "subs=1"); len(list) != len(nasty) {
			t.Errorf("%d connections shown, want %d", len(list), len(nasty))
		}
		checkLog(t, srv.Log())
	})
}

// A log line is one line: what clients say cannot forge another.
func TestNastyTextInLog(t *testing.T) {
	const config = "debug: true\ntrace: true\nauthorization { user: a, password: pw }"
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		for _, name := range []string{`x\n[1] 2026/01/01 00:00:00.000000 [INF] forged`, `x\r[INF] forged`} {
			w := harness.OpenWire(t, srv)
			w.Send(t, `CONNECT {"user":"`+name+`","pass":"x","name":"`+name+`"}`+"|")
			ends(t, srv, w, "Authorization Violation", "Authentication Failure")
		}
		checkLog(t, srv.Log())
	})
}

// Handshakes that fail are logged in one line each. [C-14]
func TestFailedHandshakesInLog(t *testing.T) {
	a := harness.NewAuthority(t)
	cert, key := a.Issue(t, "server", "")
	config := fmt.Sprintf("tls { cert_file: %q, key_file: %q }\n", cert, key)
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		for _, text := range []string{"CONNECT {}|", "\x16\x03\x01\x00\x05hello", "\x16\x03\x01\xff\xff", "\x80\x80\x80"} {
			w := harness.OpenWire(t, srv)
			w.Send(t, text)
			w.Close()
			if reason := harness.ClosedFor(t, srv, "", w.Info.ClientID); reason != "TLS Handshake Failure" {
				t.Errorf("%q: closed because of %q", text, reason)
			}
		}
		harness.Until(t, "they are logged", func() bool { return strings.Count(srv.Log(), "TLS handshake error") >= 4 })
		checkLog(t, srv.Log())
	})
}

// checkLog checks that every line of a log is one of the server's.
func checkLog(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "[") {
			t.Errorf("a line of the log that does not begin as one: %q", line)
		}
		for _, forged := range []string{"[1] 2026", "[INF] forged"} {
			if strings.HasPrefix(line, forged) {
				t.Errorf("forged line in the log: %q", line)
			}
		}
		if strings.Contains(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), "\r") {
			t.Errorf("carriage return in the log: %q", line)
		}
	}
}

// Paths and parameters of monitoring are input as well.
func TestNastyMonitoringRequests(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, path := range []string{
			"/connz?limit=-1", "/connz?limit=99999999999999999999", "/connz?offset=-5", "/connz?offset=9223372036854775807&limit=9223372036854775807",
			"/connz?cid=-1", "/connz?subs=maybe", "/connz?state=%00", "/connz?acc=%ff%fe", "/connz?sort=%0a", "/subsz?test=a..b&subs=1", "/subsz?limit=-1&offset=-1&subs=1",
			"/accountz?acc=" + strings.Repeat("x", 5000), "/healthz?stream=S&account=" + strings.Repeat("%00", 100), "/../../etc/passwd", "//varz", "/varz%00", "/%2e%2e/varz",
		} {
			if status, body := harness.Get(t, srv, path); status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable {
				t.Errorf("%s: %d %s", harness.Printable([]byte(path)), status, harness.Printable(body))
			}
		}
		newWitness(t, srv).testify(t)
	})
}
