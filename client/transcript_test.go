package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// q is a CONNECT that wants no +OK and no remarks.
const q = `CONNECT {"verbose":false,"pedantic":false}|`

// hq is the same of a client with headers.
const hq = `CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}|`

// Conversations with a server without authentication, "|" for CRLF.
func TestTranscripts(t *testing.T) {
	for name, row := range map[string]struct{ send, want string }{
		// Defaults and verbose. [P-5] [client.md 12]
		"before CONNECT":          {"PUB foo 2|hi|", "+OK|"},
		"empty CONNECT":           {"CONNECT {}|PUB foo 2|hi|SUB foo 1|UNSUB 1|PING|", "+OK|+OK|+OK|+OK|PONG|"},
		"+OK before own message":  {"SUB a 1|PUB a 1|x|", "+OK|+OK|MSG a 1 1|x|"},
		"duplicate sid":           {"SUB a 1|SUB b 1|PUB b 1|x|PUB a 1|y|PING|", "+OK|+OK|+OK|+OK|MSG a 1 1|y|PONG|"},
		"unknown sid":             {"UNSUB 9|", "+OK|"},
		"refused gets no +OK":     {"SUB a..b 1|PUB $NRG.a 1|x|", `-ERR 'Invalid Subject'|-ERR 'Permissions Violation for Publish to "$NRG.a"'|`},
		"pedantic remark and +OK": {"SUB > 1|PUB a.* 2|hi|", "+OK|-ERR 'Invalid Publish Subject'|+OK|MSG a.* 1 2|hi|"},

		// CONNECT. [P-6] [P-7] [P-28]
		"connect info":            {`CONNECT {"verbose":false,"protocol":1}|PING|PING|`, "PONG|INFO|PONG|"},
		"protocol 0":              {q + "PING|", "PONG|"},
		"no CONNECT":              {"PING|PING|", "PONG|PONG|"},
		"keys in any case":        {`CONNECT {"VERBOSE":true,"Verbose":false}|PING|`, "PONG|"},
		"unknown keys":            {`CONNECT {"verbose":false,"x":{"y":[1]}}|PING|`, "PONG|"},
		"protocol 2":              {`CONNECT {"protocol":2}|`, "-ERR 'invalid client protocol'|EOF Bad Client Protocol Version"},
		"protocol -1":             {`CONNECT {"protocol":-1}|`, "-ERR 'invalid client protocol'|EOF Bad Client Protocol Version"},
		"no_responders alone":     {`CONNECT {"no_responders":true}|`, "-ERR 'no responders requires headers support'|EOF No Responders Requires Headers"},
		"account":                 {`CONNECT {"account":"A"}|`, "-ERR 'Authorization Violation'|EOF Authentication Failure"},
		"new_account":             {`CONNECT {"new_account":true}|`, "-ERR 'Authorization Violation'|EOF Authentication Failure"},
		"bad JSON":                {`CONNECT {"verbose":|`, "EOF Protocol Violation"},
		"wrong type":              {`CONNECT {"verbose":"yes"}|`, "EOF Protocol Violation"},
		"no argument":             {`CONNECT |`, "EOF Protocol Violation"},
		"second CONNECT":          {q + "SUB a 1|" + q + "PUB a 1|x|SUB b 1|PUB b 1|y|", "MSG b 1 1|y|"},
		"second changes options":  {q + `CONNECT {"verbose":true}|PUB a 1|x|`, "+OK|+OK|"},
		"second keeps the others": {q + "CONNECT {}|PUB a 1|x|", ""},

		// Publishing. [P-9] [P-10] [P-11] [P-20]
		"empty message":         {q + "SUB a 1|PUB a 0||PING|", "MSG a 1 0||PONG|"},
		"size verbatim":         {q + "SUB a 1|PUB a 002|hi|", "MSG a 1 002|hi|"},
		"reply is not checked":  {`CONNECT {"verbose":false}|SUB a 1|PUB a r..* 2|hi|`, "MSG a 1 r..* 2|hi|"},
		"empty tokens match no": {q + "SUB > 1|PUB .a 1|x|PUB a. 1|x|PUB a..b 1|x|", ""},
		"wildcards are literal": {q + "SUB a.* 1|SUB a.b 2|PUB a.* 2|hi|", "MSG a.* 1 2|hi|"},
		"bad arguments":         {q + "PUB a|", "EOF Protocol Violation"},
		"no CRLF behind":        {q + "PUB a 2|hix", "-ERR 'Unknown Protocol Operation'|EOF Protocol Violation"},
		"headers":               {hq + "SUB a 1|HPUB a 18 20|NATS/1.0|A: b||hi|", "HMSG a 1 18 20|NATS/1.0|A: b||hi|"},
		"headers are not read":  {hq + "SUB a 1|HPUB a 5 7|hellohi|", "HMSG a 1 5 7|hellohi|"},
		"no header bytes":       {hq + "SUB a 1|HPUB a 0 2|hi|", "MSG a 1 2|hi|"},
		"headers not wanted":    {q + "HPUB a 18 20|", "EOF Protocol Violation"},
		"headers before":        {"HPUB a 18 20|", "EOF Protocol Violation"},
		"reserved subjects": {q + "PUB _GR_.x 1|x|PUB $GR.x 1|x|PUB $NRG. 1|x|PUB _GR_. 1|x|PUB $GR. 1|x|PUB $NRGx 1|x|",
			`-ERR 'Permissions Violation for Publish to "_GR_.x"'|-ERR 'Permissions Violation for Publish to "$GR.x"'|` +
				`-ERR 'Permissions Violation for Publish to "$NRG."'|`},
		"reserved replies": {q + "PUB a _R_. 1|x|PUB a _R_.x 1|x|PUB a $JS.ACK.x 1|x|PUB a _GR_.x 1|x|PUB a $GR.x 1|x|PUB a _GR_. 1|x|PUB a _INBOX.x 1|x|",
			`-ERR 'Permissions Violation for Publish with Reply of "_R_."'|-ERR 'Permissions Violation for Publish with Reply of "_R_.x"'|` +
				`-ERR 'Permissions Violation for Publish with Reply of "$JS.ACK.x"'|-ERR 'Permissions Violation for Publish with Reply of "_GR_.x"'|` +
				`-ERR 'Permissions Violation for Publish with Reply of "$GR.x"'|`},

		// No responders. [P-12]
		"503":                 {hq + "SUB rep.* 4|PUB nobody rep.5 0||", "HMSG rep.5 4 38 38|NATS/1.0 503|Nats-Subject: nobody|||"},
		"503 once":            {hq + "SUB rep.* 4|SUB rep.> 5|UNSUB 5|PUB no rep.5 0||", "HMSG rep.5 4 34 34|NATS/1.0 503|Nats-Subject: no|||"},
		"503 not counted":     {hq + "SUB rep 4|UNSUB 4 1|PUB nobody rep 0||PUB rep 1|x|", "HMSG rep 4 38 38|NATS/1.0 503|Nats-Subject: nobody|||MSG rep 4 1|x|"},
		"503 not to queues":   {hq + "SUB rep q 4|PUB nobody rep 0||", ""},
		"503 not unasked":     {q + "SUB rep 4|PUB nobody rep 0||", ""},
		"503 without reply":   {hq + "SUB nobody2 4|PUB nobody 0||", ""},
		"503 has a responder": {hq + "SUB rep 4|SUB svc 5|PUB svc rep 1|x|", "MSG svc 5 rep 1|x|"},

		// Subscribing. [P-13] [P-14]
		"invalid subjects": {q + "SUB a..b 1|SUB .a 2|SUB a. 3|SUB a.>.b 4|", "-ERR 'Invalid Subject'|-ERR 'Invalid Subject'|-ERR 'Invalid Subject'|-ERR 'Invalid Subject'|"},
		"literal stars":    {q + "SUB a* 1|PUB a* 1|x|PUB ab 1|y|", "MSG a* 1 1|x|"},
		"any bytes":        {q + "SUB \x01\xff 1|PUB \x01\xff 1|x|", "MSG \x01\xff 1 1|x|"},
		"system queue":     {q + "SUB a _sys_ 1|", `-ERR 'Permissions Violation for Subscription to "a" using queue "_sys_"'|`},
		"SUB arguments":    {q + "SUB a|", "EOF Protocol Violation"},
		"auto-unsubscribe": {q + "SUB a 1|UNSUB 1 2|PUB a 1|1|PUB a 1|2|PUB a 1|3|PING|", "MSG a 1 1|1|MSG a 1 1|2|PONG|"},
		"unparsable max":   {q + "SUB a 1|UNSUB 1 x|PUB a 1|1|", ""},
		"several at once":  {q + "SUB a 1|SUB * 2|PUB a 1|x|", "MSG a 1 1|x|MSG a 2 1|x|"},
		"no echo":          {`CONNECT {"verbose":false,"echo":false}|SUB a 1|PUB a 1|x|`, ""},

		// Ignored and refused operations. [client.md 1.3]
		"ignored":          {q + "+OK|INFO {}|PONG|PINGX|", "PONG|"},
		"-ERR":             {q + "-ERR 'x'|", "EOF Parse Error"},
		"MSG":              {q + "MSG a 1 0||", "-ERR 'Unknown Protocol Operation'|EOF Protocol Violation"},
		"link operations":  {q + "RS+ A a|", "-ERR 'Unknown Protocol Operation'|EOF Protocol Violation"},
		"leading blank":    {q + " PING|", "-ERR 'Unknown Protocol Operation'|EOF Protocol Violation"},
		"any case, blanks": {q + "sub \ta\t 1 |pUb  a  1 |x|", "MSG a 1 1|x|"},
		"bare LF":          {q + "PING\n", "PONG|"},
		"control line":     {q + "SUB " + strings.Repeat("a", 4097), "-ERR 'maximum control line exceeded'|EOF Maximum Control Line Exceeded"},
		"longest line":     {q + "SUB " + strings.Repeat("a", 4094) + " 1|", ""},
	} {
		t.Run(name, func(t *testing.T) { newBench(t, defaults()).talk(row.send, row.want) })
	}
}

