package conf

import (
	"errors"
	"strings"
	"testing"
)

const userKey = "UC6NLCN7AS34YOJVCYD4PJ3QB7QGLYG5B5IMBT25VW5K4TNUJODM7BOX"

// said gives what is wrong or odd in a configuration, one problem a line.
func said(t *testing.T, text string) string {
	t.Helper()
	_, report, err := Parse(text, "x.conf")
	var list *Errors
	switch {
	case errors.As(err, &list):
		return list.Error()
	case err != nil:
		t.Fatalf("%q: %v", text, err)
	}
	return (&Errors{report.Warnings}).Error()
}

// saying runs a table of configurations and of what is said of them.
func saying(t *testing.T, table [][2]string) {
	t.Helper()
	for _, c := range table {
		want := c[1]
		if want != "" {
			want = "x.conf:" + strings.ReplaceAll(want, "\n", "\nx.conf:")
		}
		if got := said(t, c[0]); got != want {
			t.Errorf("%s\n got %s\nwant %s", c[0], got, want)
		}
	}
}

// The texts and places of the reference for the top level. [C-5] [C-22]
func TestTopLevelProblems(t *testing.T) {
	saying(t, [][2]string{
		{"port: 4222\nfoo: 1\n bar: 2\n", "2:1: unknown field \"foo\"\n3:2: unknown field \"bar\""},
		{`{"foo": 1}`, `1:2: unknown field "foo"`},
		{"x: 1, port: $x", ""}, {"X: 1, port: 4222", `1:0: unknown field "X"`},
		{`server_name: "a b"`, "1:0: server name cannot contain spaces"},
		{"server_name: 5", "1:0: interface conversion: interface {} is int64, not string"},
		{`port: "4222"`, "1:0: interface conversion: interface {} is string, not int64"},
		{`debug: "yes"`, "1:0: interface conversion: interface {} is string, not bool"},
		{`http: "8222"`, `1:0: could not parse address string "8222"`},
		{"listen: a:b", `1:0: could not parse port "b"`}, {"listen: ':4222'", ""}, {"listen: '[::1]:4222'", ""}, {"listen: -1", ""},
		{"listen: 70000", "1:0: port 70000 is out of range"},
		{"max_payload: 9G", "1:0: max_payload value is too big"},
		{"max_sub_tokens: 0", "1:0: max_sub_tokens value can not be negative"}, {"max_sub_tokens: 300", "1:0: max_sub_tokens value is too big"},
		{`lame_duck_duration: "10s"`, "1:0: invalid lame_duck_duration of 10s, minimum is 30 seconds"},
		{"lame_duck_duration: x", `1:0: error parsing lame_duck_duration: time: invalid duration "x"`},
		{`lame_duck_grace_period: "-1s"`, "1:0: invalid lame_duck_grace_period, needs to be positive"},
		{"ping_interval: 10", `1:0: invalid use of field "ping_interval": ping_interval should be converted to a duration`},
		{"write_deadline: 10s", ""},
		{"server_tags: [a, [b]]", "1:0: error parsing tags: unsupported type []interface {} where string is expected"},
		{"store_dir: a\njetstream {store_dir: b}", "2:12: Duplicate 'store_dir' configuration"},
		{"jetstream {store_dir: b}\nstore_dir: a", "2:1: Duplicate 'store_dir' configuration"},
		{"jetstream: maybe", "1:0: Expected 'enabled' or 'disabled' for string value, got 'maybe'"},
		{`jetstream {max_mem: "1x"}`, "1:11: max_mem sizes defined as strings must end in K, M, G, T"},
		{"jetstream {cipher: x}", `1:11: Unknown cipher type: "x"`}, {"jetstream {limits {x: 1}}", `1:19: unknown field "x"`},
		{"no_auth_user: x, websocket {port: 1}, mqtt {port: 1}", ""}, // for a start to refuse
		{"trusted_keys: [x]", `1:15: trust key "x" required to be a valid public operator nkey`},
		{"operator: ./none.jwt", "1:0: error parsing operator JWT: open ./none.jwt: no such file or directory"},
		{"operator: eyJx", "1:0: error parsing operator JWT: expected 3 chunks"},
		{"resolver: FOO", "1:0: " + unknownResolver}, {"resolver: MEM", ""}, {`resolver: URL("http://x/")`, ""}, {"resolver: URL(http://x/)", ""},
		{"resolver {type: full}", "1:0: dir has no value and needs to point to a directory"},
		{"resolver {type: full, dir: pos.go}", "1:0: dir needs to point to an accessible directory"},
		{"resolver {type: full, dir: a, ttl: 1h}", "1:0: FULL does not accept ttl"},
		{"resolver {type: full, dir: a, hard_delete: true}", "1:0: hard_delete has no effect without delete"},
		{"resolver {type: cache, dir: a, allow_delete: true}", "1:0: CACHE does not accept allow_delete"},
		{"resolver {type: cache, dir: a, interval: 1m}", "1:0: CACHE does not accept sync"},
		{"resolver_preload {A: x}", "1:18: invalid account JWT"}, {"resolver_preload: 5", "1:0: preload should be a map of account_public_key:account_jwt"},
	})
	if got := said(t, "# nothing\n"); got != "x.conf: config has no values or is empty" {
		t.Errorf("empty file: %s", got)
	}
}

