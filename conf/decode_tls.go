package conf

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"
	"time"
)

// tlsEntry is a tls block while it is decoded.
type tlsEntry struct {
	TLS
	min    uint16
	suites []uint16
	curves []tls.CurveID
	certs  []certFiles
}

// certFiles are the files of one certificate.
type certFiles struct{ cert, key string }

// The tls blocks: those of routes and gateways may know the other servers.
var tlsFields, linkTLSFields block[tlsEntry]

func init() {
	type T = tlsEntry
	tlsFields = block[T]{
		"cert_file": text(func(t *T) *string { return &t.CertFile }),
		"key_file":  text(func(t *T) *string { return &t.KeyFile }),
		"ca_file":   text(func(t *T) *string { return &t.CaFile }),
		"certs":     func(d *decoder, t *T, f *field) { t.certs = d.certificates(f) },
		"verify":    flag(func(t *T) *bool { return &t.Verify }),
		"verify_and_map": func(d *decoder, t *T, f *field) {
			flag(func(t *T) *bool { return &t.Map })(d, t, f)
			t.Verify = t.Verify || t.Map
		},
		"insecure":          flag(func(t *T) *bool { return &t.Insecure }),
		"timeout":           seconds(func(t *T) *float64 { return &t.Timeout }),
		"handshake_first":   decodeHandshakeFirst,
		"min_version":       decodeMinVersion,
		"cipher_suites":     decodeCipherSuites,
		"curve_preferences": decodeCurves,
		"pinned_certs":      decodePinned,

		"connection_rate_limit":        number(func(t *T) *int64 { return &t.RateLimit }),
		"allow_insecure_cipher_suites": ignored[T](whyInternal),
		"ocsp_peer":                    ignored[T](whyLater),
		"cert_store":                   ignored[T](whyPlatform),
		"cert_match":                   ignored[T](whyPlatform),
		"cert_match_by":                ignored[T](whyPlatform),
		"ca_certs_match":               ignored[T](whyPlatform),
		"cert_match_skip_invalid":      ignored[T](whyPlatform),

		"verify_cert_and_check_known_urls": func(d *decoder, _ *T, f *field) {
			d.fail(f.pos, "verify_cert_and_check_known_urls not supported in this context")
		},
	}
	tlsFields.alias("handshake_first", "first", "immediate")
	tlsFields.alias("certs", "certificates")
	linkTLSFields = maps.Clone(tlsFields)
	linkTLSFields["verify_cert_and_check_known_urls"] = func(d *decoder, t *T, f *field) {
		flag(func(t *T) *bool { return &t.KnownURLs })(d, t, f)
		t.Verify = t.Verify || t.KnownURLs
	}
}

// tlsBlock decodes a tls map and loads its files, nil if it cannot be used.
func (d *decoder) tlsBlock(f *field, fields block[tlsEntry]) (*TLS, *tls.Config) {
	m, ok := f.node.value.(*tree)
	if !ok {
		d.fail(f.pos, "TLS options should be a map/struct, got %s", typeName(f.node.value))
		return nil, nil
	}
	t := &tlsEntry{TLS: TLS{Pos: f.pos}, min: tls.VersionTLS12}
	before := len(d.problems)
	decodeBlock(d, fields, t, m, unknownTLS)
	if len(d.problems) > before {
		return nil, nil
	}
	cfg, err := t.config()
	if err != nil {
		d.fail(f.pos, "%v", err)
		return nil, nil
	}
	return &t.TLS, cfg
}

// config loads the certificates and puts the rest beside them.
func (t *tlsEntry) config() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: t.min, CipherSuites: t.suites, CurvePreferences: t.curves, InsecureSkipVerify: t.Insecure}
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		return nil, fmt.Errorf("missing 'key_file' in TLS configuration")
	case t.CertFile == "" && t.KeyFile != "":
		return nil, fmt.Errorf("missing 'cert_file' in TLS configuration")
	case t.CertFile != "":
		t.certs = append([]certFiles{{t.CertFile, t.KeyFile}}, t.certs...)
	}
	for _, files := range t.certs {
		cert, err := tls.LoadX509KeyPair(files.cert, files.key)
		if err != nil {
			return nil, fmt.Errorf("error parsing X509 certificate/key pair: %w", err)
		}
		cfg.Certificates = append(cfg.Certificates, cert)
	}
	if t.Verify {
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if t.CaFile != "" {
		pem, err := os.ReadFile(t.CaFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("failed to parse root ca certificate %q", t.CaFile)
		}
		cfg.ClientCAs, cfg.RootCAs = pool, pool
	}
	return cfg, nil
}

