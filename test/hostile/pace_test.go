package hostile_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/midge-nats/midge/test/harness"
)

// Who says nothing keeps nobody from talking, and goes when its time is over.
// [P-21]
func TestSilence(t *testing.T) {
	const config = `authorization { user: a, password: pw, timeout: 0.5 }`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		var silent []*harness.Wire
		for range 100 {
			silent = append(silent, harness.OpenWire(t, srv))
		}
		// One that talks meanwhile is served.
		w := harness.OpenWire(t, srv)
		w.Send(t, `CONNECT {"verbose":false,"user":"a","pass":"pw"}|PING|`)
		w.Want(t, "PONG")
		for _, s := range silent {
			ends(t, srv, s, "Authentication Timeout", "Authentication Timeout")
		}
		w.Alive(t)
	})
}

// A client that sends one byte at a time is slow, not wrong. Each byte is a
// packet of its own; that each has arrived shows when the next answer comes.
func TestOneByteAtATime(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		w := harness.OpenWire(t, srv)
		text := hello("drip") + "SUB drip.* q 1\r\nPUB drip.x reply.to 5\r\nh\r\nlo\r\nHPUB drip.h 12 14\r\nNATS/1.0\r\n\r\nhi\r\nUNSUB 1\r\nPING\r\n"
		for i := range len(text) {
			w.SendBytes(t, []byte{text[i]})
		}
		w.Want(t, "MSG drip.x 1 reply.to 5", "h", "lo", "HMSG drip.h 1 12 14", "NATS/1.0", "", "hi", "PONG")
		others.testify(t)
	})
}

// One byte of a bad operation at a time is refused as soon as it is bad.
func TestOneBadByteAtATime(t *testing.T) {
	harness.Everywhere(t, "max_control_line: 64", func(t *testing.T, srv harness.Server) {
		w := harness.OpenWire(t, srv)
		for range 200 {
			w.SendBytes(t, []byte("X"))
		}
		endsUnread(t, srv, w, "Unknown Protocol Operation", "Protocol Violation")
		w = harness.OpenWire(t, srv)
		for _, b := range []byte("SUB " + strings.Repeat("a", 200)) {
			w.SendBytes(t, []byte{b})
		}
		endsUnread(t, srv, w, "maximum control line exceeded", "Maximum Control Line Exceeded")
	})
}

// Five thousand connections come and go: some politely, some at once, some in
// the middle of a word. None of them stays. [P-29]
func TestFiveThousandReconnects(t *testing.T) {
	const n = 5000
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		bounded(t, srv, 128*megabyte, func() {
			harness.Parallel(t, n, 8, func(i int) error {
				nc, err := net.Dial("tcp", srv.Addr())
				if err != nil {
					return err
				}
				defer nc.Close()
				switch i % 4 {
				case 0: // gone at once
				case 1:
					_, err = fmt.Fprintf(nc, "CONNECT {}\r\nSUB witness.> %d\r\nPI", i)
				case 2:
					_, err = fmt.Fprintf(nc, "CONNECT {}\r\nPUB a 10\r\nabc")
				case 3:
					if _, err = fmt.Fprintf(nc, "%sPING\r\n", hello("polite")); err == nil {
						_, err = nc.Read(make([]byte, 1))
					}
				}
				return err
			})
			// The last ones may still wait to be accepted.
			harness.Until(t, "all of them have come and gone", func() bool {
				var varz struct {
					Total int64 `json:"total_connections"`
				}
				harness.GetJSON(t, srv, "/varz", &varz)
				return varz.Total >= n && len(harness.Connz(t, srv, "")) == 2
			})
		})
		others.testify(t)
		for _, c := range harness.Connz(t, srv, "state=closed&limit=20000") {
			// Whoever leaves with something unread resets the connection.
			if c.Reason != "Client Closed" && c.Reason != "Read Error" && c.Reason != "Write Error" {
				t.Errorf("connection %d was closed because of %q", c.CID, c.Reason)
				break
			}
		}
	})
}

// A hundred readers stop, others go on reading what the same publisher sends.
// [P-24]
func TestReadersThatStop(t *testing.T) {
	const config = "max_pending: 512KB\nmax_payload: 64KB"
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		const stopped = 20
		others := newWitness(t, srv)
		bounded(t, srv, 64*megabyte, func() {
			var readers []*harness.Wire
			for i := range stopped {
				w := harness.OpenWire(t, srv)
				w.Send(t, hello(fmt.Sprint("stopped ", i))+"SUB witness.flood 1|PING|")
				w.Want(t, "PONG")
				readers = append(readers, w)
			}
			if err := others.sub.SetPendingLimits(-1, -1); err != nil {
				t.Fatal(err)
			}
			payload := make([]byte, 60<<10)
			harness.Until(t, "those that stopped are gone", func() bool {
				for range 20 {
					if err := others.from.Publish("witness.flood", payload); err != nil {
						t.Fatal(err)
					}
					if m := harness.Next(t, others.sub); len(m.Data) != len(payload) {
						t.Fatalf("the other reader got %d bytes", len(m.Data))
					}
				}
				return len(harness.Connz(t, srv, "")) == 2
			})
			for i, w := range readers {
				if reason := harness.ClosedFor(t, srv, fmt.Sprint("stopped ", i), 0); !strings.HasPrefix(reason, "Slow Consumer (") {
					t.Errorf("reader %d was closed because of %q", i, reason)
				}
				w.Close()
			}
		})
		others.testify(t)
	})
}

// A publisher that never reads its own answers is stopped by them.
func TestWriterThatNeverReads(t *testing.T) {
	const config = "max_pending: 256KB\nmax_payload: 64KB\nwrite_deadline: \"1s\""
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		w := harness.OpenWire(t, srv)
		w.Send(t, `CONNECT {"verbose":true,"name":"deaf"}|SUB deaf 1|`)
		message := []byte(fmt.Sprintf("PUB deaf %d\r\n%s\r\n", 32<<10, strings.Repeat("x", 32<<10)))
		harness.Until(t, "the deaf publisher is gone", func() bool {
			for range 10 {
				w.SendBytes(t, message)
			}
			return len(harness.Connz(t, srv, "")) == 2
		})
		if reason := harness.ClosedFor(t, srv, "deaf", 0); !strings.HasPrefix(reason, "Slow Consumer (") {
			t.Errorf("reason %q", reason)
		}
		others.testify(t)
	})
}

// Many subscriptions of one client are limited where that is configured, and go
// with it. [P-30]
func TestSubscriptionFlood(t *testing.T) {
	harness.Everywhere(t, "max_subscriptions: 1000", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		w := harness.OpenWire(t, srv)
		w.Send(t, hello("flood"))
		var b strings.Builder
		for i := range 1005 {
			fmt.Fprintf(&b, "SUB a.%d.%d.*.> %d\r\n", i%7, i, i)
		}
		w.SendBytes(t, []byte(b.String()))
		if got := w.Alive(t); len(got) != 5 || got[0] != "-ERR 'maximum subscriptions exceeded'" {
			t.Errorf("answers %q", got)
		}
		w.Close()
		harness.Until(t, "its subscriptions are gone", func() bool {
			n := 0
			for _, c := range harness.Connz(t, srv, "") {
				n += c.Subscriptions
			}
			return n == 1
		})
		others.testify(t)
	})
}
