package harness

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/server"
)

// embedded is a server inside the test process.
type embedded struct {
	srv    *server.Server
	config string // its configuration file
	log    *logBuffer
	ports  server.Ports
	ending sync.Once
	done   chan struct{} // closed when nothing of it runs any more
}

// StartEmbedded starts a server inside the test. It reads its configuration as
// the binary does.
func StartEmbedded(t testing.TB, config string) Server {
	t.Helper()
	e := &embedded{config: filepath.Join(t.TempDir(), "server.conf"), log: &logBuffer{}, done: make(chan struct{})}
	write(t, e.config, complete(config))
	opts, _, err := conf.Load(e.config)
	if err != nil {
		t.Fatalf("configuration: %v", err)
	}
	if e.srv, err = server.NewServer(opts); err != nil {
		t.Fatalf("new server: %v", err)
	}
	e.srv.SetLogger(testLog{e.log}, false, false)
	e.srv.Start()
	go func() {
		defer close(e.done)
		e.srv.WaitForShutdown()
	}()
	t.Cleanup(func() {
		e.Stop(t)
		showLog(t, e)
	})
	if !e.srv.ReadyForConnections(patience) {
		t.Fatalf("the server did not start: %v", e.srv.StartError())
	}
	e.ports = e.srv.PortsInfo()
	return e
}

func (e *embedded) URL() string           { return "nats://" + e.Addr() }
func (e *embedded) Addr() string          { return host(e.ports.Nats) }
func (e *embedded) ClusterAddr() string   { return host(e.ports.Cluster) }
func (e *embedded) MonitorURL() string    { return "http://" + host(e.ports.Monitoring) }
func (e *embedded) Done() <-chan struct{} { return e.done }
func (e *embedded) Embedded() bool        { return true }
func (e *embedded) Log() string           { return e.log.String() }

// Reload writes the configuration file anew and has the server read it.
func (e *embedded) Reload(t testing.TB, config string) {
	t.Helper()
	write(t, e.config, complete(config))
	if err := e.srv.Reload(); err != nil {
		t.Fatalf("reload: %v", err)
	}
}

// LameDuck begins lame duck mode, which ends on its own or by Stop.
func (e *embedded) LameDuck(testing.TB) { go e.srv.LameDuckShutdown() }

// Stop shuts down and waits until nothing of the server runs any more.
func (e *embedded) Stop(t testing.TB) {
	t.Helper()
	e.ending.Do(func() { go e.srv.Shutdown() })
	select {
	case <-e.done:
	case <-time.After(patience):
		t.Errorf("the server did not stop within %v", patience)
	}
}

// InProcess is the option that connects a client without a socket; false if the
// server is a process of its own.
func InProcess(srv Server) (nats.Option, bool) {
	e, ok := srv.(*embedded)
	if !ok {
		return nil, false
	}
	return nats.InProcessServer(e.srv), true
}

// testLog keeps a server's log for the test that fails.
type testLog struct{ *logBuffer }

func (l testLog) line(level, format string, v []any) {
	// A buffer takes everything.
	_, _ = fmt.Fprintf(l, "[%s] %s\n", level, strings.TrimRight(fmt.Sprintf(format, v...), "\n"))
}

func (l testLog) Noticef(format string, v ...any) { l.line("INF", format, v) }
func (l testLog) Warnf(format string, v ...any)   { l.line("WRN", format, v) }
func (l testLog) Errorf(format string, v ...any)  { l.line("ERR", format, v) }
func (l testLog) Fatalf(format string, v ...any)  { l.line("FTL", format, v) }
func (l testLog) Debugf(format string, v ...any)  { l.line("DBG", format, v) }
func (l testLog) Tracef(format string, v ...any)  { l.line("TRC", format, v) }