// TLSFiles builds the client listener's TLS from flags, nil without any. [C-11]
func TLSFiles(cert, key, ca string, verify bool) (*tls.Config, error) {
	t := &tlsEntry{TLS: TLS{CertFile: cert, KeyFile: key, CaFile: ca, Verify: verify}, min: tls.VersionTLS12}
	return t.config()
}

func (d *decoder) certificates(f *field) []certFiles {
	var list []certFiles
	for _, n := range d.maps(f, "certs should", "certs entry") {
		var c certFiles
		decodeBlock(d, block[certFiles]{
			"cert_file": text(func(c *certFiles) *string { return &c.cert }),
			"key_file":  text(func(c *certFiles) *string { return &c.key }),
		}, &c, n.value.(*tree), unknownTLS)
		list = append(list, c)
	}
	return list
}

// autoFallback is how long the handshake is waited for with "auto". [P-25]
const autoFallback = 50 * time.Millisecond

func decodeHandshakeFirst(d *decoder, t *tlsEntry, f *field) {
	switch v := f.node.value.(type) {
	case bool:
		t.HandshakeFirst = v
	case string:
		switch strings.ToLower(v) {
		case "true", "on":
			t.HandshakeFirst = true
		case "false", "off":
		case "auto", "auto_fallback":
			t.HandshakeFirst, t.Fallback = true, autoFallback
		default:
			wait, err := time.ParseDuration(v)
			if err != nil {
				d.fail(f.pos, "field %q's value %q is invalid", f.key, v)
				return
			}
			t.HandshakeFirst, t.Fallback = true, wait
		}
	default:
		d.fail(f.pos, "field %q should be a boolean or a string, got %s", f.key, typeName(v))
	}
}

func decodeMinVersion(d *decoder, t *tlsEntry, f *field) {
	switch v := fmt.Sprint(f.node.value); v {
	case "1.2":
		t.min = tls.VersionTLS12
	case "1.3":
		t.min = tls.VersionTLS13
	default:
		d.fail(f.pos, "error parsing tls config, unknown min_version %q, supported are 1.2 and 1.3", v)
	}
}

func decodeCipherSuites(d *decoder, t *tlsEntry, f *field) {
	known := make(map[string]uint16)
	for _, s := range tls.CipherSuites() {
		known[s.Name] = s.ID
	}
	list := d.words(f)
	if len(list) == 0 {
		d.fail(f.pos, "error parsing tls config, '%s' cannot be empty", f.key)
	}
	for _, name := range list {
		id, ok := known[name.text]
		if !ok {
			d.fail(name.pos, "unrecognized cipher %s", name.text)
			continue
		}
		t.suites = append(t.suites, id)
	}
}

func decodeCurves(d *decoder, t *tlsEntry, f *field) {
	known := map[string]tls.CurveID{
		"CurveP256": tls.CurveP256, "CurveP384": tls.CurveP384, "CurveP521": tls.CurveP521, "X25519": tls.X25519,
		"X25519MLKEM768": tls.X25519MLKEM768,
	}
	list := d.words(f)
	if len(list) == 0 {
		d.fail(f.pos, "error parsing tls config, '%s' cannot be empty", f.key)
	}
	for _, name := range list {
		id, ok := known[name.text]
		if !ok {
			d.fail(name.pos, "unrecognized curve preference %s", name.text)
			continue
		}
		t.curves = append(t.curves, id)
	}
}

var pinned = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// decodePinned decodes the hashes of the public keys that may be presented.
func decodePinned(d *decoder, t *tlsEntry, f *field) {
	for _, w := range d.words(f) {
		if !pinned.MatchString(w.text) {
			d.fail(w.pos, "error parsing tls config, '%s' key %s does not look like hex-encoded sha256 of DER encoded SubjectPublicKeyInfo", f.key, w.text)
		}
		t.Pinned = append(t.Pinned, strings.ToLower(w.text))
	}
}

// decodeClientTLS decodes the tls block of the client listener. [C-24]
func decodeClientTLS(d *decoder, o *Options, f *field) {
	t, cfg := d.tlsBlock(f, tlsFields)
	if t == nil {
		return
	}
	o.TLSBlock, o.TLSConfig, o.TLS = t, cfg, true
	o.TLSCert, o.TLSKey, o.TLSCaCert = t.CertFile, t.KeyFile, t.CaFile
	o.TLSVerify, o.TLSMap, o.TLSTimeout = t.Verify, t.Map, t.Timeout
	o.TLSHandshakeFirst, o.TLSHandshakeFirstFallback = t.HandshakeFirst, t.Fallback
}
