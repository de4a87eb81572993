package conf

import (
	"fmt"
	"reflect"
)

// changes gives the lines for what changes, in the order in which the reference
// has them: that of its options. [C-20]
func changes(old, next *Options) *Changes {
	c := new(Changes)
	c.logs(old, next)
	c.users(old, next)
	c.limits(old, next)
	c.links(old, next)
	c.rest(old, next)
	return c
}

// differ reports whether two options configure different things.
func differ[T any](a, b T) bool { return !same(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem()) }

// add notes a change of an option, with its value if one is given.
func (c *Changes) add(changed bool, name string, value ...any) {
	if !changed {
		return
	}
	line := "Reloaded: " + name
	if len(value) > 0 {
		line += fmt.Sprintf(" = %v", value[0])
	}
	c.Lines = append(c.Lines, line)
}

func (c *Changes) logs(old, next *Options) {
	c.add(old.ClientAdvertise != next.ClientAdvertise, "client_advertise", next.ClientAdvertise)
	c.add(old.Trace != next.Trace, "trace", next.Trace)
	c.add(old.Debug != next.Debug, "debug", next.Debug)
	c.add(old.TraceVerbose != next.TraceVerbose, "trace_verbose", next.TraceVerbose)
	c.add(old.Logtime != next.Logtime, "logtime", next.Logtime)
	c.add(old.LogtimeUTC != next.LogtimeUTC, "logtime_utc", next.LogtimeUTC)
}

func (c *Changes) users(old, next *Options) {
	c.add(old.MaxConn != next.MaxConn, "max_connections", next.MaxConn)
	c.add(differ(old.Nkeys, next.Nkeys), "authorization nkey users")
	// The reference says these two of every reload.
	c.add(true, "authorization users")
	c.add(true, "accounts")
	c.add(old.Username != next.Username, "authorization username")
	c.add(old.Password != next.Password, "authorization password")
	c.add(old.Authorization != next.Authorization, "authorization token")
}

func (c *Changes) limits(old, next *Options) {
	c.add(old.PingInterval != next.PingInterval, "ping_interval", next.PingInterval)
	c.add(old.MaxPingsOut != next.MaxPingsOut, "ping_max", next.MaxPingsOut)
	c.add(old.AuthTimeout != next.AuthTimeout, "authorization timeout", next.AuthTimeout)
	c.add(old.MaxControlLine != next.MaxControlLine, "max_control_line", next.MaxControlLine)
	c.add(old.MaxPayload != next.MaxPayload, "max_payload", next.MaxPayload)
}

func (c *Changes) links(old, next *Options) {
	c.add(differ(old.Cluster, next.Cluster), "cluster")
	c.add(old.JetStream != next.JetStream || next.JetStream &&
		(old.JetStreamMaxMemory != next.JetStreamMaxMemory || old.JetStreamMaxStore != next.JetStreamMaxStore), "JetStream")
	c.add(old.LogFile != next.LogFile, "log_file", next.LogFile)
	c.add(old.Syslog != next.Syslog, "syslog", next.Syslog)
	c.add(old.RemoteSyslog != next.RemoteSyslog, "remote_syslog", next.RemoteSyslog)
	c.add(old.PidFile != next.PidFile, "pid_file", next.PidFile)
	c.add(old.PortsFileDir != next.PortsFileDir, "ports_file_dir", next.PortsFileDir)
	c.add(differ(old.Routes, next.Routes), "cluster routes")
}

func (c *Changes) rest(old, next *Options) {
	c.add(old.TLSTimeout != next.TLSTimeout, "tls timeout", next.TLSTimeout)
	state := "disabled"
	if next.TLSConfig != nil {
		state = "enabled"
	}
	c.add(tlsChanged(old, next), "tls", state)
	c.add(old.WriteDeadline != next.WriteDeadline, "write_deadline", next.WriteDeadline)
	c.add(old.MaxTracedMsgLen != next.MaxTracedMsgLen, "max_traced_msg_len", next.MaxTracedMsgLen)
	c.add(old.ConnectErrorReports != next.ConnectErrorReports, "connect_error_reports", next.ConnectErrorReports)
	c.add(old.ReconnectErrorReports != next.ReconnectErrorReports, "reconnect_error_reports", next.ReconnectErrorReports)
	c.add(differ(old.Tags, next.Tags), "tags")
	c.add(differ(old.Metadata, next.Metadata), "metadata")
}

// tlsChanged reports whether the client listener's TLS changes, its timeout
// aside, which has a line of its own.
func tlsChanged(old, next *Options) bool {
	if differ(old.TLSConfig, next.TLSConfig) {
		return true
	}
	if old.TLSBlock == nil || next.TLSBlock == nil {
		return false
	}
	a, b := *old.TLSBlock, *next.TLSBlock
	a.Timeout, b.Timeout = 0, 0
	return differ(a, b)
}
