package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// Every page is there, in JSON, for pages of other origins too. [M-1] [M-2]
func TestMonitoringPages(t *testing.T) {
	pages := map[string][]string{
		"/varz":      {"server_id", "server_name", "version", "go", "host", "port", "max_payload", "connections", "subscriptions", "in_msgs", "mem", "cores", "start", "now", "uptime", "http_req_stats", "cluster", "gateway", "leaf"},
		"/connz":     {"server_id", "now", "num_connections", "total", "offset", "limit", "connections"},
		"/routez":    {"server_id", "now", "num_routes", "routes"},
		"/gatewayz":  {"server_id", "now", "outbound_gateways", "inbound_gateways"},
		"/leafz":     {"server_id", "now", "leafnodes", "leafs"},
		"/subsz":     {"server_id", "now", "num_subscriptions", "num_cache", "num_inserts", "num_removes", "num_matches", "cache_hit_rate", "max_fanout", "avg_fanout"},
		"/accountz":  {"server_id", "now", "accounts"},
		"/accstatz":  {"server_id", "now", "account_statz"},
		"/healthz":   {"status"},
		"/jsz":       {"server_id", "now", "memory", "storage", "streams", "consumers"},
		"/ipqueuesz": {},
	}
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		harness.Needs(t, srv, "2.11", "the header for other origins, and some keys of pages")
		harness.Connect(t, srv)
		for path, keys := range pages {
			resp, err := http.Get(srv.MonitorURL() + path)
			if err != nil {
				t.Fatal(err)
			}
			var page map[string]any
			err = json.NewDecoder(resp.Body).Decode(&page)
			resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("%s: status %d, %v", path, resp.StatusCode, err)
				continue
			}
			if got := resp.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("%s: content type %q", path, got)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" {
				t.Errorf("%s: allowed origin %q", path, got)
			}
			hasKeys(t, path, page, keys...)
		}
		if status, body := harness.Get(t, srv, "/nothing"); status != http.StatusNotFound {
			t.Errorf("unknown page: %d %q", status, body)
		}
		if status, _ := harness.Get(t, srv, "/connz?limit=abc"); status != http.StatusBadRequest {
			t.Errorf("bad parameter: %d", status)
		}
	})
}

// Pages are served while clients work, and count right when they stop. [M-3]
func TestMonitoringWhileClientsWork(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		const clients, n = 8, 1000
		var working atomic.Int32
		working.Store(clients)
		done := make(chan struct{})
		go func() {
			defer close(done)
			harness.Parallel(t, clients, clients, func(i int) error {
				defer working.Add(-1)
				nc, err := harness.Dial(srv, nats.Name(fmt.Sprint("worker ", i)))
				if err != nil {
					return err
				}
				sub, err := nc.SubscribeSync(fmt.Sprint("w.", i))
				if err != nil {
					return err
				}
				for range n {
					if err := nc.Publish(sub.Subject, []byte("12345")); err != nil {
						return err
					}
					if _, err := sub.NextMsg(longest); err != nil {
						return err
					}
				}
				return nc.Flush()
			})
		}()
		for looks := 0; working.Load() > 0 || looks == 0; looks++ {
			for _, path := range []string{"/varz", "/connz?subs=detail&sort=msgs_to&auth=1", "/subsz?subs=1", "/accountz?acc=$G", "/healthz"} {
				if status, body := harness.Get(t, srv, path); status != http.StatusOK {
					t.Errorf("%s: %d %s", path, status, body)
				}
			}
		}
		<-done
		list := harness.Connz(t, srv, "subs=1")
		if len(list) != clients {
			t.Fatalf("%d connections, want %d", len(list), clients)
		}
		for _, c := range list {
			if c.InMsgs != n || c.OutMsgs != n || c.InBytes != 5*n || c.OutBytes != 5*n {
				t.Errorf("%s: %d messages in, %d out, %d bytes in, %d out", c.Name, c.InMsgs, c.OutMsgs, c.InBytes, c.OutBytes)
			}
			if c.Subscriptions != 1 || len(c.SubsList) != 1 {
				t.Errorf("%s: subscriptions %d %q", c.Name, c.Subscriptions, c.SubsList)
			}
		}
		var varz struct {
			In  int64 `json:"in_msgs"`
			Out int64 `json:"out_msgs"`
		}
		harness.GetJSON(t, srv, "/varz", &varz)
		if varz.In != clients*n || varz.Out != clients*n {
			t.Errorf("/varz counts %d in, %d out, want %d", varz.In, varz.Out, clients*n)
		}
	})
}

// Pages of many connections are cut, sorted and filtered. [M-3]
func TestConnzPages(t *testing.T) {
	const config = `accounts { A { users: [{user: a, password: pw}] }, B { users: [{user: b, password: pw}] } }`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		for i := range 5 {
			nc := harness.Connect(t, srv, nats.UserInfo("a", "pw"), nats.Name(fmt.Sprint(i)))
			for range i {
				harness.Publish(t, nc, "x", "")
			}
		}
		harness.Connect(t, srv, nats.UserInfo("b", "pw"), nats.Name("b"))
		names := func(query string) (got string) {
			for _, c := range harness.Connz(t, srv, query) {
				got += c.Name
			}
			return got
		}
		for query, want := range map[string]string{
			"":                              "01234b",
			"limit=2":                       "01",
			"offset=4":                      "4b",
			"sort=msgs_from&limit=3":        "432",
			"acc=B":                         "b",
			"user=b&auth=1":                 "b",
			"acc=A&sort=msgs_from&offset=3": "10",
		} {
			if got := names(query); got != want {
				t.Errorf("/connz?%s shows %q, want %q", query, got, want)
			}
		}
		cid := harness.Connz(t, srv, "acc=B")[0].CID
		if got := names(fmt.Sprint("cid=", cid)); got != "b" {
			t.Errorf("by cid: %q", got)
		}
		if status, body := harness.Get(t, srv, "/connz?sort=zzz"); status != http.StatusBadRequest {
			t.Errorf("unknown sort: %d %s", status, body)
		}
	})
}

// Connections that have ended keep their reason. [M-4]
func TestClosedConnections(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		nc := harness.Connect(t, srv, nats.Name("gone"))
		harness.Publish(t, nc, "x", "abc")
		nc.Close()
		if reason := harness.ClosedFor(t, srv, "gone", 0); reason != "Client Closed" {
			t.Errorf("reason %q", reason)
		}
		for _, c := range harness.Connz(t, srv, "state=closed&sort=stop") {
			if c.Name == "gone" && (c.Stop == "" || c.InMsgs != 1 || c.InBytes != 3) {
				t.Errorf("shown as %+v", c)
			}
		}
		if open := harness.Connz(t, srv, "state=open"); len(open) != 0 {
			t.Errorf("still open: %+v", open)
		}
	})
}
