package store

import "slices"

// Filter is a set of subject filters that is used many times, as a consumer
// does: a store resolves it once and remembers in it where it is. Without
// filters it matches every message. It belongs to one goroutine and one stream.
type Filter struct {
	subjects []string

	// Cache is what the store remembers; it is none of the engine's business.
	Cache any
}

// NewFilter makes a filter of valid subjects, wildcards allowed.
func NewFilter(subjects ...string) *Filter {
	return &Filter{subjects: slices.Clone(subjects)}
}

// Subjects gives the filters. They must not be changed.
func (f *Filter) Subjects() []string {
	if f == nil {
		return nil
	}
	return f.subjects
}
