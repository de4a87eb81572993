package system_test

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"

	"github.com/midge-nats/midge/protocol"
)

func pipe(t *testing.T) net.Conn {
	server, client := net.Pipe()
	t.Cleanup(func() { client.Close() })
	return server
}

// next0 waits for a message as long as it takes, in a bubble.
func (b *bench) next0() said { return <-b.heard }

// Every page answers to all servers' subject and to its own, in an envelope of
// server and data. [M-6] [M-16]
func TestPages(t *testing.T) {
	b := newBench(t, true)
	b.join("A", "u")
	for page, keys := range map[string]string{
		"VARZ": "server_id connections", "CONNZ": "connections num_connections", "SUBSZ": "num_subscriptions", "ROUTEZ": "routes",
		"GATEWAYZ": "outbound_gateways", "LEAFZ": "leafs", "ACCOUNTZ": "accounts", "JSZ": "memory", "HEALTHZ": "status", "IPQUEUESZ": "",
	} {
		for _, to := range []string{"PING", "NID"} {
			m := b.request("$SYS.REQ.SERVER."+to+"."+page, "", "").object(t)
			if l := lacks(m, "server data"); l != nil {
				t.Errorf("%s lacks %v", page, l)
			}
			if l := lacks(m["data"], keys); l != nil {
				t.Errorf("the data of %s lacks %v", page, l)
			}
		}
	}
	m := b.request("$SYS.REQ.SERVER.PING", "", "").object(t)
	if l := lacks(m, "server statsz"); l != nil || m["data"] != nil {
		t.Errorf("PING: %v", m)
	}
	m = b.request("$SYS.REQ.SERVER.PING.STATSZ", "", "").object(t)
	if l := lacks(m, "server statsz"); l != nil {
		t.Errorf("STATSZ: %v", m)
	}
	m = b.request("$SYS.REQ.SERVER.PING.IDZ", "", "").object(t)
	if m["name"] != "server-one" || m["host"] != "0.0.0.0" || m["id"] != "NID" || len(m) != 3 {
		t.Errorf("IDZ: %v", m)
	}
}

// Options are those of the pages, and what cannot be read is the asker's fault.
// [M-6] [M-21]
func TestPageOptions(t *testing.T) {
	b := newBench(t, true)
	b.join("A", "u")
	b.join("B", "v")
	m := b.request("$SYS.REQ.SERVER.NID.CONNZ", "", `{"acc":"A","auth":true}`).object(t)
	if conns := m["data"].(map[string]any)["connections"].([]any); len(conns) != 1 || conns[0].(map[string]any)["account"] != "A" {
		t.Errorf("connections %v", conns)
	}
	for payload, code := range map[string]float64{"{": 400, "x": 400, `{"sort":"zzz"}`: 500} {
		e, ok := b.request("$SYS.REQ.SERVER.NID.CONNZ", "", payload).object(t)["error"].(map[string]any)
		if !ok || e["code"] != code || e["description"] == "" {
			t.Errorf("%q: error %v, want code %v", payload, e, code)
		}
	}
}

// A filter chooses servers: parts of a name, or all of it, domain and tags.
// [M-7]
func TestFilters(t *testing.T) {
	b := newBench(t, true)
	for payload, meant := range map[string]bool{
		`{}`: true, `{"server_name":"server-one"}`: true, `{"server_name":"one"}`: true, `{"server_name":"two"}`: false,
		`{"server_name":"one","exact_match":true}`: false, `{"server_name":"server-one","exact_match":true}`: true, `{"exact_match":true}`: true,
		`{"cluster":"ea"}`: true, `{"cluster":"west"}`: false, `{"cluster":"ea","exact_match":true}`: false,
		`{"host":"0.0"}`: true, `{"host":"1.1.1.1"}`: false,
		`{"domain":"hub"}`: true, `{"domain":"hu"}`: false,
		`{"tags":["a"]}`: true, `{"tags":["A","zone:1"]}`: true, `{"tags":["a","zone:2"]}`: false,
	} {
		if !meant {
			b.silent("$SYS.REQ.SERVER.PING.VARZ", payload)
			continue
		}
		if m := b.request("$SYS.REQ.SERVER.PING.VARZ", "", payload).object(t); m["data"] == nil {
			t.Errorf("%s: %v", payload, m)
		}
	}
}

// Services of one account, or of all. [M-11]
func TestAccountServices(t *testing.T) {
	b := newBench(t, true)
	b.join("A", "u")
	b.join("B", "v")
	data := func(subject, payload string) map[string]any {
		t.Helper()
		m, ok := b.request(subject, "", payload).object(t)["data"].(map[string]any)
		if !ok {
			t.Fatalf("%s has no data", subject)
		}
		return m
	}
	if d := data("$SYS.REQ.ACCOUNT.A.CONNZ", ""); d["total"] != 1.0 {
		t.Errorf("CONNZ of A: %v", d)
	}
	if d := data("$SYS.REQ.ACCOUNT.PING.CONNZ", ""); d["total"] != 2.0 {
		t.Errorf("CONNZ of all: %v", d)
	}
	if d := data("$SYS.REQ.ACCOUNT.A.SUBSZ", `{"subscriptions":true}`); d["num_subscriptions"] == nil {
		t.Errorf("SUBSZ: %v", d)
	}
	if d := data("$SYS.REQ.ACCOUNT.A.INFO", ""); d["account_name"] != "A" || d["client_connections"] != 1.0 {
		t.Errorf("INFO: %v", d)
	}
	if d := data("$SYS.REQ.ACCOUNT.A.STATZ", ""); len(d["account_statz"].([]any)) != 1 {
		t.Errorf("STATZ of A: %v", d)
	}
	if d := data("$SYS.REQ.ACCOUNT.PING.STATZ", ""); len(d["account_statz"].([]any)) != 2 {
		t.Errorf("STATZ of all: %v", d)
	}
	data("$SYS.REQ.ACCOUNT.A.LEAFZ", "")
	data("$SYS.REQ.ACCOUNT.A.JSZ", "")
	e := b.request("$SYS.REQ.ACCOUNT.NOPE.INFO", "", "").object(t)["error"]
	if l := lacks(e, "code description"); l != nil || e.(map[string]any)["description"] != "Account NOPE does not exist" {
		t.Errorf("INFO of an unknown account: %v", e)
	}
	if m := b.request("$SYS.REQ.ACCOUNT.A.CONNS", "", "").object(t); m["conns"] != 1.0 || m["type"] != "io.nats.server.advisory.v1.account_connections" {
		t.Errorf("CONNS: %v", m)
	}
	b.silent("$SYS.REQ.ACCOUNT.NOPE.CONNS", "")
}

