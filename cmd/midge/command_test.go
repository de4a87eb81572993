package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Help and version come by flag and by word, on stdout, with status 0. [C-11]
func TestHelpAndVersion(t *testing.T) {
	for _, args := range []string{"-v", "--version", "version", "VERSION", "-v extra", "-D version"} {
		p := newTestProgram(nil)
		if status := p.run(strings.Fields(args)); status != 0 || p.out.String() != "midge: v"+version+"\n" {
			t.Errorf("%s: status %d, stdout %q", args, status, p.out.String())
		}
	}
	for _, args := range []string{"-h", "--help", "help", "help foo", "-t help"} {
		p := newTestProgram(nil)
		status := p.run(strings.Fields(args))
		if status != 0 || !strings.HasPrefix(p.out.String(), "\nUsage: midge [options]\n") || strings.Count(p.out.String(), "Usage") != 1 {
			t.Errorf("%s: status %d, stdout\n%s", args, status, p.out.String())
		}
	}
	p := newTestProgram(nil)
	if status := p.run([]string{"help", "trace"}); status != 0 || !strings.Contains(p.out.String(), "--deliver") {
		t.Errorf("help trace: status %d, %s", status, p.out.String())
	}
	p = newTestProgram(nil)
	if status := p.run([]string{"--help_tls"}); status != 0 || !strings.Contains(p.out.String(), "cert_file") {
		t.Errorf("--help_tls: status %d, %s", status, p.out.String())
	}
}

func TestUsageText(t *testing.T) {
	p := newTestProgram(nil)
	p.printUsage()
	golden(t, "testdata/usage.golden", p.out.String())
}

// A wrong flag is answered with the usage and status 0, a wrong word with 1, as
// scripts expect; both with what may have been meant.
func TestWrongCommandLines(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"-foo", 0, "flag provided but not defined: -foo\n"},
		{"-prot 1", 0, "flag provided but not defined: -prot\n  did you mean --port?\n"},
		{"extra", 1, "midge: unrecognized command: \"extra\"\n"},
		{"chek", 1, "midge: unrecognized command: \"chek\"\n  did you mean \"check\"?\n"},
		{"-D trace foo", 1, "midge: unrecognized command: \"trace\"\n  the command comes first: midge trace ...\n"},
		{"trace", 1, "midge: trace takes a subject and at most one payload, got 0 words\n  quote a payload with spaces: midge trace orders.new '{\"n\": 1}'\n"},
		{"healthcheck --foo", 1, "midge: unknown flag: --foo\n  midge healthcheck --help shows all flags\n"},
		{"-sl fish=99999999", 1, "midge: unknown signal \"fish\"\n"},
	} {
		p := newTestProgram(nil)
		if status := p.run(strings.Fields(c.args)); status != c.status || p.errs.String() != c.want {
			t.Errorf("%s: status %d, stderr\n%s\nwant %d\n%s", c.args, status, p.errs.String(), c.status, c.want)
		}
	}
}

// Every command has an example in its help, and a man page.
func TestManPagesAndExamples(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	p := newTestProgram(nil)
	if status := p.run([]string{"man", dir}); status != 0 {
		t.Fatal(p.errs.String())
	}
	for _, c := range p.root().Commands() {
		if c.Name() != "help" && c.Name() != "completion" && c.Example == "" {
			t.Errorf("%s has no example", c.Name())
		}
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, "midge-"+c.Name()+".1"))
		if err != nil || !strings.Contains(string(b), ".SH EXAMPLES") {
			t.Errorf("man page of %s: %v", c.Name(), err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "midge.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`.TH MIDGE 1`, `\-DVV`, "MIDGE_PORT"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in midge.1", want)
		}
	}
}

func TestCompletion(t *testing.T) {
	p := newTestProgram(nil)
	if status := p.run([]string{"__complete", "--max_traced"}); status != 0 || !strings.Contains(p.out.String(), "--max_traced_msg_len") {
		t.Errorf("status %d, %s", status, p.out.String())
	}
	p = newTestProgram(nil)
	if status := p.run([]string{"completion", "bash"}); status != 0 || !strings.Contains(p.out.String(), "bash completion") {
		t.Errorf("status %d", status)
	}
}

// An unhealthy server, and none, are status 1 with the reason.
func TestHealthcheckFails(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/base/healthz" {
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write([]byte(`{"status":"unavailable","error":"JetStream is down"}`))
		}
	}))
	defer s.Close()
	for args, want := range map[string]string{
		"--url " + s.URL + "/base/healthz":  `JetStream is down`,
		"--url nats://x":                    `invalid url "nats://x"`,
		"--server nats://u:secret@[::1]:1":  `connect to "nats://[::1]:1"`,
		"--server nats://x --tlscert a.pem": "give both --tlscert and --tlskey",
		"--url https://x --tlscacert none":  "no such file",
		"--server nats://x --nkey none":     "nkey file",
	} {
		p := newTestProgram(nil)
		if status := p.run(append([]string{"healthcheck"}, strings.Fields(args)...)); status != 1 || !strings.Contains(p.errs.String(), want) {
			t.Errorf("%s: status %d, stderr %q, want %q", args, status, p.errs.String(), want)
		}
	}
	p := newTestProgram(nil)
	if status := p.run([]string{"healthcheck", "--url", s.URL}); status != 0 { // another path than /base: 200
		t.Errorf("healthy: status %d, %s", status, p.errs.String())
	}
}

// The demo runs in this process and ends by itself.
func TestDemo(t *testing.T) {
	p := newTestProgram(nil)
	if status := p.run([]string{"demo"}); status != 0 {
		t.Fatalf("status %d, %s", status, p.errs.String())
	}
	for _, want := range []string{
		`Mapping subject:"orders.v2.new"`, `account:"BILLING"`, `Client "invoices"`, `Client "audit"`, `queue:"packers"`,
		"5 clients, 1 router, 1 gateway, 1 leafnode",
	} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("no %s in\n%s", want, p.out.String())
		}
	}
}
