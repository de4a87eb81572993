package hostile_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/midge-nats/midge/test/harness"
)

// A control line that does not end is cut off at the limit, not collected. [P-2]
func TestLineWithoutEnd(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		bounded(t, srv, 32*megabyte, func() {
			for _, op := range []string{"PUB ", "SUB ", "HPUB ", "UNSUB ", `CONNECT {"name":"`, "CONNECT ", "INFO "} {
				w := harness.OpenWire(t, srv)
				w.SendBytes(t, append([]byte(hello(op)+op), bytes.Repeat([]byte("a"), 4<<20)...))
				endsUnread(t, srv, w, "maximum control line exceeded", "Maximum Control Line Exceeded")
			}
		})
		others.testify(t)
	})
}

// The limit holds, too, for many arguments, and just above it. [P-2]
func TestLineJustTooLong(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, arg := range []string{strings.Repeat("a", 4097), strings.Repeat("a ", 2049), "a" + strings.Repeat(" ", 4096)} {
			w := harness.OpenWire(t, srv)
			w.Send(t, hello("line")+"SUB "+arg+" 1|")
			ends(t, srv, w, "maximum control line exceeded", "Maximum Control Line Exceeded")
		}
		w := harness.OpenWire(t, srv)
		w.Send(t, hello("exact")+"SUB "+strings.Repeat("a", 4094)+" 1|")
		if got := w.Alive(t); len(got) != 0 {
			t.Errorf("4096 bytes: %q", got)
		}
	})
}

// Where long lines are allowed, one is read in time that grows with its length,
// not with its square.
func TestLongLineWithinTheLimit(t *testing.T) {
	harness.Everywhere(t, "max_control_line: 1MB", func(t *testing.T, srv harness.Server) {
		w := harness.OpenWire(t, srv)
		w.Send(t, `CONNECT {"verbose":false,"unknown":"`+strings.Repeat("x", 1_000_000)+`"}|PING|`)
		w.Want(t, "PONG")
	})
}

// What is no operation is said to be none. [P-30]
func TestNoOperation(t *testing.T) {
	lines := []string{
		"FOO|", "GET / HTTP/1.1|Host: x||", "|", " PING|", "\x00\x00\x00\x00", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"PUBB a 0||", "P|", "\xff\xfe\xfd", "PUB|", "MSG a 1 0||", "HMSG a 1 12 12|", "RMSG $G a 0||", "RS+ $G a|", "RS- $G a|",
		"LS+ a|", "LMSG a 0||", "A+ X|", "A- X|", "ÄÖÜ|", "{\"op\":\"PUB\"}|",
	}
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		for _, line := range lines {
			w := harness.OpenWire(t, srv)
			w.Send(t, hello("line")+line)
			ends(t, srv, w, "Unknown Protocol Operation", "Protocol Violation")
		}
		others.testify(t)
	})
}

// An -ERR of a client ends it without an answer.
func TestErrFromClient(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		w := harness.OpenWire(t, srv)
		w.Send(t, hello("err")+"-ERR 'no, you'|")
		ends(t, srv, w, mute, "Parse Error")
	})
}

// Wrong numbers of arguments. [P-8]
func TestArgumentCounts(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, line := range []string{"PUB a", "PUB a b c 1", "HPUB a 12", "HPUB a b c 1 2", "SUB a", "SUB a b c d", "UNSUB a b c"} {
			w := harness.OpenWire(t, srv)
			w.Send(t, hello(line)+line+"|")
			ends(t, srv, w, mute, "Protocol Violation")
		}
	})
}

// Headers that nobody negotiated, however the client pretends.
func TestHeadersNotNegotiated(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		w := harness.OpenWire(t, srv)
		w.Send(t, `CONNECT {"verbose":false}|HPUB a 12 12|NATS/1.0||||`)
		ends(t, srv, w, mute, "Protocol Violation")
	})
}

// Header blocks are opaque: rubbish in them reaches the subscriber unchanged and
// does not disturb tracing, which looks into them. [P-11] [T-2]
func TestRubbishInHeaders(t *testing.T) {
	blocks := []string{
		"hello", "NATS/1.0\r\n", "NATS/1.0\r\n\r\n", "NATS/1.0\r\nNats-Trace-Dest", "NATS/1.0\r\nNats-Trace-Dest:", "NATS/1.0\r\n:\r\n:::\r\n\r\n",
		"NATS/1.0\r\nNats-Trace-Dest: \r\n\r\n", "NATS/1.0\r\nNats-Trace-Dest: a b\r\n\r\n", "NATS/1.0\r\nNats-Trace-Dest: *.>\r\n\r\n",
		"NATS/1.0\r\n" + strings.Repeat("a: b\r\n", 5000) + "\r\n", "NATS/1.0\r\nx: \x00\x01\xff\r\n\r\n", "\r\n\r\n\r\n", "NATS/1.0\r\ntraceparent: ---01\r\n\r\n",
		"NATS/1.0\r\nNats-Trace-Hop: 1.1.1\r\n\r\n", "NATS/1.0\r\nNats-Trace-Dest: trace disabled\r\n\r\n",
	}
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, block := range blocks {
			w := harness.OpenWire(t, srv)
			w.Send(t, hello("headers")+"SUB a 1|")
			w.SendBytes(t, fmt.Appendf(nil, "HPUB a %d %d\r\n%shi\r\nPING\r\n", len(block), len(block)+2, block))
			w.Want(t, fmt.Sprintf("HMSG a 1 %d %d", len(block), len(block)+2))
			got := w.Bytes(t, len(block)+2)
			if string(got) != block+"hi" {
				t.Errorf("block %q came back as %q", harness.Printable([]byte(block)), harness.Printable(got))
			}
			w.Want(t, "", "PONG")
		}
	})
}
