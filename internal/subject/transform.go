package subject

import "strings"

// Transform rewrites subjects that match its source into its destination: the
// language of account mappings, of the subject transforms and republish of
// streams, and, with wildcards alone, of imports.
//
// A Transform is immutable and safe for concurrent use. Nothing refers back to
// the subjects it is given.
type Transform struct {
	source      string
	destination string
	// wildcards are the token positions (from 0) of the `*` in source.
	wildcards []int
	// steps make one destination token each; split and slice may make several.
	steps []step
	// tail is the token position of the final `>` of source, or -1. The tail of
	// the subject is copied behind the last step.
	tail int
}

// NewTransform compiles the mapping from src to dest. An empty src stands for
// `>`. It refuses with ErrInvalidSubject or a *DestinationError. Not all the
// wildcards of src need to be used.
func NewTransform(src, dest string) (*Transform, error) {
	if src == "" {
		src = ">"
	}
	t, err := newTransform(src, dest)
	if err != nil {
		return nil, err
	}
	if err := t.compile(false); err != nil {
		return nil, err
	}
	return t, nil
}

// NewImportTransform compiles the mapping from the exported subject src to the
// local subject dest of an import. In dest a `*` stands for the wildcard at its
// position, `$n` and {{wildcard(n)}} may reorder, no other function is allowed
// and every wildcard of src must be used: messages have to find their way in
// both directions.
func NewImportTransform(src, dest string) (*Transform, error) {
	t, err := newTransform(src, positional(dest))
	if err != nil {
		return nil, err
	}
	if err := t.compile(true); err != nil {
		return nil, err
	}
	used := make(map[int]bool, len(t.wildcards))
	for i := range t.steps {
		if t.steps[i].function == wildcard {
			used[t.steps[i].token] = true
		}
	}
	if len(used) < len(t.wildcards) {
		return nil, &DestinationError{Problem: ProblemNotAll, Token: t.destination}
	}
	return t, nil
}

// positional numbers the bare `*` tokens of an import's destination.
func positional(dest string) string {
	if !HasWildcard(dest) {
		return dest
	}
	var b strings.Builder
	n := 0
	for token := range Tokens(dest) {
		if b.Len() > 0 {
			b.WriteByte(Separator)
		}
		if isWildcard(token) {
			n++
			token = reference(n)
		}
		b.WriteString(token)
	}
	return b.String()
}

// newTransform checks what needs no look into the functions of dest.
func newTransform(src, dest string) (*Transform, error) {
	if !Valid(src) {
		return nil, ErrInvalidSubject
	}
	t := &Transform{source: src, destination: dest, tail: -1}
	position := 0
	for token := range Tokens(src) {
		switch token {
		case "*":
			t.wildcards = append(t.wildcards, position)
		case ">":
			t.tail = position
		}
		position++
	}
	return t, nil
}

// Source returns the pattern whose subjects t rewrites.
func (t *Transform) Source() string { return t.source }

// Destination returns what t rewrites to, in the mapping language; the `*` of an
// import's destination are numbered.
func (t *Transform) Destination() string { return t.destination }

// Apply returns subject rewritten, and false when it does not match the source.
func (t *Transform) Apply(subject string) (string, bool) {
	if !Matches(subject, t.source) {
		return "", false
	}
	var buf [128]byte
	return string(t.Append(buf[:0], []byte(subject))), true
}

// Inverse returns the transform from t's destination back to its source. It
// exists for transforms that only move wildcards and lose none, as those of
// imports; otherwise the error is ErrNotInvertible. Where t repeats a wildcard
// the first occurrence counts.
func (t *Transform) Inverse() (*Transform, error) {
	inverse := &Transform{tail: -1}
	var source, destination []string
	used := make(map[int]int) // token position in t.source -> wildcard of inverse, from 1
	for position := range t.steps {
		s := &t.steps[position]
		switch s.function {
		case literal:
			source = append(source, string(s.text))
		case wildcard:
			source = append(source, "*")
			inverse.wildcards = append(inverse.wildcards, position)
			if used[s.token] == 0 {
				used[s.token] = len(inverse.wildcards)
			}
		default:
			return nil, ErrNotInvertible
		}
	}
	if len(used) < len(t.wildcards) {
		return nil, ErrNotInvertible
	}
	position := 0
	for token := range Tokens(t.source) {
		switch token {
		case "*":
			n := used[position]
			destination = append(destination, reference(n))
			inverse.steps = append(inverse.steps, step{function: wildcard, token: inverse.wildcards[n-1]})
		case ">":
			inverse.tail = len(source)
			source, destination = append(source, token), append(destination, token)
		default:
			destination = append(destination, token)
			inverse.steps = append(inverse.steps, step{function: literal, text: []byte(token)})
		}
		position++
	}
	inverse.source = strings.Join(source, ".")
	inverse.destination = strings.Join(destination, ".")
	return inverse, nil
}
