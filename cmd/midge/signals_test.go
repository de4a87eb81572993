package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/midge-nats/midge/internal/group"
)

// fakeServer notes what signals make of it.
type fakeServer struct {
	calls     chan string
	reloadErr error
}

func (f *fakeServer) Shutdown()         { f.calls <- "shutdown" }
func (f *fakeServer) LameDuckShutdown() { f.calls <- "lame duck" }
func (f *fakeServer) ReopenLogFile()    { f.calls <- "reopen" }
func (f *fakeServer) Reload() error     { f.calls <- "reload"; return f.reloadErr }
func (f *fakeServer) Noticef(format string, v ...any) {
	f.calls <- fmt.Sprintf("INF "+format, v...)
}
func (f *fakeServer) Errorf(format string, v ...any) {
	f.calls <- fmt.Sprintf("ERR "+format, v...)
}

// Each signal is logged with Go's name for it and does its work. [C-15]
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		name    string
		signals []os.Signal
		err     error
		want    string
	}{
		{"int", []os.Signal{syscall.SIGINT}, nil, `INF Trapped "interrupt" signal; shutdown`},
		{"term", []os.Signal{syscall.SIGTERM}, nil, `INF Trapped "terminated" signal; shutdown`},
		{"usr1", []os.Signal{syscall.SIGUSR1}, nil, `INF Trapped "user defined signal 1" signal; reopen`},
		{"hup", []os.Signal{syscall.SIGHUP}, nil, `INF Trapped "hangup" signal; reload`},
		{"hup refused", []os.Signal{syscall.SIGHUP}, errors.New("no"),
			`INF Trapped "hangup" signal; reload`},
		{"term does not cut lame duck short", []os.Signal{syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGUSR2}, nil,
			`INF Trapped "user defined signal 2" signal; lame duck; INF Trapped "terminated" signal; INF Trapped "user defined signal 2" signal`},
		{"int ends lame duck", []os.Signal{syscall.SIGUSR2, syscall.SIGINT}, nil,
			`INF Trapped "user defined signal 2" signal; lame duck; INF Trapped "interrupt" signal; shutdown`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakeServer{calls: make(chan string, 16), reloadErr: c.err}
			g := group.New()
			h := &signalHandler{server: f, log: f, group: g}
			for _, sig := range c.signals {
				h.act(sig)
				g.Wait() // so that the order of calls is that of signals
			}
			close(f.calls)
			if got := strings.Join(slices.Collect(drain(f.calls)), "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func drain(calls <-chan string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for c := range calls {
			if !yield(c) {
				return
			}
		}
	}
}

// systemd hears of a reload, with the time it began, and that it is over.
func TestReloadNotifiesServiceManager(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	f := &fakeServer{calls: make(chan string, 16)}
	h := &signalHandler{server: f, log: f, group: group.New(), notifySocket: socket}
	h.act(syscall.SIGHUP)

	b := make([]byte, 256)
	n, err := manager.Read(b)
	var micros int64
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(b[:n]), "RELOADING=1\nMONOTONIC_USEC=%d", &micros); err != nil || micros <= 0 {
		t.Errorf("first state %q: %v", b[:n], err)
	}
	if n, err = manager.Read(b); err != nil || string(b[:n]) != "READY=1" {
		t.Errorf("second state %q, %v", b[:n], err)
	}
}

// A server goes on when the service manager does not listen, or there is none.
func TestNotifyWithoutManager(t *testing.T) {
	if err := notify("", notifyReady); err != nil {
		t.Errorf("no socket: %v", err)
	}
	f := &fakeServer{calls: make(chan string, 16)}
	h := &signalHandler{server: f, log: f, group: group.New(), notifySocket: filepath.Join(t.TempDir(), "gone")}
	h.tell(notifyReady)
	if got := <-f.calls; !strings.HasPrefix(got, "ERR notify service manager: ") {
		t.Errorf("log: %s", got)
	}
}
