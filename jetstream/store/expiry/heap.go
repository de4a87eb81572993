// Package expiry keeps the messages that have a life of their own in the order in
// which they end. Both stores use it.
package expiry

// Entry is a message with a TTL.
type Entry struct {
	Expires int64 // Unix nanoseconds
	Seq     uint64
}

// Heap holds entries, the first to expire on top, at index 0. Messages that were
// removed otherwise stay in until they come up. It is a plain binary heap rather
// than container/heap, whose interface would box every entry.
type Heap []Entry

func (h Heap) less(i, j int) bool {
	return h[i].Expires < h[j].Expires || h[i].Expires == h[j].Expires && h[i].Seq < h[j].Seq
}

// Add puts a message in.
func (h *Heap) Add(expires int64, seq uint64) {
	*h = append(*h, Entry{expires, seq})
	s := *h
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if !s.less(i, up) {
			return
		}
		s[i], s[up] = s[up], s[i]
		i = up
	}
}

// Pop takes the first to expire out. The heap must not be empty.
func (h *Heap) Pop() Entry {
	s := *h
	top := s[0]
	n := len(s) - 1
	s[0] = s[n]
	s = s[:n]
	*h = s
	for i := 0; ; {
		k := 2*i + 1
		if k >= n {
			return top
		}
		if k+1 < n && s.less(k+1, k) {
			k++
		}
		if !s.less(k, i) {
			return top
		}
		s[i], s[k] = s[k], s[i]
		i = k
	}
}
