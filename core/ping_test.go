package core

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/protocol"
)

// line is a connection over a pipe that is served, seen from the other end.
type line struct {
	t    *testing.T
	conn *Conn
	peer *fakePeer
	nc   net.Conn
	r    *bufio.Reader
	done *group.Group
}

// serve starts a connection in a bubble.
func serve(t *testing.T) *line {
	g := group.New()
	b := New(g, new(fakeLog))
	server, client := net.Pipe()
	l := &line{t: t, peer: new(fakePeer), nc: client, r: bufio.NewReader(client), done: g}
	l.conn = b.NewConn(server, KindClient, l.peer)
	l.peer.conn = l.conn
	l.conn.Parser.Dialect = protocol.Client
	l.conn.SetInputLimits(1<<20, 4096)
	if err := l.conn.Admit(&Grant{Account: b.Account(GlobalAccount)}); err != nil {
		t.Fatal(err)
	}
	g.Go("serve", l.conn.Serve)
	return l
}

// read gives the next line, "EOF" at the end.
func (l *line) read() string {
	s, err := l.r.ReadString('\n')
	if err == io.EOF {
		return "EOF"
	}
	return s
}

func (l *line) write(s string) {
	if _, err := io.WriteString(l.nc, s); err != nil {
		l.t.Error(err)
	}
}

// end closes the pipe and waits for the server's half.
func (l *line) end() {
	l.nc.Close()
	l.done.Wait()
}

// A peer that says nothing is pinged twice, told that it is stale, and closed.
// [P-23]
func TestStaleConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serve(t)
		began := time.Now()
		l.conn.StartPing(300*time.Millisecond, 2, true)
		for i, want := range []string{"PING\r\n", "PING\r\n", "-ERR 'Stale Connection'\r\n"} {
			if got := l.read(); got != want {
				t.Fatalf("line %d is %q, want %q", i, got, want)
			}
			early := time.Duration(i+1) * 300 * time.Millisecond
			if at := time.Since(began); at < early || at > early+60*time.Millisecond {
				t.Errorf("%q came after %v", want, at)
			}
		}
		if got := l.read(); got != "EOF" {
			t.Errorf("then %q", got)
		}
		l.end()
		if reason, _ := l.conn.Closed(); reason != protocol.StaleConnection {
			t.Errorf("closed: %v", reason)
		}
		if n := l.conn.Broker().Totals().StaleConnections[KindClient]; n != 1 {
			t.Errorf("%d stale connections are counted", n)
		}
	})
}

// The first PING comes within two seconds and a little, however long the
// interval; a peer that answers is not pinged again while it sends anything.
// [P-23]
func TestPingQuietPeersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serve(t)
		began := time.Now()
		l.conn.StartPing(time.Minute, 2, true)
		if got := l.read(); got != "PING\r\n" {
			t.Fatalf("got %q", got)
		}
		if at := time.Since(began); at < 2*time.Second || at > 2400*time.Millisecond {
			t.Errorf("the first PING came after %v", at)
		}
		pass(7 * time.Millisecond)
		l.write("PONG\r\n")
		synctest.Wait()
		if l.conn.RTT() != 7*time.Millisecond {
			t.Errorf("round trip %v", l.conn.RTT())
		}
		for range 10 {
			pass(30 * time.Second)
			l.write("PING\r\n")
			if got := l.read(); got != "PONG\r\n" {
				t.Fatalf("a peer that shows life got %q", got)
			}
		}
		last := time.Now()
		if got := l.read(); got != "PING\r\n" {
			t.Fatalf("got %q", got)
		}
		if quiet := time.Since(last); quiet < time.Minute || quiet > 2*time.Minute {
			t.Errorf("pinged after %v of silence", quiet)
		}
		l.end()
	})
}

