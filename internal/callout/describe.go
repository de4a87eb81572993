package callout

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/nats-io/jwt/v2"
)

// nonced is a peer that was given a nonce to sign.
type nonced interface{ Nonce() string }

// describe tells the service all about a client. Its own signature of the nonce
// goes with it: the service checks keys that the server does not know.
func describe(r *jwt.AuthorizationRequest, c *core.Conn, req *protocol.Connect) {
	host, _ := c.RemoteHost()
	r.ClientInformation = jwt.ClientInformation{
		Host: host, ID: c.ID(), User: req.User, Name: req.Name, Kind: c.Kind().String(), Type: "nats",
	}
	if req.NKey != "" {
		r.ClientInformation.User = req.NKey
	}
	if p, ok := c.Peer().(nonced); ok {
		r.ClientInformation.Nonce = p.Nonce()
	}
	r.ConnectOptions = jwt.ConnectOptions{
		JWT: req.JWT, Nkey: req.NKey, SignedNonce: req.Sig, Token: req.Token, Username: req.User, Password: req.Pass,
		Name: req.Name, Lang: req.Lang, Version: req.Version, Protocol: req.Protocol,
	}
	tc, ok := c.Transport().(*tls.Conn)
	if !ok {
		return
	}
	st := tc.ConnectionState()
	r.TLS = &jwt.ClientTLS{Version: tlsVersion(st.Version), Cipher: tls.CipherSuiteName(st.CipherSuite)}
	for _, cert := range st.PeerCertificates {
		r.TLS.Certs = append(r.TLS.Certs, pemOf(cert))
	}
	for _, chain := range st.VerifiedChains {
		var list jwt.StringList
		for _, cert := range chain {
			list = append(list, pemOf(cert))
		}
		r.TLS.VerifiedChains = append(r.TLS.VerifiedChains, list)
	}
}

func pemOf(cert *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}

// tlsVersion gives the number of a version of TLS as the request shows it.
func tlsVersion(v uint16) string {
	switch v {
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return tls.VersionName(v)
}
