package client_test

import (
	"reflect"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// Headers arrive as they were sent: names keep their case, several values their
// order. [P-11]
func TestHeaders(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		sub := harness.Subscribe(t, nc, "h")
		sent := nats.NewMsg("h")
		sent.Data = []byte("data")
		sent.Header.Add("Accept", "first")
		sent.Header.Add("Accept", "second")
		sent.Header["lower-case"] = []string{"1"}
		sent.Header["Lower-Case"] = []string{"2"}
		sent.Header.Set("Unicode", "gemütlich: ✓")
		harness.PublishMsg(t, nc, sent)
		got := harness.Next(t, sub)
		if !reflect.DeepEqual(got.Header, sent.Header) || string(got.Data) != "data" {
			t.Errorf("got %q %q, want %q", got.Header, got.Data, sent.Header)
		}
	})
}

// A message may be all header, and a header may be all there is to a reply.
func TestHeaderWithoutData(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		_, err := nc.Subscribe("status", func(m *nats.Msg) {
			reply := nats.NewMsg(m.Reply)
			reply.Header.Set("Nats-Service-Error-Code", "404")
			if err := m.RespondMsg(reply); err != nil {
				t.Errorf("respond: %v", err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		got := harness.Request(t, nc, "status", "?")
		if got.Header.Get("Nats-Service-Error-Code") != "404" || len(got.Data) != 0 {
			t.Errorf("got %q %q", got.Header, got.Data)
		}
	})
}

// Who cannot read headers gets the data alone. [P-11]
func TestHeadersAreStripped(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		old := harness.OpenWire(t, srv)
		old.Send(t, `CONNECT {"verbose":false}|SUB h 1|PING|`)
		old.Want(t, "PONG")
		nc := harness.Connect(t, srv)
		sent := nats.NewMsg("h")
		sent.Reply = "r"
		sent.Header.Set("A", "b")
		sent.Data = []byte("hi")
		harness.PublishMsg(t, nc, sent)
		old.Want(t, "MSG h 1 r 2", "hi")
	})
}

// Headers survive queue groups, requests and account borders.
func TestHeadersCrossAccounts(t *testing.T) {
	const config = `accounts {
		A { users: [{user: a, password: pw}], exports: [{stream: "news"}, {service: "svc"}] }
		B { users: [{user: b, password: pw}], imports: [{stream: {account: A, subject: "news"}}, {service: {account: A, subject: "svc"}}] }
	}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		a, b := harness.Connect(t, srv, nats.UserInfo("a", "pw")), harness.Connect(t, srv, nats.UserInfo("b", "pw"))
		sub := harness.Subscribe(t, b, "news")
		m := nats.NewMsg("news")
		m.Header.Set("Edition", "evening")
		harness.PublishMsg(t, a, m)
		if got := harness.Next(t, sub); got.Header.Get("Edition") != "evening" {
			t.Errorf("stream import: header %q", got.Header)
		}
		_, err := a.Subscribe("svc", func(m *nats.Msg) {
			reply := nats.NewMsg(m.Reply)
			reply.Header.Set("Echo", m.Header.Get("Ask"))
			if err := m.RespondMsg(reply); err != nil {
				t.Errorf("respond: %v", err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, a)
		ask := nats.NewMsg("svc")
		ask.Header.Set("Ask", "why")
		got, err := b.RequestMsg(ask, longest)
		if err != nil || got.Header.Get("Echo") != "why" {
			t.Errorf("service import: %v (%v)", got, err)
		}
	})
}
