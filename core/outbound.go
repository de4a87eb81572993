package core

// Hot path.

import (
	"sync"

	"github.com/midge-nats/midge/internal/bufpool"
)

// blockBytes is the size of a full outbound block, and so the most that one
// write hands to the socket.
const blockBytes = 64 << 10

// The flags of an Outbound.
const (
	outDirty    uint8 = 1 << iota // some publisher has promised to flush
	outFlushing                   // a goroutine is writing; no other may
	outSlow                       // above the stall threshold
	outClosed                     // nothing is queued any more
	outHeaders                    // the client takes HMSG
	outNoEcho                     // the client does not want its own messages
)

// Outbound is the consuming half of a connection: bytes that wait for one
// socket. Its mutex is a leaf lock: nothing is acquired and no I/O is done
// under it.
type Outbound struct {
	mu    sync.Mutex
	flags uint8

	// blocks are full and wait in order; tail is topped up behind them. All
	// are pooled.
	blocks blockQueue
	tail   []byte
	// lastSent is the length of the block sent last.
	lastSent int

	pending    int64 // bytes queued and not yet taken by the socket
	maxPending int64 // above it the connection is a slow consumer
	slowAt     int64 // above it producers are held back

	sent    Traffic       // delivered messages
	stalls  int64         // times that a producer was held back
	relief  chan struct{} // closed when pending falls below slowAt; nil when nobody waits
	drained chan struct{} // closed by the flusher when it ends; nil when nobody waits
}

// setLimit sets the slow-consumer limit. Producers are held back from 75 % of
// it on. [P-24]
func (o *Outbound) setLimit(maxPending int64) {
	o.mu.Lock()
	o.maxPending = maxPending
	o.slowAt = maxPending / 4 * 3
	o.mu.Unlock()
}

// reserveLocked gives the tail with room for need bytes more, or as much of
// them as a block has; commitLocked goes on in further blocks.
func (o *Outbound) reserveLocked(need int) []byte {
	if free := cap(o.tail) - len(o.tail); need <= free {
		return o.tail
	}
	return o.growLocked(need)
}

// growLocked makes room behind what is queued: a small tail becomes a larger
// one, a full one is followed by an empty one. A new tail starts as large as
// the last one that was sent, so a busy connection does not grow it each time.
func (o *Outbound) growLocked(need int) []byte {
	switch {
	case o.tail == nil:
		o.tail = bufpool.Get(min(max(need, o.lastSent), blockBytes))[:0]
	case cap(o.tail) < blockBytes:
		want := min(max(4*cap(o.tail), len(o.tail)+need), blockBytes)
		bigger := append(bufpool.Get(want)[:0], o.tail...)
		bufpool.Put(o.tail)
		o.tail = bigger
	case len(o.tail) > 0:
		o.blocks.push(o.tail)
		o.tail = bufpool.Get(blockBytes)[:0]
	}
	return o.tail
}

// commitLocked takes b, the tail with a control line appended since it was
// before bytes long, and queues wire behind it.
func (o *Outbound) commitLocked(b []byte, before int, wire []byte) {
	o.pending += int64(len(b) - before + len(wire))
	for len(b)+len(wire) > cap(b) { // a message larger than a block
		n := cap(b) - len(b)
		b = append(b, wire[:n]...)
		wire = wire[n:]
		o.blocks.push(b)
		b = bufpool.Get(blockBytes)[:0]
	}
	o.tail = append(b, wire...)
}

// appendLocked queues bytes as they are.
func (o *Outbound) appendLocked(bytes []byte) {
	b := o.reserveLocked(len(bytes))
	o.commitLocked(b, len(b), bytes)
}

// takeLocked removes the next block to write, nil when nothing is queued.
func (o *Outbound) takeLocked() []byte {
	if b := o.blocks.pop(); b != nil {
		return b
	}
	b := o.tail
	if len(b) == 0 {
		return nil
	}
	o.tail = nil
	o.lastSent = len(b)
	return b
}

// putBackLocked puts the unwritten rest of a block in front again.
func (o *Outbound) putBackLocked(rest []byte) { o.blocks.unpop(rest) }

// wroteLocked accounts for n bytes that the socket took and lets producers
// go on when the connection has caught up. What was discarded while it was
// being written counts no more.
func (o *Outbound) wroteLocked(n int) {
	o.pending = max(o.pending-int64(n), 0)
	if o.flags&outSlow != 0 && o.pending <= o.slowAt {
		o.flags &^= outSlow
		o.relieveLocked()
	}
}

// relieveLocked wakes the producers that wait.
func (o *Outbound) relieveLocked() {
	if o.relief != nil {
		close(o.relief)
		o.relief = nil
	}
}

// discardLocked forgets what is queued.
func (o *Outbound) discardLocked() {
	for b := o.takeLocked(); b != nil; b = o.takeLocked() {
		bufpool.Put(b)
	}
	if o.tail != nil {
		bufpool.Put(o.tail)
		o.tail = nil
	}
	o.pending = 0
	o.relieveLocked()
}