// The texts for users and what they may do.
func TestUserProblems(t *testing.T) {
	saying(t, [][2]string{
		{"authorization {user: a, password: b, token: c}", "1:0: Cannot have a user/pass and token"},
		{"authorization {user: a, password: b, users: [{user: c, password: d}]}", "1:0: Can not have a single user/pass and a users array"},
		{"authorization {token: a, users: []}", "1:0: Can not have a token and a users array"},
		{"authorization {users: [{user: a, password: b}, {user: a, password: c}]}", `1:0: Duplicate user "a" detected`},
		{"authorization {users: [{user: a}]}\naccounts {A {users: [{user: a}]}}", `2:14: Duplicate user "a" detected`},
		{"accounts {A {users: [{nkey: " + userKey + "}]}, B {users: [{nkey: " + userKey + "}]}}", `1:92: Duplicate nkey "` + userKey + `" detected`},
		{"authorization {user: a}\naccounts {A {users: [{user: b}]}}", "2:14: Can not have a single user/pass and accounts"},
		{"authorization {token: a}\naccounts {A {users: [{user: b}]}}", "2:14: Can not have a token and accounts"},
		{"authorization {user: a}\naccounts: [A]", ""},
		{"authorization { users: [ {user: a, password: b, age: 3} ] }", `1:48: unknown field "age"`},
		{"authorization {users: [{nkey: abc}]}", "1:24: Not a valid public nkey for a user"},
		{"authorization {users: [{nkey: " + userKey + ", user: b}]}", "1:88: Nkey users do not take usernames or passwords"},
		{"authorization {users: [{password: b}]}", "1:24: User entry requires a user"}, {"authorization {users: [{}]}", "1:25: User entry requires a user"},
		{"authorization {users: [5]}", "1:23: Expected user entry to be a map/struct, got 5"}, {"authorization {users: 5}", "1:15: Expected users field to be an array, got 5"},
		{"authorization {timeout: 61}", `1:15: invalid use of field "timeout": timeout of 61 (61.000000 seconds) is high, consider keeping it below 60 seconds`},
		{"authorization {timeout: 1.5}", ""}, {`authorization {timeout: "1500ms"}`, ""},
		{"authorization {auth_callout {}}", "1:15: Authorization callouts require an issuer to be specified\n1:15: Authorization callouts require authorized users to be specified"},
		{"authorization {users: [{user: a, clients: [FOO, bar, standard]}]}", `1:33: invalid connection types ["FOO" "BAR"]`},
		{"authorization {permissions {send: x}}", `1:28: Unknown field "send" parsing permissions`},
		{"authorization {permissions {allow_responses {x: 1}}}", `1:45: Unknown field "x" parsing permissions`},
		{"authorization {permissions {pub: {x: 1}}}", `1:34: Unknown field name "x" parsing subject permissions, only 'allow' or 'deny' are permitted`},
		{"authorization {permissions {pub: {allow: a..b}}}", `1:34: subject "a..b" is not a valid subject`},
		{`authorization {permissions {sub: ["a q", "b *", "c q r"]}}`, `1:28: subject "c q r" is not a valid subject`},
		{`authorization {permissions {sub: "a q..r"}}`, `1:28: queue "q..r" is not a valid queue`}, {`authorization {permissions {pub: "a q"}}`, `1:28: subject "a q" is not a valid subject`},
		{"authorization {permissions {pub: 5}}", "1:28: Expected subject permissions to be a subject, or array of subjects, got int64"},
		{"authorization {permissions {allow_responses: 5}}", "1:28: error parsing response permissions, expected a boolean or a map"},
	})
}

