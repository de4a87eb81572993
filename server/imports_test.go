package server_test

import (
	"testing"
	"time"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/server"
	"github.com/nats-io/nats.go"
)

// twoAccounts gives options in which APP imports the stream and the service
// that SVC exports.
func twoAccounts() *server.Options {
	app := &conf.Account{Name: "APP", Imports: []*conf.Import{
		{Stream: "ev.*.*", Account: "SVC", To: "got.$2.$1"},
		{Service: "add.*.*", Account: "SVC", To: "sum.$2.$1"},
		{Service: "many", Account: "SVC"},
	}}
	svc := &conf.Account{Name: "SVC", Exports: []*conf.Export{
		{Stream: "ev.>"}, {Service: "add.*.*", AllowTrace: true}, {Service: "many", ResponseType: "stream"},
	}}
	return &server.Options{
		Host: "127.0.0.1", Port: -1, Accounts: []*conf.Account{app, svc},
		Users: []*conf.User{{Username: "app", Password: "p", Account: app}, {Username: "svc", Password: "p", Account: svc}},
	}
}

func connect(t *testing.T, s *server.Server, user string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.ClientURL(), nats.UserInfo(user, "p"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A stream import shows messages of the other account under local subjects, and
// each counts towards an auto-unsubscribe maximum.
func TestStreamImport(t *testing.T) {
	s := start(t, twoAccounts())
	app, svc := connect(t, s, "app"), connect(t, s, "svc")
	sub := must[*nats.Subscription](t)(app.SubscribeSync("got.>"))
	if err := sub.AutoUnsubscribe(2); err != nil {
		t.Fatal(err)
	}
	if err := app.Flush(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := svc.Publish("ev.1.2", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := svc.Flush(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if m := must[*nats.Msg](t)(sub.NextMsg(5 * time.Second)); m.Subject != "got.2.1" {
			t.Errorf("subject %q, want got.2.1", m.Subject)
		}
	}
	if err := app.Flush(); err != nil {
		t.Fatal(err)
	}
	if sub.IsValid() {
		t.Error("the subscription outlives its maximum")
	}
}

// A request crosses into the service's account with its subject rearranged, and
// the answer comes back; without a responder the requester is told so.
//
func TestServiceImport(t *testing.T) {
	s := start(t, twoAccounts())
	app, svc := connect(t, s, "app"), connect(t, s, "svc")
	if _, err := app.Request("sum.1.2", nil, 5*time.Second); err != nats.ErrNoResponders {
		t.Errorf("request without responder: %v", err)
	}
	must[*nats.Subscription](t)(svc.Subscribe("add.*.*", func(m *nats.Msg) {
		m.Respond([]byte(m.Subject + " " + m.Header.Get("Nats-Request-Info")[:12]))
	}))
	must[*nats.Subscription](t)(svc.Subscribe("many", func(m *nats.Msg) {
		for _, part := range []string{"a", "b", ""} {
			svc.Publish(m.Reply, []byte(part))
		}
	}))
	if err := svc.Flush(); err != nil {
		t.Fatal(err)
	}
	if m := must[*nats.Msg](t)(app.Request("sum.1.2", []byte("x"), 5*time.Second)); string(m.Data) != `add.2.1 {"acc":"APP"` {
		t.Errorf("answer %q", m.Data)
	}
	inbox := must[*nats.Subscription](t)(app.SubscribeSync("in"))
	if err := app.PublishRequest("many", "in", nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a", "b", ""} {
		if m := must[*nats.Msg](t)(inbox.NextMsg(5 * time.Second)); string(m.Data) != want {
			t.Errorf("part %q, want %q", m.Data, want)
		}
	}
}
