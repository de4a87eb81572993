package conf

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// equal reports each pair that differs, as JSON so that pointers are followed.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	a, errA := json.Marshal(got)
	b, errB := json.Marshal(want)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("%s:\n got %s %v\nwant %s %v", what, a, errA, b, errB)
	}
}

// The blocks of links arrive whole. [C-9]
func TestLinks(t *testing.T) {
	o := options(t, `
cluster { name: c, listen: "h:1", routes: ["nats://u:p@a:2", "nats-route://b:3"], authorization {user: u, password: p, timeout: 3}
  permissions { import: {allow: "a.>", deny: a.b}, export: [c, d] }, cluster_advertise: "x:1", no_advertise: true, connect_retries: 4
  connect_backoff: true, pool_size: -1, accounts: [A], compression: true, ping_interval: 20s, ping_max: 5, write_deadline: 2s, write_timeout: retry }
gateway { name: c, port: 2, net: g, authorization {username: u, pass: p}, advertise: y, reject_unknown_cluster: true
  gateways: [ {name: d, url: "nats://d:1"}, {name: e, urls: ["nats://e:1", "nats://e:2"]} ] }
leafnodes { port: 3, authorization {users: [{user: u, password: p, account: A}]}, reconnect: 5, min_version: 2.9.0, isolate: true, compression: {mode: off}
  remotes: [ {url: "nats-leaf://r:1", account: A, creds: f, hub: yes, deny_import: "x", deny_exports: [y, z], dont_randomize: true, compression: s2_best
    first_info_timeout: 2s, disabled: true, request_isolation: true, ignore_discovered_servers: true, ws_compress: true, websocket_no_masking: true} ] }
accounts: [A]
`)
	c := o.Cluster
	c.Permissions = nil
	equal(t, "cluster", c, ClusterOpts{
		Name: "c", Host: "h", Port: 1, Username: "u", Password: "p", AuthTimeout: 3, Advertise: "x:1", NoAdvertise: true, ConnectRetries: 4,
		ConnectBackoff: true, PoolSize: -1, PinnedAccounts: []string{"A"}, Compression: "s2_fast", PingInterval: 20 * time.Second, PingMax: 5,
		WriteDeadline: 2 * time.Second, WriteTimeout: "retry",
	})
	equal(t, "cluster permissions", o.Cluster.Permissions, Permissions{
		Publish:   &SubjectPermission{Allow: []string{"a.>"}, Deny: []string{"a.b"}},
		Subscribe: &SubjectPermission{Allow: []string{"c", "d"}},
	})
	if len(o.Routes) != 2 || o.Routes[0].User.String() != "u:p" || o.Routes[1].Host != "b:3" {
		t.Errorf("routes: %v", o.Routes)
	}
	g := o.Gateway
	if g.Name != "c" || g.Host != "g" || g.Port != 2 || g.Username != "u" || g.Password != "p" || g.Advertise != "y" || !g.RejectUnknown ||
		len(g.Gateways) != 2 || g.Gateways[0].URLs[0].Host != "d:1" || len(g.Gateways[1].URLs) != 2 {
		t.Errorf("gateway: %+v", g)
	}
	l := o.LeafNode
	if l.Port != 3 || l.ReconnectSeconds != 5 || l.MinVersion != "2.9.0" || !l.Isolate || l.Compression != "off" || len(l.Users) != 1 || l.Users[0].Account != o.Accounts[0] {
		t.Errorf("leafnodes: %+v", l)
	}
	r := *l.Remotes[0]
	if r.URLs[0].Host != "r:1" {
		t.Errorf("remote's URL: %v", r.URLs)
	}
	r.URLs = nil
	equal(t, "remote", r, RemoteLeafOpts{
		LocalAccount: "A", Credentials: "f", Hub: true, DenyImports: []string{"x"}, DenyExports: []string{"y", "z"}, NoRandomize: true, Compression: "s2_best",
		Disabled: true, FirstInfoTimeout: 2 * time.Second, RequestIsolation: true, IgnoreDiscovered: true, WSCompression: true, WSNoMasking: true,
	})
}

