package auth

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
)

// identities lists the names in a certificate that may be a user's, in the
// order in which they are tried: e-mail addresses, DNS names, URIs, then the
// subject as it is written.
func identities(cert *x509.Certificate) []string {
	names := append(slices.Clone(cert.EmailAddresses), cert.DNSNames...)
	for _, u := range cert.URIs {
		names = append(names, u.String())
	}
	return append(names, cert.Subject.String())
}

// byDN finds a user whose name is the certificate's subject with its parts in
// another order, domain components included.
func (r *Rules) byDN(cert *x509.Certificate) *User {
	parts := distinguished(cert)
	if len(parts) == 0 {
		return nil
	}
	for name, u := range r.Users {
		if slices.Equal(parts, sortedParts(name)) {
			return u
		}
	}
	return nil
}

// domainComponent is the object identifier of DC, which the standard library
// writes as a number.
var domainComponent = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}

// distinguished gives the parts of the subject, sorted.
func distinguished(cert *x509.Certificate) []string {
	var seq pkix.RDNSequence
	if _, err := asn1.Unmarshal(cert.RawSubject, &seq); err != nil {
		return nil
	}
	var parts []string
	for _, set := range seq {
		for _, a := range set {
			value, ok := a.Value.(string)
			if !ok {
				continue
			}
			name := a.Type.String()
			if a.Type.Equal(domainComponent) {
				name = "DC"
			} else if text := (pkix.RDNSequence{{a}}).String(); strings.Contains(text, "=") {
				name, value, _ = strings.Cut(text, "=")
			}
			parts = append(parts, strings.ToUpper(name)+"="+value)
		}
	}
	slices.Sort(parts)
	return parts
}

// sortedParts splits a distinguished name as it is written at its commas that
// are not escaped.
func sortedParts(dn string) []string {
	var parts []string
	start := 0
	for i := 0; i <= len(dn); i++ {
		if i < len(dn) && (dn[i] != ',' && dn[i] != '+' || i > 0 && dn[i-1] == '\\') {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimSpace(dn[start:i]), "=")
		if !ok {
			return nil
		}
		parts = append(parts, strings.ToUpper(strings.TrimSpace(name))+"="+strings.TrimSpace(value))
		start = i + 1
	}
	slices.Sort(parts)
	return parts
}
