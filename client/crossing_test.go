package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// crossing is a lab in account A that reaches into others, and a client of B.
type crossing struct {
	*lab
	remote *wire
}

// newCrossing makes one; remote subscribes to what follows.
func newCrossing(t *testing.T, subs string) *crossing {
	t.Helper()
	c := &crossing{lab: newLab(t, nil, nil, "")}
	inA := c.grant
	c.regrant(func(o *protocol.Connect) (*core.Grant, error) {
		if o.Name == "remote" {
			return &core.Grant{Account: c.broker.Account("B")}, nil
		}
		return inA(o)
	})
	c.remote = c.dial(crlf(`CONNECT {"verbose":false,"headers":true,"name":"remote"}|` + subs + "PING|"))
	c.remote.wants("PONG")
	return c
}

// service has one account import a subject of another.
func (c *crossing) service(importer, exporter, subj, local string, allow bool) {
	c.t.Helper()
	im, err := core.NewServiceImport(c.broker.Account(exporter), subj, local, false, &core.Export{Subject: subj, Service: true, AllowTrace: allow})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.broker.Account(importer).SetServiceImports([]*core.ServiceImport{im}); err != nil {
		c.t.Fatal(err)
	}
}

// events traces one publish and writes its events as words.
func (c *crossing) events(subj string, only bool) string {
	c.t.Helper()
	headers := []string{"Nats-Trace-Dest: tr"}
	if only {
		headers = append(headers, "Nats-Trace-Only: true")
	}
	c.pub.send(hpub(subj, headers, "m") + "PING\r\n")
	c.pub.wants("PONG")
	m, tm := c.trace()
	if m.subject != "tr" || m.header != "" {
		c.t.Errorf("the trace is %+v", m)
	}
	var list []string
	for _, e := range tm.Events {
		switch e.Type {
		case trace.ServiceImportType:
			list = append(list, fmt.Sprintf("si %s %s>%s", e.Account, e.From, e.To))
		case trace.StreamExportType:
			list = append(list, fmt.Sprintf("se %s %s", e.Account, e.To))
		case trace.EgressType:
			list = append(list, strings.TrimSpace(fmt.Sprintf("eg %s %s %s", e.Name, e.Account, e.Error)))
		default:
			list = append(list, string(e.Type))
		}
	}
	return strings.Join(list, ", ")
}

