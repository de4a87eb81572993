// Package bench_test measures a whole server through sockets and the public
// client library. Compare runs with benchstat; the numbers of one run say little.
//
//	go test -run - -bench . -count 10 ./test/bench
//	MIDGE_TEST_ONLY=binary MIDGE_TEST_BIN=/path/to/server go test -run - -bench . ./test/bench
//
// The first measures the embedded server, in one process with its clients; the
// second any server in a process of its own.
package bench_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// window is how many messages of a size a publisher sends before it waits:
// without it a benchmark measures how fast a slow consumer is closed, and with
// too large a one how the server holds publishers back.
func window(sizeBytes int) int64 { return int64(max(64, min(4096, (4<<20)/max(sizeBytes, 1)))) }

// wakeEvery is how many messages are received between looks at the total.
const wakeEvery = 16

// benchPatience is how long a request waits at most.
const benchPatience = 20 * time.Second

// sizes of payloads, in bytes.
var sizes = []int{16, 128, 1024, 16 << 10}

// counter receives on a subject and tells when so many messages are there.
type counter struct {
	n    atomic.Int64
	more chan struct{}
}

func count(b *testing.B, nc *nats.Conn, subject, queue string) *counter {
	b.Helper()
	c := &counter{more: make(chan struct{}, 1)}
	c.join(b, nc, subject, queue)
	return c
}

// join has another subscription counted as well.
func (c *counter) join(b *testing.B, nc *nats.Conn, subject, queue string) {
	b.Helper()
	sub, err := nc.QueueSubscribe(subject, queue, func(*nats.Msg) {
		if c.n.Add(1)%wakeEvery == 0 {
			c.wake()
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		b.Fatal(err)
	}
	harness.Flush(b, nc)
}

func (c *counter) wake() {
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// reach waits until n messages have been received. For the last few it keeps
// the connection busy, since nobody tells about them.
func (c *counter) reach(b *testing.B, nc *nats.Conn, n int64) {
	for c.n.Load() < n {
		if n-c.n.Load() >= wakeEvery {
			<-c.more
			continue
		}
		if err := nc.Flush(); err != nil {
			b.Fatal(err)
		}
	}
}

// publish sends total messages and never runs further ahead of the receivers
// than two windows; copies is how many of them get each message.
func publish(b *testing.B, nc *nats.Conn, m *nats.Msg, c *counter, total, copies int64) {
	b.Helper()
	window := window(len(m.Data))
	for i := range total {
		if err := nc.PublishMsg(m); err != nil {
			b.Fatal(err)
		}
		if (i+1)%window == 0 {
			c.reach(b, nc, (i+1-window)*copies)
		}
	}
	harness.Flush(b, nc)
	c.reach(b, nc, total*copies)
}

// perSecond reports messages rather than loops.
func perSecond(b *testing.B, messages int64) {
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "msgs/s")
}

func message(size int) *nats.Msg {
	m := nats.NewMsg("bench.subject")
	m.Header = nil
	m.Data = make([]byte, size)
	return m
}

func BenchmarkOneToOne(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			srv := harness.StartAny(b, "")
			c := count(b, harness.Connect(b, srv), "bench.subject", "")
			nc := harness.Connect(b, srv)
			b.SetBytes(int64(size))
			b.ResetTimer()
			publish(b, nc, message(size), c, int64(b.N), 1)
			perSecond(b, int64(b.N))
		})
	}
}

