package client_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// Users come and go while the server runs. Those that stay keep their
// connections. [C-18]
func TestReloadUsers(t *testing.T) {
	const before = `authorization { users: [
		{user: stays, password: pw}
		{user: changes, password: pw}
		{user: goes, password: pw}
	]}`
	const after = `authorization { users: [
		{user: stays, password: pw}
		{user: changes, password: other}
		{user: comes, password: pw}
	]}`
	harness.Everywhere(t, before, func(t *testing.T, srv harness.Server) {
		closed := map[string]chan struct{}{"changes": make(chan struct{}), "goes": make(chan struct{})}
		told := make(chan error, 10)
		for name, ch := range closed {
			harness.Connect(t, srv, nats.UserInfo(name, "pw"), nats.NoReconnect(),
				nats.ClosedHandler(func(*nats.Conn) { close(ch) }),
				nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { told <- err }))
		}
		stays := harness.Connect(t, srv, nats.UserInfo("stays", "pw"), nats.NoReconnect())
		sub := harness.Subscribe(t, stays, "a")
		srv.Reload(t, after)
		harness.Receive(t, "the changed user is closed", closed["changes"])
		harness.Receive(t, "the removed user is closed", closed["goes"])
		// Only whose credentials have become wrong is told so.
		if err := harness.Receive(t, "the changed user is told", told); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("the changed user is told %v, want %v", err, nats.ErrAuthorization)
		}
		if len(told) != 0 {
			t.Errorf("the removed user is told %v", <-told)
		}
		harness.Until(t, "the new user may connect", func() bool {
			nc, err := harness.Dial(srv, nats.UserInfo("comes", "pw"))
			if err == nil {
				nc.Close()
			}
			return err == nil
		})
		harness.Publish(t, admitted(t, srv, nats.UserInfo("changes", "other")), "a", "x")
		harness.Expect(t, sub, "a", "x")
		refused(t, srv, "old password", nats.UserInfo("changes", "pw"))
		refused(t, srv, "removed user", nats.UserInfo("goes", "pw"))
	})
}

// Permissions change under a living connection. [C-18] [P-19]
func TestReloadPermissions(t *testing.T) {
	const config = `authorization { users: [
		{user: all, password: pw}
		{user: u, password: pw, permissions: {publish: "p.>", subscribe: %s}}
	]}`
	withSubscribe := func(what string) string { return replaceOnce(config, "%s", what) }
	harness.Everywhere(t, withSubscribe(`["s.one", "s.two"]`), func(t *testing.T, srv harness.Server) {
		all := harness.Connect(t, srv, nats.UserInfo("all", "pw"))
		u, errs := complaints(t, srv, "u")
		one, two := harness.Subscribe(t, u, "s.one"), harness.Subscribe(t, u, "s.two")
		srv.Reload(t, withSubscribe(`["s.one"]`))
		expectComplaint(t, errs, `permissions violation for subscription to "s.two"`)
		harness.Publish(t, all, "s.one", "1")
		harness.Publish(t, all, "s.two", "2")
		harness.Expect(t, one, "s.one", "1")
		harness.Nothing(t, u, two)
	})
}

// Limits change without a reconnect; a wrong configuration changes nothing.
// [C-17] [C-18]
func TestReloadLimits(t *testing.T) {
	harness.Everywhere(t, `max_payload: 100`, func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		srv.Reload(t, `max_payload: 200`)
		harness.Until(t, "the new limit is in INFO", func() bool { return harness.ReadInfo(t, srv).MaxPayload == 200 })
		if srv.Embedded() {
			return // Reload has told what is wrong with a configuration
		}
		srv.Reload(t, `max_payload: {}`)
		harness.Until(t, "the server complains", func() bool { return countLines(srv.Log(), "[ERR]") > 0 })
		harness.Flush(t, nc)
		if got := harness.ReadInfo(t, srv).MaxPayload; got != 200 {
			t.Errorf("max payload %d, want 200 as before", got)
		}
	})
}

// Mappings and imports change live.
func TestReloadMappings(t *testing.T) {
	harness.Everywhere(t, `mappings { from: "one" }`, func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		sub := harness.Subscribe(t, nc, "*")
		harness.Publish(t, nc, "from", "x")
		harness.Expect(t, sub, "one", "x")
		srv.Reload(t, `mappings { from: "two" }`)
		harness.Until(t, "the mapping has changed", func() bool {
			harness.Publish(t, nc, "from", "x")
			return harness.Next(t, sub).Subject == "two"
		})
	})
}
