package protocol

import (
	"reflect"
	"strings"
	"testing"
)

// [P-4] The always-present keys, the order of client.md 2, one blank before CRLF.
func TestClientInfo(t *testing.T) {
	info := &Info{ServerID: "NID", ServerName: "S1", Version: "2.15.2", Proto: 1, Go: "go1.26.8", Host: "127.0.0.1", Port: 4222,
		Headers: true, MaxPayload: 1024, ClientID: 7, ClientIP: "127.0.0.1", APILevel: 5, XKey: "XKEY"}
	want := `INFO {"server_id":"NID","server_name":"S1","version":"2.15.2","proto":1,"go":"go1.26.8","host":"127.0.0.1",` +
		`"port":4222,"headers":true,"max_payload":1024,"client_id":7,"client_ip":"127.0.0.1","api_lvl":5,"xkey":"XKEY"} ` + "\r\n"
	if got := string(info.Marshal()); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	info.AuthRequired, info.TLSRequired, info.TLSVerify, info.TLSAvailable = true, true, true, true
	info.GitCommit, info.JetStream, info.Nonce, info.Cluster, info.Dynamic = "abc", true, "n", "C", true
	info.Domain, info.ConnectURLs, info.WSConnectURLs = "D", []string{"h:1"}, []string{"w:1"}
	info.LameDuck, info.ConnectInfo, info.RemoteAccount, info.IsSystem = true, true, "$G", true
	keys := "server_id server_name version proto git_commit go host port headers auth_required tls_required tls_verify " +
		"tls_available max_payload jetstream client_id client_ip nonce cluster cluster_dynamic domain connect_urls " +
		"ws_connect_urls ldm connect_info remote_account acc_is_sys api_lvl xkey"
	line, at := string(info.Marshal()), 0
	for _, key := range strings.Fields(keys) {
		i := strings.Index(line[at:], `"`+key+`":`)
		if i < 0 {
			t.Fatalf("key %s is missing or out of order in %s", key, line)
		}
		at += i
	}
}

// [gateway.md 3, G-13]
func TestGatewayCommandInfo(t *testing.T) {
	info := &Info{Gateway: "GB", GatewayCmd: 2, GatewayCmdPayload: []byte("APP")}
	want := `INFO {"server_id":"","server_name":"","version":"","proto":0,"go":"","host":"","port":0,"headers":false,` +
		`"max_payload":0,"gateway":"GB","gateway_cmd":2,"gateway_cmd_payload":"QVBQ"} ` + "\r\n"
	if got := string(info.Marshal()); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// [R-5, RT-14] INFO survives the line, unknown keys and escaped subjects.
func TestInfoRoundTrip(t *testing.T) {
	info := &Info{ServerID: "N", RoutePoolSize: 3, RoutePoolIdx: 2, LeafOrigin: true, LeafURLs: []string{"h:7422"},
		Import: &SubjectPermission{Allow: []string{"a.>"}}, GatewayCmdPayload: []byte("$SYS"), InfoOnConnect: true}
	line := info.Marshal()
	if !strings.Contains(string(line), `a.\u003e`) {
		t.Errorf("not escaped: %s", line)
	}
	p := linkParser(Route)
	if op, n, err := p.Next(line); op != OpInfo || n != len(line) || err != nil {
		t.Fatal(op, n, err)
	}
	got, err := ParseInfo(p.Arg)
	if err != nil || !reflect.DeepEqual(got, info) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err = ParseInfo([]byte(`{"future":{"a":[1]},"SERVER_ID":"x"}`)); err != nil || got.ServerID != "x" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err = ParseInfo([]byte(`{"proto":"x"}`)); err != ErrBadArguments {
		t.Errorf("wrong type: %v", err)
	}
}