// Commands: kick a client, send one away, reload. [M-14]
func TestCommands(t *testing.T) {
	b := newBench(t, true)
	c, peer := b.join("A", "u")
	problem := func(subject, payload string) string {
		t.Helper()
		m := b.request("$SYS.REQ.SERVER.NID."+subject, "", payload).object(t)
		e, ok := m["error"].(map[string]any)
		if !ok {
			if lacks(m, "server") != nil {
				t.Errorf("%s: %v", subject, m)
			}
			return ""
		}
		return e["description"].(string)
	}
	cid := `{"cid":` + digits(c.ID()) + `}`
	if e := problem("LDM", cid); e != "" || peer.lameDucks.Load() != 1 {
		t.Errorf("LDM: %q, told %d times", e, peer.lameDucks.Load())
	}
	if e := problem("LDM", `{"cid":999}`); e != "no such client id" {
		t.Errorf("LDM of nobody: %q", e)
	}
	if e := problem("KICK", `{"cid":999}`); e != "no such client or leafnode id" {
		t.Errorf("KICK of nobody: %q", e)
	}
	if e := problem("KICK", `{`); e == "" {
		t.Error("a KICK that cannot be read was answered")
	}
	if e := problem("LDM", `{`); e == "" {
		t.Error("an LDM that cannot be read was answered")
	}
	if e := problem("KICK", cid); e != "" {
		t.Errorf("KICK: %q", e)
	}
	if reason, closed := c.Closed(); !closed || reason != protocol.Kicked {
		t.Errorf("closed %v for %v", closed, reason)
	}
	if e := problem("RELOAD", ""); e != "" || b.reloads != 1 {
		t.Errorf("RELOAD: %q, %d times", e, b.reloads)
	}
	b.reload = errReload
	if e := problem("RELOAD", ""); e != errReload.Error() {
		t.Errorf("a RELOAD that fails: %q", e)
	}
}

// Answers are compressed for who accepts it. [M-15]
func TestCompressedAnswers(t *testing.T) {
	b := newBench(t, true)
	got := b.request("$SYS.REQ.SERVER.NID.VARZ", "NATS/1.0\r\nAccept-Encoding: snappy\r\n\r\n", "")
	if got.header != "NATS/1.0\r\nContent-Encoding: snappy\r\n\r\n" {
		t.Errorf("header %q", got.header)
	}
	text, err := io.ReadAll(s2.NewReader(strings.NewReader(string(got.payload))))
	if err != nil || !strings.Contains(string(text), `"server_id":"NID"`) {
		t.Errorf("%v: %.100s", err, text)
	}
	if got := b.request("$SYS.REQ.SERVER.NID.VARZ", "", ""); got.header != "" {
		t.Errorf("header %q", got.header)
	}
}

// How many listen to a subject, or in a queue group there, as plain text.
func TestSubscribersCount(t *testing.T) {
	b := newBench(t, true)
	c, _ := b.join("$SYS", "u")
	for i, words := range []string{"a", "*", "a q", "> q", "a r", "b"} {
		f := strings.Fields(words + " ")
		queue := []byte(nil)
		if len(f) > 1 {
			queue = []byte(f[1])
		}
		if err := c.Subscribe([]byte(f[0]), queue, []byte{byte('0' + i)}); err != nil {
			t.Fatal(err)
		}
	}
	for payload, want := range map[string]string{"a": "5", "a q": "2", "a r": "1", "a x": "0", "c.d": "1"} {
		if got := b.request("$SYS.DEBUG.SUBSCRIBERS", "", payload); string(got.payload) != want {
			t.Errorf("%s: %s, want %s", payload, got.payload, want)
		}
	}
}

// A request without a reply subject does nothing, and a stopped system answers
// nobody.
func TestNoReplyNoAnswer(t *testing.T) {
	b := newBench(t, true)
	b.listen(b.account, "_INBOX.>")
	b.asker.PublishInternal(b.account, []byte("$SYS.REQ.SERVER.NID.RELOAD"), nil, nil, nil)
	b.request("$SYS.REQ.SERVER.NID.IDZ", "", "")
	if b.reloads != 0 {
		t.Error("reloaded for nobody")
	}
	b.system.Stop()
	var left []string
	for s := range b.account.Subscriptions() {
		if strings.HasPrefix(s.Subject(), "$SYS") {
			left = append(left, s.Subject())
		}
	}
	if slices.Sort(left); left != nil {
		t.Errorf("left: %v", left)
	}
}
