package system_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// A client that comes and goes is told of in the system account, the figures of
// its account before it. [M-8] [M-16]
func TestConnectionEvents(t *testing.T) {
	b := newBench(t, true)
	b.listen(b.account, "$SYS.ACCOUNT.>")
	b.listen(b.account, "$SYS.SERVER.ACCOUNT.>")
	c, _ := b.join("A", "u")
	last := 0.0
	expect := func(subject, typ, keys string, conns float64) map[string]any {
		t.Helper()
		got := b.next()
		m := got.object(t)
		if got.subject != subject || m["type"] != "io.nats.server.advisory.v1."+typ {
			t.Fatalf("%s of type %v, want %s of type %s", got.subject, m["type"], subject, typ)
		}
		if l := lacks(m, "type id timestamp server "+keys); l != nil {
			t.Errorf("%s lacks %v", subject, l)
		}
		server := m["server"].(map[string]any)
		if seq := server["seq"].(float64); seq <= last {
			t.Errorf("%s: seq %v after %v", subject, seq, last)
		} else {
			last = seq
		}
		if typ == "account_connections" && m["conns"] != conns {
			t.Errorf("%s: %v connections, want %v", subject, m["conns"], conns)
		}
		return m
	}
	const figures = "acc name conns leafnodes total_conns num_subscriptions sent received slow_consumers"
	expect("$SYS.SERVER.ACCOUNT.A.CONNS", "account_connections", figures, 1)
	expect("$SYS.ACCOUNT.A.SERVER.CONNS", "account_connections", figures, 1)
	m := expect("$SYS.ACCOUNT.A.CONNECT", "client_connect", "client", 0)
	who := m["client"].(map[string]any)
	if l := lacks(who, "start id acc user name lang ver kind client_type"); l != nil {
		t.Errorf("client lacks %v", l)
	}
	if who["user"] != "u" || who["name"] != "client name" || who["acc"] != "A" || who["id"] != float64(c.ID()) || who["kind"] != "Client" || who["client_type"] != "nats" {
		t.Errorf("client %v", who)
	}
	c.Discard(protocol.StaleConnection)
	expect("$SYS.SERVER.ACCOUNT.A.CONNS", "account_connections", figures, 0)
	expect("$SYS.ACCOUNT.A.SERVER.CONNS", "account_connections", figures, 0)
	m = expect("$SYS.ACCOUNT.A.DISCONNECT", "client_disconnect", "client sent received reason", 0)
	if m["reason"] != "Stale Connection" || lacks(m["client"], "stop") != nil {
		t.Errorf("disconnect %v", m)
	}
}

// Who is not let in is told of twice: as a failure, and as gone. [M-8]
func TestAuthErrorEvent(t *testing.T) {
	b := newBench(t, true)
	b.listen(b.account, "$SYS.>")
	c := b.broker.NewConn(pipe(t), core.KindClient, new(fakePeer))
	c.Discard(protocol.AuthenticationFailure)
	for _, want := range []string{"$SYS.SERVER.NID.CLIENT.AUTH.ERR", "$SYS.ACCOUNT.$G.DISCONNECT"} {
		got := b.next()
		m := got.object(t)
		if got.subject != want || m["reason"] != "Authentication Failure" || m["client"].(map[string]any)["user"] != "said" {
			t.Errorf("%s: %v", got.subject, m)
		}
	}
}

// Statistics come 250 ms after the start, then after twice as long each time, up
// to ten seconds; the end is told too. [M-9] [M-10]
func TestStatisticsBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, true)
		b.listen(b.account, "$SYS.SERVER.NID.>")
		last := time.Now()
		for i, wait := range []time.Duration{250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000} {
			got := b.next0()
			if d := time.Since(last); got.subject != "$SYS.SERVER.NID.STATSZ" || d != wait*time.Millisecond {
				t.Errorf("%d: %s after %v, want %v", i, got.subject, d, wait*time.Millisecond)
			}
			last = time.Now()
			m := got.object(t)
			if l := lacks(m, "server statsz"); l != nil {
				t.Errorf("lacks %v", l)
			}
			if l := lacks(m["statsz"], "start mem cores cpu connections total_connections active_accounts subscriptions sent sent_to_clients received received_from_clients slow_consumers gomaxprocs"); l != nil {
				t.Errorf("statsz lacks %v", l)
			}
		}
		b.system.LameDuck()
		b.system.Stop()
		b.system.Stop() // once is enough
		for _, want := range []string{"$SYS.SERVER.NID.LAMEDUCK", "$SYS.SERVER.NID.SHUTDOWN"} {
			got := b.next0()
			if m := got.object(t); got.subject != want || m["id"] != "NID" || m["name"] != "server-one" {
				t.Errorf("%s: %v", got.subject, m)
			}
		}
	})
}

// Nothing is said where nobody listens, and users' accounts hear nothing.
// [M-20]
func TestEventsStayInSystemAccount(t *testing.T) {
	b := newBench(t, true)
	b.listen(b.broker.Account("A"), ">")
	c, _ := b.join("A", "u")
	c.Discard(protocol.ClientClosed)
	if seq := b.broker.NextSeq(); seq != 1 {
		t.Errorf("%d messages were stamped for nobody", seq-1)
	}
	b.listen(b.account, "$SYS.SERVER.NID.SHUTDOWN")
	b.system.Stop()
	if got := b.next(); got.subject != "$SYS.SERVER.NID.SHUTDOWN" {
		t.Errorf("an account heard %s", got.subject)
	}
	if b.account.SubscriptionCount() != 1 {
		t.Errorf("%d subscriptions are left", b.account.SubscriptionCount())
	}
}
