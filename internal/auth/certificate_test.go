package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
)

// makeCert makes a self-signed certificate with the names of a template.
func makeCert(t *testing.T, tmpl *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl.SerialNumber = big.NewInt(1)
	tmpl.NotBefore, tmpl.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// shake gives the server's side of a connection with a client certificate, nil
// for none.
func shake(t *testing.T, certs ...tls.Certificate) net.Conn {
	t.Helper()
	server, client := net.Pipe()
	own := makeCert(t, &x509.Certificate{DNSNames: []string{"server"}})
	pool := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(leaf)
	sc := tls.Server(server, &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13})
	cc := tls.Client(client, &tls.Config{RootCAs: pool, ServerName: "server", Certificates: certs, MinVersion: tls.VersionTLS13})
	done := make(chan error, 1)
	time.AfterFunc(0, func() { done <- cc.Handshake() })
	if err := sc.Handshake(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(0, func() { cc.Read(make([]byte, 1)) }) // takes the session tickets
	t.Cleanup(func() { client.Close() })
	return sc
}

// mustURL parses a URI of a certificate.
func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// dc is a domain component, which the standard library knows by number only.
func dc(value string) pkix.AttributeTypeAndValue {
	return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}, Value: value}
}

// The identities of a certificate count in order: e-mail addresses, DNS names,
// URIs, the subject as written, its parts in any order, with domain components.
//
func TestCertificateIdentities(t *testing.T) {
	b := newBench(t)
	full := makeCert(t, &x509.Certificate{
		Subject:        pkix.Name{CommonName: "cn", Organization: []string{"Org, Inc"}, OrganizationalUnit: []string{"unit"}, ExtraNames: []pkix.AttributeTypeAndValue{}},
		EmailAddresses: []string{"a@x", "b@x"}, DNSNames: []string{"host.x"}, URIs: []*url.URL{mustURL(t, "spiffe://x/y")},
	})
	domain := makeCert(t, &x509.Certificate{Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "cn"}, dc("example"), dc("com"),
	}}})
	for name, row := range map[string]struct {
		cert  tls.Certificate
		users []string
		want  string // "-" for a refusal
	}{
		"first e-mail":      {full, []string{"b@x", "a@x", "host.x"}, "a@x"},
		"second e-mail":     {full, []string{"host.x", "b@x"}, "b@x"},
		"DNS before URI":    {full, []string{"spiffe://x/y", "host.x"}, "host.x"},
		"URI":               {full, []string{"spiffe://x/y", `CN=cn,OU=unit,O=Org\, Inc`}, "spiffe://x/y"},
		"subject":           {full, []string{`CN=cn,OU=unit,O=Org\, Inc`}, `CN=cn,OU=unit,O=Org\, Inc`},
		"another order":     {full, []string{`O=Org\, Inc, CN=cn, OU=unit`}, `O=Org\, Inc, CN=cn, OU=unit`},
		"common name alone": {full, []string{"cn", "CN=cn"}, "-"},
		"one part less":     {full, []string{"CN=cn,OU=unit"}, "-"},
		"domain":            {domain, []string{"CN=cn,DC=example,DC=com"}, "CN=cn,DC=example,DC=com"},
		"domain, reversed":  {domain, []string{"DC=com,DC=example,CN=cn"}, "DC=com,DC=example,CN=cn"},
		"domain missing":    {domain, []string{"CN=cn"}, "-"},
		"nobody":            {full, []string{"x"}, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			rules := &auth.Rules{MapTLS: true, Users: make(map[string]*auth.User)}
			for _, u := range row.users {
				rules.Users[u] = &auth.User{Name: u, Password: "not asked for", Account: b.account("A")}
			}
			g, err := auth.New(rules).Authenticate(b.conn(shake(t, row.cert), ""), say("x", "y"))
			switch {
			case row.want == "-" && err == nil:
				t.Errorf("let in as %q", g.User)
			case row.want != "-" && err != nil:
				t.Error(err)
			case row.want != "-" && g.User != row.want:
				t.Errorf("let in as %q, want %q", g.User, row.want)
			}
		})
	}
}

// A single user may be named by a certificate too; without one, or without TLS,
// nobody is.
func TestCertificateOfSingleUser(t *testing.T) {
	b := newBench(t)
	a := auth.New(&auth.Rules{MapTLS: true, Single: &auth.User{Name: "host.x", Account: b.account(core.GlobalAccount)}})
	cert := makeCert(t, &x509.Certificate{DNSNames: []string{"host.x"}})
	if g, err := a.Authenticate(b.conn(shake(t, cert), ""), say("", "")); err != nil || g.User != "host.x" {
		t.Errorf("with the certificate: %v", err)
	}
	if _, err := a.Authenticate(b.conn(shake(t), ""), say("host.x", "")); err == nil {
		t.Error("let in without a certificate")
	}
	if _, err := a.Authenticate(b.conn(nil, ""), say("host.x", "")); err == nil {
		t.Error("let in without TLS")
	}
}
