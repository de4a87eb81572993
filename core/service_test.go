package core

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// imports makes account IMP import a service of account EXP.
func (b *bench) imports(subj, local string, e *Export) {
	b.t.Helper()
	b.importInto("IMP", "EXP", subj, local, e)
}

func (b *bench) importInto(importer, exporter, subj, local string, e *Export) {
	b.t.Helper()
	e.Subject, e.Service = subj, true
	im, err := NewServiceImport(b.broker.Account(exporter), subj, local, false, e)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.broker.Account(importer).SetServiceImports([]*ServiceImport{im}); err != nil {
		b.t.Fatal(err)
	}
}

// asks sends a request and gives its reply subject as the service sees it, and
// the request as "subject header payload".
func (m *member) asks(svc *member, subj, reply string) (inbox, request string) {
	m.bench.t.Helper()
	m.queue(subj, reply, "ask")
	m.Publisher().EndBatch()
	m.bench.settle()
	text := string(svc.sock.take())
	line, body, ok := strings.Cut(text, crlf)
	if !ok {
		return "", ""
	}
	f := strings.Fields(line)
	if len(f) == 6 {
		inbox = f[3]
	}
	return inbox, f[1] + " " + strings.ReplaceAll(strings.TrimSuffix(body, crlf), crlf, "|")
}

// A request crosses under the service's subject with a reply subject of the
// exporter's; the answer comes back under the requester's, once.
func TestServiceRequest(t *testing.T) {
	b := newBench(t)
	b.imports("svc.*", "my.*", new(Export))
	svc, asker := b.join(KindClient, "EXP"), b.join(KindClient, "IMP")
	svc.sub("svc.> 1")
	asker.sub("inbox.* 2")
	inbox, request := asker.asks(svc, "my.add", "inbox.1")
	if !strings.HasPrefix(inbox, "_R_.") || len(inbox) != len("_R_.123456.123456") {
		t.Errorf("reply subject %q", inbox)
	}
	if want := `svc.add NATS/1.0|Nats-Request-Info: {"acc":"IMP"}||ask`; request != want {
		t.Errorf("the service got %q, want %q", request, want)
	}
	if n := svc.Account().PendingResponses(); n != 1 {
		t.Errorf("%d answers are awaited", n)
	}
	if !svc.pub(inbox, "answer") || svc.pub(inbox, "again") {
		t.Error("one answer should pass, and one only")
	}
	asker.wants("2 inbox.1 answer")
	if n := svc.Account().PendingResponses(); n != 0 {
		t.Errorf("%d answers are awaited", n)
	}
}

// Nobody serves: the request counts as not delivered and no answer is awaited.
//
func TestServiceWithoutResponder(t *testing.T) {
	b := newBench(t)
	b.imports("svc", "", new(Export))
	asker := b.join(KindClient, "IMP")
	if asker.queue("svc", "inbox", "ask") {
		t.Error("delivered")
	}
	if n := b.broker.Account("EXP").PendingResponses(); n != 0 {
		t.Errorf("%d answers are awaited", n)
	}
}

// A stream of answers goes on until an empty message, and each puts the end off.
//
func TestServiceStreamOfAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.imports("svc", "", &Export{Response: ResponseStream, Threshold: time.Second})
		svc, asker := b.join(KindClient, "EXP"), b.join(KindClient, "IMP")
		svc.sub("svc 1")
		asker.sub("inbox 2")
		inbox, _ := asker.asks(svc, "svc", "inbox")
		for range 5 {
			pass(900 * time.Millisecond)
			svc.pub(inbox, "chunk")
		}
		svc.pub(inbox, "")
		if svc.pub(inbox, "late") {
			t.Error("an answer behind the last")
		}
		if got := fmt.Sprint(asker.got()); got != "[2 inbox chunk 2 inbox chunk 2 inbox chunk 2 inbox chunk 2 inbox chunk 2 inbox ]" {
			t.Errorf("got %s", got)
		}
	})
}

// An answer that is too late is nobody's: two minutes, or the export's
// threshold, whatever other exports wait for.
func TestServiceThreshold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.imports("slow", "", new(Export))
		b.importInto("IMP2", "EXP", "fast", "", &Export{Threshold: time.Second})
		svc, asker, hasty := b.join(KindClient, "EXP"), b.join(KindClient, "IMP"), b.join(KindClient, "IMP2")
		svc.sub("> 1")
		slow, _ := asker.asks(svc, "slow", "inbox")
		fast, _ := hasty.asks(svc, "fast", "inbox")
		pass(1100 * time.Millisecond)
		if n := svc.Account().PendingResponses(); n != 1 {
			t.Errorf("%d answers are awaited after a second", n)
		}
		svc.pub(fast, "late")
		pass(2 * time.Minute)
		svc.pub(slow, "late")
		if n := svc.Account().PendingResponses(); n != 0 {
			t.Errorf("%d answers are awaited after two minutes", n)
		}
		asker.wants()
		hasty.wants()
	})
}

