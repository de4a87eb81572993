package core

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/midge-nats/midge/internal/bufpool"
	"github.com/midge-nats/midge/protocol"
)

// inlineMost is how many destinations a publisher writes to by itself where
// there are processors to share the work with. A write that does not wait costs
// less than waking somebody to do it, and a publisher that writes is slowed to
// what its subscribers take: on two processors a fan-out of 10 costs half as
// much so. But one publisher must not keep many processors idle.
const inlineMost = 64

// fewProcessors is up to where a publisher writes to all.
const fewProcessors = 4

// flush sends what the batch queued.
func (p *Publisher) flush() {
	inline := len(p.dirty) <= inlineMost || p.broker.processors <= fewProcessors
	for i, c := range p.dirty {
		p.dirty[i] = nil
		c.flush(inline)
	}
	p.dirty = p.dirty[:0]
}

// flush writes what is queued, or has it written: inline tries the socket
// first, without ever waiting for it, and leaves the rest to the writer.
//
// Who is writing already goes on until nothing is queued, so there is nothing
// to do then.
func (c *Conn) flush(inline bool) {
	o := &c.out
	o.mu.Lock()
	o.flags &^= outDirty
	if o.flags&outFlushing != 0 || o.pending == 0 {
		o.mu.Unlock()
		return
	}
	o.flags |= outFlushing
	if inline && c.raw != nil && c.tryWriteLocked() {
		o.endFlushLocked()
		o.mu.Unlock()
		return
	}
	o.mu.Unlock()
	c.broker.Go("writer", c.writer)
}

// endFlushLocked lets somebody else write, or the connection close.
func (o *Outbound) endFlushLocked() {
	o.flags &^= outFlushing
	if o.drained != nil {
		close(o.drained)
		o.drained = nil
	}
}

// drainMost is how long the last writes may take where there is no write
// deadline.
const drainMost = 10 * time.Second

// drain waits until what is queued is written or cannot be, at most one write
// deadline for all of it: a peer must not keep its connection from ending by
// taking its time. Nothing more is queued from now on. [client.md 8]
func (c *Conn) drain(nc net.Conn) {
	most := time.Duration(c.writeDeadline.Load())
	if most <= 0 {
		most = drainMost
	}
	by := time.Now().Add(most)
	c.drainBy.Store(by.UnixNano())
	if err := nc.SetWriteDeadline(by); err != nil { // for a write under way
		c.broker.log.Debugf("%s - Write deadline: %v", c, err)
	}
	o := &c.out
	o.mu.Lock()
	o.flags |= outClosed
	switch {
	case o.flags&outFlushing != 0:
		if o.drained == nil {
			o.drained = make(chan struct{})
		}
		done := o.drained
		o.mu.Unlock()
		<-done
	case o.pending > 0:
		o.flags |= outFlushing
		o.mu.Unlock()
		c.writeLoop()
	default:
		o.mu.Unlock()
	}
}

// tryWriteLocked hands blocks to the socket until nothing is queued, which is
// when it returns true, or the socket takes no more. The lock is given up
// around each write.
func (c *Conn) tryWriteLocked() bool {
	o := &c.out
	for {
		b := o.takeLocked()
		if b == nil {
			return true
		}
		o.mu.Unlock()
		n, err := c.raw.Write(b)
		o.mu.Lock()
		o.wroteLocked(n)
		if err != nil || n < len(b) {
			// An error shows again in the writer, which knows what to do.
			o.putBackLocked(b[n:])
			return false
		}
		bufpool.Put(b)
	}
}

// writeLoop writes blocks, waiting for the socket up to the write deadline at
// a time, until nothing is queued. It runs only while there is something to
// write: an idle connection has no writer.
func (c *Conn) writeLoop() {
	o := &c.out
	o.mu.Lock()
	for {
		b := o.takeLocked()
		if b == nil {
			break
		}
		o.mu.Unlock()
		n, err := c.writeBlock(b)
		o.mu.Lock()
		o.wroteLocked(n)
		if err != nil {
			o.discardLocked()
			o.flags |= outClosed
			o.endFlushLocked()
			o.mu.Unlock()
			c.writeFailed(err)
			return
		}
		bufpool.Put(b)
	}
	o.endFlushLocked()
	o.mu.Unlock()
}

// writeBlock writes all of b within the write deadline, and by the time that
// the connection's end allows.
func (c *Conn) writeBlock(b []byte) (int, error) {
	var by time.Time
	if d := time.Duration(c.writeDeadline.Load()); d > 0 {
		by = time.Now().Add(d)
	}
	if end := c.drainBy.Load(); end != 0 && (by.IsZero() || by.UnixNano() > end) {
		by = time.Unix(0, end)
	}
	if !by.IsZero() {
		if err := c.nc.SetWriteDeadline(by); err != nil {
			return 0, err
		}
	}
	return c.nc.Write(b)
}

// writeFailed closes the connection for the reason that err tells.
func (c *Conn) writeFailed(err error) {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.slowConsumer(protocol.SlowConsumerWriteDeadline)
	case errors.Is(err, net.ErrClosed):
		c.Close(protocol.ClientClosed)
	default:
		c.Close(protocol.WriteError)
	}
}
