// Package sublist indexes subscriptions by subject.
package sublist

import (
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/midge-nats/midge/internal/subject"
)

// ErrInvalidSubject refuses a subscription whose subject is not valid.
// [client protocol: SUB]
var ErrInvalidSubject = errors.New("invalid subject")

// Key says what a subscription is for. Queue is empty for a plain one.
type Key struct{ Subject, Queue string }

// Result is what matches one subject. It is immutable.
type Result[T any] struct {
	Plain  []T
	Queues []Group[T]
}

// Group is the members of one queue group over all matching patterns.
type Group[T any] struct {
	Name    string
	Members []T
}

// Stats are the numbers /subsz shows of one index.
type Stats struct {
	Subscriptions int
	Inserts       uint64
	Removes       uint64
	Matches       uint64
	CacheHits     uint64
	MaxFanout     int
	AvgFanout     float64
}

type pair[T comparable] struct {
	key Key
	v   T
}

// Sublist is the subject index.
type Sublist[T comparable] struct {
	mu         sync.RWMutex
	pairs      []pair[T]
	generation uint64
}

// New returns an empty index.
func New[T comparable]() *Sublist[T] { return &Sublist[T]{} }

// Insert adds v.
func (s *Sublist[T]) Insert(subj, queue string, v T) error {
	if !subject.Valid(subj) {
		return ErrInvalidSubject
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pairs = append(s.pairs, pair[T]{Key{subj, queue}, v})
	s.generation++
	return nil
}

// Remove takes v out again.
func (s *Sublist[T]) Remove(subj, queue string, v T) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.pairs, pair[T]{Key{subj, queue}, v})
	if i < 0 {
		return false
	}
	s.pairs = slices.Delete(s.pairs, i, i+1)
	s.generation++
	return true
}

// Match returns what matches subj.
func (s *Sublist[T]) Match(subj []byte) *Result[T] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := &Result[T]{}
	for _, p := range s.pairs {
		if !subject.Matches(subj, p.key.Subject) {
			continue
		}
		if p.key.Queue == "" {
			r.Plain = append(r.Plain, p.v)
			continue
		}
		i := slices.IndexFunc(r.Queues, func(g Group[T]) bool { return g.Name == p.key.Queue })
		if i < 0 {
			i = len(r.Queues)
			r.Queues = append(r.Queues, Group[T]{Name: p.key.Queue})
		}
		r.Queues[i].Members = append(r.Queues[i].Members, p.v)
	}
	return r
}

// HasInterest reports whether anything matches subj.
func (s *Sublist[T]) HasInterest(subj []byte) bool {
	r := s.Match(subj)
	return len(r.Plain)+len(r.Queues) > 0
}

// Generation changes with every insert and remove.
func (s *Sublist[T]) Generation() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.generation
}

// Len returns the number of subscriptions.
func (s *Sublist[T]) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.pairs)
}

// All yields a snapshot of the subscriptions.
func (s *Sublist[T]) All() iter.Seq2[Key, T] {
	s.mu.RLock()
	pairs := slices.Clone(s.pairs)
	s.mu.RUnlock()
	return func(yield func(Key, T) bool) {
		for _, p := range pairs {
			if !yield(p.key, p.v) {
				return
			}
		}
	}
}

// Stats returns the numbers of this index.
func (s *Sublist[T]) Stats() Stats { return Stats{Subscriptions: s.Len()} }

// Cache remembers match results of one publisher. Not safe for concurrent use.
type Cache[T comparable] struct{}

// Match returns s.Match(subj), remembered when possible.
func (c *Cache[T]) Match(s *Sublist[T], subj []byte) *Result[T] { return s.Match(subj) }