// A round trip is measured anew once an hour though the peer shows life.
// [client.md 8]
func TestPingMeasuresHourly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serve(t)
		l.conn.StartPing(10*time.Minute, 2, false)
		l.read()
		l.write("PONG\r\n")
		began := time.Now()
		for time.Since(began) < 55*time.Minute {
			pass(time.Minute)
			l.write("PING\r\n")
			if got := l.read(); got != "PONG\r\n" {
				t.Fatalf("after %v: %q", time.Since(began), got)
			}
		}
		l.nc.SetReadDeadline(time.Now().Add(16 * time.Minute))
		if got := l.read(); got != "PING\r\n" {
			t.Errorf("after an hour: %q", got)
		}
		l.end()
	})
}

// A PING out of turn measures the round trip at once, for as long as it is not
// known.
func TestMeasureRTT(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.MeasureRTT()
	m.MeasureRTT()
	m.wants("PING")
	m.Ponged()
	if m.RTT() <= 0 {
		t.Errorf("round trip %v", m.RTT())
	}
}

// An interval may change at any time, also to none. [C-18]
func TestPingIntervalChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serve(t)
		l.conn.StartPing(time.Hour, 2, false)
		l.conn.StartPing(time.Second, 2, false)
		began := time.Now()
		if got := l.read(); got != "PING\r\n" || time.Since(began) != time.Second {
			t.Errorf("%q after %v", got, time.Since(began))
		}
		l.conn.StartPing(0, 2, false)
		l.nc.SetReadDeadline(time.Now().Add(time.Hour))
		if s, err := l.r.ReadString('\n'); err == nil {
			t.Errorf("without an interval %q came after %v", s, time.Since(began))
		}
		l.end()
		l.conn.StartPing(time.Second, 2, false) // too late, and harmless
	})
}

// The read loop closes for the reason that an operation, a peer or the parser
// gives, and tells the peer what there is to tell.
func TestReadLoopCloses(t *testing.T) {
	for input, want := range map[string]string{
		"PING\r\nSUB a 1\r\nPING\r\n":  "PONG\r\n -ERR 'Invalid Subject'\r\n PONG\r\n Client Closed", // an error that does not close
		"UNSUB 1\r\n":                  "EOF Protocol Violation",                                     // an error that is no protocol error
		"XYZ\r\n":                      "-ERR 'Unknown Protocol Operation'\r\n EOF Protocol Violation",
		"PUB a 2000000\r\n":            "-ERR 'Maximum Payload Violation'\r\n EOF Maximum Message Payload Exceeded",
		"PUB a nonsense\r\n":           "EOF Protocol Violation",
		"PUB a 3\r\nabc\r\nPING\r\nPU": "PONG\r\n Client Closed",
	} {
		synctest.Test(t, func(t *testing.T) {
			l := serve(t)
			l.write(input)
			synctest.Wait()
			got := ""
			for {
				l.nc.SetReadDeadline(time.Now().Add(time.Second))
				s, err := l.r.ReadString('\n')
				if err == io.EOF {
					got += "EOF "
				}
				if err != nil {
					break
				}
				got += s + " "
			}
			l.end()
			reason, _ := l.conn.Closed()
			if got += reason.String(); got != want {
				t.Errorf("%q: %q, want %q", input, got, want)
			}
			if fmt.Sprint(l.peer.closed) != fmt.Sprint([]protocol.CloseReason{reason}) {
				t.Errorf("%q: the peer heard %v", input, l.peer.closed)
			}
		})
	}
}

// Messages arrive whole however large they are and however they are cut, and
// the read buffer grows and shrinks under them.
func TestReadLoopBuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serve(t)
		want := 0
		for _, size := range []int{0, 10, 600, 100_000, 1_000_000, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 70_000} {
			l.write(fmt.Sprintf("PUB a %d\r\n", size))
			l.write(string(make([]byte, size)) + "\r\n")
			want++
		}
		for _, c := range "PUB a 5\r\nhello\r\n" {
			l.write(string(c))
		}
		l.write("PING\r\n")
		if got := l.read(); got != "PONG\r\n" {
			t.Errorf("got %q", got)
		}
		l.end()
		if l.peer.ops != want+1 {
			t.Errorf("%d messages of %d", l.peer.ops, want+1)
		}
	})
}
