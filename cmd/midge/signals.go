package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/midge-nats/midge/internal/group"
)

// lifecycle is what signals do to a server.
type lifecycle interface {
	Shutdown()
	LameDuckShutdown()
	Reload() error
	ReopenLogFile()
}

// log is where the process says what it was told.
type log interface {
	Noticef(format string, v ...any)
	Errorf(format string, v ...any)
}

// signalHandler acts on the signals of the process. [C-15]
type signalHandler struct {
	// Immutable after construction.
	server       lifecycle
	log          log
	notifySocket string // of the service manager, empty without
	group        *group.Group

	// Owned by run.
	lameDuck bool
}

// handledSignals have a meaning to a server.
var handledSignals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}

// watchSignals begins to catch signals; stop ends it.
func watchSignals() (signals chan os.Signal, stop func()) {
	signals = make(chan os.Signal, 8) // a burst, such as USR1 from logrotate beside HUP
	signal.Notify(signals, handledSignals...)
	return signals, func() { signal.Stop(signals) }
}

// run acts on signals until stopped is closed. The server closes it by ending;
// run itself never exits the process, so that everything is flushed.
func (h *signalHandler) run(signals <-chan os.Signal, stopped <-chan struct{}) {
	for {
		select {
		case <-stopped:
			return
		case sig := <-signals:
			h.act(sig)
		}
	}
}

func (h *signalHandler) act(sig os.Signal) {
	h.log.Noticef("Trapped %q signal", sig)
	switch sig {
	case syscall.SIGINT:
		h.shutdown()
	case syscall.SIGTERM:
		// An orchestrator that sends TERM after USR2 must not cut short what
		// it asked for.
		if !h.lameDuck {
			h.shutdown()
		}
	case syscall.SIGUSR1:
		h.server.ReopenLogFile()
	case syscall.SIGUSR2:
		if !h.lameDuck {
			h.lameDuck = true
			h.tell(notifyStopping)
			h.group.Go("lame duck", h.server.LameDuckShutdown)
		}
	case syscall.SIGHUP:
		h.reload()
	}
}

func (h *signalHandler) shutdown() {
	h.tell(notifyStopping)
	h.group.Go("shutdown", h.server.Shutdown)
}

// reload keeps the old configuration if the new one is refused, and is ready
// again either way. [C-17]
func (h *signalHandler) reload() {
	h.tell(notifyReloading(monotonicMicros()))
	// The server logs why it refused, whoever asked it to reload.
	_ = h.server.Reload()
	h.tell(notifyReady)
}

// tell gives the service manager a new state. A manager that does not listen is
// no reason to stop serving.
func (h *signalHandler) tell(state string) {
	if err := notify(h.notifySocket, state); err != nil {
		h.log.Errorf("%s", err)
	}
}
