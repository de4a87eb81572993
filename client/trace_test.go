package client_test

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// msg is a message as a client gets it.
type msg struct{ subject, sid, reply, header, payload string }

// readMsg expects a message.
func (w *wire) readMsg() (m msg) {
	w.t.Helper()
	line := strings.TrimSuffix(w.line(), "\r\n")
	f := strings.Split(line, " ")
	if f[0] != "MSG" && f[0] != "HMSG" || len(f) < 4 {
		w.t.Fatalf("got %q, want a message", line)
	}
	size := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			w.t.Fatalf("size in %q", line)
		}
		return n
	}
	total, hdr, words := size(f[len(f)-1]), 0, f[3:len(f)-1]
	if f[0] == "HMSG" {
		hdr, words = size(f[len(f)-2]), f[3:len(f)-2]
	}
	body := make([]byte, total+2)
	if _, err := io.ReadFull(w.r, body); err != nil {
		w.t.Fatal(err)
	}
	return msg{f[1], f[2], strings.Join(words, " "), string(body[:hdr]), string(body[hdr:total])}
}

// hpub is an HPUB of header lines, without the first one, and a payload.
func hpub(subject string, lines []string, payload string) string {
	hdr := "NATS/1.0\r\n"
	for _, l := range lines {
		hdr += l + "\r\n"
	}
	hdr += "\r\n"
	return fmt.Sprintf("HPUB %s %d %d\r\n%s%s\r\n", subject, len(hdr), len(hdr)+len(payload), hdr, payload)
}

// lab is a server that traces: a subscriber to "foo", a collector of "tr" and
// "acct.tr", and a publisher.
type lab struct {
	*bench
	pub, sub, traces *wire
	acc              *core.Account
}

// newLab makes one; the publisher has rules and says what connect adds.
func newLab(t testing.TB, set func(*client.Settings), tracing *core.Tracing, connect string, rules ...core.Rules) *lab {
	t.Helper()
	s := defaults()
	if set != nil {
		set(s)
	}
	l := &lab{bench: newBench(t, s)}
	l.broker.SetServer(&trace.Server{Name: "S1", Host: "0.0.0.0", ID: "NID", Version: "2.15.2"})
	l.acc = l.broker.Account("A")
	l.acc.SetTracing(tracing)
	l.grant = func(o *protocol.Connect) (*core.Grant, error) {
		g := &core.Grant{Account: l.acc}
		if o.Name == "pub" && len(rules) > 0 {
			perms, err := core.NewPermissions(rules[0])
			if err != nil {
				return nil, err
			}
			g.Permissions = perms
		}
		return g, nil
	}
	l.sub = l.dial(crlf(`CONNECT {"verbose":false,"headers":true,"name":"sub"}|SUB foo 1|PING|`))
	l.sub.wants("PONG")
	l.traces = l.dial(crlf(`CONNECT {"verbose":false,"headers":true}|SUB tr t|SUB acct.tr a|SUB x.> x|PING|`))
	l.traces.wants("PONG")
	l.pub = l.dial(`CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"name":"pub"` + connect + "}\r\n")
	return l
}

// trace reads one trace message.
func (l *lab) trace() (msg, *trace.Message) {
	l.t.Helper()
	m := l.traces.readMsg()
	encoding := strings.TrimSuffix(strings.TrimPrefix(m.header, "NATS/1.0\r\nContent-Encoding: "), "\r\n\r\n")
	tm, err := trace.Parse([]byte(m.payload), encoding)
	if err != nil {
		l.t.Fatal(err)
	}
	return m, tm
}

const sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// Whether a message is traced and whether it arrives, row by row of the
// decision procedure. [trace.md 2.4]
func TestTraceDecision(t *testing.T) {
	acct := &core.Tracing{Dest: "acct.tr", Sampling: 100}
	deny := core.Rules{PublishDeny: []string{"x.deny", "acct.tr"}}
	const disabled = "Nats-Trace-Dest: trace disabled"
	for name, row := range map[string]struct {
		headers []string
		account *core.Tracing
		rules   core.Rules
		traced  string   // where the trace goes; empty for none
		dropped bool     // does not arrive
		arrives []string // its headers; nil for the same
		err     string   // -ERR that the publisher gets
		log     string
	}{
		"nothing":        {headers: []string{"A: b"}}, // T-1
		"ad hoc":         {headers: []string{"Nats-Trace-Dest: tr"}, traced: "tr"},
		"case":           {headers: []string{"nats-trace-dest: tr"}},                                                                                              // T-2
		"only":           {headers: []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: On"}, traced: "tr", dropped: true},                                          // T-7
		"not only":       {headers: []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: yes"}, traced: "tr"},                                                        // T-7
		"only case":      {headers: []string{"Nats-Trace-Dest: tr", "nats-trace-only: true"}, traced: "tr"},                                                       // T-2
		"empty value":    {headers: []string{"Nats-Trace-Dest: "}},                                                                                                // T-4
		"empty and only": {headers: []string{"Nats-Trace-Dest: ", "Nats-Trace-Only: true"}},                                                                       // T-4 T-8
		"only alone":     {headers: []string{"Nats-Trace-Only: true"}},                                                                                            // T-8
		"sentinel":       {headers: []string{disabled, "Nats-Trace-Only: true", "traceparent: " + sampled}, account: acct},                                        // T-5
		"both":           {headers: []string{"traceparent: " + sampled, "Nats-Trace-Dest: tr", "Nats-Trace-Only: 1"}, account: acct, traced: "tr", dropped: true}, // T-6
		"external":       {headers: []string{"TraceParent: " + sampled}, account: acct, traced: "acct.tr"},                                                        // T-2 T-9 T-10
		"external only":  {headers: []string{"traceparent: " + sampled, "Nats-Trace-Only: true"}, account: acct, traced: "acct.tr"},                               // T-7
		"not sampled":    {headers: []string{"traceparent: 00-a-b-00"}, account: acct},                                                                            // T-9
		"no account":     {headers: []string{"traceparent: " + sampled}},                                                                                          // T-10
		"invalid":        {headers: []string{"Nats-Trace-Dest: a..b"}, log: `Destination "a..b" is not valid, won't be able to trace events`},                     // T-13 T-31
		"invalid only":   {headers: []string{"Nats-Trace-Dest: a.*", "Nats-Trace-Only: true"}, dropped: true},                                                     // T-13
		"denied": {headers: []string{"Nats-Trace-Dest: x.deny"}, rules: deny, dropped: true,
			err: `Permissions Violation for Publish to "x.deny"`, log: `Publish Violation - Subject "x.deny"`}, // T-14
		"denied external": {headers: []string{"traceparent: " + sampled}, account: acct, rules: deny, dropped: true,
			err: `Permissions Violation for Publish to "acct.tr"`}, // T-14
		"reserved":       {headers: []string{"Nats-Trace-Dest: $NRG.x"}, dropped: true, err: `Permissions Violation for Publish to "$NRG.x"`}, // T-15
		"reserved reply": {headers: []string{"Nats-Trace-Dest: _GR_.x"}, dropped: true, err: `Permissions Violation for Publish to "_GR_.x"`}, // T-15
		"old reserved":   {headers: []string{"Nats-Trace-Dest: $GR.x"}, dropped: true, err: `Permissions Violation for Publish to "$GR.x"`},   // T-15
		"origin account": {headers: []string{"Nats-Trace-Dest: tr", "Nats-Trace-Origin-Account: B", "C: d"},
			arrives: []string{"Nats-Trace-Origin-Account: B", "C: d", disabled},
			log:     `Message tracing disabled because of header "Nats-Trace-Origin-Account" with value="B"`}, // T-16
		"origin account only": {headers: []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: true", "Nats-Trace-Origin-Account: B"}, dropped: true}, // T-16
		"hop of a client":     {headers: []string{"Nats-Trace-Dest: tr", "Nats-Trace-Hop: 7.7"}, traced: "tr"},                                    // T-29
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, nil, row.account, "", row.rules)
			l.pub.send(hpub("foo", row.headers, "hi") + "PING\r\n")
			if row.err != "" {
				l.pub.wants("-ERR '" + row.err + "'")
			}
			l.pub.wants("PONG")
			if row.traced != "" {
				m, tm := l.trace()
				if m.subject != row.traced || m.header != "" || m.reply != "" {
					t.Errorf("the trace is %+v", m)
				}
				if tm.Request.Size != len(strings.Join(row.headers, "\r\n"))+len("NATS/1.0\r\n\r\n\r\nhi") {
					t.Errorf("msgsize %d", tm.Request.Size)
				}
			}
			l.traces.idle()
			if !row.dropped {
				m := l.sub.readMsg()
				want := row.headers
				if row.arrives != nil {
					want = row.arrives
				}
				if text := "NATS/1.0\r\n" + strings.Join(want, "\r\n") + "\r\n\r\n"; m.header != text || m.payload != "hi" {
					t.Errorf("arrived with %q, want %q", m.header, text)
				}
			}
			l.sub.idle()
			if row.log != "" && !l.log.has(row.log) {
				t.Errorf("no line %s in %q", row.log, l.log.all())
			}
		})
	}
}

