package sublist

import (
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/midge-nats/midge/internal/subject"
)

// ErrInvalidSubject refuses a subscription whose subject is not valid.
// [client protocol: SUB]
var ErrInvalidSubject = errors.New("invalid subject")

// shardCount is the number of counters that literal changes are spread over: a
// coming or going inbox puts one cached answer in shardCount out of date. A
// power of two; the counters take 1 KiB per account.
const shardCount = 128

// seed makes the hashes of literal subjects, by which Sublist and Cache agree on
// a shard. One per process, so that hostile subjects cannot be computed.
var seed = maphash.MakeSeed()

// Key says what a subscription is for. Queue is empty for a plain one.
type Key struct{ Subject, Queue string }

// Sublist is the subject index of one account. Its methods are safe for
// concurrent use. T is typically a pointer to a subscription.
type Sublist[T comparable] struct {
	// Immutable after construction.
	empty *Result[T]

	// Guarded by mu. literals keeps the subject strings it is given as keys, and
	// patterns parts of them: they share the memory of the first subscription.
	mu       sync.RWMutex
	literals map[string]*leaf[T]
	patterns patterns[T]
	count    int
	peak     int // most literals since the map was made, see shrinkLocked

	// Written under mu, read without.
	generation atomic.Uint64
	wild       atomic.Uint64
	shards     [shardCount]atomic.Uint64

	counters counters
}

// New returns an empty index.
func New[T comparable]() *Sublist[T] {
	return &Sublist[T]{empty: &Result[T]{}, literals: make(map[string]*leaf[T])}
}

// Insert adds v as a subscription to subj, in the queue group queue unless that
// is empty. It keeps subj, which must not change. The same v twice under the same
// subject and queue is one subscription. The only error is ErrInvalidSubject.
func (s *Sublist[T]) Insert(subj, queue string, v T) error {
	if !subject.Valid(subj) {
		return ErrInvalidSubject
	}
	wild := subject.HasWildcard(subj)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.insertLocked(subj, queue, v, wild) {
		return nil
	}
	s.count++
	s.counters.inserts.Add(1)
	s.changedLocked(subj, wild)
	return nil
}

// insertLocked reports whether v is new.
func (s *Sublist[T]) insertLocked(subj, queue string, v T, wild bool) bool {
	if wild {
		return s.patterns.insert(subj, queue, v)
	}
	if l := s.literals[subj]; l != nil {
		return l.add(queue, v)
	}
	s.literals[subj] = newLeaf(queue, v)
	s.peak = max(s.peak, len(s.literals))
	return true
}

// Remove takes a subscription out again and reports whether it was there.
func (s *Sublist[T]) Remove(subj, queue string, v T) bool {
	if !subject.Valid(subj) {
		return false
	}
	wild := subject.HasWildcard(subj)
	s.mu.Lock()
	defer s.mu.Unlock()
	var removed bool
	if wild {
		removed = s.patterns.remove(subj, queue, v)
	} else if l := s.literals[subj]; l != nil {
		var last bool
		if removed, last = l.remove(queue, v); last {
			delete(s.literals, subj)
			s.shrinkLocked()
		}
	}
	if removed {
		s.count--
		s.counters.removes.Add(1)
		s.changedLocked(subj, wild)
	}
	return removed
}

// shrinkLocked makes a smaller map when few literals are left of many, since a
// map never gives memory back. The copy is paid by the removals before it.
func (s *Sublist[T]) shrinkLocked() {
	const small = 1024
	if s.peak <= small || len(s.literals) > s.peak/8 {
		return
	}
	literals := make(map[string]*leaf[T], 2*len(s.literals))
	for subj, l := range s.literals {
		literals[subj] = l
	}
	s.literals, s.peak = literals, max(small, len(literals))
}

// changedLocked makes cached answers that subj has a part in out of date. A
// literal is the answer to one subject, so only its shard; a pattern is to any.
func (s *Sublist[T]) changedLocked(subj string, wild bool) {
	if wild {
		s.wild.Add(1)
	} else {
		s.shards[maphash.String(seed, subj)%shardCount].Add(1)
	}
	s.generation.Add(1)
}

// version identifies the state of the index as far as subjects with that hash
// are concerned. It is the sum of two counters that only grow: when the sum is
// the same as before, both are. Load it before asking for the answer it is kept
// with; a change in between then makes that answer out of date, never wrong.
func (s *Sublist[T]) version(hash uint64) uint64 {
	return s.wild.Load() + s.shards[hash%shardCount].Load()
}

// Generation changes with every insert and remove. It is one atomic load.
func (s *Sublist[T]) Generation() uint64 { return s.generation.Load() }

// Len returns the number of subscriptions.
func (s *Sublist[T]) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.count
}
