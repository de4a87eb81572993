package metrics

import (
	"errors"
	"flag"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write testdata from what the handler answers")

// answers is a server with something on every page.
var answers = map[string]string{
	"/varz": `{"server_id":"NA","server_name":"one","version":"2.15.2","proto":1,"mem":1000,"cpu":1.5,"in_msgs":7,
		"auth_required":true,"cluster":{"name":"C","pool_size":3},"tags":["a"],"metadata":{"k":"v"},
		"jetstream":{"config":{"max_memory":10},"stats":{"storage":2,"api":{"total":4}}},
		"http_req_stats":{"/varz":2,"/connz":1},"slow_consumer_stats":{"clients":1}}`,
	"/connz": `{"server_id":"NA","num_connections":2,"total":2,"offset":0,"limit":1024,"connections":[
		{"cid":1,"in_msgs":2,"pending_bytes":5,"subscriptions":1},{"cid":2,"in_msgs":3,"stalls":1}]}`,
	"/subsz": `{"server_id":"NA","num_subscriptions":3,"cache_hit_rate":0.5,"max_fanout":2}`,
	"/routez": `{"server_id":"NA","num_routes":1,"routes":[{"rid":4,"remote_id":"NB","remote_name":"two","rtt":"1.5ms",
		"pending_size":0,"in_msgs":9}]}`,
	"/gatewayz": `{"server_id":"NA","name":"C","outbound_gateways":{"D":{"configured":true,"connection":{"cid":8,
		"start":"2026-11-22T08:24:24.5Z","uptime":"1d2h3m4s","in_msgs":1}}},"inbound_gateways":{"D":[{"connection":{"cid":9}}]}}`,
	"/leafz": `{"server_id":"NA","leafnodes":1,"leafs":[{"id":5,"name":"edge","account":"A","ip":"::1","port":1,"in_msgs":3,
		"subscriptions":2}]}`,
	"/accstatz": `{"server_id":"NA","account_statz":[{"acc":"A","name":"A","conns":1,"sent":{"msgs":3,"bytes":4}}]}`,
	"/jsz": `{"server_id":"NA","config":{"max_memory":10,"domain":"hub"},"streams":1,"bytes":50,"api":{"total":4,"errors":1},
		"account_details":[{"name":"A","id":"A","memory":1,"stream_detail":[{"name":"S","config":{"max_bytes":-1},
		"state":{"messages":6,"last_seq":6},"consumer_detail":[{"name":"pull","num_pending":2,
		"delivered":{"consumer_seq":4},"ack_floor":{"stream_seq":3}}]}]}]}`,
	"/healthz": `{"status":"ok"}`,
}

func scrape(t testing.TB, source Source) string {
	t.Helper()
	w := httptest.NewRecorder()
	Handler(source).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("status %d, %v: %s", w.Code, err, body)
	}
	var ours []string
	for _, line := range strings.Split(string(body), "\n") {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "go_") && !strings.HasPrefix(line, "process_") && line != "" {
			ours = append(ours, line)
		}
	}
	return strings.Join(ours, "\n") + "\n"
}

// Every page appears under the exporter's names, with the server's id.
func TestAllPagesBecomeMetrics(t *testing.T) {
	got := scrape(t, func(path string) ([]byte, error) { return []byte(answers[pathOf(path)]), nil })
	const golden = "testdata/all.prom"
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// One page that fails does not hide the others.
func TestFailedPageIsCounted(t *testing.T) {
	got := scrape(t, func(path string) ([]byte, error) {
		switch pathOf(path) {
		case "/jsz":
			return nil, errors.New("no JetStream")
		case "/subsz":
			return []byte("not JSON"), nil
		}
		return []byte(answers[pathOf(path)]), nil
	})
	for _, want := range []string{
		`midge_scrape_failed{path="/jsz",server_id="NA"} 1`,
		`midge_scrape_failed{path="/subsz",server_id="NA"} 1`,
		`midge_scrape_failed{path="/varz",server_id="NA"} 0`,
		`gnatsd_varz_in_msgs{server_id="NA"} 7`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no line %s in\n%s", want, got)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]float64{"20s": 20, "1.5ms": 0.0015, "1m2s": 62, "1d2h3m4s": 93784, "1y2d": 31708800} {
		if got, ok := duration(text); !ok || got != want {
			t.Errorf("duration(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"x", "yd", "1", "1x2d"} {
		if got, ok := duration(text); ok {
			t.Errorf("duration(%q) = %v, want refused", text, got)
		}
	}
}

// Whatever a page holds, the handler answers: names come from configurations.
func FuzzScrape(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a))
	}
	f.Add([]byte(`{"account_statz":[{"acc":"\ud800","conns":1},{"acc":"","conns":2}],"a b":{"c-d":1}}`))
	f.Fuzz(func(t *testing.T, page []byte) {
		scrape(t, func(string) ([]byte, error) { return page, nil })
	})
}
