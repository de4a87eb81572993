package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/client"
)

// certificate makes a self-signed one, once: it serves as server's, client's and
// authority.
var certificate = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"localhost"},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
})

// secure is settings with TLS.
func secure(set func(s *client.Settings)) *client.Settings {
	cert, pool := certificate()
	s := defaults()
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: pool, MinVersion: tls.VersionTLS12}
	s.TLSTimeout = 2 * time.Second
	if set != nil {
		set(s)
	}
	return s
}

// upgrade starts TLS on a socket.
func (b *bench) upgrade(nc net.Conn, certs ...tls.Certificate) *wire {
	_, pool := certificate()
	tc := tls.Client(nc, &tls.Config{RootCAs: pool, ServerName: "localhost", Certificates: certs, MinVersion: tls.VersionTLS12})
	b.t.Cleanup(func() { tc.Close() })
	return b.on(tc)
}

// INFO asks for TLS in clear, the handshake follows, and nothing is said a
// second time. [P-25]
func TestTLSUpgrade(t *testing.T) {
	b := newBench(t, secure(nil))
	plain := b.dial("")
	if i := plain.info; !i.TLSRequired || i.TLSAvailable || i.TLSVerify {
		t.Errorf("INFO %+v", i)
	}
	w := b.upgrade(plain.nc)
	w.says(q+"SUB a 1|PUB a 1|x|", "MSG a 1 1|x|")
}

// Plain text where a handshake should be, and silence, end the connection
// without a word. [P-25]
func TestTLSHandshakeFailure(t *testing.T) {
	for _, say := range []string{"CONNECT {}\r\nPING\r\n", ""} {
		synctest.Test(t, func(t *testing.T) {
			b := newPipes(t, secure(nil))
			w := b.dial("")
			began := time.Now()
			if say != "" {
				// The server may hang up before all of it was taken.
				if _, err := io.WriteString(w.nc, say); err != nil && !errors.Is(err, io.ErrClosedPipe) {
					t.Fatal(err)
				}
			}
			rest, err := io.ReadAll(w.r)
			if err != nil {
				t.Fatal(err)
			}
			if len(rest) > 0 && rest[0] != 21 { // a TLS alert
				t.Errorf("%q was answered with %q", say, rest)
			}
			if got := b.reason(w.info.ClientID); got != "TLS Handshake Failure" {
				t.Errorf("%q closed for %s", say, got)
			}
			if d := time.Since(began); say == "" && d < 2*time.Second || d > 8*time.Second {
				t.Errorf("%q: closed after %v", say, d)
			}
		})
	}
}

// A certificate is asked for and must be there. [P-25]
func TestTLSVerify(t *testing.T) {
	b := newBench(t, secure(func(s *client.Settings) { s.TLS.ClientAuth = tls.RequireAndVerifyClientCert }))
	cert, _ := certificate()
	plain := b.dial("")
	if !plain.info.TLSVerify {
		t.Error("INFO does not ask for a certificate")
	}
	b.upgrade(plain.nc, cert).says(q, "")
	none := b.dial("")
	w := b.upgrade(none.nc)
	if _, err := io.ReadAll(w.nc); err == nil {
		t.Error("a client without certificate was let in")
	}
	if got := b.reason(none.info.ClientID); got != "TLS Handshake Failure" {
		t.Errorf("closed for %s", got)
	}
}

// Where TLS is offered and not required the first byte decides. [P-25]
func TestAllowNonTLS(t *testing.T) {
	b := newBench(t, secure(func(s *client.Settings) { s.AllowNonTLS = true }))
	w := b.dial("")
	if i := w.info; i.TLSRequired || !i.TLSAvailable {
		t.Errorf("INFO %+v", i)
	}
	w.says(q+"SUB a 1|PUB a 1|x|", "MSG a 1 1|x|")
	b.upgrade(b.dial("").nc).says(q+"SUB a 1|PUB a 1|x|", "MSG a 1 1|x|")
}

// A client that takes its time before its first word is no TLS client, and is
// not turned away.
func TestAllowNonTLSWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPipes(t, secure(func(s *client.Settings) { s.AllowNonTLS = true }))
		w := b.dial("")
		<-time.After(10 * time.Second)
		w.says(q, "")
	})
}

// TLS first: not a byte before the handshake, then INFO. [P-25]
func TestTLSFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPipes(t, secure(func(s *client.Settings) { s.HandshakeFirst = true }))
		nc := b.connect()
		if err := nc.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if n, err := nc.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the server spoke first: %d bytes, %v", n, err)
		}
		w := b.upgrade(nc)
		w.info = w.readInfo()
		w.says(q+"SUB a 1|PUB a 1|x|", "MSG a 1 1|x|")
		c, ok := b.broker.Conn(w.info.ClientID).Peer().(*client.Conn)
		if !ok || !c.TLSFirst() {
			t.Error("it does not count as TLS first")
		}
		nc.Close()
	})
}

// With a fallback INFO comes in clear to who waits for it, and the usual upgrade
// follows; who starts TLS at once gets INFO inside; who speaks in clear gets
// INFO and may not go on so. [P-25]
func TestTLSFirstFallback(t *testing.T) {
	settings := secure(func(s *client.Settings) { s.HandshakeFirst, s.TLSFallback = true, 50*time.Millisecond })
	synctest.Test(t, func(t *testing.T) {
		b := newPipes(t, settings)
		began := time.Now()
		plain := b.dial("")
		if d := time.Since(began); d != 50*time.Millisecond {
			t.Errorf("INFO came after %v", d)
		}
		b.upgrade(plain.nc).says(q, "")

		began = time.Now()
		w := b.upgrade(b.connect())
		w.info = w.readInfo()
		if d := time.Since(began); d >= 50*time.Millisecond {
			t.Errorf("INFO came after %v", d)
		}
		w.says(q, "")
		plain.nc.Close()
		w.nc.Close()
	})
	b := newBench(t, settings)
	w := b.on(b.connect())
	w.send(crlf(q))
	w.info = w.readInfo()
	if _, err := io.ReadAll(w.r); err != nil {
		t.Logf("end of a client that speaks in clear: %v", err)
	}
	if got := b.reason(w.info.ClientID); got != "TLS Handshake Failure" {
		t.Errorf("closed for %s", got)
	}
}

// With fallback and plain clients allowed, who speaks in clear at once is
// served.
func TestTLSFirstFallbackPlain(t *testing.T) {
	b := newBench(t, secure(func(s *client.Settings) {
		s.HandshakeFirst, s.TLSFallback, s.AllowNonTLS = true, 5*time.Second, true
	}))
	w := b.on(b.connect())
	w.send(crlf(q + "SUB a 1|PUB a 1|x|PING|"))
	w.info = w.readInfo()
	w.wants("MSG a 1 1", "x", "PONG")
}

// Messages of all sizes pass TLS whole. [P-15]
func TestTLSLargeMessages(t *testing.T) {
	b := newBench(t, secure(nil))
	w := b.upgrade(b.dial("").nc)
	w.send(crlf(q + "SUB a 1|"))
	for _, size := range []int{0, 1, 16 << 10, 300_000} {
		payload := string(make([]byte, size))
		w.send("PUB a " + digits(size) + "\r\n" + payload + "\r\n")
		w.wants("MSG a 1 "+digits(size), payload)
	}
}
