//go:build !unix

package logging

import "errors"

// Syslog exists on unix systems only.
type Syslog struct{ Writer }

// OpenSyslog returns an error: this system has no syslog.
func OpenSyslog(addr, tag string) (*Syslog, error) {
	return nil, errors.New("syslog is not available on this system")
}

// Close does nothing.
func (s *Syslog) Close() error { return nil }
