package client_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// What a client learns about its server from INFO. [P-4] [P-6]
func TestClientKnowsItsServer(t *testing.T) {
	harness.Everywhere(t, `server_name: hive, max_payload: 2048`, func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		if nc.ConnectedServerName() != "hive" {
			t.Errorf("server name %q, want hive", nc.ConnectedServerName())
		}
		if id := nc.ConnectedServerId(); len(id) != 56 || id[0] != 'N' {
			t.Errorf("server id %q is no public server key", id)
		}
		if nc.ConnectedServerVersion() == "" || nc.MaxPayload() != 2048 || !nc.HeadersSupported() {
			t.Errorf("version %q, max payload %d, headers %v", nc.ConnectedServerVersion(), nc.MaxPayload(), nc.HeadersSupported())
		}
		if nc.AuthRequired() || nc.TLSRequired() {
			t.Error("server asks for credentials or TLS")
		}
		ip, err := nc.GetClientIP()
		if err != nil || !ip.IsLoopback() {
			t.Errorf("client ip %v (%v), want the loopback address", ip, err)
		}
		one, err := nc.GetClientID()
		if err != nil {
			t.Fatal(err)
		}
		if two, err := harness.Connect(t, srv).GetClientID(); err != nil || two <= one {
			t.Errorf("client id %d after %d (%v), want them to rise", two, one, err)
		}
		if nc.ConnectedAddr() != srv.Addr() {
			t.Errorf("connected to %q, want %q", nc.ConnectedAddr(), srv.Addr())
		}
	})
}

// The second INFO tells a client its account. [P-6]
func TestClientKnowsItsAccount(t *testing.T) {
	const config = `
		accounts { SYS { users: [{user: admin, password: pw}] }, APP { users: [{user: app, password: pw}] } }
		system_account: SYS`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		harness.Needs(t, srv, "2.12", "the INFO with connect_info")
		admin := harness.Connect(t, srv, nats.UserInfo("admin", "pw"))
		app := harness.Connect(t, srv, nats.UserInfo("app", "pw"))
		harness.Until(t, "both know their accounts", func() bool {
			return admin.RemoteAccount() == "SYS" && app.RemoteAccount() == "APP"
		})
		if !admin.IsSystemAccount() || app.IsSystemAccount() {
			t.Error("the wrong client is told to be in the system account")
		}
	})
}

// A client's name, language and version are seen by operators.
func TestNameIsShown(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		harness.Connect(t, srv, nats.Name("billing: worker 7 ü"))
		list := harness.Connz(t, srv, "")
		if len(list) != 1 {
			t.Fatalf("%d connections, want 1", len(list))
		}
		if c := list[0]; c.Name != "billing: worker 7 ü" || c.Lang != "go" || c.Version != nats.Version {
			t.Errorf("connection is shown as %q %q %q", c.Name, c.Lang, c.Version)
		}
	})
}

// Verbose clients get +OK for everything and work the same. [P-5]
func TestVerboseAndPedantic(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, mode := range []struct{ verbose, pedantic bool }{{true, false}, {false, true}, {true, true}} {
			nc := harness.Connect(t, srv, func(o *nats.Options) error {
				o.Verbose, o.Pedantic = mode.verbose, mode.pedantic
				return nil
			})
			sub := harness.Subscribe(t, nc, "a.*")
			for range 10 {
				harness.Publish(t, nc, "a.b", "x")
				harness.Expect(t, sub, "a.b", "x")
			}
			if err := nc.LastError(); err != nil {
				t.Errorf("%+v: %v", mode, err)
			}
		}
	})
}

// A pedantic client is told about a subject with a wildcard, which is published
// all the same. [P-10]
func TestPedanticReportsSubjects(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		errs := make(chan error, 1)
		nc := harness.Connect(t, srv,
			func(o *nats.Options) error { o.Pedantic = true; return nil },
			nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err }))
		other := harness.Connect(t, srv)
		sub := harness.Subscribe(t, other, ">")
		// The library closes the connection on an error it does not know.
		if err := nc.Publish("a.*", nil); err != nil {
			t.Fatal(err)
		}
		harness.Expect(t, sub, "a.*", "")
		harness.Until(t, "the client hears of it", func() bool {
			return nc.LastError() != nil && strings.Contains(strings.ToLower(nc.LastError().Error()), "invalid publish subject")
		})
	})
}

