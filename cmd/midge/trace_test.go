package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// Two servers: A, which the client is connected to, forwards to B.
const (
	traceOfA = `{"server":{"name":"A","ver":"2.15.2"},"request":{"msgsize":5},"hops":1,"events":[
		{"type":"in","ts":"2026-01-01T00:00:00Z","kind":0,"cid":1,"acc":"$G","subj":"foo"},
		{"type":"eg","ts":"2026-01-01T00:00:00.001Z","kind":1,"cid":2,"name":"B","hop":"1"}]}`
	traceOfB = `{"server":{"name":"B","ver":"2.15.2"},"request":{"header":{"Nats-Trace-Hop":["1"]},"msgsize":5},"events":[
		{"type":"in","ts":"2026-01-01T00:00:00.002Z","kind":1,"cid":3,"name":"A","acc":"$G","subj":"foo"},
		{"type":"eg","ts":"2026-01-01T00:00:00.003Z","kind":0,"cid":4,"name":"app","sub":"foo"}]}`
)

func bothTraces(published) []string { return []string{traceOfA, traceOfB} }

// runTrace runs midge trace against a fake and gives what it printed.
func runTrace(t *testing.T, url string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &program{name: "midge", stdout: &out, stderr: &errs, getenv: func(string) string { return "" }}
	status = p.run(append([]string{"trace", "--server", url}, args...))
	return status, out.String(), errs.String()
}

