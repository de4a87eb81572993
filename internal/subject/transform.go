package subject

import "errors"

// ErrInvalidSubject refuses a source or destination that is not a subject.
var ErrInvalidSubject = errors.New("invalid subject")

// Transform rewrites subjects that match its source into its destination.
// It is immutable and safe for concurrent use.
type Transform struct{ source, destination string }

// NewTransform compiles a mapping.
func NewTransform(src, dest string) (*Transform, error) {
	if !Valid(src) || !Valid(dest) {
		return nil, ErrInvalidSubject
	}
	return &Transform{src, dest}, nil
}

// NewImportTransform compiles the mapping of an import.
func NewImportTransform(src, dest string) (*Transform, error) { return NewTransform(src, dest) }

// Source returns the pattern the transform applies to.
func (t *Transform) Source() string { return t.source }

// Destination returns the destination as it was written.
func (t *Transform) Destination() string { return t.destination }

// Append appends the rewritten subject to dst.
func (t *Transform) Append(dst, subject []byte) []byte { return append(dst, t.destination...) }

// Apply returns the rewritten subject and false when it does not match the source.
func (t *Transform) Apply(subject string) (string, bool) {
	if !Matches(subject, t.source) {
		return "", false
	}
	return string(t.Append(nil, []byte(subject))), true
}

// Inverse returns the transform that undoes t.
func (t *Transform) Inverse() (*Transform, error) { return NewTransform(t.destination, t.source) }
