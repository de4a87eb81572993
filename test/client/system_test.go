package client_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// system has an operator's account and one of users.
const system = `
	server_name: S
	server_tags: ["dc:one"]
	accounts {
		SYS { users: [{user: admin, password: pw}] }
		APP { users: [
			{user: app, password: pw}
			{user: few, password: pw, permissions: {publish: {allow: ["$SYS.REQ.USER.INFO", "a.>"]}, subscribe: {allow: "_INBOX.>", deny: "b"}}}
		] }
	}
	system_account: SYS`

// withAdmin runs a scenario with an operator and a user connected.
func withAdmin(t *testing.T, scenario func(t *testing.T, srv harness.Server, admin, app *nats.Conn)) {
	harness.Everywhere(t, system, func(t *testing.T, srv harness.Server) {
		admin := harness.Connect(t, srv, nats.UserInfo("admin", "pw"), nats.Name("admin"))
		app := harness.Connect(t, srv, nats.UserInfo("app", "pw"), nats.Name("app"))
		scenario(t, srv, admin, app)
	})
}

// What "nats server ls" and "ping" ask. [M-6]
func TestSystemPing(t *testing.T) {
	withAdmin(t, func(t *testing.T, srv harness.Server, admin, app *nats.Conn) {
		var got map[string]any
		harness.RequestJSON(t, admin, "$SYS.REQ.SERVER.PING", "", &got)
		hasKeys(t, "the answer", got, "server", "statsz")
		hasKeys(t, "server", object(got, "server"), "name", "host", "id", "ver", "jetstream", "seq", "time", "tags")
		stats := object(got, "statsz")
		hasKeys(t, "statsz", stats, "start", "mem", "cores", "cpu", "connections", "total_connections", "active_accounts", "subscriptions", "sent", "received", "slow_consumers")
		if stats["connections"] != 2.0 || object(got, "server")["id"] != admin.ConnectedServerId() {
			t.Errorf("answer %v", got)
		}
		// A user of another account gets no such answer.
		if _, err := app.Request("$SYS.REQ.SERVER.PING", nil, longest); !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("request of a user: %v", err)
		}
		harness.Needs(t, srv, "2.10", "$SYS.REQ.SERVER.PING.IDZ")
		var id struct{ Name, Host, ID string }
		harness.RequestJSON(t, admin, "$SYS.REQ.SERVER.PING.IDZ", "", &id)
		if id.Name != "S" || id.ID != admin.ConnectedServerId() {
			t.Errorf("identity %+v", id)
		}
	})
}

// Every page as a request, by ping and by id, in one envelope. [M-6] [M-16]
func TestSystemPages(t *testing.T) {
	pages := map[string]string{
		"STATSZ": "connections", "VARZ": "server_name", "CONNZ": "connections", "SUBSZ": "num_subscriptions", "ROUTEZ": "routes",
		"GATEWAYZ": "inbound_gateways", "LEAFZ": "leafs", "ACCOUNTZ": "accounts", "JSZ": "streams", "HEALTHZ": "status",
	}
	withAdmin(t, func(t *testing.T, srv harness.Server, admin, app *nats.Conn) {
		for page, key := range pages {
			for _, who := range []string{"PING", admin.ConnectedServerId()} {
				subject := "$SYS.REQ.SERVER." + who + "." + page
				var got map[string]any
				harness.RequestJSON(t, admin, subject, "", &got)
				if object(got, "server")["name"] != "S" {
					t.Errorf("%s: server %v", subject, got["server"])
				}
				if page == "STATSZ" {
					hasKeys(t, subject, object(got, "statsz"), key)
					continue
				}
				hasKeys(t, subject, object(got, "data"), key)
			}
		}
		if _, err := admin.Request("$SYS.REQ.SERVER.NOBODY.VARZ", nil, longest); !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("request to an unknown server: %v", err)
		}
	})
}

// Requests carry options, filters among them. [M-7] [M-21]
func TestSystemRequestOptions(t *testing.T) {
	withAdmin(t, func(t *testing.T, srv harness.Server, admin, app *nats.Conn) {
		harness.Subscribe(t, app, "orders")
		var connz struct {
			Data struct {
				Connections []harness.ConnInfo `json:"connections"`
			} `json:"data"`
		}
		harness.RequestJSON(t, admin, "$SYS.REQ.SERVER.PING.CONNZ", `{"subscriptions":true,"acc":"APP","auth":true}`, &connz)
		list := connz.Data.Connections
		if len(list) != 1 || list[0].Name != "app" || list[0].User != "app" || strings.Join(list[0].SubsList, " ") != "orders" {
			t.Errorf("connections %+v", list)
		}
		var bad struct {
			Error struct {
				Code int `json:"code"`
			} `json:"error"`
		}
		harness.RequestJSON(t, admin, "$SYS.REQ.SERVER.PING.VARZ", `{bad`, &bad)
		if bad.Error.Code != 400 {
			t.Errorf("answer to malformed options: %+v", bad)
		}
		// Who is not meant does not answer; who is, does, behind it.
		inbox := admin.NewInbox()
		answers := harness.Subscribe(t, admin, inbox)
		for _, filter := range []string{`{"server_name":"other"}`, `{"tags":["dc:two"]}`, `{"server_name":"","exact_match":true,"cluster":"X"}`, `{"server_name":"S","exact_match":true}`} {
			if err := admin.PublishRequest("$SYS.REQ.SERVER.PING.VARZ", inbox, []byte(filter)); err != nil {
				t.Fatal(err)
			}
		}
		harness.Next(t, answers)
		harness.Nothing(t, admin, answers)
	})
}

