package client_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// traceMsg is a trace message as a client reads it. [T-3]
type traceMsg struct {
	Server struct {
		Name string `json:"name"`
		ID   string `json:"id"`
	} `json:"server"`
	Request struct {
		Header nats.Header `json:"header"`
		Size   int         `json:"msgsize"`
	} `json:"request"`
	Hops   int          `json:"hops"`
	Events []traceEvent `json:"events"`
}

type traceEvent struct {
	Type    string `json:"type"`
	Kind    int    `json:"kind"`
	CID     uint64 `json:"cid"`
	Name    string `json:"name"`
	Account string `json:"acc"`
	Subject string `json:"subj"`
	Sub     string `json:"sub"`
	Queue   string `json:"queue"`
	To      string `json:"to"`
	From    string `json:"from"`
	Error   string `json:"error"`
}

// String is an event in one word, for comparing lists.
func (e traceEvent) String() string {
	switch e.Type {
	case "in":
		return "in " + e.Subject + note(e.Error)
	case "eg":
		return "eg " + e.Name + " " + e.Sub + note(e.Queue) + note(e.Error)
	case "sm":
		return "sm " + e.To
	}
	return e.Type + " " + e.Account + " " + e.From + " " + e.To
}

func note(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// tracing starts a scenario on a server that traces messages.
func tracing(t *testing.T, config string, scenario func(t *testing.T, srv harness.Server)) {
	harness.EverywhereStarted(t, func(t *testing.T, start harness.Starter) {
		// Asked first: an older server does not even read the configuration.
		harness.Needs(t, start(t, ""), "2.11", "message tracing")
		scenario(t, start(t, "server_name: T\n"+config))
	})
}

// traced makes a message whose trace is to go to "trace".
func traced(subject, data string) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Data = []byte(data)
	m.Header.Set("Nats-Trace-Dest", "trace")
	return m
}

// nextTrace waits for a trace message and checks its events, in order.
func nextTrace(t *testing.T, sub *nats.Subscription, events ...string) traceMsg {
	t.Helper()
	got := harness.Next(t, sub)
	var trace traceMsg
	if err := json.Unmarshal(got.Data, &trace); err != nil {
		t.Fatalf("trace message: %v in %s", err, got.Data)
	}
	var have []string
	for _, e := range trace.Events {
		have = append(have, e.String())
	}
	if fmt.Sprintf("%q", have) != fmt.Sprintf("%q", events) {
		t.Errorf("events %q\nwant   %q\nin %s", have, events, got.Data)
	}
	return trace
}

// Where did my message go? To these clients, by these subscriptions; and it was
// delivered all the same. [T-1] [T-14]
func TestTraceShowsWhereAMessageWent(t *testing.T) {
	tracing(t, `mappings { "old": "new.one" }`, func(t *testing.T, srv harness.Server) {
		sender := harness.Connect(t, srv, nats.Name("sender"))
		traces := harness.Subscribe(t, sender, "trace")
		literal := harness.Subscribe(t, harness.Connect(t, srv, nats.Name("literal")), "new.one")
		wild := harness.Subscribe(t, harness.Connect(t, srv, nats.Name("wild")), "new.*")
		worker := harness.QueueSubscribe(t, harness.Connect(t, srv, nats.Name("worker")), "new.one", "q")
		m := traced("old", "hello")
		m.Header.Set("Order", "7")
		harness.PublishMsg(t, sender, m)
		trace := nextTrace(t, traces, "in old", "sm new.one", "eg literal new.one", "eg wild new.*", "eg worker new.one (q)")
		if trace.Server.Name != "T" || trace.Server.ID != sender.ConnectedServerId() {
			t.Errorf("traced by %+v", trace.Server)
		}
		if trace.Request.Header.Get("Order") != "7" || trace.Request.Size == 0 || trace.Hops != 0 {
			t.Errorf("request %+v, hops %d", trace.Request, trace.Hops)
		}
		if id, err := sender.GetClientID(); err != nil || trace.Events[0].CID != id || trace.Events[0].Account != "$G" {
			t.Errorf("ingress %+v, want cid %d (%v)", trace.Events[0], id, err)
		}
		for _, sub := range []*nats.Subscription{literal, wild, worker} {
			if got := harness.Expect(t, sub, "new.one", "hello"); got.Header.Get("Nats-Trace-Dest") != "trace" {
				t.Errorf("%q got header %q", sub.Subject, got.Header)
			}
		}
		harness.Nothing(t, sender, traces)
	})
}

