package conf

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"reflect"
	"slices"
)

// The types that same compares in their own way.
var (
	typeTLSConfig = reflect.TypeFor[*tls.Config]()
	typeURL       = reflect.TypeFor[*url.URL]()
	typePos       = reflect.TypeFor[Pos]()
	typeAccount   = reflect.TypeFor[*Account]()
)

// same reports whether two values of one type configure the same. Places in the
// file do not count. It is not reflect.DeepEqual because of TLS: a pool of
// certificates holds functions, which are never equal, and a configuration in
// use changes inside, which must not be read without its lock.
func same(a, b reflect.Value) bool {
	switch a.Type() {
	case typePos:
		return true
	case typeTLSConfig:
		return sameTLS(a.Interface().(*tls.Config), b.Interface().(*tls.Config))
	case typeAccount: // of a user: which one counts, not what it has
		return sameAccount(a.Interface().(*Account), b.Interface().(*Account))
	case typeURL:
		return sameURL(a.Interface().(*url.URL), b.Interface().(*url.URL))
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() || a.Pointer() == b.Pointer() {
			return a.Pointer() == b.Pointer()
		}
		return same(a.Elem(), b.Elem())
	case reflect.Struct:
		return len(changed(a, b)) == 0
	case reflect.Slice:
		return sameList(a, b)
	case reflect.Map:
		return sameMap(a, b)
	case reflect.Func:
		return a.IsNil() == b.IsNil()
	}
	return a.Equal(b)
}

// changed gives the fields in which two structs of one type are not the same.
func changed(a, b reflect.Value) (names []string) {
	for i := range a.NumField() {
		if !same(a.Field(i), b.Field(i)) {
			names = append(names, a.Type().Field(i).Name)
		}
	}
	return names
}

func sameList(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

func sameMap(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for _, key := range a.MapKeys() {
		if v := b.MapIndex(key); !v.IsValid() || !same(a.MapIndex(key), v) {
			return false
		}
	}
	return true
}

func sameAccount(a, b *Account) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name
}

func sameURL(a, b *url.URL) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.String() == b.String()
}

// sameTLS compares what a tls block can set, and the certificates themselves:
// new ones may be in files of the same name.
func sameTLS(a, b *tls.Config) bool {
	if a == nil || b == nil || a == b {
		return a == b
	}
	return a.ClientAuth == b.ClientAuth && a.MinVersion == b.MinVersion && a.InsecureSkipVerify == b.InsecureSkipVerify &&
		slices.Equal(a.CipherSuites, b.CipherSuites) && slices.Equal(a.CurvePreferences, b.CurvePreferences) &&
		samePool(a.RootCAs, b.RootCAs) && samePool(a.ClientCAs, b.ClientCAs) &&
		slices.EqualFunc(a.Certificates, b.Certificates, func(a, b tls.Certificate) bool {
			return slices.EqualFunc(a.Certificate, b.Certificate, slices.Equal[[]byte])
		})
}

func samePool(a, b *x509.CertPool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(b)
}