// The texts for accounts, exports, imports and mappings. [A-2] [A-11] [A-12] [A-17] [T-12]
func TestAccountProblems(t *testing.T) {
	exporting := func(rest string) string {
		return `accounts {A {exports: [{stream: "s.*.*"}, {service: "q.*"}, {service: r}]}, B {imports: [` + rest + "]}}"
	}
	saying(t, [][2]string{
		{`accounts {"$G" {}}`, `1:11: "$G" is a Reserved Account`}, {`accounts: [A, "$G"]`, `1:15: "$G" is a Reserved Account`}, {`accounts {"$SYS" {}}`, ""},
		{"accounts: [A, A]", "1:14: Duplicate Account Entry: A"}, {"accounts {A: 5}", "1:10: Expected map entries for accounts"}, {"accounts {A {x: 1}}", `1:13: unknown field "x"`},
		{"accounts {A {limits {x: 1}}}", `1:21: Unknown field "x" parsing account limits`}, {"accounts {A {limits: 5}}", "1:13: Expected account limits to be a map/struct, got 5"},
		{"accounts {A {exports: [{stream: a, service: b}]}}", `1:35: Detected service "b" but already saw a stream`},
		{"accounts {A {exports: [{service: b, stream: a}]}}", `1:36: Detected stream "a" but already saw a service`},
		{"accounts {A {exports: [{stream: a, response: single, threshold: 1s, latency: b, allow_trace: true}]}}",
			"1:35: Detected response directive on non-service\n1:53: Detected response directive on non-service\n1:68: Detected latency directive on non-service\n1:80: Detected allow_trace directive on non-service"},
		{"accounts {A {exports: [{service: a, response: many}]}}", `1:36: Unknown response type: "many"`}, {"accounts {A {exports: [{service: a, response: SINGLETON}]}}", ""},
		{"accounts {A {exports: [{service: a, threshold: 5}]}}", "1:36: Expected response threshold to be a parseable time duration, got int64"},
		{"accounts {A {exports: [{service: a, latency: b, response: stream}]}}", `1:0: Error adding service latency sampling for "a" on subject "b": bad service response type`},
		{`accounts {A {exports: [{service: a, latency: "b.*"}]}}`, `1:0: Error adding service latency sampling for "a" on subject "b.*": invalid publish subject`},
		{"accounts {A {exports: [{service: a, latency {sampling: 0, subject: b}}]}}", "1:45: bad sampling percentage, should be 1-100"},
		{"accounts {A {exports: [{service: a, latency {sampling: headers}}]}}", "1:36: Latency subject required, but missing"},
		{"accounts {A {exports: [{service: a, accounts: [X]}, {stream: b, accounts: [Y]}]}}", "1:0: \"X\" account not defined for service export\n1:0: \"Y\" account not defined for stream export"},
		{`accounts {A {exports: [{service: "x.*.y", account_token_position: 1}]}}`, `1:0: Error adding service export "x.*.y": sublist: invalid subject`},
		{exporting("{}"), ""}, {exporting(`{stream: {account: A}}`), "1:90: Expect an account name and a subject"}, {exporting(`{stream: 5}`), "1:90: Stream entry should be an account map, got int64"},
		{exporting(`{stream: {account: X, subject: a}}, {service: {account: X, subject: a}}`), "1:0: \"X\" account not defined for stream import\n1:0: \"X\" account not defined for service import"},
		{exporting(`{stream: {account: A, subject: x}}, {service: {account: A, subject: x}}`), "1:0: Error adding stream import \"x\": stream import not authorized\n1:0: Error adding service import \"x\": service import not authorized"},
		{exporting(`{stream: {account: A, subject: s.a.b}, prefix: p, to: t}`), "1:139: Stream import can not have a 'prefix' and a 'to' property"},
		{exporting(`{stream: {account: A, subject: s.a.b}, prefix: "p.*"}`), `1:0: Error adding stream import "s.a.b": stream import prefix can not contain wildcard tokens`},
		{exporting(`{stream: {account: A, subject: "s.*.*"}, to: "x.$1"}`), `1:0: Error adding stream import "s.*.*": failed to create mapping transform for stream import subject from "s.*.*" to "x.$1": ` +
			"invalid mapping destination: not using all of the token wildcard(s) in x.$1"},
		{exporting(`{stream: {account: A, subject: "s.*.*"}, to: "x.$2.{{partition(3,1)}}"}`), `1:0: Error adding stream import "s.*.*": failed to create mapping transform for stream import subject from "s.*.*" ` +
			`to "x.$2.{{partition(3,1)}}": invalid mapping destination: the only mapping function allowed for import transforms is {{Wildcard()}} in {{partition(3,1)}}`},
		{exporting(`{stream: {account: A, subject: s.a.b}}, {stream: {account: A, subject: s.a.b}, to: x}`), `1:0: Error adding stream import "s.a.b": stream import already exists`},
		{exporting(`{service: {account: A, subject: r}, to: z}, {service: {account: A, subject: q.a}, to: z}`), `1:177: Duplicate service import subject "z", previously used in import for account "A", subject "r"`},
		{exporting(`{service: {account: A, subject: r}, allow_trace: true}`), "1:125: Detected allow_trace directive on a non-stream"},
		{exporting(`{service: {account: A, subject: "q.*"}, to: "my.*"}, {stream: {account: A, subject: "s.*.*"}, to: "x.$2.$1"}`), ""},
		{"accounts {A {exports: [{service: x}], imports: [{service: {account: B, subject: x}}]}, B {exports: [{service: x}], imports: [{service: {account: A, subject: x}}]}}",
			`1:0: Error adding service import "x": import forms a cycle`},
		{"mappings {a..b: c}", `1:10: Subject "a..b" is not a valid subject`}, {"mappings {a: 5}", "1:10: Expected an entry for the mapping destination"},
		{"mappings {a: {dest: b}}", `1:10: Missing weight for mapping destination "b"`}, {"mappings {a: {dest: b, weight: 101%}}", "1:23: Invalid weight 101 for mapping destination"},
		{"mappings {a: {dest: b, weight: x}}", `1:23: Invalid weight "x" for mapping destination`},
		{"mappings {a: [{dest: b, weight: 60}, {dest: c, weight: 60}]}", `1:10: Error adding mapping for "a" : total weight needs to be <= 100`},
		{"mappings {a: [{dest: b, weight: 60}, {dest: b, weight: 6}]}", `1:10: Error adding mapping for "a" : duplicate entry for "b"`},
		{"mappings {a: [{dest: b, weight: 60, cluster: c}, {dest: b, weight: 60}]}", ""},
		{`mappings {a.*: "b.$2"}`, `1:10: Error adding mapping for "a.*" to "b.$2" : invalid mapping destination: wildcard index out of range in $2: [2]`},
	})
}