// One probe that all servers answer is the result; nothing is delivered and
// nobody waits.
func TestTraceOnlyIsOneMessage(t *testing.T) {
	f, url := newFakeNATS(t, "2.15.2", bothTraces)
	status, out, errs := runTrace(t, url, "foo", "hello", "--header", "K: v")
	if status != 0 || errs != "" {
		t.Fatalf("status %d, stderr %s", status, errs)
	}
	for _, want := range []string{`"A"`, `"B"`, `"app"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	got := f.messages()
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1", len(got))
	}
	h := got[0].header
	if got[0].payload != "hello" || h.Get("K") != "v" || h.Get("Nats-Trace-Only") != "true" || h.Get("Accept-Encoding") != "snappy" {
		t.Errorf("published %+v", got[0])
	}
}

// B hears of the inbox late: the first probe is not answered by it, the second
// is, and only then the message is published for delivery.
func TestTraceDeliverAfterInterestIsEverywhere(t *testing.T) {
	f, url := newFakeNATS(t, "2.15.2", func(p published) []string {
		if p.n == 1 {
			return []string{traceOfA}
		}
		return bothTraces(p)
	})
	status, _, errs := runTrace(t, url, "foo", "hello", "--deliver", "--reply", "answers")
	if status != 0 {
		t.Fatalf("status %d, stderr %s", status, errs)
	}
	got := f.messages()
	if len(got) != 3 {
		t.Fatalf("%d messages, want 2 probes and the message", len(got))
	}
	dests := map[string]bool{}
	for i, m := range got {
		last := i == len(got)-1
		if only := m.header.Get("Nats-Trace-Only") != ""; only == last {
			t.Errorf("message %d: trace only %v", i, only)
		}
		if (m.reply == "answers") != last {
			t.Errorf("message %d: reply %q", i, m.reply)
		}
		dests[m.header.Get("Nats-Trace-Dest")] = true
	}
	if len(dests) != 3 {
		t.Errorf("trace destinations are shared: %v", dests)
	}
}

// A server that never answers does not hold the message up.
func TestTraceDeliversPastSilentServer(t *testing.T) {
	f, url := newFakeNATS(t, "2.15.2", func(published) []string { return []string{traceOfA} })
	status, out, errs := runTrace(t, url, "foo", "--deliver", "--timeout", "1s")
	if status != 0 || !strings.Contains(out, "missing") {
		t.Fatalf("status %d, stderr %s, stdout %s", status, errs, out)
	}
	got := f.messages()
	if last := got[len(got)-1]; last.header.Get("Nats-Trace-Only") != "" {
		t.Error("the message itself was not published")
	}
}

// Probing a service inside the server would call it again and again.
func TestTraceOfServerServiceIsSentOnce(t *testing.T) {
	f, url := newFakeNATS(t, "2.15.2", bothTraces)
	if status, _, errs := runTrace(t, url, "$JS.API.INFO"); status != 0 {
		t.Fatalf("status %d, stderr %s", status, errs)
	}
	if got := f.messages(); len(got) != 1 {
		t.Errorf("%d messages, want 1", len(got))
	}
}

func TestTraceJSON(t *testing.T) {
	f, url := newFakeNATS(t, "2.15.2", bothTraces)
	status, out, errs := runTrace(t, url, "foo", "--json")
	var got struct {
		Subject  string
		Complete bool
		Messages []struct{ Server struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(out), &got); status != 0 || err != nil {
		t.Fatalf("status %d, %v, stderr %s", status, err, errs)
	}
	if got.Subject != "foo" || !got.Complete || len(got.Messages) != 2 || got.Messages[1].Server.Name != "B" {
		t.Errorf("got %+v", got)
	}
	if e := f.messages()[0].header.Get("Accept-Encoding"); e != "" {
		t.Errorf("asked for %s, and would have to print it", e)
	}
}

// Every failure says what to do.
func TestTraceFailures(t *testing.T) {
	silent := func(published) []string { return nil }
	for _, c := range []struct {
		name, version string
		answer        func(published) []string
		args          []string
		want          []string
	}{
		{"old server", "2.9.10", silent, []string{"foo"}, []string{`server "fake" (version "2.9.10") has no message tracing`, "nothing was published"}},
		{"no trace", "2.15.2", silent, []string{"foo", "--timeout", "100ms"}, []string{`trace "foo": no trace came back from server "fake"`, "system account"}},
		{"inbox denied", "2.15.2", func(p published) []string {
			return []string{`-ERR 'Permissions Violation for Publish to "` + p.header.Get("Nats-Trace-Dest") + `"'`}
		}, []string{"foo"}, []string{"the server refused", "--inbox-prefix"}},
		{"wildcard", "2.15.2", silent, []string{"foo.*"}, []string{`"foo.*" is no subject to publish to`, "such as orders.new"}},
		{"words", "2.15.2", silent, []string{"foo", "a", "b"}, []string{"got 3 words", "quote a payload"}},
		{"header", "2.15.2", silent, []string{"foo", "--header", "x"}, []string{`header "x" is not key:value`}},
		{"own header", "2.15.2", silent, []string{"foo", "--header", "Nats-Trace-Only:1"}, []string{"is set by this command"}},
		{"header injection", "2.15.2", silent, []string{"foo", "--header", "a:b\r\nc:d"}, []string{"is not key:value"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, url := newFakeNATS(t, c.version, c.answer)
			status, out, errs := runTrace(t, url, c.args...)
			if status != 1 || out != "" {
				t.Errorf("status %d, stdout %q", status, out)
			}
			for _, want := range c.want {
				if !strings.Contains(errs, want) {
					t.Errorf("no %q in\n%s", want, errs)
				}
			}
			if c.version == "2.9.10" && len(f.messages()) > 0 {
				t.Error("an old server would have delivered the message")
			}
		})
	}
}

// A denied publish still has a trace, which tells more than the -ERR.
func TestTraceOfDeniedPublish(t *testing.T) {
	denied := `{"server":{"name":"A"},"request":{},"events":[{"type":"in","ts":"2026-01-01T00:00:00Z","kind":0,"cid":1,
		"acc":"$G","subj":"foo","error":"Permissions Violation for Publish to \"foo\""}]}`
	_, url := newFakeNATS(t, "2.15.2", func(published) []string {
		return []string{`-ERR 'Permissions Violation for Publish to "foo"'`, denied}
	})
	status, out, errs := runTrace(t, url, "foo")
	if status != 0 || !strings.Contains(out, "Permissions Violation") {
		t.Errorf("status %d, stdout %s, stderr %s", status, out, errs)
	}
}

func TestWithoutPassword(t *testing.T) {
	for in, want := range map[string]string{
		"nats://u:p@a:1,tls://b:2": "nats://a:1,tls://b:2",
		"tok@en@a":                 "a",
		"a:4222":                   "a:4222",
	} {
		if got := withoutPassword(in); got != want {
			t.Errorf("withoutPassword(%q) = %q, want %q", in, got, want)
		}
	}
}
