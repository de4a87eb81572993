package logging

import "sync/atomic"

// Log passes lines on to a Logger that can be exchanged, and keeps the debug
// and trace switches. The zero value drops everything. It is itself a Logger.
type Log struct {
	to    atomic.Pointer[Logger]
	debug atomic.Bool
	trace atomic.Bool
}

// New gives a Log that passes lines to l, nil to drop them, with debug and
// trace lines off.
func New(l Logger) *Log {
	log := new(Log)
	log.SetLogger(l)
	return log
}

// SetLogger exchanges where lines go from now on; nil drops them. The Logger
// before stays open: a line may still be on its way to it.
func (l *Log) SetLogger(to Logger) {
	if to == nil {
		l.to.Store(nil)
		return
	}
	l.to.Store(&to)
}

// Logger gives where lines go, nil when they are dropped.
func (l *Log) Logger() Logger {
	if to := l.to.Load(); to != nil {
		return *to
	}
	return nil
}

// SetLevels switches debug and trace lines.
func (l *Log) SetLevels(debug, trace bool) {
	l.debug.Store(debug)
	l.trace.Store(trace)
}

// Debug tells whether debug lines are written. Ask before making values that
// cost something.
func (l *Log) Debug() bool { return l.debug.Load() }

// Trace tells whether trace lines are written.
func (l *Log) Trace() bool { return l.trace.Load() }

// Noticef implements Logger.
func (l *Log) Noticef(format string, v ...any) {
	if to := l.to.Load(); to != nil {
		(*to).Noticef(format, v...)
	}
}

// Warnf implements Logger.
func (l *Log) Warnf(format string, v ...any) {
	if to := l.to.Load(); to != nil {
		(*to).Warnf(format, v...)
	}
}

// Fatalf implements Logger. It returns.
func (l *Log) Fatalf(format string, v ...any) {
	if to := l.to.Load(); to != nil {
		(*to).Fatalf(format, v...)
	}
}

// Errorf implements Logger.
func (l *Log) Errorf(format string, v ...any) {
	if to := l.to.Load(); to != nil {
		(*to).Errorf(format, v...)
	}
}

// Debugf implements Logger; the line is dropped unless debug is on.
func (l *Log) Debugf(format string, v ...any) {
	if !l.debug.Load() {
		return
	}
	if to := l.to.Load(); to != nil {
		(*to).Debugf(format, v...)
	}
}

// Tracef implements Logger; the line is dropped unless trace is on.
func (l *Log) Tracef(format string, v ...any) {
	if !l.trace.Load() {
		return
	}
	if to := l.to.Load(); to != nil {
		(*to).Tracef(format, v...)
	}
}
