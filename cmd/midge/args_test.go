package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestServerArgs(t *testing.T) {
	for _, c := range []struct {
		line  string
		want  flagValues
		words string
	}{
		{"", flagValues{}, ""},
		{"-p 4222 -a 127.0.0.1", flagValues{"port": "4222", "addr": "127.0.0.1"}, ""},
		{"-p=4222 --net=::1", flagValues{"port": "4222", "addr": "::1"}, ""},
		{"--port -1", flagValues{"port": "-1"}, ""},
		{"-DVV -js -sd /data", flagValues{"DVV": "true", "jetstream": "true", "store_dir": "/data"}, ""},
		{"-T=false --logtime_utc", flagValues{"logtime": "false", "logtime_utc": "true"}, ""},
		{"-sl reload=1", flagValues{"signal": "reload=1"}, ""},
		{"-m 0x1f90", flagValues{"http_port": "0x1f90"}, ""},
		{"-p 1 -p 2", flagValues{"port": "2"}, ""},
		{"-routes nats://a:1,nats://u:p=w@b:2", flagValues{"routes": "nats://a:1,nats://u:p=w@b:2"}, ""},
		{"-c= -t", flagValues{"config": "", "t": "true"}, ""},
		{"-D extra -V", flagValues{"debug": "true"}, "extra -V"},
		{"-D -- -V", flagValues{"debug": "true"}, "-V"},
		{"-", flagValues{}, "-"},
	} {
		values, words, err := serverArgs(strings.Fields(c.line))
		if err != nil || !maps.Equal(values, c.want) || strings.Join(words, " ") != c.words {
			t.Errorf("%q: got %v, words %q, error %v; want %v, words %q", c.line, values, words, err, c.want, c.words)
		}
	}
}

// The texts are those of Go's flag package: scripts match them. [C-11]
func TestServerArgsRefused(t *testing.T) {
	for line, want := range map[string]string{
		"-foo":                      "flag provided but not defined: -foo",
		"--foo=1":                   "flag provided but not defined: -foo",
		"-p":                        "flag needs an argument: -p",
		"-p abc":                    `invalid value "abc" for flag -p: parse error`,
		"--port=abc":                `invalid value "abc" for flag -port: parse error`,
		"-p 99999999999999999999":   `invalid value "99999999999999999999" for flag -p: value out of range`,
		"-T=abc":                    `invalid boolean value "abc" for -T: parse error`,
		"---p 1":                    "bad flag syntax: ---p",
		"-=x":                       "bad flag syntax: -=x",
		"-log_size_limit 1kb -DVVV": `invalid value "1kb" for flag -log_size_limit: parse error`,
	} {
		if _, _, err := serverArgs(strings.Fields(line)); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", line, err, want)
		}
	}
}

// Whatever is typed, a value that comes out has passed its flag's check.
func FuzzServerArgs(f *testing.F) {
	f.Add("-p\x001\x00--js=t\x00word")
	f.Add("-\x00--\x00-=\x00-T=no")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		values, words, err := serverArgs(args)
		if err == nil && len(words) > 0 && !slices.Equal(args[len(args)-len(words):], words) {
			t.Errorf("words %q are not the end of %q", words, args)
		}
		for name, v := range values {
			flag, ok := flagNamed(name)
			if !ok || flag.names[0] != name || flag.check(v) != nil {
				t.Errorf("%q gave %s=%q", args, name, v)
			}
		}
	})
}

func TestNoFlagNameTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range serverFlags {
		for _, f := range g.flags {
			for _, n := range f.names {
				if seen[n] {
					t.Errorf("two flags are called %q", n)
				}
				seen[n] = true
			}
		}
	}
}

// A flag is stronger than its variable. Flags that ask for something else than
// a server have none.
func TestEnvironment(t *testing.T) {
	env := map[string]string{"MIDGE_PORT": "4333", "MIDGE_ADDR": "::1", "MIDGE_DVV": "1", "MIDGE_VERSION": "true",
		"MIDGE_SIGNAL": "stop=1", "MIDGE_READY_JSON": "true"}
	values := flagValues{"addr": "10.0.0.1"}
	if err := values.addEnvironment(func(k string) string { return env[k] }); err != nil {
		t.Fatal(err)
	}
	want := flagValues{"addr": "10.0.0.1", "port": "4333", "DVV": "1", "ready-json": "true"}
	if !maps.Equal(values, want) {
		t.Errorf("got %v, want %v", values, want)
	}

	// A Kubernetes service called "midge" makes this variable.
	values = flagValues{}
	if err := values.addEnvironment(func(k string) string {
		return map[string]string{"MIDGE_PORT": "tcp://10.0.0.1:4222"}[k]
	}); err != nil || len(values) != 0 {
		t.Errorf("service variable: %v, %v", values, err)
	}

	err := flagValues{}.addEnvironment(func(k string) string {
		return map[string]string{"MIDGE_HTTP_PORT": "web"}[k]
	})
	if want := `environment variable MIDGE_HTTP_PORT: invalid value "web": parse error`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{"prot": "port", "Debgu": "debug", "zzz": "", "max_conections": "max_connections"} {
		if got := nearest(word, []string{"port", "debug", "max_connections"}); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
