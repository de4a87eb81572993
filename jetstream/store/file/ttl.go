package file

import "container/heap"

// ttlEntry is a message with a life of its own.
type ttlEntry struct {
	expires int64 // Unix nanoseconds
	seq     uint64
}

// ttlHeap holds the messages that have a TTL, the first to expire on top.
// Removed ones are left in until they come up.
type ttlHeap []ttlEntry

// Len implements heap.Interface.
func (h ttlHeap) Len() int { return len(h) }

// Less implements heap.Interface.
func (h ttlHeap) Less(i, j int) bool {
	return h[i].expires < h[j].expires || h[i].expires == h[j].expires && h[i].seq < h[j].seq
}

// Swap implements heap.Interface.
func (h ttlHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *ttlHeap) Push(x any) {
	if e, ok := x.(ttlEntry); ok {
		*h = append(*h, e)
	}
}

// Pop implements heap.Interface.
func (h *ttlHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	*h = old[:len(old)-1]
	return e
}

func (h *ttlHeap) add(expires int64, seq uint64) { heap.Push(h, ttlEntry{expires, seq}) }

func (h *ttlHeap) pop() ttlEntry {
	top := (*h)[0]
	heap.Pop(h)
	return top
}