// Conversations under other settings.
func TestTranscriptsWithSettings(t *testing.T) {
	for name, row := range map[string]struct {
		set        func(*client.Settings)
		send, want string
	}{
		"pedantic, then too large": {func(s *client.Settings) { s.MaxPayload = 5 },
			`CONNECT {"verbose":false}|SUB > 1|PUB a.* 2|hi|PUB a 5|12345|PUB a 6|123456|`,
			"-ERR 'Invalid Publish Subject'|MSG a.* 1 2|hi|MSG a 1 5|12345|-ERR 'Maximum Payload Violation'|EOF Maximum Message Payload Exceeded"},
		"header and payload": {func(s *client.Settings) { s.MaxPayload = 19 },
			hq + "HPUB a 18 20|", "-ERR 'Maximum Payload Violation'|EOF Maximum Message Payload Exceeded"},
		"subscriptions": {func(s *client.Settings) { s.MaxSubs = 1 },
			q + "SUB a 1|SUB b 2|PUB a 1|x|UNSUB 1|SUB b 2|PUB b 1|y|", "-ERR 'maximum subscriptions exceeded'|MSG a 1 1|x|MSG b 2 1|y|"},
		"tokens": {func(s *client.Settings) { s.MaxSubTokens = 2 },
			q + "SUB a.b 1|SUB a.b.c 2|", `-ERR 'Permissions Violation for Subscription to "a.b.c", too many tokens'|`},
		"control line": {func(s *client.Settings) { s.MaxControlLine = 64 },
			q + "SUB " + strings.Repeat("a", 65), "-ERR 'maximum control line exceeded'|EOF Maximum Control Line Exceeded"},
		"no headers": {func(s *client.Settings) { s.NoHeaders = true },
			`CONNECT {"verbose":false,"headers":true}|HPUB a 0 0||`, "EOF Protocol Violation"},
		"no headers, no responders": {func(s *client.Settings) { s.NoHeaders = true },
			hq, "-ERR 'no responders requires headers support'|EOF No Responders Requires Headers"},
	} {
		t.Run(name, func(t *testing.T) {
			s := defaults()
			row.set(s)
			newBench(t, s).talk(row.send, row.want)
		})
	}
}