// The texts for links, TLS and other listeners.
func TestLinkProblems(t *testing.T) {
	saying(t, [][2]string{
		{"cluster { name: c, colour: red }", `1:19: unknown field "colour"`}, {`cluster { name: "c d", port: 6222 }`, "1:10: cluster name cannot contain spaces"},
		{`cluster {routes: ["nats://a:1", "nats://a:1"]}`, `1:33: invalid use of field "nats://a:1": Duplicate route entry detected`},
		{`cluster {routes: [":::"]}`, `1:19: error parsing route url [":::"]`}, {`gateway {gateways: [{name: a, url: ":::"}]}`, `1:30: error parsing gateway url [":::"]`},
		{`leafnodes {remotes: [{urls: [":::"]}]}`, `1:30: error parsing leafnode url [":::"]`},
		{"cluster {authorization {users: []}}", "1:9: Cluster authorization does not allow multiple users"}, {"gateway {authorization {token: x}}", "1:9: Gateway authorization does not support tokens"},
		{"leafnodes {authorization {user: a, users: [{user: b}]}}", "1:11: can not have a single user/pass and a users array"},
		{"leafnodes {authorization {users: [{user: b, account: X}, {user: b}]}}", `1:11: duplicate user "b" detected in leafnode authorization`},
		{"leafnodes {authorization {token: x}}", `1:26: unknown field "token"`}, {"websocket {authorization {users: []}}", `1:26: unknown field "users"`},
		{"leafnodes {min_version: 2.7.0}", "1:11: the minimum version should be at least 2.8.0"}, {"leafnodes {min_version: x}", "1:11: invalid leafnode's minimum version: invalid semver"},
		{"leafnodes {remotes: [5]}", "1:21: Expected remote leafnode entry to be a map/struct, got 5"}, {"gateway {gateways: 5}", "1:9: Expected gateways field to be an array, got int64"},
		{`tls {key_file: "x.pem"}`, "1:0: missing 'cert_file' in TLS configuration"}, {`tls {cert_file: "x.pem"}`, "1:0: missing 'key_file' in TLS configuration"},
		{"tls {foo: 1}", `1:5: error parsing tls config, unknown field "foo"`}, {"tls {cipher_suites: [x]}", "1:21: unrecognized cipher x"}, {"tls {curve_preferences: []}", "1:5: error parsing tls config, 'curve_preferences' cannot be empty"},
		{"tls {pinned_certs: [x]}", "1:20: error parsing tls config, 'pinned_certs' key x does not look like hex-encoded sha256 of DER encoded SubjectPublicKeyInfo"},
		{"tls {verify_cert_and_check_known_urls: true}", "1:5: verify_cert_and_check_known_urls not supported in this context"}, {"cluster {tls {verify_cert_and_check_known_urls: true}}", ""},
		{"websocket {handshake_timeout: 5}", ""}, {"mqtt {max_inflight: 70000}", "1:6: invalid value 70000, should in [0..65535] range"},
	})
}
