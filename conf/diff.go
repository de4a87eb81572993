package conf

import (
	"fmt"
	"reflect"
)

// Changes are what a reload changes, in the words of its log. [C-20]
type Changes struct{ Lines []string }

// fixed are the options that a running server cannot change, by the names that
// the refusal gives. [C-19]
var fixed = []string{
	"Port", "Host", "ServerName", "HTTPHost", "HTTPPort", "HTTPSPort", "HTTPBasePath", "MaxSubs", "MaxSubTokens", "MaxPending",
	"MaxClosedClients", "SystemAccount", "NoSystemAccount", "LameDuckDuration", "LameDuckGracePeriod", "AllowNonTLS",
	"NoHeaderSupport", "WriteTimeout", "LogSizeLimit", "LogMaxFiles", "Operators", "TrustedKeys",
}

// Diff tells what changes between two sets of options, or why they cannot
// follow each other on a running server.
func Diff(old, next *Options) (*Changes, error) {
	was, is := reflect.ValueOf(old).Elem(), reflect.ValueOf(next).Elem()
	for _, name := range fixed {
		a, b := was.FieldByName(name).Interface(), is.FieldByName(name).Interface()
		if !reflect.DeepEqual(a, b) {
			return nil, fmt.Errorf("config reload not supported for %s: old=%v, new=%v", name, a, b)
		}
	}
	if err := diffLinks(old, next); err != nil {
		return nil, err
	}
	c := new(Changes)
	c.logs(old, next)
	c.security(old, next)
	c.limits(old, next)
	c.add(true, "accounts")
	return c, nil
}

// diffLinks refuses what cannot change in the blocks of links and streams.
func diffLinks(old, next *Options) error {
	switch {
	case old.Cluster.Host != next.Cluster.Host:
		return fmt.Errorf("config reload not supported for cluster host: old=%v, new=%v", old.Cluster.Host, next.Cluster.Host)
	case old.Cluster.Port != next.Cluster.Port:
		return fmt.Errorf("config reload not supported for cluster port: old=%v, new=%v", old.Cluster.Port, next.Cluster.Port)
	case old.Cluster.Name != next.Cluster.Name:
		return fmt.Errorf("config reload not supported for cluster name: old=%v, new=%v", old.Cluster.Name, next.Cluster.Name)
	case (old.Resolver == nil) != (next.Resolver == nil):
		return fmt.Errorf("config reload does not support moving to or from an account resolver")
	case old.StoreDir != next.StoreDir:
		return fmt.Errorf("config reload not supported for jetstream storage directory")
	}
	return nil
}

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
	c.add(old.Debug != next.Debug, "debug", next.Debug)
	c.add(old.Trace != next.Trace, "trace", next.Trace)
	c.add(old.TraceVerbose != next.TraceVerbose, "trace_verbose", next.TraceVerbose)
	c.add(old.Logtime != next.Logtime, "logtime", next.Logtime)
	c.add(old.LogtimeUTC != next.LogtimeUTC, "logtime_utc", next.LogtimeUTC)
	c.add(old.LogFile != next.LogFile, "log_file", next.LogFile)
	c.add(old.Syslog != next.Syslog, "syslog", next.Syslog)
	c.add(old.RemoteSyslog != next.RemoteSyslog, "remote_syslog", next.RemoteSyslog)
	c.add(old.PidFile != next.PidFile, "pid_file", next.PidFile)
	c.add(old.PortsFileDir != next.PortsFileDir, "ports_file_dir", next.PortsFileDir)
	c.add(old.MaxTracedMsgLen != next.MaxTracedMsgLen, "max_traced_msg_len", next.MaxTracedMsgLen)
	c.add(!reflect.DeepEqual(old.Tags, next.Tags), "tags")
	c.add(!reflect.DeepEqual(old.Metadata, next.Metadata), "metadata")
}

func (c *Changes) security(old, next *Options) {
	state := "disabled"
	if next.TLSConfig != nil {
		state = "enabled"
	}
	c.add(!reflect.DeepEqual(old.TLSBlock, next.TLSBlock) || next.TLSBlock != nil && !sameCertificates(old, next), "tls", state)
	c.add(old.TLSTimeout != next.TLSTimeout, "tls timeout", next.TLSTimeout)
	c.add(old.Username != next.Username, "authorization username")
	c.add(old.Password != next.Password, "authorization password")
	c.add(old.Authorization != next.Authorization, "authorization token")
	c.add(old.AuthTimeout != next.AuthTimeout, "authorization timeout", next.AuthTimeout)
	c.add(true, "authorization users") // said of every reload, as the reference does
}

// sameCertificates tells whether the files still hold the certificates in use.
func sameCertificates(old, next *Options) bool {
	a, b := old.TLSConfig.Certificates, next.TLSConfig.Certificates
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !reflect.DeepEqual(a[i].Certificate, b[i].Certificate) {
			return false
		}
	}
	return true
}

func (c *Changes) limits(old, next *Options) {
	c.add(!reflect.DeepEqual(old.Cluster, next.Cluster), "cluster")
	c.add(!reflect.DeepEqual(old.Routes, next.Routes), "cluster routes")
	c.add(old.MaxConn != next.MaxConn, "max_connections", next.MaxConn)
	c.add(old.MaxControlLine != next.MaxControlLine, "max_control_line", next.MaxControlLine)
	c.add(old.MaxPayload != next.MaxPayload, "max_payload", next.MaxPayload)
	c.add(old.PingInterval != next.PingInterval, "ping_interval", next.PingInterval)
	c.add(old.MaxPingsOut != next.MaxPingsOut, "ping_max", next.MaxPingsOut)
	c.add(old.WriteDeadline != next.WriteDeadline, "write_deadline", next.WriteDeadline)
	c.add(old.ClientAdvertise != next.ClientAdvertise, "client_advertise", next.ClientAdvertise)
	c.add(old.ConnectErrorReports != next.ConnectErrorReports, "connect_error_reports", next.ConnectErrorReports)
	c.add(old.ReconnectErrorReports != next.ReconnectErrorReports, "reconnect_error_reports", next.ReconnectErrorReports)
}