// The other blocks arrive whole.
func TestOtherBlocks(t *testing.T) {
	o := options(t, `
jetstream { store: d, max_mem: "1G", max_file: 2G, domain: hub, sync: always, unique_tag: "az:", ek: k, cipher: AES }
websocket { listen: "w:1", no_tls: true, origins: ["http://a"], compress: true, handshake_timeout: 3, user_cookie: u, headers {X-A: b}, authorization {token: t} }
mqtt { port: 5, ack_wait: 2s, max_inflight: 7 }
accounts { A { jetstream { mem: 1k, disk: "1K", streams: 3, consumers: 4, max_bytes: true, max_ack_pending: 5, cluster_traffic: owner } }, B { jetstream: enabled }, C { jetstream: false } }
resolver { type: FULL, dir: d, allow_delete: true, interval: "2m", limit: 5, timeout: 3s }
default_js_domain {A: hub}, feature_flags {js_ack_fc_v2: true}, server_metadata {a: b}, max_connections: 0
`)
	if !o.JetStream || !o.JetStreamStrict || o.StoreDir != "d" || o.JetStreamMaxMemory != 1<<30 || o.JetStreamMaxStore != 2e9 || o.JetStreamDomain != "hub" ||
		!o.SyncAlways || o.JetStreamUniqueTag != "az:" || o.JetStreamKey != "k" || o.JetStreamCipher != "aes" {
		t.Errorf("jetstream: %+v", o)
	}
	equal(t, "websocket", o.Websocket, WebsocketOpts{
		Host: "w", Port: 1, NoTLS: true, AllowedOrigins: []string{"http://a"}, Compression: true, HandshakeTimeout: 3 * time.Second,
		UserCookie: "u", Headers: map[string]string{"X-A": "b"}, Token: "t",
	})
	equal(t, "mqtt", o.MQTT, MQTTOpts{Port: 5, AckWait: 2 * time.Second, MaxAckPending: 7})
	equal(t, "limits", o.Accounts[0].JetStream, JetStreamLimits{
		MaxMemory: 1000, MaxStore: 1024, MaxStreams: 3, MaxConsumers: 4, MaxBytesRequired: true, MaxAckPending: 5,
		MemoryMaxStreamBytes: -1, StoreMaxStreamBytes: -1, ClusterTraffic: "owner",
	})
	if b := o.Accounts[1].JetStream; b == nil || b.MaxStore != -1 || o.Accounts[2].JetStream != nil {
		t.Errorf("jetstream of accounts as a word: %+v, %+v", b, o.Accounts[2].JetStream)
	}
	equal(t, "resolver", o.Resolver, Resolver{Type: "full", Dir: "d", AllowDelete: true, Interval: 2 * time.Minute, Limit: 5, Timeout: 3 * time.Second})
	if o.DefaultJSDomain["A"] != "hub" || !o.FeatureFlags["js_ack_fc_v2"] || o.Metadata["a"] != "b" || o.MaxConn != -1 {
		t.Errorf("top level: %+v", o)
	}
	if o := options(t, `resolver: URL("http://h:1/jwt/")`); o.Resolver.Type != "url" || o.Resolver.URL != "http://h:1/jwt/" {
		t.Errorf("URL resolver: %+v", o.Resolver)
	}
	if o := options(t, "trace_verbose: true"); !o.Trace || !o.Logtime || o.ReconnectErrorReports != 1 || o.ConnectErrorReports != 3600 {
		t.Errorf("implied and default options: %+v", o)
	}
}

// Users without permissions of their own have the default ones of their block.
//
func TestDefaultPermissions(t *testing.T) {
	o := options(t, `
authorization { default_permissions {pub: d}, users: [ {user: a}, {user: b, permissions {pub: own}}, {nkey: `+userKey+`} ] }
accounts { A { default_permissions {sub: e}, users: [ {user: c} ] }, B { users: [ {user: d} ] } }
`)
	for i, want := range []string{"d", "own"} {
		if u := o.Users[i]; u.Permissions.Publish.Allow[0] != want {
			t.Errorf("user %s has %+v", u.Username, u.Permissions)
		}
	}
	if o.Nkeys[0].Permissions.Publish.Allow[0] != "d" || o.Users[2].Permissions.Subscribe.Allow[0] != "e" || o.Users[3].Permissions != nil {
		t.Errorf("defaults: %+v", o.Users)
	}
}

