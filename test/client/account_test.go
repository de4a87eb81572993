package client_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// What happens in an account stays there.
func TestAccountIsolation(t *testing.T) {
	const config = `accounts {
		A { users: [{user: a, password: pw}, {user: a2, password: pw}] }
		B { users: [{user: b, password: pw}] }
	}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		a, a2 := harness.Connect(t, srv, nats.UserInfo("a", "pw")), harness.Connect(t, srv, nats.UserInfo("a2", "pw"))
		b := harness.Connect(t, srv, nats.UserInfo("b", "pw"))
		all, same := harness.Subscribe(t, b, ">"), harness.Subscribe(t, b, "news")
		queue := harness.QueueSubscribe(t, b, "news", "q")
		mine := harness.QueueSubscribe(t, a2, "news", "q")
		for range 50 {
			harness.Publish(t, a, "news", "x")
			harness.Expect(t, mine, "news", "x")
		}
		for _, sub := range []*nats.Subscription{all, same, queue} {
			harness.Nothing(t, b, sub)
		}
		harness.Respond(t, b, "svc", func(*nats.Msg) []byte { return nil })
		if _, err := a.Request("svc", nil, longest); !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("request into another account: %v", err)
		}
	})
}

// Streams and services cross where both sides agree, under the importer's name.
func TestImportsAndExports(t *testing.T) {
	const config = `accounts {
		SHOP {
			users: [{user: shop, password: pw}]
			exports: [{stream: "price.>"}, {service: "order.*"}, {service: "only.b", accounts: [B]}]
		}
		B {
			users: [{user: b, password: pw}]
			imports: [
				{stream: {account: SHOP, subject: "price.>"}, prefix: "shop"}
				{service: {account: SHOP, subject: "order.*"}, to: "buy.*"}
				{service: {account: SHOP, subject: "only.b"}}
			]
		}
	}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		shop, b := harness.Connect(t, srv, nats.UserInfo("shop", "pw")), harness.Connect(t, srv, nats.UserInfo("b", "pw"))
		prices := harness.Subscribe(t, b, "shop.price.*")
		harness.Publish(t, shop, "price.tea", "3.50")
		harness.Publish(t, shop, "cost.tea", "0.10")
		harness.Expect(t, prices, "shop.price.tea", "3.50")
		harness.Nothing(t, b, prices)

		harness.Respond(t, shop, "order.*", func(m *nats.Msg) []byte { return []byte(m.Subject + " " + string(m.Data)) })
		for i := range 20 {
			want := fmt.Sprintf("order.tea %d", i)
			if got := harness.Request(t, b, "buy.tea", fmt.Sprint(i)); string(got.Data) != want {
				t.Fatalf("answer %q, want %q", got.Data, want)
			}
		}
		harness.Respond(t, shop, "only.b", func(*nats.Msg) []byte { return []byte("yours") })
		if got := harness.Request(t, b, "only.b", ""); string(got.Data) != "yours" {
			t.Errorf("answer %q", got.Data)
		}
	})
}

// Subjects are mapped before anything else; tokens move about.
func TestMappings(t *testing.T) {
	const config = `accounts {
		A {
			users: [{user: a, password: pw}]
			mappings {
				"old.name": "new.name"
				"swap.*.*": "swapped.$2.{{wildcard(1)}}"
				"split": [{destination: "half.one", weight: 50%}, {destination: "half.two", weight: 50%}]
				"part.*": "parts.{{partition(3,1)}}.{{wildcard(1)}}"
			}
		}
		B { users: [{user: b, password: pw}] }
	}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		a := harness.Connect(t, srv, nats.UserInfo("a", "pw"))
		all := harness.Subscribe(t, a, ">")
		harness.Publish(t, a, "old.name", "1")
		harness.Expect(t, all, "new.name", "1")
		harness.Publish(t, a, "swap.x.y", "2")
		harness.Expect(t, all, "swapped.y.x", "2")
		harness.Publish(t, a, "plain", "3")
		harness.Expect(t, all, "plain", "3")

		const n = 400
		got := map[string]int{}
		for range n {
			harness.Publish(t, a, "split", "")
			got[harness.Next(t, all).Subject]++
		}
		if got["half.one"]+got["half.two"] != n || got["half.one"] < n/4 || got["half.two"] < n/4 {
			t.Errorf("weighted destinations got %v", got)
		}
		for i := range 20 {
			harness.Publish(t, a, fmt.Sprint("part.", i), "")
			one := harness.Next(t, all).Subject
			harness.Publish(t, a, fmt.Sprint("part.", i), "")
			if two := harness.Next(t, all).Subject; one != two {
				t.Errorf("partition of %d is %q, then %q", i, one, two)
			}
		}
		b := harness.Connect(t, srv, nats.UserInfo("b", "pw"))
		other := harness.Subscribe(t, b, "*.name")
		harness.Publish(t, b, "old.name", "b")
		harness.Expect(t, other, "old.name", "b")
	})
}

// Mappings also hold without accounts.
func TestGlobalMappings(t *testing.T) {
	harness.Everywhere(t, `mappings { "from": "to" }`, func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv)
		harness.Respond(t, nc, "to", func(m *nats.Msg) []byte { return []byte(m.Subject) })
		if got := harness.Request(t, nc, "from", ""); string(got.Data) != "to" {
			t.Errorf("the request came on %q", got.Data)
		}
	})
}

// An account's limit of connections.
func TestAccountConnectionLimit(t *testing.T) {
	const config = `accounts { A { users: [{user: a, password: pw}], limits: {max_connections: 1} } }`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		harness.Needs(t, srv, "2.10", "account limits in the configuration")
		one := harness.Connect(t, srv, nats.UserInfo("a", "pw"))
		w := harness.OpenWire(t, srv)
		w.Send(t, `CONNECT {"verbose":false,"user":"a","pass":"pw","name":"second"}|`)
		w.Want(t, "-ERR 'maximum account active connections exceeded'")
		if reason := harness.ClosedFor(t, srv, "second", 0); reason != "Maximum Account Connections Exceeded" {
			t.Errorf("reason %q", reason)
		}
		harness.Flush(t, one)
	})
}