// What is asked about one account. [M-11]
func TestSystemAccountRequests(t *testing.T) {
	withAdmin(t, func(t *testing.T, srv harness.Server, admin, app *nats.Conn) {
		harness.Subscribe(t, app, "orders")
		for request, key := range map[string]string{"SUBSZ": "num_subscriptions", "CONNZ": "connections", "LEAFZ": "leafs", "INFO": "account_name", "STATZ": "account_statz"} {
			var got map[string]any
			harness.RequestJSON(t, admin, "$SYS.REQ.ACCOUNT.APP."+request, "", &got)
			hasKeys(t, request, got, "server")
			hasKeys(t, request, object(got, "data"), key)
		}
		var conns map[string]any
		harness.RequestJSON(t, admin, "$SYS.REQ.ACCOUNT.APP.CONNS", "", &conns)
		if conns["acc"] != "APP" || conns["conns"] != 1.0 || conns["type"] != "io.nats.server.advisory.v1.account_connections" {
			t.Errorf("connections of the account: %v", conns)
		}
		var unknown map[string]any
		harness.RequestJSON(t, admin, "$SYS.REQ.ACCOUNT.NOPE.INFO", "", &unknown)
		if object(unknown, "error")["code"] != 500.0 {
			t.Errorf("answer about an unknown account: %v", unknown)
		}
	})
}

// Users may ask about their own account, and see nothing else. [M-12]
func TestUserMayAskAboutItsAccount(t *testing.T) {
	withAdmin(t, func(t *testing.T, srv harness.Server, admin, app *nats.Conn) {
		for _, subject := range []string{"$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ"} {
			got := string(harness.Request(t, app, subject, "").Data)
			if !strings.Contains(got, `"app"`) || strings.Contains(got, `"admin"`) {
				t.Errorf("%s: %s", subject, got)
			}
		}
		got := string(harness.Request(t, app, "$SYS.REQ.ACCOUNT.PING.STATZ", "").Data)
		if !strings.Contains(got, `"APP"`) || strings.Contains(got, `"SYS"`) {
			t.Errorf("statistics: %s", got)
		}
	})
}

// Who am I, and what may I? What "nats account info" asks. [M-13]
func TestUserInfo(t *testing.T) {
	withAdmin(t, func(t *testing.T, srv harness.Server, admin, app *nats.Conn) {
		harness.Needs(t, srv, "2.10", "$SYS.REQ.USER.INFO")
		type answer struct {
			Data struct {
				User        string `json:"user"`
				Account     string `json:"account"`
				Permissions *struct {
					Publish   struct{ Allow, Deny []string } `json:"publish"`
					Subscribe struct{ Allow, Deny []string } `json:"subscribe"`
				} `json:"permissions"`
			} `json:"data"`
		}
		var free answer
		harness.RequestJSON(t, app, "$SYS.REQ.USER.INFO", "", &free)
		if free.Data.User != "app" || free.Data.Account != "APP" || free.Data.Permissions != nil {
			t.Errorf("user without permissions: %+v", free.Data)
		}
		few := harness.Connect(t, srv, nats.UserInfo("few", "pw"))
		var bound answer
		harness.RequestJSON(t, few, "$SYS.REQ.USER.INFO", "", &bound)
		p := bound.Data.Permissions
		if p == nil || len(p.Publish.Allow) != 2 || strings.Join(p.Subscribe.Deny, "") != "b" {
			t.Errorf("user with permissions: %+v", bound.Data)
		}
	})
}

