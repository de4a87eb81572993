package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// flagKind says what a server flag takes. Only a boolFlag may stand without a
// value. [C-11]
type flagKind int

const (
	boolFlag flagKind = iota
	intFlag
	textFlag
)

// serverFlag is one option of the server command. The table below is the only
// list of them: parsing, help, man page, completion and environment variables
// are made from it.
type serverFlag struct {
	names    []string // as typed, without dashes; the first is the canonical one
	kind     flagKind
	arg      string // placeholder of the value in the help
	help     string
	fallback string // value that holds when nothing is given, for the help only
	action   bool   // asks for something else than a server: has no environment variable
}

// flagGroup is one section of the help.
type flagGroup struct {
	title string
	flags []serverFlag
}

var serverFlags = []flagGroup{
	{"Server Options", []serverFlag{
		{names: []string{"addr", "a", "net"}, kind: textFlag, arg: "host", help: "Bind to host address", fallback: "0.0.0.0"},
		{names: []string{"port", "p"}, kind: intFlag, arg: "port", help: "Use port for clients, -1 for a random one", fallback: "4222"},
		{names: []string{"name", "n", "server_name"}, kind: textFlag, arg: "name", help: "Server name", fallback: "auto"},
		{names: []string{"pid", "P"}, kind: textFlag, arg: "file", help: "File to store the process id in"},
		{names: []string{"http_port", "m"}, kind: intFlag, arg: "port", help: "Use port for http monitoring and /metrics"},
		{names: []string{"https_port", "ms"}, kind: intFlag, arg: "port", help: "Use port for https monitoring"},
		{names: []string{"config", "c"}, kind: textFlag, arg: "file", help: "Configuration file"},
		{names: []string{"t"}, kind: boolFlag, help: "Test the configuration and exit (see also: check)", action: true},
		{names: []string{"signal", "sl"}, kind: textFlag, arg: "signal[=pid]", action: true,
			help: "Send ldm, stop, quit, term, reopen or reload to a running server; pid is a process id, a pid file, or either with a * at its end"},
		{names: []string{"client_advertise"}, kind: textFlag, arg: "address", help: "Client address to advertise to other servers"},
		{names: []string{"ports_file_dir"}, kind: textFlag, arg: "dir", help: "Write <executable>_<pid>.ports with the ports in use to this directory"},
		{names: []string{"ready-json"}, kind: boolFlag, help: "Print one line of JSON with all addresses to stdout once the server is ready"},
	}},
	{"Logging Options", []serverFlag{
		{names: []string{"log", "l"}, kind: textFlag, arg: "file", help: "File to redirect log output to"},
		{names: []string{"logtime", "T"}, kind: boolFlag, help: "Timestamp log entries", fallback: "true"},
		{names: []string{"logtime_utc"}, kind: boolFlag, help: "Timestamps in UTC instead of local time"},
		{names: []string{"syslog", "s"}, kind: boolFlag, help: "Log to syslog"},
		{names: []string{"remote_syslog", "r"}, kind: textFlag, arg: "addr", help: "Syslog server address (udp://localhost:514)"},
		{names: []string{"debug", "D"}, kind: boolFlag, help: "Enable debugging output"},
		{names: []string{"trace", "V"}, kind: boolFlag, help: "Log the raw protocol"},
		{names: []string{"VV"}, kind: boolFlag, help: "Log the raw protocol, system account as well"},
		{names: []string{"DV"}, kind: boolFlag, help: "Debug and trace"},
		{names: []string{"DVV"}, kind: boolFlag, help: "Debug and trace, system account as well"},
		{names: []string{"log_size_limit"}, kind: intFlag, arg: "bytes", help: "Rotate the log file at this size"},
		{names: []string{"max_traced_msg_len"}, kind: intFlag, arg: "bytes", help: "Show no more of a traced message", fallback: "unlimited"},
	}},
	{"JetStream Options", []serverFlag{
		{names: []string{"jetstream", "js"}, kind: boolFlag, help: "Enable JetStream functionality"},
		{names: []string{"store_dir", "sd"}, kind: textFlag, arg: "dir", help: "Set the storage directory"},
	}},
	{"Authorization Options", []serverFlag{
		{names: []string{"user"}, kind: textFlag, arg: "user", help: "User required for connections"},
		{names: []string{"pass"}, kind: textFlag, arg: "password", help: "Password required for connections"},
		{names: []string{"auth"}, kind: textFlag, arg: "token", help: "Authorization token required for connections"},
	}},
	{"TLS Options", []serverFlag{
		{names: []string{"tls"}, kind: boolFlag, help: "Enable TLS, do not verify clients"},
		{names: []string{"tlscert"}, kind: textFlag, arg: "file", help: "Server certificate file"},
		{names: []string{"tlskey"}, kind: textFlag, arg: "file", help: "Private key for the server certificate"},
		{names: []string{"tlsverify"}, kind: boolFlag, help: "Enable TLS, verify client certificates"},
		{names: []string{"tlscacert"}, kind: textFlag, arg: "file", help: "Client certificate authority for verification"},
	}},
	{"Cluster Options", []serverFlag{
		{names: []string{"routes"}, kind: textFlag, arg: "url,...", help: "Routes to solicit and connect"},
		{names: []string{"cluster"}, kind: textFlag, arg: "url", help: "Cluster URL to listen on for routes"},
		{names: []string{"cluster_name"}, kind: textFlag, arg: "name", help: "Cluster name", fallback: "generated"},
		{names: []string{"no_advertise"}, kind: boolFlag, help: "Do not advertise known cluster information to clients"},
		{names: []string{"cluster_advertise"}, kind: textFlag, arg: "address", help: "Cluster address to advertise to other servers"},
		{names: []string{"connect_retries"}, kind: intFlag, arg: "number", help: "Number of connect retries for implicit routes"},
		{names: []string{"cluster_listen"}, kind: textFlag, arg: "url", help: "Cluster URL from which members can solicit routes"},
	}},
	{"Profiling Options", []serverFlag{
		{names: []string{"profile"}, kind: intFlag, arg: "port", help: "Profiling HTTP port"},
	}},
	{"Common Options", []serverFlag{
		{names: []string{"help", "h"}, kind: boolFlag, help: "Show this message", action: true},
		{names: []string{"version", "v"}, kind: boolFlag, help: "Show version", action: true},
		{names: []string{"help_tls"}, kind: boolFlag, help: "Show how to configure TLS", action: true},
	}},
}

