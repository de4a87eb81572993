package netx

// Hot path.

import (
	"net"
	"syscall"
)

// Raw gives the descriptor behind nc when bytes written to it are what the
// other side reads: a TCP or unix socket itself. TLS, compression and
// WebSocket connections have something in between, net.Pipe has no descriptor,
// and some systems have no non-blocking write here; for all of them it tells
// false. It looks at the concrete type, because a wrapper that embeds a
// *net.TCPConn has its SyscallConn method too.
func Raw(nc net.Conn) (syscall.RawConn, bool) {
	if !canWrite {
		return nil, false
	}
	var sc syscall.Conn
	switch c := nc.(type) {
	case *net.TCPConn:
		sc = c
	case *net.UnixConn:
		sc = c
	default:
		return nil, false
	}
	rc, err := sc.SyscallConn()
	return rc, err == nil
}

// NonBlocking writes to a socket without ever waiting for it. One goroutine
// uses it at a time, and none writes to the connection meanwhile: whoever owns
// the connection arranges that.
type NonBlocking struct {
	rc  syscall.RawConn
	try func(fd uintptr) // made once, so that a write allocates nothing

	// The write in hand.
	buf []byte
	n   int
	err error
}

// NewNonBlocking prepares writes to what Raw gave.
func NewNonBlocking(rc syscall.RawConn) *NonBlocking {
	w := &NonBlocking{rc: rc}
	w.try = func(fd uintptr) { w.n, w.err = write(fd, w.buf) }
	return w
}

// Write makes one attempt to write buf and returns how much the socket took;
// a full socket takes nothing or a part, which is no error. It never parks the
// goroutine and allocates nothing.
//
// It goes through Control, not through RawConn.Write: that one refuses once a
// write deadline, left from an earlier blocking write, has passed, and waits
// for other writers.
func (w *NonBlocking) Write(buf []byte) (n int, err error) {
	if len(buf) == 0 {
		return 0, nil
	}
	w.buf, w.n, w.err = buf, 0, nil
	err = w.rc.Control(w.try)
	w.buf = nil
	if err != nil {
		return 0, err
	}
	return w.n, w.err
}