// The life of connections is told to operators, and to nobody else. [M-8] [M-20]
func TestConnectionEvents(t *testing.T) {
	withAdmin(t, func(t *testing.T, srv harness.Server, admin, app *nats.Conn) {
		connects := harness.Subscribe(t, admin, "$SYS.ACCOUNT.APP.CONNECT")
		disconnects := harness.Subscribe(t, admin, "$SYS.ACCOUNT.APP.DISCONNECT")
		errorsOf := harness.Subscribe(t, admin, "$SYS.SERVER.*.CLIENT.AUTH.ERR")
		users := harness.Subscribe(t, app, ">")
		type event struct {
			Type   string `json:"type"`
			Reason string `json:"reason"`
			Client struct {
				Name    string `json:"name"`
				Account string `json:"acc"`
				User    string `json:"user"`
				Stop    string `json:"stop"`
			} `json:"client"`
			Sent struct{ Msgs, Bytes int } `json:"sent"` // as the client sees it
		}
		read := func(sub *nats.Subscription) (e event) {
			t.Helper()
			if err := json.Unmarshal(harness.Next(t, sub).Data, &e); err != nil {
				t.Fatal(err)
			}
			return e
		}
		nc := harness.Connect(t, srv, nats.UserInfo("app", "pw"), nats.Name("visitor"))
		e := read(connects)
		if e.Client.Name == "app" {
			e = read(connects) // that of the first client came late
		}
		if e.Type != "io.nats.server.advisory.v1.client_connect" || e.Client.Name != "visitor" || e.Client.Account != "APP" || e.Client.User != "app" {
			t.Errorf("connect event %+v", e)
		}
		harness.Publish(t, nc, "a", "abc")
		harness.Expect(t, users, "a", "abc")
		nc.Close()
		if e := read(disconnects); e.Type != "io.nats.server.advisory.v1.client_disconnect" || e.Client.Name != "visitor" || e.Reason != "Client Closed" ||
			e.Client.Stop == "" || e.Sent.Msgs != 1 || e.Sent.Bytes != 3 {
			t.Errorf("disconnect event %+v", e)
		}
		refused(t, srv, "intruder", nats.UserInfo("app", "no"))
		if e := read(errorsOf); e.Reason != "Authentication Failure" || e.Client.User != "app" {
			t.Errorf("authentication event %+v", e)
		}
		harness.Nothing(t, app, users)
	})
}

// A server tells how it is, and when it goes. [M-9] [M-10]
func TestServerEvents(t *testing.T) {
	withAdmin(t, func(t *testing.T, srv harness.Server, admin, app *nats.Conn) {
		id := admin.ConnectedServerId()
		stats := harness.Subscribe(t, admin, "$SYS.SERVER."+id+".STATSZ")
		// A channel of ours keeps what came before the connection ended.
		shutdown := make(chan *nats.Msg, 1)
		if _, err := admin.ChanSubscribe("$SYS.SERVER."+id+".SHUTDOWN", shutdown); err != nil {
			t.Fatal(err)
		}
		harness.Flush(t, admin)
		var e map[string]any
		if err := json.Unmarshal(harness.Next(t, stats).Data, &e); err != nil {
			t.Fatal(err)
		}
		hasKeys(t, "STATSZ", e, "server", "statsz")
		conns := harness.Subscribe(t, admin, "$SYS.ACCOUNT.APP.SERVER.CONNS")
		old := harness.Subscribe(t, admin, "$SYS.SERVER.ACCOUNT.APP.CONNS")
		harness.Connect(t, srv, nats.UserInfo("app", "pw"))
		for _, sub := range []*nats.Subscription{conns, old} {
			var e map[string]any
			if err := json.Unmarshal(harness.Next(t, sub).Data, &e); err != nil || e["conns"] != 2.0 || e["acc"] != "APP" {
				t.Errorf("%s: %v (%v)", sub.Subject, e, err)
			}
		}
		srv.Stop(t)
		harness.Receive(t, "the shutdown event", shutdown)
	})
}

// An operator can send a client away, or ask it to move. [M-14]
func TestKickAndMove(t *testing.T) {
	harness.Everywhere(t, system, func(t *testing.T, srv harness.Server) {
		harness.Needs(t, srv, "2.10", "$SYS.REQ.SERVER.ID.KICK and LDM")
		admin := harness.Connect(t, srv, nats.UserInfo("admin", "pw"))
		told, closed := make(chan struct{}, 1), make(chan struct{}, 1)
		app := harness.Connect(t, srv, nats.UserInfo("app", "pw"), nats.Name("kicked"), nats.NoReconnect(),
			nats.LameDuckModeHandler(func(*nats.Conn) { told <- struct{}{} }),
			nats.ClosedHandler(func(*nats.Conn) { closed <- struct{}{} }))
		id, err := app.GetClientID()
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(map[string]uint64{"cid": id})
		if err != nil {
			t.Fatal(err)
		}
		prefix := "$SYS.REQ.SERVER." + admin.ConnectedServerId()
		harness.Request(t, admin, prefix+".LDM", string(data))
		harness.Receive(t, "the client is told to move", told)
		harness.Request(t, admin, prefix+".KICK", string(data))
		harness.Receive(t, "the client is gone", closed)
		if reason := harness.ClosedFor(t, srv, "kicked", 0); reason != "Kicked" {
			t.Errorf("reason %q", reason)
		}
		var got map[string]any
		harness.RequestJSON(t, admin, prefix+".KICK", string(data), &got)
		if object(got, "error")["description"] != "no such client or leafnode id" {
			t.Errorf("second kick: %v", got)
		}
	})
}
