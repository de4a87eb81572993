package client_test

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

func pipe() (server, client net.Conn) { return net.Pipe() }

// keys gives the keys of the next INFO.
func (w *wire) keys() map[string]any {
	w.t.Helper()
	text, ok := strings.CutPrefix(w.line(), "INFO ")
	if !ok || !strings.HasSuffix(text, "} \r\n") {
		w.t.Fatalf("no INFO, or not one blank at its end: %q", text)
	}
	m := make(map[string]any)
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		w.t.Fatal(err)
	}
	return m
}

// The first line has the keys that are always there, with the client's own id
// and address. [P-4]
func TestFirstInfo(t *testing.T) {
	b := newBench(t, defaults())
	m := b.on(b.connect()).keys()
	for _, k := range []string{"server_id", "server_name", "version", "proto", "go", "host", "port", "headers", "max_payload", "client_id", "client_ip"} {
		if _, there := m[k]; !there {
			t.Errorf("%s is missing", k)
		}
	}
	for _, k := range []string{"auth_required", "tls_required", "tls_verify", "tls_available", "nonce", "ldm", "connect_info", "remote_account", "acc_is_sys"} {
		if v, there := m[k]; there {
			t.Errorf("%s is %v", k, v)
		}
	}
	if m["proto"] != 1.0 || m["headers"] != true || m["max_payload"] != float64(1<<20) || m["client_ip"] != "127.0.0.1" {
		t.Errorf("INFO %v", m)
	}
}

// A nonce is 15 characters, another one for everybody. [P-22]
func TestNonce(t *testing.T) {
	s := defaults()
	s.Nonce = true
	b := newBench(t, s)
	seen := make(map[string]bool)
	for range 10 {
		nonce := b.dial("").info.Nonce
		if raw, err := base64.RawURLEncoding.DecodeString(nonce); len(nonce) != 15 || err != nil || len(raw) != 11 || seen[nonce] {
			t.Errorf("nonce %q: %v", nonce, err)
		}
		seen[nonce] = true
	}
}

// Users of the system account are told, and may publish what servers say among
// themselves. [P-6] [P-20]
func TestSystemUser(t *testing.T) {
	b := newBench(t, defaults())
	b.system = b.broker.Account("$SYS")
	b.grant = func(*protocol.Connect) (*core.Grant, error) { return &core.Grant{Account: b.system}, nil }
	w := b.dial(crlf(`CONNECT {"verbose":false,"protocol":1}|PING|`))
	w.wants("PONG")
	if info := w.readInfo(); !info.IsSystem || info.RemoteAccount != "$SYS" || info.ClientID != w.info.ClientID {
		t.Errorf("INFO %+v", info)
	}
	w.says("SUB $NRG.a 1|PUB $NRG.a 1|x|", "MSG $NRG.a 1 1|x|")
}

// Later INFOs go to clients of protocol 1 alone; lame duck mode is one of them.
// [P-26] [P-27]
func TestLaterInfo(t *testing.T) {
	b := newBench(t, defaults())
	one := b.dial(crlf(`CONNECT {"verbose":false,"protocol":1,"name":"one"}|PING|`))
	one.wants("PONG")
	one.readInfo()
	zero := b.dial(crlf(q + "PING|"))
	zero.wants("PONG")
	silent := b.dial("")
	b.clients.SendInfo()
	if m := one.keys(); m["connect_info"] != nil || m["remote_account"] != nil || m["client_id"] != float64(one.info.ClientID) {
		t.Errorf("INFO %v", m)
	}
	zero.idle()
	silent.idle()
	cc := b.broker.Conn(one.info.ClientID)
	c, ok := cc.Peer().(*client.Conn)
	if !ok {
		t.Fatal("the peer is no client")
	}
	c.SendLameDuck()
	if m := one.keys(); m["ldm"] != true {
		t.Errorf("INFO %v", m)
	}
	one.idle()
	if c.Core() != cc || c.Options().Name != "one" || cc.Name() != "one" || c.TLSFirst() || c.Nonce() != "" {
		t.Errorf("the client is %q", cc.Name())
	}
}