// Permissions as a client hears of them; nothing of it closes the connection.
// [P-19] [P-30]
func TestTranscriptsWithPermissions(t *testing.T) {
	for name, row := range map[string]struct {
		rules      core.Rules
		send, want string
	}{
		"publish": {core.Rules{PublishAllow: []string{"p.>", "q.*"}, PublishDeny: []string{"p.no.>"}},
			`CONNECT {"protocol":1}|PUB x 1|x|PUB p.1 1|y|PUB p.no.x 1|z|PING|`,
			`+OK|-ERR 'Permissions Violation for Publish to "x"'|+OK|-ERR 'Permissions Violation for Publish to "p.no.x"'|PONG|INFO|`},
		"subscribe": {core.Rules{SubscribeAllow: []string{"s.>", "qs q1"}, SubscribeDeny: []string{"s.no"}},
			`CONNECT {}|SUB > 1|SUB s.no 2|SUB qs q2 3|SUB qs q1 4|SUB s.* 5|PUB s.no 1|x|PUB s.a 1|y|`,
			`+OK|-ERR 'Permissions Violation for Subscription to ">"'|-ERR 'Permissions Violation for Subscription to "s.no"'|` +
				`-ERR 'Permissions Violation for Subscription to "qs" using queue "q2"'|+OK|+OK|+OK|+OK|MSG s.a 5 1|y|`},
		"filtered is not delivered": {core.Rules{SubscribeDeny: []string{"no"}},
			hq + "SUB * 1|SUB r.* 2|PUB no r.1 0||", "HMSG r.1 2 34 34|NATS/1.0 503|Nats-Subject: no|||"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, defaults())
			perms, err := core.NewPermissions(row.rules)
			if err != nil {
				t.Fatal(err)
			}
			b.grant = func(*protocol.Connect) (*core.Grant, error) {
				return &core.Grant{Account: b.broker.Account("A"), Permissions: perms, User: "u", Configured: true}, nil
			}
			b.talk(row.send, row.want)
		})
	}
}

