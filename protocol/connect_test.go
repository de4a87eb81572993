package protocol

import (
	"strings"
	"testing"
)

// [P-5] What CONNECT does not say is as before it.
func TestConnectDefaults(t *testing.T) {
	for _, arg := range []string{"{}", " { } ", "null", `{"verbose":null,"pedantic":null,"echo":null}`, `{"unknown":{"verbose":false}}`} {
		c, err := ParseConnect([]byte(arg))
		if err != nil || *c != DefaultConnect() {
			t.Errorf("%s: got %+v, %v", arg, c, err)
		}
	}
}

func TestConnectFields(t *testing.T) {
	c, err := ParseConnect([]byte(`{"verbose":false,"pedantic":false,"echo":false,"tls_required":true,"headers":true,` +
		`"no_responders":true,"protocol":1,"name":"n","lang":"go","version":"1.2","user":"u","pass":"p","auth_token":"t",` +
		`"nkey":"U","sig":"s","jwt":"j","proxy_sig":"x"}`))
	want := Connect{TLSRequired: true, Headers: true, NoResponders: true, Protocol: 1, Name: "n", Lang: "go", Version: "1.2",
		User: "u", Pass: "p", Token: "t", NKey: "U", Sig: "s", JWT: "j", ProxySig: "x"}
	if err != nil || *c != want {
		t.Errorf("got %+v, %v", c, err)
	}
}

// [client.md 3] Keys in any case, the last one wins.
func TestConnectKeys(t *testing.T) {
	for arg, verbose := range map[string]bool{
		`{"VERBOSE":false}`:                   false,
		`{"verbose":true,"Verbose":false}`:    false,
		`{"VERBOSE":false,"verbose":true}`:    true,
		`{"verbose":false,"verbose":null}`:    false,
		`{"ver\u0062ose":false}`:              false,
		`{"verbos":false,"verbose ":false}`:   true,
		"{\"verbose\"\t:\n\rfalse , \"a\":1}": false,
	} {
		c, err := ParseConnect([]byte(arg))
		if err != nil || c.Verbose != verbose {
			t.Errorf("%s: %+v, %v", arg, c, err)
		}
	}
}

func TestBadConnect(t *testing.T) {
	for _, arg := range []string{
		"", " ", "x", "[]", "1", `"x"`, "{", "{}}", "{} x", `{"a":}`, `{a:1}`, `{'a':1}`, "{}\x00",
		`{"verbose":"x"}`, `{"verbose":1}`, `{"verbose":3,"verbose":true}`, `{"verbose":true,"VERBOSE":3}`, `{"name":5}`,
		`{"user":{}}`, `{"protocol":1.0}`, `{"protocol":1e0}`, `{"protocol":"1"}`, `{"protocol":99999999999999999999}`,
		`{"jwt":[]}`, `{"headers":[true]}`,
	} {
		if c, err := ParseConnect([]byte(arg)); err != ErrBadArguments || c != nil {
			t.Errorf("%s: got %+v, %v", arg, c, err)
		}
	}
}

// [P-7]
func TestConnectNamesAccount(t *testing.T) {
	for arg, want := range map[string]bool{
		`{"account":"x"}`: true, `{"new_account":true}`: true, `{"account":"","new_account":false}`: false,
		`{"account":null,"new_account":null}`: false, `{}`: false,
	} {
		if c, err := ParseConnect([]byte(arg)); err != nil || c.NamesAccount() != want {
			t.Errorf("%s: got %+v, %v", arg, c, err)
		}
	}
}

// Nesting is bounded: far too deep is an error, not a crash.
func TestDeepJSON(t *testing.T) {
	for _, open := range []string{`{"a":`, "["} {
		closing := map[string]string{`{"a":`: "}", "[": "]"}[open]
		for _, depth := range []int{100, 9_000} {
			arg := `{"x":` + strings.Repeat(open, depth) + "1" + strings.Repeat(closing, depth) + "}"
			if _, err := ParseConnect([]byte(arg)); err != nil {
				t.Errorf("%d levels: %v", depth, err)
			}
		}
		for _, depth := range []int{10_000, 1_000_000} {
			arg := `{"x":` + strings.Repeat(open, depth) + "1" + strings.Repeat(closing, depth) + "}"
			if _, err := ParseConnect([]byte(arg)); err != ErrBadArguments {
				t.Errorf("%d levels: %v", depth, err)
			}
			if _, err := ParseInfo([]byte(arg[:depth])); err != ErrBadArguments {
				t.Errorf("%d levels, cut: %v", depth, err)
			}
		}
	}
}

// A client's keys are its own business where only links know them.
func TestClientMayUseLinkKeys(t *testing.T) {
	if _, err := ParseConnect([]byte(`{"cluster":5,"gateway":[],"deny_pub":1}`)); err != nil {
		t.Error(err)
	}
}

// [route.md 3.2, leafnode.md 2.2]
func TestLinkConnect(t *testing.T) {
	c, err := ParseLinkConnect([]byte(`{"version":"2.15.2","name":"leaf","cluster":"SPC","is_hub":true,"deny_pub":["a.>"],"remote_account":"$G"}`))
	if err != nil || c.Verbose || c.Pedantic || !c.Echo || c.Name != "leaf" || !c.IsHub || c.DenyPub[0] != "a.>" || c.RemoteAccount != "$G" {
		t.Errorf("got %+v, %v", c, err)
	}
	out := &LinkConnect{Connect: Connect{Echo: true, Headers: true, Name: "NID"}, Cluster: "C1", LeafOrigin: true, LeafNoOrigin: true}
	want := `CONNECT {"verbose":false,"pedantic":false,"echo":true,"tls_required":false,"headers":true,"name":"NID",` +
		`"cluster":"C1","lnoc":true,"ln":true}` + "\r\n"
	if got := string(out.Marshal()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := ParseLinkConnect([]byte(`{"cluster":5}`)); err != ErrBadArguments {
		t.Errorf("wrong type: %v", err)
	}
}

func FuzzParseConnect(f *testing.F) {
	for _, arg := range []string{"{}", "null", `{"verbose":false}`, `{"VERBOSE":1}`, `{"a":[[[[{}]]]]}`, "\xff", `{"user":"\ud800"}`} {
		f.Add([]byte(arg))
	}
	f.Fuzz(func(t *testing.T, arg []byte) {
		c, err := ParseConnect(arg)
		if (c == nil) != (err != nil) || err != nil && err != ErrBadArguments {
			t.Errorf("%q: %+v, %v", arg, c, err)
		}
		link, err := ParseLinkConnect(arg)
		if err != nil {
			return
		}
		p := linkParser(Route)
		line := link.Marshal()
		if op, n, err := p.Next(line); len(line) < 60_000 && (op != OpConnect || n != len(line) || err != nil) {
			t.Errorf("%q written as %q: %v, %d, %v", arg, line, op, n, err)
		}
	})
}
