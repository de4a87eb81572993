package client_test

import (
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// identity is a certificate for a client.
func identity(a *harness.Authority, t *testing.T, name, email string) nats.Option {
	t.Helper()
	cert, key := a.Issue(t, name, email)
	return nats.ClientCert(cert, key)
}

// tlsBlock writes a tls block for a server certificate; more are further lines
// of it.
func tlsBlock(t *testing.T, a *harness.Authority, more string) string {
	t.Helper()
	cert, key := a.Issue(t, "server", "")
	return fmt.Sprintf("tls {\n cert_file: %q\n key_file: %q\n ca_file: %q\n %s\n}\n", cert, key, a.File, more)
}

// rejected checks that a client cannot connect, whatever its library calls it.
func rejected(t *testing.T, srv harness.Server, what string, options ...nats.Option) {
	t.Helper()
	if nc, err := harness.Dial(srv, options...); err == nil {
		nc.Close()
		t.Errorf("%s: let in", what)
	}
}

// The connection is upgraded after INFO. [P-25]
func TestTLSServer(t *testing.T) {
	a := harness.NewAuthority(t)
	harness.Everywhere(t, tlsBlock(t, a, ""), func(t *testing.T, srv harness.Server) {
		nc := admitted(t, srv, nats.RootCAs(a.File))
		state, err := nc.TLSConnectionState()
		if err != nil || !state.HandshakeComplete || state.Version < tls.VersionTLS12 {
			t.Errorf("TLS state %+v (%v)", state, err)
		}
		if list := harness.Connz(t, srv, ""); len(list) != 1 || list[0].TLSVersion == "" {
			t.Errorf("/connz shows %+v, want the TLS version", list)
		}
		rejected(t, srv, "a client that does not know the authority", nats.Secure(&tls.Config{ServerName: "127.0.0.1"}))
	})
}

// Plain text instead of a handshake ends the connection. [P-25]
func TestTLSRefusesPlainText(t *testing.T) {
	a := harness.NewAuthority(t)
	harness.Everywhere(t, tlsBlock(t, a, ""), func(t *testing.T, srv harness.Server) {
		w := harness.OpenWire(t, srv)
		if !w.Info.TLSRequired {
			t.Error("INFO does not say tls_required")
		}
		w.Send(t, `CONNECT {"verbose":false}|PING|`)
		w.Drained(t)
		if reason := harness.ClosedFor(t, srv, "", w.Info.ClientID); reason != "TLS Handshake Failure" {
			t.Errorf("reason %q", reason)
		}
	})
}

// With verify only clients with a certificate of the authority come in.
func TestTLSVerify(t *testing.T) {
	a, other := harness.NewAuthority(t), harness.NewAuthority(t)
	harness.Everywhere(t, tlsBlock(t, a, "verify: true"), func(t *testing.T, srv harness.Server) {
		admitted(t, srv, nats.RootCAs(a.File), identity(a, t, "client", ""))
		rejected(t, srv, "no certificate", nats.RootCAs(a.File))
		rejected(t, srv, "a stranger's certificate", nats.RootCAs(a.File), identity(other, t, "client", ""))
	})
}

// With verify_and_map the certificate is the user: an e-mail address, or the
// subject.
func TestTLSVerifyAndMap(t *testing.T) {
	a := harness.NewAuthority(t)
	config := tlsBlock(t, a, "verify_and_map: true") + `
		accounts {
			MAIL { users: [{user: "ann@example.com"}] }
			NAME { users: [{user: "CN=bob"}] }
		}`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		admitted(t, srv, nats.RootCAs(a.File), identity(a, t, "ann", "ann@example.com"), nats.Name("ann"))
		admitted(t, srv, nats.RootCAs(a.File), identity(a, t, "bob", ""), nats.Name("bob"))
		want := map[string][2]string{"ann": {"ann@example.com", "MAIL"}, "bob": {"CN=bob", "NAME"}}
		for _, c := range harness.Connz(t, srv, "auth=1") {
			if got := [2]string{c.User, c.Account}; got != want[c.Name] {
				t.Errorf("%s is %q, want %q", c.Name, got, want[c.Name])
			}
		}
		refused(t, srv, "nobody's certificate", nats.RootCAs(a.File), identity(a, t, "eve", ""))
	})
}

// With handshake_first nothing is said in clear. [P-25]
func TestTLSHandshakeFirst(t *testing.T) {
	a := harness.NewAuthority(t)
	plain := tlsBlock(t, a, "")
	harness.EverywhereStarted(t, func(t *testing.T, start harness.Starter) {
		harness.Needs(t, start(t, ""), "2.10", "tls handshake_first")
		srv := start(t, tlsBlock(t, a, "handshake_first: true"))
		nc := admitted(t, srv, nats.RootCAs(a.File), nats.TLSHandshakeFirst())
		if _, err := nc.TLSConnectionState(); err != nil {
			t.Error(err)
		}
		rejected(t, srv, "a client that waits for INFO", nats.RootCAs(a.File), nats.Timeout(200*time.Millisecond))
		rejected(t, start(t, plain), "handshake first against a server that says INFO first", nats.RootCAs(a.File), nats.TLSHandshakeFirst())
	})
}

// With auto those who wait get INFO in clear and upgrade.
func TestTLSHandshakeFirstAuto(t *testing.T) {
	a := harness.NewAuthority(t)
	harness.EverywhereStarted(t, func(t *testing.T, start harness.Starter) {
		harness.Needs(t, start(t, ""), "2.10", "tls handshake_first")
		srv := start(t, tlsBlock(t, a, "handshake_first: auto"))
		admitted(t, srv, nats.RootCAs(a.File), nats.TLSHandshakeFirst())
		admitted(t, srv, nats.RootCAs(a.File))
	})
}

// With allow_non_tls both kinds of clients talk to each other. [P-25]
func TestTLSOptional(t *testing.T) {
	a := harness.NewAuthority(t)
	harness.Everywhere(t, tlsBlock(t, a, "")+"allow_non_tls: true\n", func(t *testing.T, srv harness.Server) {
		if info := harness.ReadInfo(t, srv); info.TLSRequired || !info.TLSAvailable {
			t.Errorf("INFO says required %v, available %v", info.TLSRequired, info.TLSAvailable)
		}
		secure := admitted(t, srv, nats.RootCAs(a.File), nats.Secure(a.Client()))
		if _, err := secure.TLSConnectionState(); err != nil {
			t.Error(err)
		}
		clear := admitted(t, srv)
		sub := harness.Subscribe(t, clear, "both")
		harness.Publish(t, secure, "both", "x")
		harness.Expect(t, sub, "both", "x")
	})
}