// flagNamed gives the flag for any of its names.
func flagNamed(name string) (serverFlag, bool) {
	for _, g := range serverFlags {
		for _, f := range g.flags {
			for _, n := range f.names {
				if n == name {
					return f, true
				}
			}
		}
	}
	return serverFlag{}, false
}

// env is the environment variable that stands for the flag.
func (f serverFlag) env() string {
	return "MIDGE_" + strings.ToUpper(strings.ReplaceAll(f.names[0], "-", "_"))
}

var (
	errValueSyntax = errors.New("parse error")
	errValueRange  = errors.New("value out of range")
)

// check reports why v is no value for f, in the words of Go's flag package,
// which are what scripts around the reference see. [C-11]
func (f serverFlag) check(v string) error {
	var err error
	switch f.kind {
	case boolFlag:
		_, err = strconv.ParseBool(v)
	case intFlag:
		_, err = strconv.ParseInt(v, 0, strconv.IntSize)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange):
		return errValueRange
	}
	return errValueSyntax
}

// flagValues are the flags that were given, by canonical name. A value has
// passed serverFlag.check.
type flagValues map[string]string

// text gives a flag's value and whether it was given.
func (v flagValues) text(name string) (string, bool) {
	s, ok := v[name]
	return s, ok
}

// number is text for an intFlag.
func (v flagValues) number(name string) (int, bool) {
	s, ok := v[name]
	n, err := strconv.ParseInt(s, 0, strconv.IntSize)
	return int(n), ok && err == nil
}

// boolean is text for a boolFlag.
func (v flagValues) boolean(name string) (value, given bool) {
	s, ok := v[name]
	b, err := strconv.ParseBool(s)
	return b, ok && err == nil
}

// is reports whether a boolFlag was given as true.
func (v flagValues) is(name string) bool {
	b, ok := v.boolean(name)
	return ok && b
}

// addEnvironment adds the flags that the environment gives and the command line
// does not: a flag is stronger than its variable, the variable than the file.
func (v flagValues) addEnvironment(getenv func(string) string) error {
	for _, g := range serverFlags {
		for _, f := range g.flags {
			_, given := v[f.names[0]]
			s := getenv(f.env())
			if given || f.action || s == "" {
				continue
			}
			// Kubernetes puts MIDGE_PORT=tcp://10.0.0.1:4222 into every
			// container beside a service called "midge".
			if f.names[0] == "port" && strings.HasPrefix(s, "tcp://") {
				continue
			}
			if err := f.check(s); err != nil {
				return fmt.Errorf("environment variable %s: invalid value %q: %w", f.env(), s, err)
			}
			v[f.names[0]] = s
		}
	}
	return nil
}
