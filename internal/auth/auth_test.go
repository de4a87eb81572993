package auth_test

import (
	"encoding/base64"
	"net"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/bcrypt"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/protocol"
)

func hashed(t *testing.T, text string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(text), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

// users makes a table by name.
func users(list ...*auth.User) map[string]*auth.User {
	m := make(map[string]*auth.User)
	for _, u := range list {
		m[u.Name] = u
	}
	return m
}

// Who is let in, as whom, for every way to say who one is. [A-5] [A-6] [P-21]
func TestAuthenticate(t *testing.T) {
	b := newBench(t)
	global, a := b.account(core.GlobalAccount), b.account("A")
	plain := &auth.User{Name: "plain", Password: "pw", Account: a}
	crypt := &auth.User{Name: "crypt", Password: hashed(t, "pw"), Account: a}
	empty := &auth.User{Name: "empty", Account: a}
	for name, row := range map[string]struct {
		rules auth.Rules
		said  *protocol.Connect
		user  string // "-" for a refusal
		where string
	}{
		"nobody is asked":          {auth.Rules{}, say("x", "y"), "", "$G"},
		"plain":                    {auth.Rules{Users: users(plain, crypt)}, say("plain", "pw"), "plain", "A"},
		"plain, wrong":             {auth.Rules{Users: users(plain, crypt)}, say("plain", "pw2"), "-", ""},
		"unknown":                  {auth.Rules{Users: users(plain, crypt)}, say("x", "pw"), "-", ""},
		"nothing said":             {auth.Rules{Users: users(plain, crypt)}, say("", ""), "-", ""},
		"hash":                     {auth.Rules{Users: users(plain, crypt)}, say("crypt", "pw"), "crypt", "A"},
		"hash, wrong":              {auth.Rules{Users: users(plain, crypt)}, say("crypt", "pw2"), "-", ""},
		"the hash is no password":  {auth.Rules{Users: users(plain, crypt)}, say("crypt", crypt.Password), "-", ""},
		"empty password":           {auth.Rules{Users: users(empty)}, say("empty", ""), "empty", "A"},
		"token":                    {auth.Rules{Token: "tok"}, &protocol.Connect{Token: "tok"}, "", "$G"},
		"token, wrong":             {auth.Rules{Token: "tok"}, &protocol.Connect{Token: "to"}, "-", ""},
		"token as password":        {auth.Rules{Token: "tok"}, say("tok", "tok"), "-", ""},
		"token, hash":              {auth.Rules{Token: hashed(t, "tok")}, &protocol.Connect{Token: "tok"}, "", "$G"},
		"single":                   {auth.Rules{Single: plain}, say("plain", "pw"), "plain", "A"},
		"single, wrong name":       {auth.Rules{Single: plain}, say("plaim", "pw"), "-", ""},
		"single, wrong":            {auth.Rules{Single: plain}, say("plain", ""), "-", ""},
		"default":                  {auth.Rules{Users: users(plain, crypt), Default: crypt}, say("", ""), "crypt", "A"},
		"default is not for users": {auth.Rules{Users: users(plain), Default: plain}, say("x", ""), "-", ""},
		"default, password only":   {auth.Rules{Users: users(plain), Default: plain}, say("", "x"), "-", ""},
		"default, token":           {auth.Rules{Users: users(plain), Default: plain}, &protocol.Connect{Token: "x"}, "-", ""},
		"default, a JWT that no operator issued": {
			auth.Rules{Users: users(plain), Default: plain}, &protocol.Connect{JWT: "x", Sig: "y"}, "plain", "A"},
		"only nkeys":           {auth.Rules{NKeys: users(plain)}, say("plain", "pw"), "-", ""},
		"nkey without a nonce": {auth.Rules{NKeys: users(plain)}, &protocol.Connect{NKey: "plain"}, "-", ""},
	} {
		t.Run(name, func(t *testing.T) {
			row.rules.Global = global
			g, err := auth.New(&row.rules).Authenticate(b.conn(nil, ""), row.said)
			if row.user == "-" {
				if err == nil {
					t.Errorf("let in as %q", g.User)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if g.User != row.user || g.Account.Name() != row.where || g.Configured != row.rules.Required() {
				t.Errorf("let in as %+v", g)
			}
		})
	}
}

// What counts as a hash: the four prefixes with two digits, nothing else.
func TestIsBcrypt(t *testing.T) {
	for stored, want := range map[string]bool{
		"$2a$04$x": true, "$2b$11$x": true, "$2x$11$": true, "$2y$11$": true,
		"$2a$4$x": false, "$2c$11$x": false, "x$2a$11$x": false, "2a$11$": false, "": false, "$2a$1": false,
	} {
		if auth.IsBcrypt(stored) != want {
			t.Errorf("%q: %v", stored, !want)
		}
	}
}

// An nkey signs the nonce's text; its signature may be in either base64
// alphabet, and must be its own. [A-6] [P-22]
func TestNKeys(t *testing.T) {
	b := newBench(t)
	key, other := newKey(t), newKey(t)
	public := publicOf(t, key)
	u := &auth.User{Name: public, Account: b.account("A")}
	a := auth.New(&auth.Rules{NKeys: users(u), Users: users(&auth.User{Name: "u", Password: "p", Account: b.account("A")})})
	encodings := map[string]*base64.Encoding{"url": base64.RawURLEncoding, "standard": base64.StdEncoding}
	alphabets := map[bool]bool{} // signatures with and without the characters that differ
	for i := range 40 {
		nonce := strings.Repeat(string(rune('a'+i%26)), 14) + string(rune('0'+i/26))
		sig := sign(t, key, nonce)
		alphabets[strings.ContainsAny(base64.StdEncoding.EncodeToString(sig), "+/")] = true
		for name, e := range encodings {
			g, err := a.Authenticate(b.conn(nil, nonce), &protocol.Connect{NKey: public, Sig: e.EncodeToString(sig)})
			if err != nil || g.User != public {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if !alphabets[true] {
		t.Error("no signature tells the alphabets apart")
	}
	const nonce = "0123456789abcde"
	good := base64.RawURLEncoding.EncodeToString(sign(t, key, nonce))
	for name, said := range map[string]*protocol.Connect{
		"another's signature": {NKey: public, Sig: base64.RawURLEncoding.EncodeToString(sign(t, other, nonce))},
		"of another nonce":    {NKey: public, Sig: base64.RawURLEncoding.EncodeToString(sign(t, key, nonce+"x"))},
		"unknown key":         {NKey: publicOf(t, other), Sig: base64.RawURLEncoding.EncodeToString(sign(t, other, nonce))},
		"no key":              {NKey: "U", Sig: good},
		"no signature":        {NKey: public},
		"no base64":           {NKey: public, Sig: "!" + good},
		"cut":                 {NKey: public, Sig: good[:40]},
	} {
		if _, err := a.Authenticate(b.conn(nil, nonce), said); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := a.Authenticate(b.conn(nil, nonce), say("u", "p")); err != nil {
		t.Errorf("a user beside nkeys: %v", err)
	}
}

// A configured key that is none cannot be used, whatever was signed.
func TestNKeyThatIsNone(t *testing.T) {
	b := newBench(t)
	a := auth.New(&auth.Rules{NKeys: users(&auth.User{Name: "UNONE", Account: b.account("A")})})
	if _, err := a.Authenticate(b.conn(nil, "nonce"), &protocol.Connect{NKey: "UNONE", Sig: "AAAA"}); err == nil {
		t.Error("taken")
	}
}

// A default user that is an nkey is given to who names it, whatever the
// signature. [client.md 10]
func TestDefaultNKey(t *testing.T) {
	b := newBench(t)
	u := &auth.User{Name: publicOf(t, newKey(t)), Account: b.account("A")}
	a := auth.New(&auth.Rules{NKeys: users(u), Default: u})
	for _, said := range []*protocol.Connect{{}, {NKey: u.Name}, {NKey: u.Name, Sig: "wrong"}} {
		if g, err := a.Authenticate(b.conn(nil, "nonce"), said); err != nil || g.User != u.Name {
			t.Errorf("%+v: %v", said, err)
		}
	}
}

// A user may be bound to kinds of connection, in any case.
func TestConnectionTypes(t *testing.T) {
	b := newBench(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	tcp, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conns := map[string]*core.Conn{"STANDARD": b.conn(tcp, ""), "IN_PROCESS": b.conn(nil, "")}
	for _, row := range []struct {
		types []string
		takes string
	}{
		{nil, "STANDARD IN_PROCESS"}, {[]string{"standard"}, "STANDARD"}, {[]string{"MQTT", "In_Process"}, "IN_PROCESS"}, {[]string{"WEBSOCKET"}, ""},
	} {
		a := auth.New(&auth.Rules{Users: users(&auth.User{Name: "u", Password: "p", Account: b.account("A"), ConnectionTypes: row.types})})
		for typ, c := range conns {
			if _, err := a.Authenticate(c, say("u", "p")); (err == nil) != strings.Contains(row.takes, typ) {
				t.Errorf("%v: %s: %v", row.types, typ, err)
			}
		}
	}
}

// Other rules count from the moment they are applied.
func TestApply(t *testing.T) {
	b := newBench(t)
	a := auth.New(&auth.Rules{Token: "old", Global: b.account(core.GlobalAccount)})
	next := &auth.Rules{Token: "new", Global: b.account(core.GlobalAccount)}
	a.Apply(next)
	if a.Rules() != next {
		t.Error("other rules")
	}
	if _, err := a.Authenticate(b.conn(nil, ""), &protocol.Connect{Token: "old"}); err == nil {
		t.Error("the old token is taken")
	}
}

func newKey(t *testing.T) nkeys.KeyPair {
	t.Helper()
	k, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func publicOf(t *testing.T, k nkeys.KeyPair) string {
	t.Helper()
	p, err := k.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sign(t *testing.T, k nkeys.KeyPair, text string) []byte {
	t.Helper()
	s, err := k.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
