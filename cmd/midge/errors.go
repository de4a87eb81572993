package main

import (
	"errors"
	"fmt"
	"strings"
)

// remedyError is an error with what the reader can do about it.
type remedyError struct {
	error
	remedy string
}

// Unwrap gives the error without the remedy.
func (e *remedyError) Unwrap() error {
	return e.error
}

// withRemedy says what to do about err, which keeps its text.
func withRemedy(err error, format string, args ...any) error {
	return &remedyError{err, fmt.Sprintf(format, args...)}
}

// exitError ends a command that has told everything itself.
type exitError int

// Error says only the status: it is not meant to be printed.
func (e exitError) Error() string {
	return fmt.Sprintf("exit status %d", int(e))
}

// fail prints err as "midge: text", the remedies below it, and gives the exit
// status. [C-8]
func (p *program) fail(err error) int {
	var exit exitError
	if errors.As(err, &exit) {
		return int(exit)
	}
	fmt.Fprintf(p.stderr, "%s: %v\n", p.name, err)
	for err != nil {
		var r *remedyError
		if !errors.As(err, &r) {
			break
		}
		fmt.Fprintf(p.stderr, "  %s\n", strings.ReplaceAll(r.remedy, "\n", "\n  "))
		err = r.error
	}
	return 1
}
