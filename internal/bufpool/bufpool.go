// Package bufpool lends byte blocks of three sizes: for a few control lines,
// for a busy small connection and for a full write. They hold no pointers, so
// the collector does not look into them.
package bufpool

// Hot path.

import "sync"

// The capacities of pooled blocks, in bytes.
const (
	Small  = 512
	Medium = 4 << 10
	Large  = 64 << 10
)

// The pools keep pointers to arrays: a slice would be boxed, and so allocated,
// at each Put.
var (
	small  = sync.Pool{New: func() any { return new([Small]byte) }}
	medium = sync.Pool{New: func() any { return new([Medium]byte) }}
	large  = sync.Pool{New: func() any { return new([Large]byte) }}
)

// Get lends a block of length size. Its capacity is that of the smallest pooled
// size that fits; more than Large is allocated and has exactly size. The bytes
// are whatever the last user left.
func Get(size int) []byte {
	switch {
	case size <= Small:
		return small.Get().(*[Small]byte)[:size]
	case size <= Medium:
		return medium.Get().(*[Medium]byte)[:size]
	case size <= Large:
		return large.Get().(*[Large]byte)[:size]
	default:
		return make([]byte, size)
	}
}

// Put takes back a block that Get gave; nothing may use it afterwards. What has
// another capacity (nil, an oversized block, the rest of a block) is left to
// the collector.
func Put(b []byte) {
	switch cap(b) {
	case Small:
		small.Put((*[Small]byte)(b[:Small]))
	case Medium:
		medium.Put((*[Medium]byte)(b[:Medium]))
	case Large:
		large.Put((*[Large]byte)(b[:Large]))
	}
}