// A service that may only answer: its answers pass, twice here, and nothing
// else. [P-19]
func TestAllowResponses(t *testing.T) {
	b := newBench(t, defaults())
	perms, err := core.NewPermissions(core.Rules{SubscribeAllow: []string{"req"}, Responses: &core.Responses{Max: 2}})
	if err != nil {
		t.Fatal(err)
	}
	b.grant = func(o *protocol.Connect) (*core.Grant, error) {
		g := &core.Grant{Account: b.broker.Account("A")}
		if o.User == "svc" {
			g.Permissions = perms
		}
		return g, nil
	}
	svc := b.dial(crlf(`CONNECT {"verbose":false,"user":"svc"}|SUB req 1|PING|`))
	svc.wants("PONG")
	asker := b.dial(crlf(q + "SUB rep.1 7|PUB req rep.1 1|x|PING|"))
	asker.wants("PONG")
	svc.wants("MSG req 1 rep.1 1", "x")
	svc.says("PUB rep.1 1|a|PUB rep.1 1|b|PUB rep.1 1|c|PUB other 1|d|",
		`-ERR 'Permissions Violation for Publish to "rep.1"'|-ERR 'Permissions Violation for Publish to "other"'|`)
	asker.wants("MSG rep.1 7 1", "a", "MSG rep.1 7 1", "b")
	asker.idle()
}

// A client without headers gets the payload alone, also of a message that is
// nothing but a header. [P-11]
func TestHeadersAreStripped(t *testing.T) {
	b := newBench(t, defaults())
	plain := b.dial(crlf(q + "SUB hh 1|PING|"))
	plain.wants("PONG")
	pub := b.dial(crlf(hq + "HPUB hh r1 12 14|NATS/1.0||hi|HPUB hh 12 12|NATS/1.0|||PING|"))
	pub.wants("PONG")
	plain.wants("MSG hh 1 r1 2", "hi", "MSG hh 1 0", "")
}

