package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// beMidge in the environment makes the test binary the command itself, so that
// signals and exit statuses are tested on a process.
const beMidge = "BE_MIDGE"

// processLimit ends a server that a test waits for in vain.
const processLimit = 30 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(beMidge) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a running server.
type process struct {
	*exec.Cmd
	ready ready
	log   *bufio.Reader
}

// startProcess runs a server with --ready-json and waits for its line.
func startProcess(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	t.Cleanup(cancel)
	p := &process{Cmd: exec.CommandContext(ctx, exe, append(args, "--ready-json")...)}
	p.Env = append(append(os.Environ(), beMidge+"=1"), env...)
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.log = bufio.NewReader(errs)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		rest, _ := io.ReadAll(p.log) // shown beside the error that matters
		t.Fatalf("no ready line: %v\n%s", err, rest)
	}
	if err := json.Unmarshal(line, &p.ready); err != nil {
		t.Fatalf("ready line %q: %v", line, err)
	}
	return p
}

// waitLog reads the log until a line has text.
func (p *process) waitLog(t *testing.T, text string) {
	t.Helper()
	for {
		line, err := p.log.ReadString('\n')
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			t.Fatalf("no %q in the log: %v", text, err)
		}
	}
}

// end sends a signal and gives the exit status.
func (p *process) end(t *testing.T, sig os.Signal) int {
	t.Helper()
	if err := p.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, p.log); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // the status is looked at below
	return p.ProcessState.ExitCode()
}

// A server says where it is, serves clients, monitoring and metrics there, and
// exits with 0 on TERM. [C-15] [C-21]
func TestServe(t *testing.T) {
	p := startProcess(t, []string{"MIDGE_HTTP_PORT=-1", "MIDGE_NAME=fromenv"}, "-a", "127.0.0.1", "-p", "-1", "-n", "one", "-T=false")
	if p.ready.ServerName != "one" || p.ready.Pid != p.Process.Pid || !p.ready.Ready {
		t.Errorf("ready: %+v", p.ready)
	}
	nc, err := nats.Connect(p.ready.Client)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if nc.ConnectedServerId() != p.ready.ServerID {
		t.Errorf("connected to %s, ready line says %s", nc.ConnectedServerId(), p.ready.ServerID)
	}

	resp, err := http.Get(p.ready.Monitor + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	metrics, err := io.ReadAll(resp.Body)
	if want := `gnatsd_connz_num_connections{server_id="` + p.ready.ServerID + `"} 1`; err != nil || !bytes.Contains(metrics, []byte(want)) {
		t.Errorf("no %s in the metrics, %v", want, err)
	}

	for _, args := range [][]string{{"--url", p.ready.Monitor}, {"--server", p.ready.Client}} {
		c := newTestProgram(nil)
		if status := c.run(append([]string{"healthcheck"}, args...)); status != 0 || c.out.String() != "ok\n" {
			t.Errorf("healthcheck %v: status %d, %s", args, status, c.errs.String())
		}
	}
	if status := p.end(t, syscall.SIGTERM); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
}

// A flag is stronger than the file at start and at every reload; the rest of
// the file counts. [C-10] [C-18]
func TestFlagsSurviveReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.conf")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("max_payload: 100\ndebug: false\nlisten: \"127.0.0.1:-1\"\n")
	p := startProcess(t, nil, "-c", file, "-D")
	write("max_payload: 200\ndebug: false\nlisten: \"127.0.0.1:-1\"\n")
	if err := (signaller{program: "midge", kill: syscall.Kill}).send("reload=" + strconv.Itoa(p.Process.Pid)); err != nil {
		t.Fatal(err)
	}
	p.waitLog(t, `Trapped "hangup" signal`)
	p.waitLog(t, "Reloaded: max_payload = 200")
	p.waitLog(t, "Reloaded server configuration")
	nc, err := nats.Connect(p.ready.Client)
	if err != nil {
		t.Fatal(err)
	}
	if nc.MaxPayload() != 200 {
		t.Errorf("max payload %d", nc.MaxPayload())
	}
	nc.Close()
	p.waitLog(t, "[DBG]") // about the client that went: -D still counts
	if status := p.end(t, os.Interrupt); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
}

// What keeps a server from starting ends the process with 1. [C-8]
func TestServeRefusals(t *testing.T) {
	p := startProcess(t, nil, "-a", "127.0.0.1", "-p", "-1")
	port := p.ready.Client[strings.LastIndexByte(p.ready.Client, ':')+1:]
	for args, want := range map[string]string{
		"-a 127.0.0.1 -p " + port:                          "address already in use",
		"-c testdata/check/start.conf":                     "midge: no_auth_user: \"x\" present, but users/nkeys are not defined\n",
		"-c testdata/check/unclosed.conf":                  "midge: Parse error on line 4",
		"-routes nats://127.0.0.1:1 -p -1":                 "midge: solicited routes require cluster capabilities, e.g. --cluster\n",
		"-tls -p -1":                                       "midge: TLS Server certificate must be present and valid\n",
		"-tlscert x -p -1":                                 "midge: TLS Server private key must be present and valid\n",
		"-cluster foo -p -1":                               "midge: --cluster: missing port in address\n",
		"-cluster nats://u@127.0.0.1:6222 -p -1":           "expected cluster password to be set\n",
		"-cluster nats://u:secret%zz@127.0.0.1:6222 -p -1": "midge: --cluster: invalid cluster url",
	} {
		c := exec.CommandContext(t.Context(), p.Path, strings.Fields(args)...)
		c.Env = append(os.Environ(), beMidge+"=1")
		c.Args[0] = "midge"
		out, err := c.CombinedOutput()
		if err == nil || c.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want exit 1 and %q in\n%s", args, err, want, out)
		}
		if strings.Contains(string(out), "secret") {
			t.Errorf("%s: the password is shown:\n%s", args, out)
		}
	}
	if status := p.end(t, syscall.SIGTERM); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
