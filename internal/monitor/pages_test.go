package monitor_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/protocol"
)

// Each page is JSON that any origin may read, with the keys that tools look for.
// [M-1] [M-2] [M-17]
func TestPages(t *testing.T) {
	b := newBench(t)
	b.join("A", "u", "a")
	for path, keys := range map[string]string{
		"/varz": "server_id server_name version proto go host port max_connections ping_interval ping_max http_host http_port http_base_path https_port " +
			"auth_timeout max_control_line max_payload max_pending cluster gateway leaf mqtt websocket jetstream tls_timeout write_deadline start now uptime " +
			"mem cores gomaxprocs cpu connections total_connections routes remotes leafnodes in_msgs out_msgs in_bytes out_bytes in_client_msgs out_client_msgs " +
			"slow_consumers stale_connections stalled_clients subscriptions http_req_stats config_load_time config_digest slow_consumer_stats stale_connection_stats",
		"/connz":          "server_id now num_connections total offset limit connections",
		"/subsz":          "server_id now num_subscriptions num_cache num_inserts num_removes num_matches cache_hit_rate max_fanout avg_fanout total offset limit",
		"/subscriptionsz": "num_subscriptions",
		"/accountz":       "server_id now accounts",
		"/accountz?acc=A": "account_detail",
		"/accstatz":       "server_id now account_statz",
		"/routez":         "server_id server_name now num_routes routes",
		"/gatewayz":       "server_id now outbound_gateways inbound_gateways",
		"/leafz":          "server_id now leafnodes leafs",
		"/jsz":            "server_id now disabled config memory storage accounts streams messages bytes",
		"/healthz":        "status",
		"/ipqueuesz":      "",
	} {
		page := b.object(path)
		for k := range strings.FieldsSeq(keys) {
			if _, there := page[k]; !there {
				t.Errorf("%s has no %s", path, k)
			}
		}
		_, body, header := b.get(path)
		if header.Get("Content-Type") != "application/json" || header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", path, header)
		}
		if indented := strings.HasPrefix(body, "{\n  \""); indented != (path != "/healthz" && keys != "") {
			t.Errorf("%s: indented %v", path, indented)
		}
	}
	if code, body, _ := b.get("/nope"); code != http.StatusNotFound || body != "404 page not found\n" {
		t.Errorf("an unknown page: %d %q", code, body)
	}
	if code, body, _ := b.get("/"); code != http.StatusOK || !strings.Contains(body, "varz") {
		t.Errorf("the index: %d %q", code, body)
	}
}

// Questions that cannot be read are answered with 400 and the reason. [M-2]
func TestQueryErrors(t *testing.T) {
	b := newBench(t)
	for path, want := range map[string]string{
		"/connz?sort=zzz":      "invalid sorting option: zzz",
		"/connz?sort=stop":     "sort by stop only valid on closed connections",
		"/connz?auth=maybe":    "Error decoding boolean for 'auth': strconv.ParseBool: parsing \"maybe\": invalid syntax",
		"/connz?limit=abc":     "Error decoding int for 'limit': strconv.Atoi: parsing \"abc\": invalid syntax",
		"/connz?cid=abc":       "Error decoding uint64 for 'cid': strconv.ParseUint: parsing \"abc\": invalid syntax",
		"/connz?state=half":    "Error decoding state for half",
		"/subsz?subs=2":        "Error decoding boolean for 'subs': strconv.ParseBool: parsing \"2\": invalid syntax",
		"/subsz?test=a.*":      "invalid test subject, must be valid publish subject: a.*",
		"/accountz?acc=NOPE":   "Account NOPE does not exist",
		"/accstatz?unused=2":   "Error decoding boolean for 'unused': strconv.ParseBool: parsing \"2\": invalid syntax",
		"/healthz?details=yes": "Error decoding boolean for 'details': strconv.ParseBool: parsing \"yes\": invalid syntax",
	} {
		if code, body, _ := b.get(path); code != http.StatusBadRequest || body != want {
			t.Errorf("%s: %d %q, want %q", path, code, body, want)
		}
	}
}

