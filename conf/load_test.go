package conf

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What stands in a file of one server arrives where it belongs. [C-9]
func TestLoadWhole(t *testing.T) {
	o, r, err := Parse(`
listen: 127.0.0.1:-1
server_name: A, max_payload: 2k; ping_interval: "10s"
secret = "x"
accounts {
  APP { users: [ {user: app, password: $secret, permissions: {publish: {allow: [a, "b.>"], deny: c}, subscribe: "q g", allow_responses: {max: 3, expires: "1m"}}} ]
        msg_trace: {dest: "t.r", sampling: 20%}, limits { max_conn: 5 }
        mappings { m: n, "w.*": [ {dest: "x.$1", weight: 50%}, {dest: "y.$1", weight: 20} ] }
        exports: [ {service: "s.*", response_type: stream, allow_trace: true}, {stream: "e.>"} ] }
  OTH { imports: [ {service: {account: APP, subject: "s.*"}, to: "my.*"}, {stream: {account: APP, subject: "e.>"}, prefix: p} ] }
}
mqtt { port: 1883 }
`, "test.conf")
	if err != nil {
		t.Fatal(err)
	}
	if o.Host != "127.0.0.1" || o.Port != -1 || o.MaxPayload != 2000 || o.PingInterval != 10*time.Second {
		t.Errorf("top level: %+v", o)
	}
	if len(r.Notes) != 1 || len(r.Warnings) != 0 {
		t.Errorf("notes %v, warnings %v", r.Notes, r.Warnings)
	}
	app := o.Accounts[0]
	if app.TraceDest != "t.r" || app.TraceSampling != 20 || app.Limits.MaxConn != 5 || app.Limits.MaxSubs != -1 {
		t.Errorf("account: %+v", app)
	}
	if m := app.Mappings[1]; len(m.Destinations) != 2 || m.Destinations[0].Weight != 50 {
		t.Errorf("mapping: %+v", m)
	}
	u := o.Users[0]
	if u.Password != "x" || u.Account != app || u.Permissions.Response.MaxMsgs != 3 || !slices.Equal(u.Permissions.Publish.Allow, []string{"a", "b.>"}) {
		t.Errorf("user: %+v", u)
	}
	if o.Accounts[1].Imports[1].LocalSubject() != "p.e.>" {
		t.Errorf("import: %+v", o.Accounts[1].Imports[1])
	}
}

// Everything wrong is told at once, with its place and what may have been
// meant. The column counts from 0 in the first line, from 1 in others. [C-5]
func TestProblems(t *testing.T) {
	_, _, err := Parse("foo: 1\nmax_payloda: 1\n prot: 4222\ncluster { nam: x }\n", "x.conf")
	errs, ok := err.(*Errors)
	if !ok {
		t.Fatalf("error %v, want *Errors", err)
	}
	want := []string{
		`x.conf:1:0: unknown field "foo"`, `x.conf:2:1: unknown field "max_payloda"`,
		`x.conf:3:2: unknown field "prot"`, `x.conf:4:11: unknown field "nam"`,
	}
	if got := strings.Split(errs.Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	hints := []string{"", "max_payload", "port", "name"}
	for i, p := range errs.Problems {
		if p.Hint != hints[i] {
			t.Errorf("hint for %q is %q, want %q", p.Text, p.Hint, hints[i])
		}
	}
}

// Whatever is read gives options or an error, and never brings the reader down.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"port: 4222 host: a", "a { b [ c, 'd' ] }", "x = (\n a\n)\n", `s "\x41\q"`, "n: 1.5G", "v $v", "include x",
		"accounts { A { users: [ {user: a, password: $2a$04$x} ] } }", strings.Repeat("a{", 300), "n: 99999999999999999999", "9: 1e",
		"tls { cert_file: x }", "lame_duck_duration: 5", `mappings { a: [ {dest: "{{partition(2,9)}}", weight: 200%} ] }`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "include") {
			t.Skip("reads files")
		}
		o, _, err := Parse(text, "fuzz.conf")
		if (o == nil) == (err == nil) {
			t.Errorf("options %v and error %v", o, err)
		}
		if o != nil {
			o.SetDefaults()
			if err := o.Validate(); err == nil {
				if _, err := Diff(o, o); err != nil {
					t.Errorf("options differ from themselves: %v", err)
				}
			}
		}
	})
}