// Without echo a client does not hear itself, but others do. [P-16]
func TestNoEcho(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		quiet := harness.Connect(t, srv, nats.NoEcho())
		other := harness.Connect(t, srv)
		mine := harness.Subscribe(t, quiet, "news")
		theirs := harness.Subscribe(t, other, "news")
		harness.Publish(t, quiet, "news", "mine")
		harness.Expect(t, theirs, "news", "mine")
		harness.Nothing(t, quiet, mine)
		harness.Publish(t, other, "news", "theirs")
		harness.Expect(t, mine, "news", "theirs")
	})
}

// Without echo another member of the queue group gets the message. [P-16]
func TestNoEchoTriesOtherMembers(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		quiet := harness.Connect(t, srv, nats.NoEcho())
		other := harness.Connect(t, srv)
		mine := harness.QueueSubscribe(t, quiet, "work", "q")
		theirs := harness.QueueSubscribe(t, other, "work", "q")
		for range 50 {
			harness.Publish(t, quiet, "work", "x")
			harness.Expect(t, theirs, "work", "x")
		}
		harness.Nothing(t, quiet, mine)
	})
}

// Callbacks of the connection's life come in order.
func TestConnectionCallbacks(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		events := make(chan string, 10)
		note := func(event string) nats.ConnHandler { return func(*nats.Conn) { events <- event } }
		nc := harness.Connect(t, srv,
			nats.ConnectHandler(note("connected")),
			nats.DisconnectErrHandler(func(*nats.Conn, error) { events <- "disconnected" }),
			nats.ClosedHandler(note("closed")))
		status := nc.StatusChanged(nats.CLOSED)
		if got := harness.Receive(t, "an event", events); got != "connected" {
			t.Errorf("first event %q", got)
		}
		nc.Close()
		for _, want := range []string{"disconnected", "closed"} {
			if got := harness.Receive(t, "an event", events); got != want {
				t.Errorf("event %q, want %q", got, want)
			}
		}
		if got := harness.Receive(t, "the status", status); got != nats.CLOSED {
			t.Errorf("status %v, want closed", got)
		}
	})
}

// Inboxes of a user may lie below a prefix of its own.
func TestInboxPrefix(t *testing.T) {
	const config = `authorization { users: [
		{user: svc, password: pw}
		{user: joe, password: pw, permissions: {publish: "svc.>", subscribe: "_INBOX_joe.>"}}
	]}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		svc := harness.Connect(t, srv, nats.UserInfo("svc", "pw"))
		joe := harness.Connect(t, srv, nats.UserInfo("joe", "pw"), nats.CustomInboxPrefix("_INBOX_joe"))
		harness.Respond(t, svc, "svc.echo", func(m *nats.Msg) []byte {
			if !strings.HasPrefix(m.Reply, "_INBOX_joe.") {
				t.Errorf("reply %q", m.Reply)
			}
			return m.Data
		})
		if got := harness.Request(t, joe, "svc.echo", "hi"); string(got.Data) != "hi" {
			t.Errorf("answer %q", got.Data)
		}
	})
}

// A full server sends the next client away, until there is room again. [P-30]
func TestMaxConnections(t *testing.T) {
	harness.Everywhere(t, `max_connections: 2`, func(t *testing.T, srv harness.Server) {
		one := harness.Connect(t, srv)
		harness.Connect(t, srv)
		// The library may see the end of the connection before the -ERR.
		if nc, err := harness.Dial(srv); err == nil {
			nc.Close()
			t.Fatal("the third client was let in")
		}
		full := harness.OpenWire(t, srv)
		full.Want(t, "-ERR 'maximum connections exceeded'")
		if reason := harness.ClosedFor(t, srv, "", full.Info.ClientID); reason != "Maximum Connections Exceeded" {
			t.Errorf("reason %q", reason)
		}
		one.Close()
		harness.Until(t, "there is room again", func() bool {
			nc, err := harness.Dial(srv)
			if err == nil {
				nc.Close()
			}
			return err == nil
		})
	})
}

// A client may start before its server.
func TestRetryOnFailedConnect(t *testing.T) {
	harness.EverywhereStarted(t, func(t *testing.T, start harness.Starter) {
		srv := start(t, "")
		addr := srv.Addr()
		srv.Stop(t)
		connected := make(chan struct{}, 1)
		nc, err := nats.Connect("nats://"+addr, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
			nats.ReconnectWait(10*time.Millisecond), nats.ConnectHandler(func(*nats.Conn) { connected <- struct{}{} }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		sub, err := nc.SubscribeSync("early")
		if err != nil {
			t.Fatal(err)
		}
		start(t, `listen: "`+addr+`"`)
		harness.Receive(t, "the client connects", connected)
		harness.Publish(t, nc, "early", "bird")
		harness.Expect(t, sub, "early", "bird")
	})
}