// Requests are counted by page, and pages may be added. [M-18]
func TestRequestsAreCounted(t *testing.T) {
	b := newBench(t)
	b.monitor.Handle("/metrics", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for range 3 {
		b.get("/connz")
	}
	if code, _, _ := b.get("/metrics"); code != http.StatusTeapot {
		t.Errorf("an added page: %d", code)
	}
	b.get("/nope")
	stats := b.monitor.Varz().HTTPReqStats
	if stats["/connz"] != 3 || stats["/metrics"] != 1 || stats["/nope"] != 0 {
		t.Errorf("counted %v", stats)
	}
}

// A base path goes before every page. [monitoring.md 1]
func TestBasePath(t *testing.T) {
	b := newBench(t)
	for path, want := range map[string]int{"/base/varz": http.StatusOK, "/base/": http.StatusOK, "/base/nope": http.StatusNotFound} {
		r := &recorder{header: make(http.Header), code: http.StatusOK}
		req, err := http.NewRequest(http.MethodGet, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.monitor.Handler("/base").ServeHTTP(r, req)
		if r.code != want {
			t.Errorf("%s: %d", path, r.code)
		}
	}
}

// recorder keeps the status alone.
type recorder struct {
	header http.Header
	code   int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(code int)        { r.code = code }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }

// General figures follow what happens.
func TestVarzFigures(t *testing.T) {
	b := newBench(t)
	one := b.join("A", "one", "x", "y")
	b.join("B", "two").Discard(protocol.ClientClosed)
	b.publish(one, "x", 3)
	b.publish(one, "nobody", 1)
	v := b.monitor.Varz()
	if v.Connections != 1 || v.TotalConnections != 2 || v.Subscriptions != 2 || v.InMsgs != 4 || v.InBytes != 20 ||
		v.OutMsgs != 3 || v.OutBytes != 15 || v.InClientMsgs != 4 || v.OutClientMsgs != 3 || v.HTTPPort != 8222 || v.ConfigDigest != "sha256:0" {
		t.Errorf("varz %+v", v)
	}
	if v.Mem <= 0 || v.Cores <= 0 || v.Uptime != "0s" || v.SystemAccount != "" {
		t.Errorf("varz %+v", v)
	}
	b.broker.Account("$SYS")
	if v := b.monitor.Varz(); v.SystemAccount != "$SYS" {
		t.Errorf("system account %q", v.SystemAccount)
	}
}

// Subscriptions of all accounts or one, and those that a subject reaches.
func TestSubsz(t *testing.T) {
	b := newBench(t)
	b.join("A", "one", "a.b", "a.*", "c")
	b.join("B", "two", "a.>")
	for _, row := range []struct {
		o           monitor.SubszOptions
		num         uint32
		total, list int
	}{
		{monitor.SubszOptions{}, 4, 0, 0},
		{monitor.SubszOptions{Subs: true}, 4, 4, 4},
		{monitor.SubszOptions{Subs: true, Account: "A"}, 3, 3, 3},
		{monitor.SubszOptions{Subs: true, Test: "a.b"}, 4, 3, 3},
		{monitor.SubszOptions{Subs: true, Offset: 1, Limit: 2}, 4, 4, 2},
		{monitor.SubszOptions{Subs: true, Offset: 9}, 4, 4, 0},
		{monitor.SubszOptions{Subs: true, Account: "NOPE"}, 0, 0, 0},
	} {
		z, err := b.monitor.Subsz(row.o)
		if err != nil {
			t.Fatal(err)
		}
		if z.NumSubs != row.num || z.Total != row.total || len(z.Subs) != row.list {
			t.Errorf("%+v: %d subscriptions, total %d, %d listed", row.o, z.NumSubs, z.Total, len(z.Subs))
		}
	}
}

// Accounts with connections have figures, others when asked for. [M-1] [M-11]
func TestAccounts(t *testing.T) {
	b := newBench(t)
	one := b.join("A", "one", "a")
	b.publish(one, "a", 2)
	b.broker.Account("EMPTY")
	z := b.monitor.Accstatz(nil, false)
	if len(z.Accounts) != 1 {
		t.Fatalf("accounts %+v", z.Accounts)
	}
	st := z.Accounts[0]
	if st.Account != "A" || st.Name != "A" || st.Conns != 1 || st.TotalConns != 1 || st.NumSubs != 1 || st.Sent.Msgs != 2 || st.Received.Msgs != 2 {
		t.Errorf("A has %+v", st)
	}
	if n := len(b.monitor.Accstatz(nil, true).Accounts); n != 3 {
		t.Errorf("%d accounts with the unused ones", n)
	}
	if l := b.monitor.Accstatz([]string{"EMPTY", "A"}, true).Accounts; len(l) != 2 || l[0].Account != "A" {
		t.Errorf("named accounts: %d", len(l))
	}
	d, err := b.monitor.AccountDetail("A")
	if err != nil || d.Clients != 1 || d.Subs != 1 || d.IsSystem || !d.Complete || d.Sublist.NumSubs != 1 {
		t.Errorf("detail %+v, %v", d, err)
	}
}

// Healthy, not ready, or asked wrongly; with details as a list. [M-5]
func TestHealthz(t *testing.T) {
	b := newBench(t)
	for path, row := range map[string]struct {
		code int
		body string
	}{
		"/healthz":                      {200, `{"status":"ok"}`},
		"/healthz?stream=S":             {400, `{"status":"error","error":"\"account\" must not be empty when checking stream health"}`},
		"/healthz?account=A&consumer=C": {400, `{"status":"error","error":"\"stream\" must not be empty when checking consumer health"}`},
		"/healthz?stream=S&details=1": {400, `{"status":"error","status_code":400,"errors":[{"type":"BAD_REQUEST",` +
			`"error":"\"account\" must not be empty when checking stream health"}]}`},
	} {
		if code, body, _ := b.get(path); code != row.code || body != row.body {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	b.ready.Store(false)
	if code, body, _ := b.get("/healthz"); code != http.StatusInternalServerError || !strings.Contains(body, `"status":"error"`) {
		t.Errorf("not ready: %d %s", code, body)
	}
}

// Durations in words: leading units that are zero are left out. [M-19]
func TestUptime(t *testing.T) {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	for want, d := range map[string]time.Duration{
		"0s": 0, "20s": 20*time.Second + 999*time.Millisecond, "1m2s": 62 * time.Second, "2h1m0s": 2*time.Hour + time.Minute,
		"1d2h3m4s": day + 2*time.Hour + 3*time.Minute + 4*time.Second, "1d0h0m0s": day,
		"1y2d3h4m5s": year + 2*day + 3*time.Hour + 4*time.Minute + 5*time.Second,
	} {
		if got := monitor.Uptime(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}
