package conf

import (
	"fmt"
	"testing"
)

// What -t lets pass and a start does not. [C-8] [C-22]
func TestStartChecks(t *testing.T) {
	const op = "trusted_keys: OAFEEYZSYYVI4FXLRXJTMM32PQEI3RGOWZJT7Y3YFM4HB7ACPE4RTJPG\n"
	for _, c := range [][2]string{
		{"port: 4222", ""},
		{"max_pending: 1000", "max_payload (1048576) cannot be higher than max_pending (1000)"},
		{`lame_duck_duration: "30s", lame_duck_grace_period: "31s"`, "lame duck grace period (31s) should be strictly lower than lame duck duration (30s)"},
		{"no_auth_user: x", `no_auth_user: "x" present, but users/nkeys are not defined`},
		{"no_auth_user: x\nauthorization {users: [{user: a}]}", `no_auth_user: "x" not present as user or nkey in authorization block or account configuration`},
		{"no_auth_user: a\naccounts {A {users: [{user: a}]}}", ""}, {"no_auth_user: " + userKey + "\nauthorization {users: [{nkey: " + userKey + "}]}", ""},
		{"websocket {port: 1, no_tls: true, no_auth_user: x}", `no_auth_user: "x" present, but users/nkeys are not defined`}, {"websocket {no_auth_user: x}", ""},
		{"mqtt {port: 1, no_auth_user: x}", `no_auth_user: "x" present, but users/nkeys are not defined`},
		{"system_account: NOPE", "error resolving system account: account missing"}, {"system_account: A\naccounts {A {}}", ""},
		{"no_system_account: true", ""}, {op + "system_account: A", ""},
		{`cluster {routes: ["nats://a:1"]}`, "solicited routes require cluster capabilities, e.g. --cluster"},
		{"cluster {name: a, port: 1}\ngateway {name: b, port: 1}", "cluster name conflicts between cluster and gateway definitions"},
		{"gateway {port: 1}", "gateway has no name"}, {"gateway {name: a}", `gateway "a" has no port specified (select -1 for random port)`},
		{`gateway {name: a, port: 1, gateways: [{url: "nats://a:1"}]}`, "gateway in the list 0 has no name"}, {`gateway {name: a, port: 1, gateways: [{name: b}]}`, `gateway "b" has no URL`},
		{`leafnodes {remotes: [{url: "nats://a:1", account: NOPE}]}`, `cannot find local account "NOPE" specified in leafnode remote`},
		{`leafnodes {remotes: [{url: "nats://a:1", account: "$G"}, {url: "nats://a:1", account: "$SYS"}]}`, ""},
		{"leafnodes {authorization {user: a, account: X}}", `cannot find local account "X" specified in leafnode authorization`},
		{"leafnodes {authorization {users: [{user: a, account: X}]}}", `cannot find local account "X" specified in leafnode authorization`},
		{"leafnodes {authorization {users: [{user: a, account: X}]}}\naccounts: [X]", ""},
		{`leafnodes {remotes: [{urls: ["ws://h:80", "nats://h:7422"]}]}`, `remote leaf node configuration cannot have a mix of websocket and non-websocket urls: ["ws://h:80" "nats://h:7422"]`},
		{`leafnodes {remotes: [{url: "nats://u:secret@a:1"}, {url: "nats://u:secret@a:1"}]}`, `duplicate remote urls=["nats://u:xxxxx@a:1"], account=""`},
		{`leafnodes {remotes: [{url: "nats://a:1"}, {url: "nats://a:1", creds: c}]}`, ""},
		{op + `leafnodes {remotes: [{url: "nats://a:1"}]}`, "operator mode requires account nkeys in remotes. Please add an `account` key to each remote " +
			"in your `leafnodes` section, to assign it to an account. Each account value should be a 56 character public key, starting with the letter 'A'"},
		{"leafnodes {port: 1}\ngateway {name: a, port: 1}", "leaf nodes and gateways (both being defined) require a system account to also be configured"},
		{"leafnodes {port: 1}\ngateway {name: a, port: 1}\nsystem_account: S\naccounts: [S]", ""},
		{"jetstream {domain: a.b}", "invalid domain name: may not contain ., * or >"}, {`jetstream {domain: "a b"}`, `invalid domain name: derived "$JS.a b.API.>" is not a valid subject`},
		{"jetstream: true\ncluster {port: 1}", "jetstream cluster requires `server_name` to be set"},
		{"server_name: a\njetstream: true\ncluster {port: 1}", "jetstream cluster requires `cluster.name` to be set"},
		{"websocket {port: -1}", "websocket requires TLS configuration"}, {"websocket {port: -1, no_tls: true}", ""},
		{"websocket {port: -1, no_tls: true, jwt_cookie: c}", `trusted operators or trusted keys configuration is required for JWT authentication via cookie "c"`},
		{`websocket {port: -1, no_tls: true, allowed_origins: ":::"}`, `unable to parse allowed origin: parse ":::": missing protocol scheme`},
		{"mqtt {port: -1}", "mqtt requires JetStream to be enabled if running in standalone mode"}, {"mqtt {port: -1}\njetstream: true", "mqtt requires server name to be explicitly set"},
	} {
		err := options(t, c[0]).Validate()
		if got := fmt.Sprint(err); c[1] == "" && err != nil || c[1] != "" && got != c[1] {
			t.Errorf("%s\n got %s\nwant %s", c[0], got, c[1])
		}
	}
}

// Operators give accounts and users; a file gives none beside them.
func TestOperatorsStandAlone(t *testing.T) {
	memory := &Resolver{Type: "memory"}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "operators require an account resolver to be configured"},
		{Options{Resolver: memory, Accounts: []*Account{{Name: "A"}}}, "operators do not allow Accounts to be configured directly"},
		{Options{Resolver: memory, Users: []*User{{Username: "a"}}}, "operators do not allow users to be configured directly"},
		{Options{Resolver: memory, AuthCallout: new(AuthCallout)}, "operators do not allow authorization callouts to be configured directly"},
		{Options{Resolver: memory, TrustedKeys: []string{"O"}}, "conflicting options for 'TrustedKeys' and 'TrustedOperators'"},
		{Options{Resolver: memory, NoAuthUser: "a"}, "no_auth_user not compatible with Trusted Operator"},
		{Options{Resolver: memory}, "<nil>"},
	} {
		c.o.Operators = []string{"eyJ.."}
		c.o.SetDefaults()
		if got := fmt.Sprint(c.o.Validate()); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
