package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/internal/metrics"
	"github.com/midge-nats/midge/server"
)

// version is what -v shows and servers are asked for by scripts: that of the
// protocol spoken.
const version = server.Version

// testConfig is -t: exit status 0 if a server would read the file without an
// error or warning. What only shows at start is not looked at. [C-6] [C-7]
func (p *program) testConfig(values flagValues) int {
	file, _ := values.text("config")
	if file == "" {
		return p.fail(errors.New("must specify [-c, --config] option to check configuration file syntax"))
	}
	_, report, err := conf.Load(file)
	if err == nil && len(report.Warnings) > 0 {
		err = &conf.Errors{Problems: report.Warnings}
	}
	if err != nil {
		return p.failConfig(err)
	}
	fmt.Fprintf(p.stderr, "%s: configuration file %s is valid (%s)\n", p.name, file, report.Digest)
	return 0
}

// failConfig prints what is wrong with a configuration. A list of errors ends
// with an empty line, as in the reference. [C-5]
func (p *program) failConfig(err error) int {
	status := p.fail(err)
	var list *conf.Errors
	if errors.As(err, &list) {
		fmt.Fprintln(p.stderr)
	}
	return status
}

// options are what the file says, with flags and environment over it.
func (p *program) options(values flagValues) (*conf.Options, error) {
	opts := &conf.Options{Logtime: true}
	if file, _ := values.text("config"); file != "" {
		loaded, report, err := conf.Load(file)
		if err != nil {
			return nil, err
		}
		for _, w := range report.Warnings {
			fmt.Fprintln(p.stderr, w)
		}
		opts = loaded
	}
	if err := values.override(opts); err != nil {
		return nil, err
	}
	inForce := opts.TLSConfig
	opts.Override = func(o *conf.Options) {
		// It worked at start. What can fail since is reading certificates:
		// then those in force stay.
		if err := values.override(o); err != nil {
			o.TLSConfig = inForce
			return
		}
		inForce = o.TLSConfig
	}
	return opts, nil
}

// serve runs a server until it is stopped, and gives the exit status.
// [C-8] [C-15]
func (p *program) serve(values flagValues) int {
	opts, err := p.options(values)
	if err != nil {
		return p.failConfig(err)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return p.fail(err)
	}
	srv.ConfigureLogger()
	srv.HandleHTTP("/metrics", metrics.Handler(monitorSource(srv.MonitorHandler())))

	goroutines := group.New()
	stopped := make(chan struct{})
	signals, stopSignals := watchSignals()
	defer stopSignals()
	h := &signalHandler{server: srv, log: srv, group: goroutines, notifySocket: p.getenv("NOTIFY_SOCKET")}
	goroutines.Go("signals", func() { h.run(signals, stopped) })
	defer func() {
		close(stopped)
		goroutines.Wait()
	}()

	srv.Start() // logs as fatal what keeps it from starting
	if srv.StartError() != nil {
		return 1
	}
	h.tell(notifyReady)
	if values.is("ready-json") {
		if err := writeReady(p.stdout, srv); err != nil {
			srv.Errorf("%v", err)
		}
	}
	srv.WaitForShutdown()
	return 0
}

// ready is the line of --ready-json.
type ready struct {
	Ready      bool   `json:"ready"`
	Pid        int    `json:"pid"`
	ServerID   string `json:"server_id"`
	ServerName string `json:"server_name"`
	Version    string `json:"version"`
	Client     string `json:"client,omitempty"`  // url for a client on this machine
	Monitor    string `json:"monitor,omitempty"` // likewise
	server.Ports
}

// writeReady tells a program that started the server where it is, in one line.
func writeReady(w io.Writer, srv *server.Server) error {
	r := ready{Ready: true, Pid: os.Getpid(), ServerID: srv.ID(), ServerName: srv.Name(), Version: server.Version,
		Client: srv.ClientURL(), Ports: srv.PortsInfo()}
	if len(r.Monitoring) > 0 {
		r.Monitor = r.Monitoring[0]
	}
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ready line: %w", err)
	}
	if _, err := fmt.Fprintln(w, string(b)); err != nil {
		return fmt.Errorf("ready line: %w", err)
	}
	return nil
}