// Where would it go? Trace-only asks without delivering.
func TestTraceOnly(t *testing.T) {
	tracing(t, "", func(t *testing.T, srv harness.Server) {
		sender, receiver := harness.Connect(t, srv), harness.Connect(t, srv, nats.Name("receiver"))
		traces := harness.Subscribe(t, sender, "trace")
		sub := harness.Subscribe(t, receiver, "news")
		if err := sub.AutoUnsubscribe(1); err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, receiver)
		for range 3 {
			m := traced("news", "x")
			m.Header.Set("Nats-Trace-Only", "true")
			harness.PublishMsg(t, sender, m)
			nextTrace(t, traces, "in news", "eg receiver news")
		}
		harness.Nothing(t, receiver, sub)
		harness.Publish(t, sender, "news", "now")
		harness.Expect(t, sub, "news", "now")
	})
}

// Why did it not arrive? Echo, permissions.
func TestTraceTellsWhyNot(t *testing.T) {
	const config = `authorization { users: [
		{user: all, password: pw}
		{user: some, password: pw, permissions: {subscribe: {allow: ">", deny: "news.secret"}}}
	]}`
	tracing(t, config, func(t *testing.T, srv harness.Server) {
		all := harness.Connect(t, srv, nats.UserInfo("all", "pw"), nats.Name("all"), nats.NoEcho())
		watch := harness.Connect(t, srv, nats.UserInfo("all", "pw"))
		traces := harness.Subscribe(t, watch, "trace")
		harness.Subscribe(t, all, "news.secret")
		harness.Subscribe(t, harness.Connect(t, srv, nats.UserInfo("some", "pw"), nats.Name("some")), "news.*")
		harness.PublishMsg(t, all, traced("news.secret", "x"))
		nextTrace(t, traces, "in news.secret",
			"eg all news.secret (Not delivered because of no echo)",
			"eg some news.* (Not delivered because subscription denies this subject)")
	})
}

// A message that nobody wants is traced, too, and its sender gets the usual
// answer.
func TestTraceOfNoResponders(t *testing.T) {
	tracing(t, "", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		traces := harness.Subscribe(t, nc, "trace")
		if _, err := nc.RequestMsg(traced("nobody", "?"), longest); !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("request: %v", err)
		}
		nextTrace(t, traces, "in nobody")
	})
}

// The trace goes only where its sender may publish. [T-38]
func TestTraceDestinationNeedsPermission(t *testing.T) {
	const config = `authorization { users: [
		{user: all, password: pw}
		{user: u, password: pw, permissions: {publish: "news"}}
	]}`
	tracing(t, config, func(t *testing.T, srv harness.Server) {
		all := harness.Connect(t, srv, nats.UserInfo("all", "pw"))
		everything := harness.Subscribe(t, all, ">")
		u, errs := complaints(t, srv, "u")
		harness.PublishMsg(t, u, traced("news", "x"))
		expectComplaint(t, errs, `permissions violation for publish to "trace"`)
		harness.Nothing(t, all, everything) // the message is dropped as well
	})
}

// Traces of a denied publish say so.
func TestTraceOfADeniedPublish(t *testing.T) {
	const config = `authorization { users: [{user: u, password: pw, permissions: {publish: {deny: "secret"}}}] }`
	tracing(t, config, func(t *testing.T, srv harness.Server) {
		u, errs := complaints(t, srv, "u")
		traces := harness.Subscribe(t, u, "trace")
		harness.PublishMsg(t, u, traced("secret", "x"))
		expectComplaint(t, errs, `permissions violation for publish to "secret"`)
		nextTrace(t, traces, `in secret (Permissions Violation for Publish to "secret")`)
	})
}

// A trace message is compressed when its sender accepts that. [T-29]
func TestTraceCompressed(t *testing.T) {
	tracing(t, "", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		traces := harness.Subscribe(t, nc, "trace")
		m := traced("news", "x")
		m.Header.Set("Accept-Encoding", "gzip")
		harness.PublishMsg(t, nc, m)
		got := harness.Next(t, traces)
		if got.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("header %q", got.Header)
		}
		r, err := gzip.NewReader(bytes.NewReader(got.Data))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || !json.Valid(data) {
			t.Errorf("trace %q (%v)", data, err)
		}
	})
}

