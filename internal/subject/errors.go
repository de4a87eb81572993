package subject

import (
	"errors"
	"fmt"
)

var (
	// ErrInvalidSubject refuses a source or destination that is not a subject, or
	// a pair of which only one ends with `>`.
	ErrInvalidSubject = errors.New("invalid subject")
	// ErrNotInvertible refuses to undo a transform that loses or changes tokens.
	ErrNotInvertible = errors.New("transform cannot be inverted")
)

// DestinationError refuses a mapping destination. Its text is the reference's,
// which operators see in configuration errors and JetStream API answers.
type DestinationError struct {
	// Problem is what is wrong, without the common prefix.
	Problem string
	// Token is the destination token, or whole destination, that has the problem.
	Token string
	// Index is the wildcard asked for, when the problem is ProblemIndex.
	Index int
}

// The problems a destination can have.
const (
	ProblemIndex     = "wildcard index out of range"
	ProblemFunction  = "unknown function"
	ProblemTooFew    = "not enough arguments passed to the function"
	ProblemTooMany   = "too many arguments passed to the function"
	ProblemArgument  = "function argument is invalid or in the wrong format"
	ProblemNotAll    = "not using all of the token wildcard(s)"
	ProblemNotImport = "the only mapping function allowed for import transforms is {{Wildcard()}}"
)

// Error returns the reference's text.
func (e *DestinationError) Error() string {
	text := fmt.Sprintf("invalid mapping destination: %s in %s", e.Problem, e.Token)
	if e.Problem == ProblemIndex {
		text += fmt.Sprintf(": [%d]", e.Index)
	}
	return text
}
