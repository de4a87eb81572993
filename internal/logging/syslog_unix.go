//go:build unix

package logging

import (
	"fmt"
	"log/syslog"
	"net/url"
)

// Syslog is a Logger that writes to the system's log. The daemon adds time and
// process id, and keeps the level itself, so a line is the bare text.
type Syslog struct {
	to *syslog.Writer
}

// OpenSyslog connects to the local syslog daemon, or to a remote one when addr
// ("udp://host:514", "tcp://host:601", "host:514") is not empty.
func OpenSyslog(addr, tag string) (*Syslog, error) {
	network, target := "", ""
	if addr != "" {
		network, target = "udp", addr
		if u, err := url.Parse(addr); err == nil && u.Host != "" {
			network, target = u.Scheme, u.Host
		}
	}
	w, err := syslog.Dial(network, target, syslog.LOG_DAEMON|syslog.LOG_NOTICE, tag)
	if err != nil {
		return nil, fmt.Errorf("connect to syslog: %w", err)
	}
	return &Syslog{to: w}, nil
}

// Close ends the connection to the daemon.
func (s *Syslog) Close() error {
	return s.to.Close()
}

// text gives a message of syslog.
func text(format string, v []any) string {
	return string(appendText(nil, format, v))
}

// What a daemon that is away does not take is lost, as with any syslog.

// Noticef implements Logger.
func (s *Syslog) Noticef(format string, v ...any) { _ = s.to.Notice(text(format, v)) }

// Warnf implements Logger.
func (s *Syslog) Warnf(format string, v ...any) { _ = s.to.Warning(text(format, v)) }

// Fatalf implements Logger. It returns.
func (s *Syslog) Fatalf(format string, v ...any) { _ = s.to.Crit(text(format, v)) }

// Errorf implements Logger.
func (s *Syslog) Errorf(format string, v ...any) { _ = s.to.Err(text(format, v)) }

// Debugf implements Logger.
func (s *Syslog) Debugf(format string, v ...any) { _ = s.to.Debug(text(format, v)) }

// Tracef implements Logger.
func (s *Syslog) Tracef(format string, v ...any) { _ = s.to.Debug(text(format, v)) }
