package core

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/protocol"
)

// slow gives a consumer of "a" that reads nothing, with room for max bytes, of
// which 75 % are used.
func slow(b *bench, max int64) *member {
	m := b.join(KindClient, "")
	m.SetLimits(max, 10*time.Second, 0)
	m.sub("a 1")
	m.sock.hold(0)
	filler := b.join(KindSystem, "")
	filler.pub("a", strings.Repeat("x", int(max)/4*3))
	return m
}

// A client that publishes to a consumer over 75 % waits a little for each
// message, ten milliseconds for a batch, and what it wrote to others is on its
// way meanwhile. [P-24]
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		consumer := slow(b, 100_000)
		other := b.join(KindClient, "")
		other.sub("a 2")
		pub := b.join(KindClient, "")
		began := time.Now()
		pub.queue("a", "", "1")
		if d := time.Since(began); d != stallShort {
			t.Errorf("the first message waited %v", d)
		}
		for range 20 {
			pub.queue("a", "", "2")
		}
		if d := time.Since(began); d != stallBudget {
			t.Errorf("a batch waited %v", d)
		}
		pub.Publisher().EndBatch()
		pub.pub("a", "3")
		if d := time.Since(began); d != stallBudget+stallShort {
			t.Errorf("the next batch waited %v more", d-stallBudget)
		}
		if n := consumer.Figures().Stalls; n != 6 || b.broker.Totals().Stalls != n {
			t.Errorf("%d stalls of the consumer, %d of the server", n, b.broker.Totals().Stalls)
		}
		consumer.sock.release()
		if n := len(other.got()); n != 22 {
			t.Errorf("the other consumer got %d", n)
		}
		if n := len(consumer.got()); n != 23 {
			t.Errorf("the slow consumer got %d", n)
		}
		began = time.Now()
		pub.pub("a", "4")
		if d := time.Since(began); d != 0 {
			t.Errorf("after the consumer has caught up a message waited %v", d)
		}
		consumer.wants("1 a 4")
	})
}

// Relief comes as soon as the consumer reads, not when the time is over.
func TestStallEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		consumer := slow(b, 100_000)
		pub := b.join(KindClient, "")
		b.group.Go("read", func() {
			pass(time.Millisecond)
			consumer.sock.release()
		})
		began := time.Now()
		pub.pub("a", "1")
		if d := time.Since(began); d != time.Millisecond {
			t.Errorf("waited %v", d)
		}
		consumer.got()
	})
}

// Nobody but a client is held back, and no client by itself.
func TestStallClientsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		consumer := slow(b, 100_000)
		began := time.Now()
		for _, k := range []Kind{KindRoute, KindGateway, KindLeafHub, KindLeafSpoke, KindSystem, KindJetStream, KindAccount} {
			b.join(k, "").pub("a", "1")
		}
		consumer.pub("a", "1")
		if d := time.Since(began); d != 0 {
			t.Errorf("waited %v", d)
		}
		consumer.Close(protocol.WriteError)
		b.settle()
	})
}

// Without stalling, the message is dropped for the slow consumer alone, and
// does not count as its last. [P-14]
func TestNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.broker.SetNoStall(true)
		consumer := slow(b, 100_000)
		consumer.UnsubscribeSID([]byte("1"), 2)
		pub := b.join(KindClient, "")
		pub.sub("a 2")
		began := time.Now()
		pub.pub("a", "dropped")
		if d := time.Since(began); d != 0 {
			t.Errorf("waited %v", d)
		}
		consumer.sock.release()
		pub.wants("2 a dropped")
		pub.pub("a", "kept")
		if got := consumer.got(); len(got) != 2 || got[1] != "1 a kept" {
			t.Errorf("got %.40q", got)
		}
	})
}

// Publishers that wait for the same consumer do not deliver more than its
// subscription wants. [P-14]
func TestStallKeepsMaximum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		consumer := slow(b, 100_000)
		consumer.UnsubscribeSID([]byte("1"), 2) // the filler was the first
		for range 3 {
			pub := b.join(KindClient, "")
			b.group.Go("publish", func() { pub.pub("a", "x") })
		}
		pass(stallBudget)
		consumer.sock.release()
		if got := consumer.got(); len(got) != 2 {
			t.Errorf("got %d messages, want 2", len(got))
		}
	})
}

// Who stays behind is closed for its pending bytes and hears nothing, not even
// what is queued; everybody else goes on. [P-24]
func TestSlowConsumerPendingBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		consumer := slow(b, 100_000)
		other, pub := b.join(KindClient, ""), b.join(KindClient, "")
		other.sub("a 2")
		for range 100 {
			pub.pub("a", strings.Repeat("x", 1000))
		}
		if got := consumer.end(); got != "Slow Consumer (Pending Bytes)" {
			t.Errorf("the consumer: %s", got)
		}
		if wrote := consumer.sock.take(); len(wrote) != 0 {
			t.Errorf("it was sent %.60q", wrote)
		}
		if !consumer.sock.isClosed() || consumer.Figures().Pending != 0 {
			t.Errorf("its socket is closed: %v, %d bytes pending", consumer.sock.isClosed(), consumer.Figures().Pending)
		}
		if n := len(other.got()); n != 100 || other.end() != "open" {
			t.Errorf("the other consumer got %d and is %s", n, other.end())
		}
		if n := b.broker.Totals().SlowConsumers[KindClient]; n != 1 {
			t.Errorf("%d slow consumers are counted", n)
		}
		if !b.log.has("Slow Consumer Detected") {
			t.Error("the log does not tell")
		}
	})
}

// Answers count like messages: who sends PINGs and never reads is a slow
// consumer too. [P-24]
func TestSlowConsumerOfAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		m := b.join(KindClient, "")
		m.SetLimits(10_000, 10*time.Second, 0)
		m.sock.hold(0)
		for range 3000 {
			m.Reply([]byte("PONG\r\n"))
			synctest.Wait()
			if p := m.Figures().Pending; p > 11_000 {
				t.Fatalf("%d bytes wait for it", p)
			}
		}
		m.Publisher().EndBatch()
		if got := m.end(); got != "Slow Consumer (Pending Bytes)" {
			t.Errorf("it is %s", got)
		}
	})
}

// A write that takes longer than the deadline ends the connection. [P-24]
func TestSlowConsumerWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		m := b.join(KindClient, "")
		m.SetLimits(1<<20, 3*time.Second, 0)
		m.sub("a 1")
		m.sock.hold(5)
		began := time.Now()
		b.join(KindClient, "").pub("a", "x")
		if got := m.end(); got != "Slow Consumer (Write Deadline)" || time.Since(began) != 3*time.Second {
			t.Errorf("after %v it is %s", time.Since(began), got)
		}
	})
}

// A socket that breaks is closed as a write error.
func TestWriteError(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.sub("a 1")
	m.sock.breaks(errors.New("connection reset by peer"))
	pub := b.join(KindClient, "")
	pub.pub("a", "x")
	if got := m.end(); got != "Write Error" {
		t.Errorf("it is %s", got)
	}
	if pub.pub("a", "x") {
		t.Error("delivered to a closed connection")
	}
}
