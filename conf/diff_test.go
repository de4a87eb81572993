package conf

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// options reads a configuration and fills in the defaults.
func options(t *testing.T, text string) *Options {
	t.Helper()
	o, _, err := Parse(text, "t.conf")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	o.SetDefaults()
	return o
}

// A reload tells what changes, in the reference's words and order. [C-20]
func TestReloadLines(t *testing.T) {
	always := []string{"authorization users", "accounts"}
	for _, c := range []struct {
		old, next string
		want      []string
	}{
		{"port: 4222", "# nothing\nport: 4222", always},
		{"debug: true", `trace_verbose: yes, logtime: false, max_connections: 5, client_advertise: "x:1", ping_interval: "5s", ping_max: 3
			authorization {users: [{user: a, password: b}], timeout: 3}, max_control_line: 500, max_payload: 100, pid_file: p, write_deadline: "3s"
			max_traced_msg_len: 7, connect_error_reports: 5, reconnect_error_reports: 6, server_tags: [a], server_metadata {a: b}`, []string{
			"client_advertise = x:1", "trace = true", "debug = false", "trace_verbose = true", "logtime = false", "max_connections = 5",
			"authorization users", "accounts", "ping_interval = 5s", "ping_max = 3", "authorization timeout = 3", "max_control_line = 500",
			"max_payload = 100", "pid_file = p", "write_deadline = 3s", "max_traced_msg_len = 7", "connect_error_reports = 5",
			"reconnect_error_reports = 6", "tags", "metadata",
		}},
		{"authorization {user: a, password: b}", "authorization {token: c}",
			slices.Concat(always, []string{"authorization username", "authorization password", "authorization token"})},
		{"authorization {users: [{nkey: UC6NLCN7AS34YOJVCYD4PJ3QB7QGLYG5B5IMBT25VW5K4TNUJODM7BOX}]}", "port: 4222", slices.Concat([]string{"authorization nkey users"}, always)},
		{"cluster {name: c, port: 1}", `cluster {name: c, port: 1, no_advertise: true, routes: ["nats://a:1"]}`, slices.Concat(always, []string{"cluster", "cluster routes"})},
		{"jetstream {store_dir: a, max_mem: 1k}", "jetstream {store_dir: a, max_mem: 2k}", slices.Concat(always, []string{"JetStream"})},
		{"jetstream {store_dir: a, max_mem: 1k, domain: d}", "port: 4222", slices.Concat(always, []string{"JetStream"})},
		{"port: 4222", "jetstream {store_dir: a, max_mem: 1k}", slices.Concat(always, []string{"JetStream"})},
		{"leafnodes {port: 1}", `leafnodes {port: 1, remotes: [{url: "nats://a:1"}]}`, always},
		{"no_auth_user: a, authorization {users: [{user: a, password: b}]}", "port: 4222", always},
	} {
		got, err := Diff(options(t, c.old), options(t, c.next))
		if err != nil {
			t.Errorf("%s -> %s: %v", c.old, c.next, err)
			continue
		}
		for i, line := range got.Lines {
			got.Lines[i] = strings.TrimPrefix(line, "Reloaded: ")
		}
		if !slices.Equal(got.Lines, c.want) {
			t.Errorf("%s -> %s:\n got %q\nwant %q", c.old, c.next, got.Lines, c.want)
		}
	}
}