// Without leave tracing ends where a request crosses: the service gets it with
// the sentinel, and nothing when it is trace-only. [T-43]
func TestTraceEndsAtService(t *testing.T) {
	c := newCrossing(t, "SUB svc 1|")
	c.service("A", "B", "svc", "svc.a", false)
	if got := c.events("svc.a", false); got != "in, si B svc.a>svc" {
		t.Errorf("events %s", got)
	}
	if m := c.remote.readMsg(); m.payload != "m" || !strings.Contains(m.header, "\r\nNats-Trace-Dest: trace disabled\r\n") || strings.Contains(m.header, "Dest: tr\r\n") {
		t.Errorf("the service got %+v", m)
	}
	if got := c.events("svc.a", true); got != "in, si B svc.a>svc" {
		t.Errorf("trace-only: events %s", got)
	}
	c.remote.idle()
	c.pub.send("SUB rep 9\r\n" + hpub("svc.a rep", []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: true"}, ""))
	if m := c.pub.readMsg(); !strings.HasPrefix(m.header, "NATS/1.0 503") {
		t.Errorf("the requester got %+v", m)
	}
}

// With leave it goes on behind: the service's egress is in the requester's
// trace, and the message carries a way back for other servers' traces, which is
// given up when none has been sent any. [T-44] [T-45] [T-46]
func TestTraceCrossesService(t *testing.T) {
	c := newCrossing(t, "SUB svc 1|")
	c.service("A", "B", "svc", "svc.a", true)
	if got := c.events("svc.a", false); got != "in, si B svc.a>svc, eg remote B" {
		t.Errorf("events %s", got)
	}
	if m := c.remote.readMsg(); !strings.Contains(m.header, "\r\nNats-Trace-Dest: _R_.") {
		t.Errorf("the service got %+v", m)
	}
	if n := c.broker.Account("B").PendingResponses(); n != 0 {
		t.Errorf("%d ways back are open", n)
	}
	if got := c.events("svc.a", true); got != "in, si B svc.a>svc, eg remote B" {
		t.Errorf("trace-only: events %s", got)
	}
	c.remote.idle()
}

// A chain shows each crossing in order and stops at the first that does not
// allow it. [T-47]
func TestTraceOfChain(t *testing.T) {
	c := newCrossing(t, "")
	inAB := c.grant
	c.regrant(func(o *protocol.Connect) (*core.Grant, error) {
		if o.Name == "last" {
			return &core.Grant{Account: c.broker.Account("C")}, nil
		}
		return inAB(o)
	})
	last := c.dial(crlf(`CONNECT {"verbose":false,"headers":true,"name":"last"}|SUB z 1|PING|`))
	last.wants("PONG")
	for _, row := range []struct {
		first, second bool
		want          string
	}{
		{true, true, "in, si B x>y, si C y>z, eg last C"},
		{true, false, "in, si B x>y, si C y>z"},
		{false, true, "in, si B x>y"},
	} {
		c.service("A", "B", "y", "x", row.first)
		c.service("B", "C", "z", "y", row.second)
		if got := c.events("x", false); got != row.want {
			t.Errorf("%v, %v: events %s, want %s", row.first, row.second, got, row.want)
		}
		if m := last.readMsg(); m.payload != "m" {
			t.Errorf("%v, %v: the last got %+v", row.first, row.second, m)
		}
	}
}

// A traced answer is traced up to the requester's account and not beyond; a
// trace-only one is not delivered. [T-48]
func TestTraceOfAnswer(t *testing.T) {
	c := newCrossing(t, "SUB svc 1|SUB tr 2|")
	c.service("A", "B", "svc", "", false)
	ask := c.dial(crlf(hq + "SUB rep 1|PING|"))
	ask.wants("PONG")
	for _, only := range []bool{false, true} {
		ask.send(crlf("PUB svc rep 1|?|"))
		request := c.remote.readMsg()
		headers := []string{"Nats-Trace-Dest: tr"}
		if only {
			headers = append(headers, "Nats-Trace-Only: true")
		}
		c.remote.send(hpub(request.reply, headers, "answer"))
		m := c.remote.readMsg()
		tm, err := trace.Parse([]byte(m.payload), "")
		if err != nil {
			t.Fatal(err)
		}
		if len(tm.Events) != 2 || tm.Events[1].Type != trace.ServiceImportType || tm.Events[1].Account != "A" || tm.Events[1].To != "rep" {
			t.Errorf("only %v: events %+v", only, tm.Events)
		}
		if only {
			ask.idle()
			continue
		}
		if m := ask.readMsg(); m.payload != "answer" || !strings.Contains(m.header, "Nats-Trace-Dest: trace disabled") {
			t.Errorf("the requester got %+v", m)
		}
	}
	c.traces.idle()
}

// A stream's importer decides whether its deliveries are traced. [T-27] [T-49]
func TestTraceOfStreamImport(t *testing.T) {
	for _, row := range []struct {
		allow, only bool
		want        string
	}{
		{true, false, "in, se B local.x, eg remote B"},
		{true, true, "in, se B local.x, eg remote B"},
		{false, false, "in, se B local.x"},
		{false, true, "in, se B local.x"},
	} {
		c := newCrossing(t, "")
		im, err := core.NewStreamImport(c.acc, "ev.*", "local.*", row.allow)
		if err != nil {
			t.Fatal(err)
		}
		c.broker.Account("B").SetStreamImports([]*core.StreamImport{im})
		c.remote.send("SUB local.* 1\r\n")
		c.remote.idle()
		if got := c.events("ev.x", row.only); got != row.want {
			t.Errorf("%+v: events %s", row, got)
		}
		if row.only {
			c.pub.send("SUB rep 9\r\n" + hpub("ev.x rep", []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: true"}, ""))
			c.pub.idle() // counts as delivered
		} else if m := c.remote.readMsg(); m.subject != "local.x" || m.header != "NATS/1.0\r\nNats-Trace-Dest: tr\r\n\r\n" {
			t.Errorf("%+v: the importer got %+v", row, m)
		}
		c.remote.idle()
	}
}
