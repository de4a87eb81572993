package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// complaints connects a user whose permission errors are collected, as texts in
// lower case as the library gives them.
func complaints(t *testing.T, srv harness.Server, user string) (*nats.Conn, <-chan string) {
	t.Helper()
	errs := make(chan string, 100)
	nc := harness.Connect(t, srv, nats.UserInfo(user, "pw"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("error %v is no permission violation", err)
		}
		errs <- strings.ToLower(err.Error())
	}))
	return nc, errs
}

// expectComplaint waits for a violation with this text.
func expectComplaint(t *testing.T, errs <-chan string, text string) {
	t.Helper()
	if got := harness.Receive(t, text, errs); !strings.Contains(got, strings.ToLower(text)) {
		t.Errorf("complaint %q, want %q", got, text)
	}
}

// Publishing is allowed by list, and denied in spite of it. [P-19]
func TestPublishPermissions(t *testing.T) {
	const config = `authorization { users: [
		{user: all, password: pw}
		{user: u, password: pw, permissions: {publish: {allow: ["p.>", "q.*"], deny: "p.no.>"}}}
	]}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		all := harness.Connect(t, srv, nats.UserInfo("all", "pw"))
		sub := harness.Subscribe(t, all, ">")
		u, errs := complaints(t, srv, "u")
		for _, subject := range []string{"p.1", "p.a.b.c", "q.x"} {
			harness.Publish(t, u, subject, "ok")
			harness.Expect(t, sub, subject, "ok")
		}
		for _, subject := range []string{"x", "p", "q.x.y", "p.no.1"} {
			harness.Publish(t, u, subject, "no")
			expectComplaint(t, errs, fmt.Sprintf(`permissions violation for publish to "%s"`, subject))
		}
		harness.Nothing(t, all, sub)
	})
}

// A wildcard subscription must lie within what is allowed; what overlaps a deny
// is filtered. [P-19]
func TestSubscribePermissions(t *testing.T) {
	const config = `authorization { users: [
		{user: all, password: pw}
		{user: u, password: pw, permissions: {subscribe: {allow: ["s.>", "_INBOX.>"], deny: "s.secret.*"}}}
	]}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		all := harness.Connect(t, srv, nats.UserInfo("all", "pw"))
		u, errs := complaints(t, srv, "u")
		for _, subject := range []string{">", "x", "*.a", "s.secret.plan", "s.secret.*"} {
			harness.Subscribe(t, u, subject)
			expectComplaint(t, errs, fmt.Sprintf(`permissions violation for subscription to "%s"`, subject))
		}
		sub := harness.Subscribe(t, u, "s.>")
		harness.Publish(t, all, "s.open", "1")
		harness.Publish(t, all, "s.secret.plan", "2")
		harness.Publish(t, all, "s.secret.plan.b", "3")
		harness.Expect(t, sub, "s.open", "1")
		harness.Expect(t, sub, "s.secret.plan.b", "3")
		harness.Nothing(t, u, sub)
	})
}

// The subscription itself can be made to report the refusal.
func TestPermissionErrorOnSubscription(t *testing.T) {
	const config = `authorization { users: [{user: u, password: pw, permissions: {subscribe: "s"}}] }`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv, nats.UserInfo("u", "pw"), nats.PermissionErrOnSubscribe(true))
		sub := harness.Subscribe(t, nc, "x")
		if _, err := sub.NextMsg(longest); !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("next message: %v, want %v", err, nats.ErrPermissionViolation)
		}
		good := harness.Subscribe(t, nc, "s")
		harness.Publish(t, nc, "s", "x")
		harness.Expect(t, good, "s", "x")
	})
}

// Queue groups are allowed and denied by name. [P-19]
func TestQueuePermissions(t *testing.T) {
	const config = `authorization { users: [
		{user: u, password: pw, permissions: {subscribe: {allow: ["qs q1", "qs v1.*", "both", "both g", "open"], deny: "open bad"}}}
	]}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		u, errs := complaints(t, srv, "u")
		allowed := [][2]string{{"qs", "q1"}, {"qs", "v1.5"}, {"both", ""}, {"both", "g"}, {"open", ""}}
		for _, a := range allowed {
			sub := harness.QueueSubscribe(t, u, a[0], a[1])
			harness.Publish(t, u, a[0], "x")
			harness.Expect(t, sub, a[0], "x")
			if err := sub.Unsubscribe(); err != nil {
				t.Fatal(err)
			}
		}
		refused := [][2]string{{"qs", "q2"}, {"qs", "v2.1"}, {"both", "h"}, {"open", "bad"}}
		for _, r := range refused {
			harness.QueueSubscribe(t, u, r[0], r[1])
			expectComplaint(t, errs, fmt.Sprintf(`permissions violation for subscription to "%s" using queue "%s"`, r[0], r[1]))
		}
		harness.Subscribe(t, u, "qs")
		expectComplaint(t, errs, `permissions violation for subscription to "qs"`)
	})
}

// A service may answer whom it was asked by, so often and not more. [P-19]
func TestAllowResponses(t *testing.T) {
	const config = `authorization { users: [
		{user: all, password: pw}
		{user: once, password: pw, permissions: {subscribe: "once", allow_responses: true}}
		{user: thrice, password: pw, permissions: {subscribe: "thrice", allow_responses: {max: 3, expires: "1m"}}}
	]}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		all := harness.Connect(t, srv, nats.UserInfo("all", "pw"))
		for user, max := range map[string]int{"once": 1, "thrice": 3} {
			svc, errs := complaints(t, srv, user)
			sub := harness.Subscribe(t, svc, user)
			reply := "reply." + user
			answers := harness.Subscribe(t, all, reply)
			if err := all.PublishRequest(user, reply, nil); err != nil {
				t.Fatal(err)
			}
			harness.Flush(t, all)
			asked := harness.Next(t, sub)
			for i := range max + 1 {
				if err := asked.Respond([]byte(fmt.Sprint(i))); err != nil {
					t.Fatal(err)
				}
			}
			harness.Flush(t, svc)
			for i := range max {
				harness.Expect(t, answers, reply, fmt.Sprint(i))
			}
			harness.Nothing(t, all, answers)
			expectComplaint(t, errs, fmt.Sprintf(`permissions violation for publish to "%s"`, reply))
			// Without an allow list everything else is forbidden.
			harness.Publish(t, svc, "elsewhere", "x")
			expectComplaint(t, errs, `permissions violation for publish to "elsewhere"`)
		}
	})
}

// The right to answer ends by time.
func TestAllowResponsesExpire(t *testing.T) {
	const config = `authorization { users: [
		{user: all, password: pw}
		{user: svc, password: pw, permissions: {subscribe: "ask", allow_responses: {max: 1000000, expires: "100ms"}}}
	]}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		all := harness.Connect(t, srv, nats.UserInfo("all", "pw"))
		svc, errs := complaints(t, srv, "svc")
		sub := harness.Subscribe(t, svc, "ask")
		if err := all.PublishRequest("ask", "reply", nil); err != nil {
			t.Fatal(err)
		}
		asked := harness.Next(t, sub)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for range 2000 {
			if err := asked.Respond(nil); err != nil {
				t.Fatal(err)
			}
			harness.Flush(t, svc)
			select {
			case got := <-errs:
				if !strings.Contains(got, `publish to "reply"`) {
					t.Errorf("complaint %q", got)
				}
				return
			case <-tick.C:
			}
		}
		t.Error("the right to answer did not end")
	})
}