// Acknowledgements keep their reply, and what a client says of itself in the
// header is not believed.
func TestServiceHeaders(t *testing.T) {
	b := newBench(t)
	b.imports("svc", "", new(Export))
	svc, asker := b.join(KindClient, "EXP"), b.join(KindClient, "IMP")
	svc.sub("svc 1")
	if inbox, _ := asker.asks(svc, "svc", "$JS.ACK.x"); inbox != "$JS.ACK.x" {
		t.Errorf("reply %q", inbox)
	}
	p := asker.Publisher()
	m := p.Push()
	m.Account, m.Subject = asker.Account(), []byte("svc")
	m.setWire([]byte("NATS/1.0\r\nA: b\r\nNats-Request-Info: {\"acc\":\"ROOT\"}\r\n\r\n"), []byte("ask"))
	p.Publish(m)
	p.Pop()
	p.EndBatch()
	if got := svc.got(); len(got) != 1 || got[0] != "1 svc NATS/1.0\r\nA: b\r\nNats-Request-Info: {\"acc\":\"IMP\"}\r\n\r\nask" {
		t.Errorf("the service got %q", got)
	}
}

// A chain of imports carries the request through and the answer back; the last
// service learns who asked first and who passed it on.
func TestServiceChain(t *testing.T) {
	b := newBench(t)
	b.importInto("B", "A", "svc.a", "svc.b", new(Export))
	b.importInto("C", "B", "svc.b", "svc.c", new(Export))
	svc, asker := b.join(KindClient, "A"), b.join(KindClient, "C")
	svc.sub("svc.* 1")
	asker.sub("inbox 2")
	inbox, request := asker.asks(svc, "svc.c", "inbox")
	if want := `svc.a NATS/1.0|Nats-Request-Info: {"acc":"C","svc":"B"}||ask`; request != want {
		t.Errorf("the service got %q, want %q", request, want)
	}
	if !svc.pub(inbox, "answer") {
		t.Error("the answer was not delivered")
	}
	asker.wants("2 inbox answer")
	for _, name := range []string{"A", "B"} {
		if n := b.broker.Account(name).PendingResponses(); n != 0 {
			t.Errorf("%s waits for %d answers", name, n)
		}
	}
}

// Imports that form a circle end where they began, and deliver on the way.
//
func TestServiceCycle(t *testing.T) {
	b := newBench(t)
	b.importInto("A", "B", "x", "", new(Export))
	b.importInto("B", "A", "x", "", new(Export))
	one, two := b.join(KindClient, "A"), b.join(KindClient, "B")
	one.sub("x 1")
	two.sub("x 2")
	if !one.pub("x", "m") {
		t.Error("not delivered")
	}
	if got := two.got(); len(got) != 1 {
		t.Errorf("B got %q", got)
	}
	if n := len(one.got()); n == 0 || n > 2 {
		t.Errorf("A got %d", n)
	}
}

// Requests that came by a route or gateway have crossed on their own server.
func TestServiceCrossesAtOrigin(t *testing.T) {
	for from := range kindCount {
		b := newBench(t)
		b.imports("svc", "", new(Export))
		svc := b.join(KindClient, "EXP")
		svc.sub("svc 1")
		b.join(from, "IMP").pub("svc", "ask")
		if got, want := len(svc.got()) == 1, offered&(1<<from) != 0; got != want {
			t.Errorf("from %v: crossed %v", from, got)
		}
	}
}

// Imports that stay are the same ones after a reload; the others go and come.
func TestServiceImportsChange(t *testing.T) {
	b := newBench(t)
	acc, exp := b.broker.Account("IMP"), b.broker.Account("EXP")
	make1 := func(subj, local string) *ServiceImport {
		im, err := NewServiceImport(exp, subj, local, false, &Export{Subject: subj, Service: true})
		if err != nil {
			t.Fatal(err)
		}
		return im
	}
	set := func(list ...*ServiceImport) []*ServiceImport {
		if err := acc.SetServiceImports(list); err != nil {
			t.Fatal(err)
		}
		return acc.ServiceImports()
	}
	first := set(make1("a", ""), make1("b", "c"))
	second := set(make1("b", "c"), make1("d", ""))
	if len(second) != 2 || second[0] != first[1] || second[1] == first[0] {
		t.Error("an import that stays was made anew, or one that is new was not")
	}
	for subj, want := range map[string]bool{"a": false, "b": false, "c": true, "d": true} {
		if acc.HasInterest([]byte(subj)) != want {
			t.Errorf("interest in %s: %v", subj, !want)
		}
	}
	if set(); acc.SubscriptionCount() != 0 {
		t.Errorf("%d subscriptions are left", acc.SubscriptionCount())
	}
	if _, err := NewServiceImport(exp, "a.*", "b", false, new(Export)); err == nil {
		t.Error("a wildcard without a place was taken")
	}
}