// No echo: in a queue group another member takes the message, and without any
// nobody does. [P-16]
func TestNoEchoInQueueGroup(t *testing.T) {
	b := newBench(t, defaults())
	pub := b.dial(crlf(`CONNECT {"verbose":false,"echo":false,"headers":true,"no_responders":true}|SUB a q 1|SUB r 2|PUB a r 0||`))
	pub.wants("HMSG r 2 33 33", "NATS/1.0 503", "Nats-Subject: a", "", "")
	other := b.dial(crlf(q + "SUB a q 9|PING|"))
	other.wants("PONG")
	for range 20 {
		pub.send(crlf("PUB a 1|x|"))
		other.wants("MSG a 9 1", "x")
	}
	pub.idle()
}

// Mappings come before permissions, which count for the mapped subject alone; a
// message lost by weights is acknowledged and gone.
func TestMappedPublish(t *testing.T) {
	b := newBench(t, defaults())
	maps, err := core.NewMappings([]core.Mapping{
		{Source: "in.*", Dests: []core.MappingDest{{Subject: "out.$1", Percent: 100}}},
		{Source: "lost", Dests: []core.MappingDest{{Subject: "lost", Percent: 0}}},
		{Source: "half", Dests: []core.MappingDest{{Subject: "never", Percent: 0}}},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	b.broker.Account("A").SetMappings(maps)
	perms, err := core.NewPermissions(core.Rules{PublishAllow: []string{"out.a", "lost", "half"}})
	if err != nil {
		t.Fatal(err)
	}
	b.grant = func(*protocol.Connect) (*core.Grant, error) {
		return &core.Grant{Account: b.broker.Account("A"), Permissions: perms}, nil
	}
	b.talk("SUB > 1|PUB in.a 1|x|PUB in.b 1|y|PUB lost 1|z|PUB half 1|h|",
		`+OK|+OK|MSG out.a 1 1|x|-ERR 'Permissions Violation for Publish to "out.b"'|+OK|+OK|MSG half 1 1|h|`)
	if in, _ := b.broker.Account("A").Traffic(); in.Msgs != 4 {
		t.Errorf("%d messages came in, want 4", in.Msgs)
	}
}

// The limit that counts is the smallest of user, account and server; INFO tells
// it, and -1 means none.
func TestSmallestLimit(t *testing.T) {
	for _, row := range []struct {
		server, account, user, want int64
	}{{100, -1, 0, 100}, {100, 50, 0, 50}, {100, 50, 20, 20}, {100, 200, 300, 100}, {-1, -1, -1, -1}, {-1, 7, -1, 7}} {
		s := defaults()
		s.MaxPayload, s.MaxSubs = row.server, int(row.server)
		b := newBench(t, s)
		acc := b.broker.Account("A")
		acc.SetLimits(core.AccountLimits{Connections: -1, Leafnodes: -1, Subscriptions: int(row.account), PayloadBytes: row.account})
		b.grant = func(*protocol.Connect) (*core.Grant, error) {
			return &core.Grant{Account: acc, Limits: core.UserLimits{Subscriptions: int(row.user), PayloadBytes: row.user}}, nil
		}
		w := b.dial(crlf(`CONNECT {"verbose":false,"protocol":1}|PING|`))
		w.wants("PONG")
		if info := w.readInfo(); info.MaxPayload != row.want || !info.ConnectInfo || info.RemoteAccount != "A" {
			t.Errorf("%+v: INFO has max_payload %d of account %q", row, info.MaxPayload, info.RemoteAccount)
		}
		if row.want < 0 {
			continue
		}
		var subs strings.Builder
		for i := range row.want + 1 {
			fmt.Fprintf(&subs, "SUB s 1%d|", i)
		}
		w.says(subs.String(), "-ERR 'maximum subscriptions exceeded'|")
		w.says(fmt.Sprintf("PUB a %d|", row.want+1), "-ERR 'Maximum Payload Violation'|EOF Maximum Message Payload Exceeded")
	}
}
