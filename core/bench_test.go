package core

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/protocol"
)

// bench is a broker whose connections have sockets of memory. The test is
// their read loop: it publishes and subscribes for them.
type bench struct {
	t      testing.TB
	group  *group.Group
	broker *Broker
	log    *fakeLog
}

func newBench(t testing.TB) *bench {
	b := &bench{t: t, group: group.New(), log: new(fakeLog)}
	b.broker = New(b.group, b.log)
	return b
}

// settle waits until everything queued has been written.
func (b *bench) settle() { b.group.Wait() }

// member is a connection of the bench.
type member struct {
	*Conn
	bench *bench
	sock  *fakeSocket
	peer  *fakePeer
}

// join makes a connection of a kind in an account, "" for the global one.
func (b *bench) join(kind Kind, account string, rules ...Rules) *member {
	b.t.Helper()
	m := b.stranger(kind)
	if account == "" {
		account = GlobalAccount
	}
	if err := m.Admit(b.grant(account, rules...)); err != nil {
		b.t.Fatal(err)
	}
	return m
}

// stranger makes a connection without a grant.
func (b *bench) stranger(kind Kind) *member {
	m := &member{bench: b, sock: newFakeSocket(), peer: new(fakePeer)}
	m.Conn = b.broker.NewConn(m.sock, kind, m.peer)
	m.Parser.Dialect = protocol.Client
	m.SetDelivery(true, true)
	m.SetInputLimits(1<<20, 4096)
	return m
}

func (b *bench) grant(account string, rules ...Rules) *Grant {
	b.t.Helper()
	g := &Grant{Account: b.broker.Account(account)}
	for _, r := range rules {
		p, err := NewPermissions(r)
		if err != nil {
			b.t.Fatal(err)
		}
		g.Permissions = p
	}
	return g
}

// sub subscribes with words as behind SUB: subject [queue] sid.
func (m *member) sub(words string) {
	m.bench.t.Helper()
	if err := m.trySub(words); err != nil {
		m.bench.t.Fatalf("SUB %s: %v", words, err)
	}
}

func (m *member) trySub(words string) error {
	f := bytes.Fields([]byte(words))
	if len(f) == 2 {
		return m.Subscribe(f[0], nil, f[1])
	}
	return m.Subscribe(f[0], f[1], f[2])
}

// queue publishes without ending the batch.
func (m *member) queue(subject, reply, payload string) (delivered bool) {
	p := m.Publisher()
	msg := p.Push()
	msg.Account = m.Account()
	msg.Subject, msg.Wire = []byte(subject), []byte(payload+crlf)
	msg.SizeText = strconv.AppendInt(nil, int64(len(payload)), 10)
	if reply != "" {
		msg.Reply = []byte(reply)
	}
	p.Received(msg.Account, msg.Size())
	delivered = p.Publish(msg)
	p.Pop()
	return delivered
}

// pub publishes one message in a batch of its own.
func (m *member) pub(subject, payload string) (delivered bool) {
	delivered = m.queue(subject, "", payload)
	m.Publisher().EndBatch()
	return delivered
}

// got gives what was written since the last call: each message as
// "sid subject payload", other lines as they are.
func (m *member) got() []string {
	m.bench.t.Helper()
	m.bench.settle()
	return messages(m.bench.t, m.sock.take())
}

// wants compares what was written since the last call.
func (m *member) wants(want ...string) {
	m.bench.t.Helper()
	if got := m.got(); !slices.Equal(got, want) {
		m.bench.t.Fatalf("%s got %q, want %q", m.Conn, got, want)
	}
}

// messages reads MSG and HMSG from a stream of bytes.
func messages(t testing.TB, stream []byte) (list []string) {
	t.Helper()
	for len(stream) > 0 {
		line, rest, ok := bytes.Cut(stream, []byte(crlf))
		if !ok {
			t.Fatalf("half a line %q", stream)
		}
		f := strings.Fields(string(line))
		if f[0] != "MSG" && f[0] != "HMSG" {
			list, stream = append(list, string(line)), rest
			continue
		}
		n, err := strconv.Atoi(f[len(f)-1])
		if err != nil || len(rest) < n+2 || string(rest[n:n+2]) != crlf {
			t.Fatalf("bad message %.100q", stream)
		}
		list = append(list, fmt.Sprintf("%s %s %s", f[2], f[1], rest[:n]))
		stream = rest[n+2:]
	}
	return list
}

