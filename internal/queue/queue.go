// Package queue hands values from many goroutines to one, in order and in
// batches: what arrived meanwhile is taken together, so a busy consumer pays
// for one lock and one wake-up per batch, not per value.
package queue

import "sync"

// Queue is a bounded queue for many producers and one consumer. It makes no
// goroutine and no timer, so it works inside a testing/synctest bubble.
//
// The consumer's loop is
//
//	for range q.Ready() {
//		batch = q.PopAll(batch)
//		...
//	}
//
// and ends after Close, when what was pushed before has been popped.
type Queue[T any] struct {
	// Immutable after construction.
	limit int
	ready chan struct{}

	// Guarded by mu.
	mu     sync.Mutex
	items  []T
	closed bool
}

// New gives an empty queue that holds at most limit values. A limit below 1
// counts as 1.
func New[T any](limit int) *Queue[T] {
	return &Queue[T]{limit: max(limit, 1), ready: make(chan struct{}, 1)}
}

// Push appends v and reports whether it was taken: a full or closed queue
// refuses, and the producer decides what that means. It never waits.
func (q *Queue[T]) Push(v T) bool {
	q.mu.Lock()
	if q.closed || len(q.items) >= q.limit {
		q.mu.Unlock()
		return false
	}
	q.items = append(q.items, v)
	if len(q.items) == 1 {
		// Only the first value of a batch signals: the consumer takes the
		// others along. Within the lock, so never after Close.
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
	q.mu.Unlock()
	return true
}

// PopAll takes everything, in the order of pushing; the result is empty when
// another PopAll was faster than the signal. It never waits.
//
// The slice into becomes the queue's next buffer: pass the result of the last
// call, after use, or nil. Its values are cleared, so nothing they point to is
// kept alive.
func (q *Queue[T]) PopAll(into []T) []T {
	clear(into)
	q.mu.Lock()
	items := q.items
	q.items = into[:0]
	q.mu.Unlock()
	return items
}

// Ready receives a signal when there is something to pop after the queue was
// empty. A signal may be stale. After Close the channel is closed, behind the
// last signal.
func (q *Queue[T]) Ready() <-chan struct{} {
	return q.ready
}

// Len says how many values wait.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// Close makes Push refuse from now on and closes Ready. What waits can still
// be popped. A second Close does nothing.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.ready)
	}
	q.mu.Unlock()
}