// A block that does not start with the version line is no reason to trace.
// [T-3]
func TestTraceNeedsVersionLine(t *testing.T) {
	l := newLab(t, nil, nil, "")
	for _, hdr := range []string{"NATS/1.0 503\r\nNats-Trace-Dest: tr\r\n\r\n", "Nats-Trace-Dest: tr\r\n\r\n", "NATS/1.0\nNats-Trace-Dest: tr\r\n\r\n"} {
		l.pub.send(fmt.Sprintf("HPUB foo %d %d\r\n%s\r\nPING\r\n", len(hdr), len(hdr), hdr))
		l.pub.wants("PONG")
		if m := l.sub.readMsg(); m.header != hdr {
			t.Errorf("arrived with %q", m.header)
		}
	}
	l.traces.idle()
}

// What is dropped without a trace of it is not counted and not acknowledged; a
// traced message is both. [T-53]
func TestTraceSkipCountsNothing(t *testing.T) {
	l := newLab(t, nil, nil, `,"verbose":true`, core.Rules{PublishDeny: []string{"x.deny"}})
	l.pub.wants("+OK")
	before, _ := l.acc.Traffic()
	l.pub.send(hpub("foo", []string{"Nats-Trace-Dest: a..b", "Nats-Trace-Only: true"}, "") +
		hpub("foo", []string{"Nats-Trace-Dest: x.deny"}, "") +
		hpub("foo", []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: true", "Nats-Trace-Origin-Account: B"}, "") + "PING\r\n")
	l.pub.wants(`-ERR 'Permissions Violation for Publish to "x.deny"'`, "PONG")
	l.pub.idle()
	if after, _ := l.acc.Traffic(); after != before {
		t.Errorf("%v came in", after)
	}
	l.pub.send(hpub("foo", []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: true"}, "") + "PING\r\n")
	l.pub.wants("+OK", "PONG")
	l.pub.idle()
	if after, _ := l.acc.Traffic(); after.Msgs != before.Msgs+1 {
		t.Errorf("%d came in, want one more than %d", after.Msgs, before.Msgs)
	}
}

// Nothing of a trace-only message reaches clients, and no counter of a
// subscription or connection moves; the server's own does. [T-32] [T-54]
func TestTraceOnlyDeliversNothing(t *testing.T) {
	l := newLab(t, nil, nil, "")
	l.sub.send("UNSUB 1 1\r\n")
	l.sub.idle()
	c := l.broker.Conn(l.sub.info.ClientID)
	before, totals := c.Figures().Out, l.broker.Totals().Out
	const n = 3
	for range n {
		l.pub.send(hpub("foo", []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: true"}, "hi") + "PING\r\n")
		l.pub.wants("PONG")
		_, tm := l.trace()
		if len(tm.Events) != 2 || tm.Events[1].Error != "" {
			t.Errorf("events %+v", tm.Events)
		}
	}
	l.pub.idle()
	l.sub.idle()
	if f := c.Figures(); f.Out != before {
		t.Errorf("the subscriber was sent %v", f.Out)
	}
	if out := l.broker.Totals().Out.Msgs - totals.Msgs; out != 2*n { // each with its trace message
		t.Errorf("the server counts %d deliveries, want %d", out, 2*n)
	}
	l.pub.send("PUB foo 1\r\nx\r\n")
	if m := l.sub.readMsg(); m.payload != "x" {
		t.Errorf("got %+v", m)
	}
}

// A trace-only request that somebody would have taken has no 503, one that
// nobody would has. [trace.md 13]
func TestTraceOnlyNoResponders(t *testing.T) {
	l := newLab(t, nil, nil, "")
	only := []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: true"}
	l.pub.send("SUB rep r\r\n" + hpub("foo rep", only, "") + "PING\r\n")
	l.pub.wants("PONG")
	l.pub.send(hpub("nobody rep", only, ""))
	if m := l.pub.readMsg(); !strings.HasPrefix(m.header, "NATS/1.0 503\r\n") {
		t.Errorf("got %+v", m)
	}
	l.pub.idle()
}

// A client's publish that is refused is traced all the same: the ingress says
// why. [T-22] [T-31]
func TestTraceOfRefusedPublish(t *testing.T) {
	l := newLab(t, nil, nil, "", core.Rules{PublishDeny: []string{"secret"}})
	for _, row := range []struct{ subject, text string }{
		{"secret", `Permissions Violation for Publish to "secret"`},
		{"$NRG.a", `Permissions Violation for Publish to "$NRG.a"`},
		{"foo _R_.x", `Permissions Violation for Publish with Reply of "_R_.x"`},
	} {
		l.pub.send(hpub(row.subject, []string{"Nats-Trace-Dest: tr"}, "hi") + "PING\r\n")
		l.pub.wants("-ERR '"+row.text+"'", "PONG")
		_, tm := l.trace()
		if len(tm.Events) != 1 || tm.Ingress().Error != row.text {
			t.Errorf("%s: events %+v", row.subject, tm.Events)
		}
	}
	l.sub.idle()
}

// A message that is too large is traced by what has come of its header, with
// the size that it announced; payload is never looked at. [T-22] [T-23]
func TestTraceOfTooLargeMessage(t *testing.T) {
	full := "NATS/1.0\r\nNats-Trace-Dest: tr\r\nA: b\r\n\r\n"
	for name, row := range map[string]struct {
		hdr, send string
		traced    bool
		err       string
	}{
		"whole header":      {full, full, true, ""},
		"cut":               {full, full[:len(full)-5], true, ""},
		"cut before":        {full, full[:20], false, ""},
		"line alone":        {full, "", false, ""},
		"in the payload":    {"NATS/1.0\r\n", full, false, ""},
		"forbidden":         {"", "NATS/1.0\r\nNats-Trace-Dest: $NRG.x\r\n\r\n", false, `-ERR 'Permissions Violation for Publish to "$NRG.x"'|`},
		"invalid":           {"", "NATS/1.0\r\nNats-Trace-Dest: a..b\r\n\r\n", false, ""},
		"origin account":    {"", "NATS/1.0\r\nNats-Trace-Dest: tr\r\nNats-Trace-Origin-Account: B\r\n\r\n", false, ""},
		"external":          {"", "NATS/1.0\r\ntraceparent: " + sampled + "\r\n\r\n", true, ""},
		"external unlucky":  {"", "NATS/1.0\r\ntraceparent: 00-a-b-00\r\n\r\n", false, ""},
		"no trace wanted":   {"", "NATS/1.0\r\nA: b\r\n\r\n", false, ""},
		"sentinel and more": {"", "NATS/1.0\r\nNats-Trace-Dest: trace disabled\r\ntraceparent: " + sampled + "\r\n\r\n", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, func(s *client.Settings) { s.MaxPayload = 100 }, &core.Tracing{Dest: "acct.tr", Sampling: 100}, "")
			if row.hdr == "" {
				row.hdr = row.send
			}
			l.pub.idle()
			l.pub.says(fmt.Sprintf("HPUB foo %d 1000|", len(row.hdr))+row.send, row.err+"-ERR 'Maximum Payload Violation'|EOF Maximum Message Payload Exceeded")
			if row.traced {
				if _, tm := l.trace(); tm.Ingress().Error != "maximum payload exceeded" || tm.Request.Size != 1000 || len(tm.Events) != 1 {
					t.Errorf("trace %+v", tm)
				}
			}
			l.traces.idle()
		})
	}
}

// A mapping that matched is shown, also one that keeps the subject, and one that
// loses the message. [T-24]
func TestTraceOfMapping(t *testing.T) {
	l := newLab(t, nil, nil, "")
	maps, err := core.NewMappings([]core.Mapping{
		{Source: "bar", Dests: []core.MappingDest{{Subject: "foo", Percent: 100}}},
		{Source: "same", Dests: []core.MappingDest{{Subject: "other", Percent: 0}}},
		{Source: "lost", Dests: []core.MappingDest{{Subject: "lost", Percent: 0}}},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	l.acc.SetMappings(maps)
	for subj, want := range map[string]string{"bar": "in sm eg", "same": "in sm", "lost": "in sm", "foo": "in eg"} {
		l.pub.send(hpub(subj, []string{"Nats-Trace-Dest: tr"}, "") + "PING\r\n")
		l.pub.wants("PONG")
		_, tm := l.trace()
		var types []string
		for _, e := range tm.Events {
			types = append(types, string(e.Type))
		}
		if got := strings.Join(types, " "); got != want || tm.Ingress().Subject != subj {
			t.Errorf("%s: events %s, want %s", subj, got, want)
		}
		if len(tm.Events) > 1 && subj == "bar" && tm.Events[1].To != "foo" {
			t.Errorf("mapped to %q", tm.Events[1].To)
		}
	}
}

// Each plain subscription and one member of each group has an egress; those
// that could not take it say why. [T-25] [T-31]
func TestTraceEgresses(t *testing.T) {
	l := newLab(t, nil, nil, `,"echo":false`)
	l.pub.send(crlf("SUB foo q mine|SUB foo own|"))
	l.pub.idle()
	denied, err := core.NewPermissions(core.Rules{SubscribeDeny: []string{"foo"}})
	if err != nil {
		t.Fatal(err)
	}
	grant := l.grant
	l.regrant(func(o *protocol.Connect) (*core.Grant, error) {
		if o.Name == "denied" {
			return &core.Grant{Account: l.acc, Permissions: denied}, nil
		}
		return grant(o)
	})
	d := l.dial(crlf(`CONNECT {"verbose":false,"name":"denied"}|SUB * 1|PING|`))
	d.wants("PONG")
	member := l.dial(crlf(`CONNECT {"verbose":false,"name":"member"}|SUB foo q 1|SUB foo r 2|PING|`))
	member.wants("PONG")
	for _, only := range []string{"false", "true"} {
		failed := false
		for i := 0; i < 100 && !failed; i++ { // until the publisher is drawn first in its group
			l.pub.send(hpub("foo", []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: " + only}, "") + "PING\r\n")
			l.pub.wants("PONG")
			_, tm := l.trace()
			var got []string
			for _, e := range tm.Events[1:] {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.Name, e.Subscription, e.Queue, e.Error)))
			}
			want := []string{"sub foo", "pub foo  " + trace.NotDeliveredNoEcho, "denied *  " + trace.NotDeliveredSubscriptionDenied, "member foo q", "member foo r"}
			failed = slices.Contains(got, "pub foo q "+trace.NotDeliveredNoEcho)
			if failed {
				want = append(want, "pub foo q "+trace.NotDeliveredNoEcho)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("only %s: egresses %q, want %q", only, got, want)
			}
		}
		if !failed {
			t.Errorf("only %s: the publisher was never drawn of two", only)
		}
	}
}

// The trace message is compressed as the publisher accepts it. [T-35] [T-36]
func TestTraceCompression(t *testing.T) {
	l := newLab(t, nil, nil, "")
	for accept, want := range map[string]string{
		"": "", "snappy": "snappy", "gzip": "gzip", "GZIP, S2": "snappy", "br": "identity",
	} {
		headers := []string{"Nats-Trace-Dest: tr"}
		if accept != "" {
			headers = append(headers, "Accept-Encoding: "+accept)
		}
		l.pub.send(hpub("foo", headers, "") + "PING\r\n")
		l.pub.wants("PONG")
		m, tm := l.trace()
		if want != "" {
			want = "NATS/1.0\r\nContent-Encoding: " + want + "\r\n\r\n"
		}
		if m.header != want || len(tm.Events) != 2 {
			t.Errorf("%q: header %q, want %q", accept, m.header, want)
		}
	}
}

// Of a sampled traceparent the account's share is traced; the rest goes on with
// the sentinel and its traceparent as it was. [T-11]
func TestTraceSampling(t *testing.T) {
	const total = 2000
	l := newLab(t, nil, &core.Tracing{Dest: "acct.tr", Sampling: 25}, "")
	l.pub.send(strings.Repeat(hpub("foo", []string{"traceparent: " + sampled, "A: b"}, ""), total) + "PING\r\n")
	l.pub.wants("PONG")
	traced := 0
	for range total {
		switch m := l.sub.readMsg(); m.header {
		case "NATS/1.0\r\ntraceparent: " + sampled + "\r\nA: b\r\n\r\n":
			traced++
		case "NATS/1.0\r\ntraceparent: " + sampled + "\r\nA: b\r\nNats-Trace-Dest: trace disabled\r\n\r\n":
		default:
			t.Fatalf("arrived with %q", m.header)
		}
	}
	for range traced {
		l.trace()
	}
	l.traces.idle()
	// The reference traces one in a hundred more than it should; both will do.
	if share := float64(traced) / total; math.Abs(share-.255) > .06 {
		t.Errorf("%d of %d are traced", traced, total)
	}
}

// Traces are numbered, never traced themselves, and no mapping or permission of
// the publisher holds them up. [T-21] [T-37]
func TestTraceMessagesAreTheAccounts(t *testing.T) {
	l := newLab(t, nil, nil, `,"echo":false`)
	l.pub.send("SUB x.own o\r\n")
	maps, err := core.NewMappings([]core.Mapping{{Source: "x.own", Dests: []core.MappingDest{{Subject: "gone", Percent: 100}}}}, "")
	if err != nil {
		t.Fatal(err)
	}
	l.acc.SetMappings(maps)
	last := uint64(0)
	for range 3 {
		l.pub.send(hpub("foo", []string{"Nats-Trace-Dest: x.own"}, ""))
		if m := l.pub.readMsg(); m.subject != "x.own" { // echo:false is about one's own messages
			t.Errorf("got %+v", m)
		}
		m, tm := l.trace()
		if tm.Server.Seq <= last || tm.Server.ID != "NID" || m.subject != "x.own" || tm.Ingress().Account != "A" {
			t.Errorf("seq %d after %d of %s", tm.Server.Seq, last, tm.Server.ID)
		}
		last = tm.Server.Seq
	}
	l.traces.idle()
}

// Without a system account there are no trace messages; trace-only holds.
// [trace.md 8.2]
func TestTraceWithoutSystemAccount(t *testing.T) {
	l := newLab(t, nil, nil, "")
	l.broker.SetServer(nil)
	l.pub.send(hpub("foo", []string{"Nats-Trace-Dest: tr"}, "1") + hpub("foo", []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: 1"}, "2") + "PING\r\n")
	l.pub.wants("PONG")
	if m := l.sub.readMsg(); m.payload != "1" {
		t.Errorf("got %+v", m)
	}
	l.sub.idle()
	l.traces.idle()
}
