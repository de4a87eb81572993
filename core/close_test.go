package core

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/protocol"
)

// What was queued before the end is still written, for every reason that leaves
// the peer able to read it, and for no other.
func TestDrainOnClose(t *testing.T) {
	discards := map[protocol.CloseReason]bool{
		protocol.SlowConsumerPendingBytes: true, protocol.SlowConsumerWriteDeadline: true,
		protocol.WriteError: true, protocol.ReadError: true, protocol.TLSHandshakeFailure: true,
	}
	for reason := protocol.UnknownState; reason <= protocol.ProxyRequired; reason++ {
		b := newBench(t)
		m := b.join(KindClient, "")
		m.sub("a 1")
		m.queue("a", "", "x")
		m.Fail(&protocol.Error{Text: "bye", Close: true, Reason: reason})
		got := m.end()
		if got != reason.String() || !m.sock.isClosed() {
			t.Errorf("%v: it is %s", reason, got)
		}
		if wrote := string(m.sock.take()); discards[reason] != (len(wrote) == 0) && !strings.HasSuffix(wrote, "-ERR 'bye'\r\n") {
			t.Errorf("%v: wrote %q", reason, wrote)
		}
	}
}

// EOF of a peer that still reads: its own messages come back before the end.
func TestDrainOnEOF(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.sub("a 1")
	m.queue("a", "", strings.Repeat("x", 200_000))
	m.Serve() // the socket says EOF
	if got := m.got(); len(got) != 1 || len(got[0]) != 200_000+len("1 a ") {
		t.Errorf("%d messages came", len(got))
	}
	if m.end() != "Client Closed" {
		t.Errorf("it is %s", m.end())
	}
}

// The end of a connection that somebody is writing to waits for that writer,
// and nothing is queued any more.
func TestDrainWaitsForWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		m, pub := b.join(KindClient, ""), b.join(KindClient, "")
		m.SetLimits(1<<20, 10*time.Second, 0)
		m.sub("a 1")
		m.sock.hold(3)
		pub.pub("a", "before")
		synctest.Wait()
		m.Close(protocol.ServerShutdown)
		synctest.Wait()
		pub.pub("a", "after")
		m.Reply([]byte("PONG\r\n"))
		m.Send([]byte("PONG\r\n"))
		if m.sock.isClosed() {
			t.Error("closed while a writer was at work")
		}
		m.sock.release()
		m.wants("1 a before")
		if !m.sock.isClosed() {
			t.Error("still open")
		}
	})
}

// A peer that takes its time cannot keep a connection from ending: writing what
// is left takes no longer than one write may. [client.md 8]
func TestDrainIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		m, pub := b.join(KindClient, ""), b.join(KindSystem, "")
		m.SetLimits(64<<20, 10*time.Second, 0)
		m.sub("a 1")
		m.sock.hold(0)
		pub.pub("a", strings.Repeat("x", 100*blockBytes))
		synctest.Wait()
		began := time.Now()
		m.Close(protocol.ServerShutdown)
		b.group.Go("reader", func() { // one block each nine seconds
			for !m.sock.isClosed() {
				pass(9 * time.Second)
				m.sock.hold(blockBytes)
			}
		})
		synctest.Wait()
		for !m.sock.isClosed() {
			pass(time.Second)
		}
		if d := time.Since(began); d > 11*time.Second {
			t.Errorf("it took %v", d)
		}
		b.settle()
	})
}

// Only the first reason counts, and the peer hears of the end once, when the
// subscriptions are gone.
func TestCloseOnce(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.sub("a 1")
	m.Close(protocol.Kicked)
	m.Close(protocol.WriteError)
	m.Discard(protocol.ReadError)
	if m.end() != "Kicked" || len(m.peer.closed) != 1 || m.peer.closed[0] != protocol.Kicked {
		t.Errorf("it is %s, the peer heard %v", m.end(), m.peer.closed)
	}
	if m.Account().HasInterest([]byte("a")) || b.broker.Conn(m.ID()) != nil {
		t.Error("something of it is left")
	}
	m.sub("b 2") // too late
	if m.SubscriptionCount() != 0 {
		t.Error("a closed connection has a subscription")
	}
}

// CloseAll ends the connections there are and those that come while it runs and
// after it. Nothing is left running.
func TestCloseAll(t *testing.T) {
	b := newBench(t)
	const n = 200
	var clients [n]net.Conn
	for i := range n {
		server, client := net.Pipe()
		clients[i] = client
		b.group.Go("serve", func() {
			peer := new(fakePeer)
			c := b.broker.NewConn(server, KindClient, peer)
			peer.conn = c
			c.Parser.Dialect = protocol.Client
			if err := c.Admit(&Grant{Account: b.broker.Account(GlobalAccount)}); err != nil {
				t.Error(err)
			}
			c.Serve()
		})
		if i == n/2 {
			b.group.Go("close", func() { b.broker.CloseAll(protocol.ServerShutdown) })
		}
	}
	b.settle()
	b.broker.Conns(func(c *Conn) bool {
		t.Errorf("%v is still there", c)
		return true
	})
	if now, ever := b.broker.Account(GlobalAccount).ConnCount(); now != 0 || ever != n {
		t.Errorf("the account has %d connections, ever %d", now, ever)
	}
	for _, c := range clients {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("a socket is open")
		}
	}
}
