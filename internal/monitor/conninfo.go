package monitor

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// ConnInfo is one connection of /connz. [M-3]
type ConnInfo struct {
	CID            uint64      `json:"cid"`
	Kind           string      `json:"kind,omitempty"`
	Type           string      `json:"type,omitempty"`
	IP             string      `json:"ip"`
	Port           int         `json:"port"`
	Start          time.Time   `json:"start"`
	LastActivity   time.Time   `json:"last_activity"`
	Stop           *time.Time  `json:"stop,omitempty"`
	Reason         string      `json:"reason,omitempty"`
	RTT            string      `json:"rtt,omitempty"`
	Uptime         string      `json:"uptime"`
	Idle           string      `json:"idle"`
	Pending        int64       `json:"pending_bytes"`
	InMsgs         int64       `json:"in_msgs"`
	OutMsgs        int64       `json:"out_msgs"`
	InBytes        int64       `json:"in_bytes"`
	OutBytes       int64       `json:"out_bytes"`
	Stalls         int64       `json:"stalls,omitempty"`
	NumSubs        int         `json:"subscriptions"`
	Name           string      `json:"name,omitempty"`
	Lang           string      `json:"lang,omitempty"`
	Version        string      `json:"version,omitempty"`
	TLSVersion     string      `json:"tls_version,omitempty"`
	TLSCipher      string      `json:"tls_cipher_suite,omitempty"`
	TLSPeerCerts   []*PeerCert `json:"tls_peer_certs,omitempty"`
	TLSFirst       bool        `json:"tls_first,omitempty"`
	AuthorizedUser string      `json:"authorized_user,omitempty"`
	Account        string      `json:"account,omitempty"`
	Subs           []string    `json:"subscriptions_list,omitempty"`
	SubsDetail     []SubDetail `json:"subscriptions_list_detail,omitempty"`

	rtt time.Duration
}

// PeerCert tells a client's certificate.
type PeerCert struct {
	Subject    string `json:"subject,omitempty"`
	SPKISha256 string `json:"spki_sha256,omitempty"`
	CertSha256 string `json:"cert_sha256,omitempty"`
}

// SubDetail is one subscription. [M-3]
type SubDetail struct {
	Account string `json:"account,omitempty"`
	Tag     string `json:"account_tag,omitempty"`
	Subject string `json:"subject"`
	Queue   string `json:"qgroup,omitempty"`
	SID     string `json:"sid"`
	Msgs    uint64 `json:"msgs"`
	Max     uint64 `json:"max,omitempty"`
	CID     uint64 `json:"cid"`
}

// announced is a peer that says what it is.
type announced interface{ Options() *protocol.Connect }

// tlsFirst is a peer that may have started TLS before INFO.
type tlsFirst interface{ TLSFirst() bool }

// describe takes everything down that may be asked for about a connection.
func (m *Monitor) describe(c *core.Conn, now time.Time) *ConnInfo {
	f := c.Figures()
	ci := &ConnInfo{
		CID: c.ID(), Kind: c.Kind().String(), Type: "nats", Start: c.Start(), LastActivity: f.LastActivity,
		Uptime: uptime(now.Sub(c.Start())), Idle: uptime(now.Sub(f.LastActivity)),
		Pending: f.Pending, InMsgs: f.In.Msgs, InBytes: f.In.Bytes, OutMsgs: f.Out.Msgs, OutBytes: f.Out.Bytes,
		Stalls: f.Stalls, Name: c.Name(), rtt: c.RTT(),
	}
	ci.IP, ci.Port = c.RemoteHost()
	if ci.rtt > 0 {
		ci.RTT = ci.rtt.String()
	}
	if p, ok := c.Peer().(announced); ok {
		if o := p.Options(); o != nil {
			ci.Lang, ci.Version = o.Lang, o.Version
			ci.AuthorizedUser = o.User
			if ci.rtt == 0 && o.Lang != "" { // a client library, not somebody typing
				c.MeasureRTT()
			}
		}
	}
	if g := c.Grant(); g != nil {
		ci.Account, ci.AuthorizedUser = g.Account.Name(), g.User
	}
	if p, ok := c.Peer().(tlsFirst); ok {
		ci.TLSFirst = p.TLSFirst()
	}
	if tc, ok := c.Transport().(*tls.Conn); ok {
		describeTLS(ci, tc.ConnectionState())
	}
	for _, s := range c.Subscriptions() {
		ci.SubsDetail = append(ci.SubsDetail, subDetail(s))
	}
	ci.NumSubs = len(ci.SubsDetail)
	return ci
}

func describeTLS(ci *ConnInfo, st tls.ConnectionState) {
	if !st.HandshakeComplete {
		return
	}
	ci.TLSVersion = tlsVersion(st.Version)
	ci.TLSCipher = tls.CipherSuiteName(st.CipherSuite)
	for _, cert := range st.PeerCertificates {
		ci.TLSPeerCerts = append(ci.TLSPeerCerts, peerCert(cert))
	}
}

func peerCert(cert *x509.Certificate) *PeerCert {
	spki := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	whole := sha256.Sum256(cert.Raw)
	return &PeerCert{
		Subject:    cert.Subject.String(),
		SPKISha256: hex.EncodeToString(spki[:]),
		CertSha256: hex.EncodeToString(whole[:]),
	}
}

// tlsVersion is the bare number, as monitoring shows it.
func tlsVersion(v uint16) string {
	switch v {
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return tls.VersionName(v)
}

func subDetail(s *core.Subscription) SubDetail {
	d := SubDetail{Subject: s.Subject(), Queue: s.Queue(), SID: s.SID()}
	d.Msgs, d.Max = s.Counts()
	if c := s.Conn(); c != nil {
		d.CID = c.ID()
	}
	return d
}
