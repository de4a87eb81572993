package server

import (
	"os"
	"runtime"

	"github.com/midge-nats/midge/internal/logging"
)

// Logger is where a server's log lines go; programs that embed one may give
// their own.
type Logger = logging.Logger

// ConfigureLogger makes the log that the options ask for: standard error, a
// file, or the system's. What cannot be opened is told on standard error.
func (s *Server) ConfigureLogger() {
	opts := s.getOpts()
	if opts.NoLog {
		return
	}
	s.log.SetLevels(opts.Debug, opts.Trace)
	format := logging.Format{PID: os.Getpid(), NoTime: !opts.Logtime, UTC: opts.LogtimeUTC, JSON: opts.LogJSON}
	switch {
	case opts.LogFile != "":
		f, err := logging.OpenFile(opts.LogFile, logging.FileOptions{Format: format, SizeLimit: opts.LogSizeLimit, MaxFiles: int(opts.LogMaxFiles)})
		if err != nil {
			s.log.SetLogger(logging.NewStderr(format))
			s.log.Errorf("Open log file: %v", err)
			return
		}
		s.mu.Lock()
		s.logFile = f
		s.mu.Unlock()
		s.log.SetLogger(f)
	case opts.Syslog || opts.RemoteSyslog != "":
		l, err := logging.OpenSyslog(opts.RemoteSyslog, "midge")
		if err != nil {
			s.log.SetLogger(logging.NewStderr(format))
			s.log.Errorf("Open syslog: %v", err)
			return
		}
		s.log.SetLogger(l)
	default:
		s.log.SetLogger(logging.NewStderr(format))
	}
}

// SetLogger has the server log to l, nil for nowhere.
func (s *Server) SetLogger(l Logger, debug, trace bool) {
	s.log.SetLevels(debug, trace)
	s.log.SetLogger(l)
}

// ReopenLogFile opens the log file again: somebody has moved the old one. [C-15]
func (s *Server) ReopenLogFile() {
	s.mu.Lock()
	f := s.logFile
	s.mu.Unlock()
	if f == nil {
		s.log.Noticef("File log re-open ignored, not a file logger")
		return
	}
	if err := f.Reopen(); err != nil {
		s.log.Errorf("Reopen log file: %v", err)
		return
	}
	s.log.Noticef("File log re-opened")
}

func (s *Server) closeLog() {
	s.mu.Lock()
	f := s.logFile
	s.logFile = nil
	s.mu.Unlock()
	if f == nil {
		return
	}
	s.log.SetLogger(nil)
	if err := f.Close(); err != nil {
		s.log.Errorf("Close log file: %v", err)
	}
}

// logStart says what is starting. [C-14]
func (s *Server) logStart(opts *Options) {
	s.log.Noticef("Starting nats-server")
	s.log.Noticef("  Version:  %s", Version)
	s.log.Noticef("  Git:      [%s]", revision())
	s.log.Noticef("  Go build: %s", runtime.Version())
	if opts.Cluster.Name != "" {
		s.log.Noticef("  Cluster:  %s", opts.Cluster.Name)
	}
	s.log.Noticef("  Name:     %s", s.Name())
	s.log.Noticef("  ID:       %s", s.ID())
	for _, n := range opts.Notes {
		s.log.Warnf("%s", n)
	}
	if opts.JetStream {
		s.log.Warnf("JetStream is not available in this version: streams and consumers are not served")
	}
	if opts.ConfigFile != "" {
		s.log.Noticef("Using configuration file: %s (%s)", opts.ConfigFile, s.configDigest())
	}
}

// Noticef logs what an operator wants to know.
func (s *Server) Noticef(format string, v ...any) { s.log.Noticef(format, v...) }

// Warnf logs what may become a problem.
func (s *Server) Warnf(format string, v ...any) { s.log.Warnf(format, v...) }

// Errorf logs what went wrong.
func (s *Server) Errorf(format string, v ...any) { s.log.Errorf(format, v...) }

// Fatalf logs what ends the server. It does not end it.
func (s *Server) Fatalf(format string, v ...any) { s.log.Fatalf(format, v...) }

// Debugf logs what helps to find a problem.
func (s *Server) Debugf(format string, v ...any) { s.log.Debugf(format, v...) }

// Tracef logs protocol lines.
func (s *Server) Tracef(format string, v ...any) { s.log.Tracef(format, v...) }
