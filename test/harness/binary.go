package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Main runs the tests of a package and removes what was built for them. It is
// the TestMain of each package that starts servers.
func Main(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		if err := os.RemoveAll(built.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// built is the binary under test, made once per test process.
var built struct {
	once sync.Once
	dir  string // to remove; empty if it was not built here
	path string
	err  error
}

// Binary gives the path of the server to test and builds it if there is none
// yet.
func Binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.path = os.Getenv("MIDGE_TEST_BIN"); built.path != "" {
			return
		}
		if built.dir, built.err = os.MkdirTemp("", "midge-test"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "midge")
		out, err := exec.Command("go", "build", "-o", built.path, "github.com/midge-nats/midge/cmd/midge").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build midge: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// process is a server that runs as a program.
type process struct {
	cmd    *exec.Cmd
	config string // its configuration file
	log    *logBuffer
	ports  ports
	done   chan struct{} // closed when the process has ended
}

// ports is the ports file that a server writes when it listens. [C-13]
type ports struct {
	NATS       []string `json:"nats"`
	Monitoring []string `json:"monitoring"`
	Cluster    []string `json:"cluster"`
}

// StartBinary starts the binary under test and waits until it listens. The
// process ends with the test.
func StartBinary(t testing.TB, config string) Server {
	t.Helper()
	dir := t.TempDir()
	p := &process{config: filepath.Join(dir, "server.conf"), log: &logBuffer{}, done: make(chan struct{})}
	write(t, p.config, complete(config))
	p.cmd = exec.Command(Binary(t), "-c", p.config, "--ports_file_dir", dir)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start server: %v", err)
	}
	go func() {
		defer close(p.done)
		if err := p.cmd.Wait(); err != nil {
			fmt.Fprintf(p.log, "process ended: %v\n", err)
		}
	}()
	t.Cleanup(func() {
		p.Stop(t)
		showLog(t, p)
	})
	file := filepath.Join(dir, fmt.Sprintf("%s_%d.ports", filepath.Base(p.cmd.Path), p.cmd.Process.Pid))
	Until(t, "the server writes its ports file", func() bool {
		select {
		case <-p.done:
			t.Fatal("the server did not start")
		default:
		}
		data, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(data, &p.ports) == nil && len(p.ports.NATS) > 0
	})
	ready(t, p)
	return p
}

func (p *process) URL() string           { return "nats://" + p.Addr() }
func (p *process) Addr() string          { return host(p.ports.NATS) }
func (p *process) ClusterAddr() string   { return host(p.ports.Cluster) }
func (p *process) MonitorURL() string    { return "http://" + host(p.ports.Monitoring) }
func (p *process) Done() <-chan struct{} { return p.done }
func (p *process) Embedded() bool        { return false }
func (p *process) Log() string           { return p.log.String() }

// Reload writes the configuration file anew and sends the signal for it. [C-15]
func (p *process) Reload(t testing.TB, config string) {
	t.Helper()
	write(t, p.config, complete(config))
	p.signal(t, syscall.SIGHUP)
}

// LameDuck sends the signal for lame duck mode. [C-15]
func (p *process) LameDuck(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGUSR2)
}

// Stop sends the signal to stop. TERM would be ignored in lame duck mode.
func (p *process) Stop(t testing.TB) {
	t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	p.signal(t, syscall.SIGINT)
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Errorf("the server did not stop within %v", patience)
		p.signal(t, syscall.SIGKILL)
		<-p.done
	}
}

func (p *process) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Errorf("signal server: %v", err)
	}
}

// Memory is how many bytes of memory the process of a server uses now, as its
// own monitoring says. For an embedded server that is the test's process.
func Memory(t testing.TB, srv Server) int64 {
	t.Helper()
	var varz struct {
		Mem int64 `json:"mem"`
	}
	GetJSON(t, srv, "/varz", &varz)
	return varz.Mem
}

// host gives the host:port of the first URL.
func host(urls []string) string {
	if len(urls) == 0 {
		return ""
	}
	_, addr, _ := strings.Cut(urls[0], "://")
	return addr
}

// write makes a file of a test.
func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// showLog shows what the server logged when the test has failed.
func showLog(t testing.TB, srv Server) {
	t.Helper()
	if t.Failed() {
		t.Logf("log of the server at %s:\n%s", srv.Addr(), srv.Log())
	}
}

// logBuffer collects a log that is read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