// New settings count for live clients at once: payload, subscriptions, pings.
// [C-18]
func TestApply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPipes(t, defaults())
		w := b.dial(crlf(q + "PUB a 5|12345|SUB a 1|SUB b 2|PING|"))
		w.wants("PONG")
		next := defaults()
		next.MaxPayload, next.MaxSubs, next.PingInterval = 4, 2, time.Second
		b.clients.Apply(next)
		if b.clients.Settings() != next {
			t.Error("other settings")
		}
		began := time.Now()
		if w.line() != "PING\r\n" || time.Since(began) != time.Second {
			t.Errorf("the ping came after %v", time.Since(began))
		}
		w.says("PONG|SUB c 3|PUB c 5|", "-ERR 'maximum subscriptions exceeded'|-ERR 'Maximum Payload Violation'|EOF Maximum Message Payload Exceeded")
	})
}

// A reload that changes a user's permissions takes subscriptions away, with a
// word for each. [P-19]
func TestClientRegrant(t *testing.T) {
	b := newBench(t, defaults())
	w := b.dial(crlf(q + "SUB a 1|SUB b q 2|PING|"))
	w.wants("PONG")
	perms, err := core.NewPermissions(core.Rules{SubscribeAllow: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	c, ok := b.broker.Conn(w.info.ClientID).Peer().(*client.Conn)
	if !ok {
		t.Fatal("the peer is no client")
	}
	c.Regrant(&core.Grant{Account: b.broker.Account(core.GlobalAccount), Permissions: perms})
	w.wants(`-ERR 'Permissions Violation for Subscription to "b" using queue "q" (sid "2")'`)
	w.says("PUB a 1|x|PUB b 1|y|", "MSG a 1 1|x|")
}

// The log shows operations as they came, without credentials, and as much of a
// payload as it should. [C-14] [C-23]
func TestOperationLog(t *testing.T) {
	s := defaults()
	s.LineTrace = &core.LineTrace{MaxBytes: 4}
	b := newBench(t, s)
	w := b.dial(crlf(`CONNECT {"verbose":false,"headers":true,"user":"u","pass":"s3cr\"et","auth_token":"t0ken","sig":"s1g","jwt":"j.w.t"}|` +
		"SUB a q 1|UNSUB 1 7|UNSUB 1|PUB a r 9|123456789|HPUB a 12 13|NATS/1.0||x|PING|"))
	w.wants("PONG")
	for _, want := range []string{
		`<<- [CONNECT {"verbose":false,"headers":true,"user":"u","pass":"[REDACTED]","auth_token":"[REDACTED]","sig":"[REDACTED]","jwt":"[REDACTED]"}]`,
		"<<- [SUB a q 1]", "<<- [UNSUB 1 7]", "<<- [UNSUB 1]", "<<- [PUB a r 9]", `<<- MSG_PAYLOAD: ["1234"...]`, "<<- [HPUB a 12 13]", "<<- [PING]",
	} {
		if !b.log.has(want) {
			t.Errorf("no line %s in %q", want, b.log.all())
		}
	}
	for _, secret := range []string{"s3cr", "t0ken", "s1g", "j.w.t"} {
		if b.log.has(secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
	headers := defaults()
	headers.LineTrace = &core.LineTrace{HeadersOnly: true}
	b.clients.Apply(headers)
	w.send(crlf("PUB a 6|hidden|HPUB a 12 18|NATS/1.0||hidden|PING|"))
	w.wants("PONG")
	if b.log.has("hidden") || !b.log.has(`MSG_PAYLOAD: ["NATS/1.0\r\n\r\n"]`) {
		t.Errorf("lines %q", b.log.all())
	}
	if !b.log.has("TRC 127.0.0.1:") {
		t.Error("lines do not name the connection")
	}
}