// end gives the reason for which the connection ended, once it has.
func (m *member) end() string {
	m.bench.settle()
	reason, closed := m.Closed()
	if !closed {
		return "open"
	}
	return reason.String()
}

// fakePeer answers PING and takes nothing else.
type fakePeer struct {
	mu     sync.Mutex
	conn   *Conn
	closed []protocol.CloseReason
	ops    int
}

// HandleOp answers PING and counts the rest.
func (p *fakePeer) HandleOp(op protocol.Op, _ *protocol.Parser) error {
	switch op {
	case protocol.OpPing:
		p.conn.Pinged()
		p.conn.Reply([]byte("PONG\r\n"))
	case protocol.OpPong:
		p.conn.Ponged()
	case protocol.OpSub:
		return protocol.ErrInvalidSubject
	case protocol.OpUnsub:
		return io.ErrUnexpectedEOF
	default:
		p.ops++
	}
	return nil
}

// Refused has nothing to say.
func (p *fakePeer) Refused(error, *protocol.Parser) {}

// Closed notes the reason.
func (p *fakePeer) Closed(r protocol.CloseReason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = append(p.closed, r)
}

// fakeSocket is a socket in memory. It takes everything, or, held, nothing
// until it is released, closed or its deadline passes.
type fakeSocket struct {
	mu       sync.Mutex
	changed  chan struct{} // closed and replaced with each change
	written  []byte
	allowed  int // bytes that it takes; negative for any number
	closed   bool
	deadline time.Time
	fail     error
}

func newFakeSocket() *fakeSocket { return &fakeSocket{changed: make(chan struct{}), allowed: -1} }

func (s *fakeSocket) change(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
	close(s.changed)
	s.changed = make(chan struct{})
}

// take gives what was written since the last call.
func (s *fakeSocket) take() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.written
	s.written = nil
	return b
}

// hold lets only n bytes more through.
func (s *fakeSocket) hold(n int) { s.change(func() { s.allowed = n }) }

// release takes everything again.
func (s *fakeSocket) release() { s.change(func() { s.allowed = -1 }) }

// breaks makes every further write fail.
func (s *fakeSocket) breaks(err error) { s.change(func() { s.fail = err }) }

func (s *fakeSocket) Write(b []byte) (n int, err error) {
	for {
		s.mu.Lock()
		can := len(b)
		if s.allowed >= 0 {
			can = min(can, s.allowed)
			s.allowed -= can
		}
		changed, closed, deadline, fail := s.changed, s.closed, s.deadline, s.fail
		if fail == nil && !closed {
			s.written = append(s.written, b[:can]...)
			n, b = n+can, b[can:]
		}
		s.mu.Unlock()
		switch {
		case fail != nil:
			return n, fail
		case closed:
			return n, net.ErrClosed
		case len(b) == 0:
			return n, nil
		}
		var late <-chan time.Time
		if !deadline.IsZero() {
			timer := time.NewTimer(time.Until(deadline))
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-changed:
		case <-late:
			return n, os.ErrDeadlineExceeded
		}
	}
}

func (s *fakeSocket) Read([]byte) (int, error) { return 0, io.EOF }
func (s *fakeSocket) Close() error             { s.change(func() { s.closed = true }); return nil }
func (s *fakeSocket) LocalAddr() net.Addr      { return nil }
func (s *fakeSocket) RemoteAddr() net.Addr     { return nil }

func (s *fakeSocket) SetDeadline(time.Time) error     { return nil }
func (s *fakeSocket) SetReadDeadline(time.Time) error { return nil }
func (s *fakeSocket) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	return nil
}

func (s *fakeSocket) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// fakeLog keeps the lines.
type fakeLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *fakeLog) add(level, format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, level+" "+fmt.Sprintf(format, v...))
}

func (l *fakeLog) Noticef(format string, v ...any) { l.add("INF", format, v...) }
func (l *fakeLog) Warnf(format string, v ...any)   { l.add("WRN", format, v...) }
func (l *fakeLog) Errorf(format string, v ...any)  { l.add("ERR", format, v...) }
func (l *fakeLog) Debugf(format string, v ...any)  { l.add("DBG", format, v...) }
func (l *fakeLog) Tracef(format string, v ...any)  { l.add("TRC", format, v...) }

// has tells whether some line contains a text.
func (l *fakeLog) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.lines, func(s string) bool { return strings.Contains(s, text) })
}

// pass lets time go by in a bubble.
func pass(d time.Duration) { <-time.After(d) }