// A tls block gives a configuration that a listener can use. [C-24]
func TestTLSBlock(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir)
	files := fmt.Sprintf("cert_file: %q, key_file: %q, ca_file: %q", filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.pem"))
	o := options(t, "tls { "+files+`, verify_and_map: true, timeout: "3s", min_version: "1.3", first: auto, cipher_suites: [TLS_AES_128_GCM_SHA256], curve_preferences: [X25519] }`)
	c := o.TLSConfig
	if len(c.Certificates) != 1 || c.ClientAuth != tls.RequireAndVerifyClientCert || c.MinVersion != tls.VersionTLS13 || c.ClientCAs == nil || c.RootCAs == nil ||
		!slices.Equal(c.CurvePreferences, []tls.CurveID{tls.X25519}) || len(c.CipherSuites) != 1 {
		t.Errorf("configuration: %+v", c)
	}
	if !o.TLS || !o.TLSMap || !o.TLSVerify || o.TLSTimeout != 3 || o.AuthTimeout != 4 || !o.TLSHandshakeFirst || o.TLSHandshakeFirstFallback != 50*time.Millisecond {
		t.Errorf("options: %+v", o)
	}
	byFlags, err := TLSFiles(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), "", false)
	if err != nil || len(byFlags.Certificates) != 1 || byFlags.ClientAuth != tls.NoClientCert {
		t.Errorf("by flags: %+v, %v", byFlags, err)
	}
	for value, want := range map[string]time.Duration{"true": 0, "immediate": -1, "100ms": 100 * time.Millisecond, "auto_fallback": 50 * time.Millisecond} {
		o, _, err := Parse("tls { "+files+", handshake_first: "+value+" }", "x.conf")
		if want < 0 {
			if err == nil {
				t.Errorf("handshake_first: %s is accepted", value)
			}
		} else if err != nil || !o.TLSHandshakeFirst || o.TLSHandshakeFirstFallback != want {
			t.Errorf("handshake_first: %s: %v, %+v", value, err, o)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Parse("tls { "+files+" }", "x.conf"); err == nil {
		t.Error("a certificate that is none was loaded")
	}
}

// An operator's JWT may stand in the file, or in another one with lines around
// it.
func TestOperators(t *testing.T) {
	const jwt = "eyJ0.eyJzdWIiOiJPIn0.c2ln"
	main := write(t, "main.conf", "operators: [ "+jwt+", op.jwt ]\nresolver: MEM\n", "op.jwt", "-----BEGIN NATS OPERATOR JWT-----\n"+jwt+"\n------END NATS OPERATOR JWT------\n")
	t.Chdir(filepath.Dir(main))
	o, _, err := Load("main.conf")
	if err != nil || !slices.Equal(o.Operators, []string{jwt, jwt}) {
		t.Errorf("operators: %v, %+v", err, o)
	}
	if o != nil && (o.ConfigFile != "main.conf" || len(o.Digest) != len("sha256:")+64) {
		t.Errorf("file %q, digest %q", o.ConfigFile, o.Digest)
	}
}

// BenchmarkLoad reads a thousand accounts of ten users with permissions.
func BenchmarkLoad(b *testing.B) {
	var file strings.Builder
	file.WriteString("accounts {\n")
	for i := range 1000 {
		fmt.Fprintf(&file, "  A%d { users: [\n", i)
		for j := range 10 {
			fmt.Fprintf(&file, "    {user: u%d_%d, password: secret, permissions {pub: {allow: [a.>, \"b.*\"], deny: c}, sub: \"d e\"}}\n", i, j)
		}
		file.WriteString("  ] }\n")
	}
	file.WriteString("}\n")
	text := file.String()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Parse(text, "b.conf"); err != nil {
			b.Fatal(err)
		}
	}
}
