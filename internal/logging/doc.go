// Package logging writes what a server says to its operator: NATS's levels and
// line format to a stream or a rotated file, the same as JSON lines, or to
// syslog. [C-14]
//
// Log is what a server holds. It passes lines to a Logger, ours or one of the
// embedding program, and drops debug and trace lines unless they are switched
// on; a reload switches them while other goroutines log. [C-18]
package logging

// Logger is where lines go. It is the interface that embedding programs
// implement; a format may come without values and is then a text as it is.
// All methods may be called by any goroutine.
type Logger interface {
	// Noticef logs what an operator wants to know.
	Noticef(format string, v ...any)
	// Warnf logs what works but should be looked at.
	Warnf(format string, v ...any)
	// Fatalf logs why the server cannot go on. It returns: whether the
	// process ends is for its main function to say.
	Fatalf(format string, v ...any)
	// Errorf logs what did not work.
	Errorf(format string, v ...any)
	// Debugf logs for whoever looks for a fault.
	Debugf(format string, v ...any)
	// Tracef logs protocol lines.
	Tracef(format string, v ...any)
}
