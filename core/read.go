package core

// Hot path.

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/midge-nats/midge/internal/bufpool"
	"github.com/midge-nats/midge/protocol"
)

// The read buffer starts at minRead, doubles while reads fill it, up to
// maxRead, and shrinks again after shrinkAfter reads that would have fit into
// half of it. It grows beyond maxRead only for a message that needs it.
const (
	minRead     = 512
	maxRead     = 128 << 10
	shrinkAfter = 8
)

// Serve reads and processes what the peer sends until the connection ends, and
// cleans up behind it. It runs on the caller's goroutine.
func (c *Conn) Serve() {
	c.readLoop()
	c.teardown()
}

func (c *Conn) readLoop() {
	buf := bufpool.Get(minRead)
	buf = buf[:cap(buf)]
	defer func() { bufpool.Put(buf) }()
	have, small := 0, 0
	for c.reason.Load() == 0 {
		n, err := c.nc.Read(buf[have:])
		if n > 0 {
			have += n
			c.lastActivity.Store(time.Now().UnixNano())
			c.Parser.MaxPayload, c.Parser.MaxControlLine = c.maxPayload.Load(), int(c.maxControlLine.Load())
			used, need, opErr := c.process(buf[:have])
			if opErr != nil {
				c.failed(opErr)
				return
			}
			small = shrinkCount(small, have, len(buf))
			have = copy(buf, buf[used:have])
			if want := wantRead(len(buf), have, n, need, small); want != len(buf) {
				buf = resize(buf, have, want)
				small = 0
			}
		}
		if err != nil {
			c.readFailed(err)
			return
		}
	}
}

// process handles every complete operation in buf and ends the batch. It gives
// the number of bytes used, and how many more the next operation needs.
func (c *Conn) process(buf []byte) (used, need int, err error) {
	for used < len(buf) {
		op, n, perr := c.Parser.Next(buf[used:])
		if perr != nil {
			c.peer.Refused(perr, &c.Parser)
			err = perr
			break
		}
		if op == protocol.OpNone {
			need = n
			break
		}
		used += n
		if err = c.peer.HandleOp(op, &c.Parser); err != nil {
			e, ok := errors.AsType[*protocol.Error](err)
			if !ok || e.Close {
				break
			}
			c.ReplyErr(e)
			err = nil
		}
	}
	c.pub.EndBatch()
	return used, need, err
}

// shrinkCount counts reads in a row that used less than half of the buffer.
func shrinkCount(small, have, size int) int {
	if have < size/2 {
		return small + 1
	}
	return 0
}

// wantRead says how large the buffer should be. have bytes stay in it, the
// last read gave n, and the operation in hand needs need more.
func wantRead(size, have, n, need, small int) int {
	switch {
	case have+need > size:
		// In steps: a size is only announced, and its bytes may never come.
		// Never by less than half: a long line says only that it goes on.
		return min(max(have+need, 2*size), 2*max(size, maxRead))
	case size > maxRead && have == 0 && small > 0:
		return maxRead
	case have+n >= size && size < maxRead:
		return 2 * size
	case small > shrinkAfter && size > minRead && have+need <= size/2:
		return size / 2
	}
	return size
}

// resize moves the first have bytes of buf to a buffer of want bytes or more.
func resize(buf []byte, have, want int) []byte {
	next := bufpool.Get(want)
	next = next[:cap(next)]
	copy(next, buf[:have])
	bufpool.Put(buf)
	return next
}

// failed tells the peer what it did wrong and closes.
func (c *Conn) failed(err error) {
	reason := protocol.ProtocolViolation
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		c.ReplyErr(e)
		reason = e.Reason
	}
	c.pub.EndBatch()
	c.closeNow(reason)
}

// readFailed closes for the reason that a read error tells.
func (c *Conn) readFailed(err error) {
	reason := protocol.ReadError
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrDeadlineExceeded) {
		reason = protocol.ClientClosed
	}
	c.closeNow(reason)
}