// What headers cost that nobody asks about.
func BenchmarkHeaders(b *testing.B) {
	headers := map[string]nats.Header{
		"plain":       {"Order": {"7"}, "Customer": {"4711"}},
		"traceparent": {"traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}},
	}
	for name, header := range headers {
		b.Run(name, func(b *testing.B) {
			srv := harness.StartAny(b, "")
			c := count(b, harness.Connect(b, srv), "bench.subject", "")
			m := message(128)
			m.Header = header
			nc := harness.Connect(b, srv)
			b.ResetTimer()
			publish(b, nc, m, c, int64(b.N), 1)
			perSecond(b, int64(b.N))
		})
	}
}

// What a trace costs: of the message, and of all that are published.
func BenchmarkTraced(b *testing.B) {
	for _, only := range []string{"false", "true"} {
		b.Run("only="+only, func(b *testing.B) {
			srv := harness.StartAny(b, "")
			harness.Needs(b, srv, "2.11", "message tracing")
			count(b, harness.Connect(b, srv), "bench.subject", "")
			traces := count(b, harness.Connect(b, srv), "trace", "")
			m := message(128)
			m.Header = nats.Header{"Nats-Trace-Dest": {"trace"}, "Nats-Trace-Only": {only}}
			nc := harness.Connect(b, srv)
			b.ResetTimer()
			publish(b, nc, m, traces, int64(b.N), 1)
			perSecond(b, int64(b.N))
		})
	}
}

// One publisher, many subscribers.
func BenchmarkFanOut(b *testing.B) {
	for _, subscribers := range []int{10, 100} {
		b.Run(fmt.Sprint(subscribers), func(b *testing.B) {
			srv := harness.StartAny(b, "")
			c := count(b, harness.Connect(b, srv), "bench.subject", "")
			for range subscribers - 1 {
				c.join(b, harness.Connect(b, srv), "bench.subject", "")
			}
			nc := harness.Connect(b, srv)
			b.ResetTimer()
			publish(b, nc, message(128), c, int64(b.N), int64(subscribers))
			perSecond(b, int64(b.N*subscribers))
		})
	}
}

// Many publishers, one subscriber or one group.
func BenchmarkFanIn(b *testing.B) {
	for _, members := range []int{1, 4} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			const publishers = 8
			srv := harness.StartAny(b, "")
			c := count(b, harness.Connect(b, srv), "bench.subject", "q")
			for range members - 1 {
				c.join(b, harness.Connect(b, srv), "bench.subject", "q")
			}
			var conns []*nats.Conn
			for range publishers {
				conns = append(conns, harness.Connect(b, srv))
			}
			// Each goes on only when all are within the window.
			each := int64(b.N)/publishers + 1
			b.ResetTimer()
			harness.Parallel(b, publishers, publishers, func(i int) error {
				m := message(128)
				for j := range each {
					if err := conns[i].PublishMsg(m); err != nil {
						return err
					}
					if (j+1)%(window(len(m.Data))/publishers) == 0 {
						if err := conns[i].Flush(); err != nil {
							return err
						}
					}
				}
				return conns[i].Flush()
			})
			c.reach(b, conns[0], each*publishers)
			perSecond(b, each*publishers)
		})
	}
}

// One request after the other: latency, and under load.
func BenchmarkRequest(b *testing.B) {
	srv := harness.StartAny(b, "")
	harness.Respond(b, harness.Connect(b, srv), "bench.request", func(m *nats.Msg) []byte { return m.Data })
	b.Run("alone", func(b *testing.B) {
		nc := harness.Connect(b, srv)
		for b.Loop() {
			harness.Request(b, nc, "bench.request", "0123456789abcdef")
		}
	})
	b.Run("parallel", func(b *testing.B) {
		nc := harness.Connect(b, srv)
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := nc.Request("bench.request", []byte("0123456789abcdef"), benchPatience); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
	b.Run("no responders", func(b *testing.B) {
		nc := harness.Connect(b, srv)
		for b.Loop() {
			if _, err := nc.Request("bench.nobody", nil, benchPatience); err != nats.ErrNoResponders {
				b.Fatal(err)
			}
		}
	})
}

// A client that comes, subscribes and goes.
func BenchmarkConnect(b *testing.B) {
	srv := harness.StartAny(b, "")
	for b.Loop() {
		nc, err := harness.Dial(srv)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := nc.SubscribeSync("bench.connect"); err != nil {
			b.Fatal(err)
		}
		harness.Flush(b, nc)
		nc.Close()
	}
}