// Across accounts a trace goes as far as the other side allows.
func TestTraceAcrossAccounts(t *testing.T) {
	const config = `accounts {
		SHOP {
			users: [{user: shop, password: pw}]
			exports: [{service: "open", allow_trace: true}, {service: "closed"}, {stream: "prices"}]
		}
		B {
			users: [{user: b, password: pw}]
			imports: [
				{service: {account: SHOP, subject: "open"}}
				{service: {account: SHOP, subject: "closed"}, to: "hidden"}
				{stream: {account: SHOP, subject: "prices"}, to: "shop.prices", allow_trace: true}
			]
		}
	}`
	tracing(t, config, func(t *testing.T, srv harness.Server) {
		shop := harness.Connect(t, srv, nats.UserInfo("shop", "pw"), nats.Name("shop"))
		b := harness.Connect(t, srv, nats.UserInfo("b", "pw"), nats.Name("b"))
		traces := harness.Subscribe(t, b, "trace")
		shopTraces := harness.Subscribe(t, shop, "trace")
		open, closed := harness.Subscribe(t, shop, "open"), harness.Subscribe(t, shop, "closed")
		harness.PublishMsg(t, b, traced("open", "x"))
		nextTrace(t, traces, "in open", "si SHOP open open", "eg shop open")
		harness.Expect(t, open, "open", "x")
		harness.PublishMsg(t, b, traced("hidden", "y"))
		nextTrace(t, traces, "in hidden", "si SHOP hidden closed")
		if got := harness.Expect(t, closed, "closed", "y"); got.Header.Get("Nats-Trace-Dest") != "trace disabled" {
			t.Errorf("header %q", got.Header)
		}
		prices := harness.Subscribe(t, b, "shop.prices")
		harness.PublishMsg(t, shop, traced("prices", "1"))
		nextTrace(t, shopTraces, "in prices", "se B  shop.prices", "eg b prices")
		harness.Expect(t, prices, "shop.prices", "1")
	})
}

// Sampled messages of programs that know only W3C trace contexts are traced to
// the account's destination, and the header stays as it is.
func TestTraceparent(t *testing.T) {
	const config = `accounts { A { users: [{user: a, password: pw}], msg_trace: "acc.trace" } }`
	tracing(t, config, func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv, nats.UserInfo("a", "pw"), nats.Name("a"))
		traces, sub := harness.Subscribe(t, nc, "acc.trace"), harness.Subscribe(t, nc, "news")
		for _, name := range []string{"traceparent", "Traceparent", "TRACEPARENT"} {
			const sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
			m := nats.NewMsg("news")
			m.Header[name] = []string{sampled}
			harness.PublishMsg(t, nc, m)
			trace := nextTrace(t, traces, "in news", "eg a news")
			if got := trace.Request.Header[name]; len(got) != 1 || got[0] != sampled {
				t.Errorf("request header %q", trace.Request.Header)
			}
			if got := harness.Next(t, sub).Header[name]; len(got) != 1 || got[0] != sampled {
				t.Errorf("delivered header %q", got)
			}
		}
		for _, flags := range []string{"00", "02"} {
			m := nats.NewMsg("news")
			m.Header["traceparent"] = []string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-" + flags}
			harness.PublishMsg(t, nc, m)
			harness.Next(t, sub)
		}
		harness.Nothing(t, nc, traces)
	})
}

// A share of the sampled messages is traced when the account says so. [T-8]
func TestTraceSampling(t *testing.T) {
	const config = `accounts { A { users: [{user: a, password: pw}], msg_trace: {dest: "acc.trace", sampling: 25%} } }`
	tracing(t, config, func(t *testing.T, srv harness.Server) {
		const n = 4000
		nc := harness.Connect(t, srv, nats.UserInfo("a", "pw"))
		traces := harness.Subscribe(t, nc, "acc.trace")
		m := nats.NewMsg("news")
		m.Header["traceparent"] = []string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
		for range n {
			if err := nc.PublishMsg(m); err != nil {
				t.Fatal(err)
			}
		}
		harness.Flush(t, nc)
		// Trace messages are sent behind the scenes; those that are still under
		// way are few.
		harness.Until(t, "about a quarter is traced", func() bool { return pending(t, traces) > n/5 })
		harness.Flush(t, nc)
		if got := pending(t, traces); got > n/3 {
			t.Errorf("%d of %d were traced, want a quarter", got, n)
		}
	})
}