// What a running server cannot change refuses the whole reload, and the message
// shows no secret. [C-17] [C-19]
func TestReloadRefusals(t *testing.T) {
	const not = "config reload not supported for "
	for _, c := range []struct{ old, next, want string }{
		{"port: 1", "port: 2", not + "Port: old=1, new=2"},
		{"host: a", "host: b", not + "Host: old=a, new=b"},
		{"server_name: A", "server_name: B", not + "ServerName: old=A, new=B"},
		{"http_port: 1", "port: 4222", not + "HTTPPort: old=1, new=0"},
		{"max_subscriptions: 5", "max_subscriptions: 6", not + "MaxSubs: old=5, new=6"},
		{"port: 4222", `lame_duck_duration: "50s"`, not + "LameDuckDuration: old=2m0s, new=50s"},
		{"port: 4222", "system_account: A, accounts {A {}}", not + "SystemAccount: old=$SYS, new=A"},
		{"cluster {name: c, listen: \"a:1\"}", "cluster {name: c, listen: \"b:1\"}", not + "cluster host: old=a, new=b"},
		{"cluster {name: c, port: 1}", "cluster {name: c, port: 2}", not + "cluster port: old=1, new=2"},
		{"gateway {name: a, port: 1, authorization {user: u, password: one}}", "gateway {name: b, port: 1, authorization {user: u, password: two}}",
			not + "Gateway: old={Name:a Password:[REDACTED]}, new={Name:b Password:[REDACTED]}"},
		{"gateway {name: a, port: 1}", `gateway {name: a, port: 1, gateways: [{name: b, url: "nats://u:secret@b:1"}]}`, not + "Gateway: old={Gateways:0}, new={Gateways:1}"},
		{"leafnodes {port: 1}", "leafnodes {port: 2, authorization {users: [{user: a, password: secret}]}}", not + "LeafNode: old={Port:1 Users:0}, new={Port:2 Users:1}"},
		{"websocket {port: 1, no_tls: true}", "websocket {port: 1, no_tls: true, compression: true}", not + "Websocket: old={Compression:false}, new={Compression:true}"},
		{"jetstream {store_dir: a}", "jetstream {store_dir: b}", not + "jetstream storage directory"},
		{"jetstream {max_mem: 2k}", "jetstream {max_mem: 1k}", not + "decreasing jetstream max memory and store"},
		{"jetstream {max_mem: 2k}", "jetstream {}", not + "jetstream dynamic max memory and store"},
		{"jetstream {domain: a}", "jetstream {domain: b}", not + "JetStreamDomain: old=a, new=b"},
		{"jetstream {key: one}", "jetstream {key: two}", not + "JetStreamKey: old=[REDACTED], new=[REDACTED]"},
		{"authorization {users: [{user: a, password: b}]}", "no_auth_user: a, authorization {users: [{user: a, password: b}]}", not + "NoAuthUser: old=, new=a"},
		{"port: 4222", "resolver: MEMORY", "config reload does not support moving to or from an account resolver"},
	} {
		if _, err := Diff(options(t, c.old), options(t, c.next)); fmt.Sprint(err) != c.want {
			t.Errorf("%s -> %s:\n got %v\nwant %s", c.old, c.next, err, c.want)
		}
	}
}

// certificate writes a certificate of its own and its key into a folder.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "midge"}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A reload with the same certificates changes no TLS, wherever the block stands;
// one with others in the same files does. [C-18]
func TestReloadOfCertificates(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir)
	block := fmt.Sprintf("tls {cert_file: %q, key_file: %q, ca_file: %q, timeout: 3}\n", dir+"/cert.pem", dir+"/key.pem", dir+"/cert.pem")
	text := block + "cluster {name: c, port: 1, " + block + "}\nleafnodes {port: 1, " + block + "}\n"
	old := options(t, text)
	lines := func(next string) []string {
		t.Helper()
		c, err := Diff(old, options(t, next))
		if err != nil {
			t.Fatal(err)
		}
		return c.Lines
	}
	always := []string{"Reloaded: authorization users", "Reloaded: accounts"}
	if got := lines("# further down\n" + text); !slices.Equal(got, always) {
		t.Errorf("nothing changed: %q", got)
	}
	if got := lines("leafnodes {port: 1}\ncluster {name: c, port: 1, " + block + "}"); !slices.Equal(got, slices.Concat(always, []string{
		"Reloaded: authorization timeout = 2", "Reloaded: tls timeout = 2", "Reloaded: tls = disabled",
	})) {
		t.Errorf("TLS switched off: %q", got)
	}
	certificate(t, dir)
	if got := lines(text); !slices.Equal(got, slices.Concat(always, []string{"Reloaded: cluster", "Reloaded: tls = enabled"})) {
		t.Errorf("other certificates: %q", got)
	}
}
