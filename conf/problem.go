package conf

import "strings"

// Problem is something wrong, or odd, in a configuration file.
type Problem struct {
	Pos  Pos
	Text string
	Hint string // what may have been meant; empty if nobody knows
}

// String gives the problem as one line: where, and what.
func (p Problem) String() string {
	if at := p.Pos.String(); at != "" {
		return at + ": " + p.Text
	}
	return p.Text
}

// Errors are the problems for which a configuration is refused. [C-5]
type Errors struct{ Problems []Problem }

// Error lists them, one a line.
func (e *Errors) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Report is what loading found besides the options.
type Report struct {
	Warnings []Problem // for which a check fails and a server starts [C-6]
	Notes    []Problem // of what is accepted and not used [C-9]
	Digest   string
}
