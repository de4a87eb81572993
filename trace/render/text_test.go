package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/midge-nats/midge/trace"
	"github.com/midge-nats/midge/trace/link"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs:\n got:\n%s\nwant:\n%s", name, got, want)
	}
}

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func at(micros int) time.Time { return start.Add(time.Duration(micros) * time.Microsecond) }

func tree(t *testing.T, list ...*trace.Message) *link.Node {
	t.Helper()
	var c link.Collector
	for _, m := range list {
		c.Add(m)
	}
	root := c.Root()
	if root == nil {
		t.Fatal("no tree")
	}
	return root
}

func message(server, cluster, hop string, events ...trace.Event) *trace.Message {
	h := map[string][]string{trace.DestHeader: {"tr"}}
	if hop != "" {
		h[trace.HopHeader] = []string{hop}
	}
	return &trace.Message{
		Server:  trace.ServerInfo{Name: server, Cluster: cluster, Version: "2.15.2"},
		Request: trace.Request{Header: h},
		Events:  events,
	}
}

func in(micros int, kind trace.Kind, cid uint64, name string) trace.Event {
	return trace.Event{Type: trace.InType, Time: at(micros), Kind: kind, CID: cid, Name: name, Account: "$G", Subject: "orders.new"}
}

func client(micros int, cid uint64, name, sub, queue string) trace.Event {
	return trace.Event{Type: trace.EgressType, Time: at(micros), CID: cid, Name: name, Subscription: sub, Queue: queue}
}

func forward(micros int, kind trace.Kind, cid uint64, name, hop string) trace.Event {
	return trace.Event{Type: trace.EgressType, Time: at(micros), Kind: kind, CID: cid, Name: name, Hop: hop}
}

func stream(micros int, name, subject string) trace.Event {
	return trace.Event{Type: trace.JetStreamType, Time: at(micros), Stream: name, StoredSubject: subject}
}

func refused(e trace.Event, text string) trace.Event {
	e.Error = text
	return e
}

// captured is the sample of the specification. [trace.md 15]
func captured(t *testing.T) *link.Node {
	return tree(t,
		message("N1", "C", "", in(0, trace.Client, 28, "NATS CLI"), forward(1, trace.Route, 15, "N0", "1")),
		message("N0", "C", "1", in(2, trace.Route, 15, "N1"), stream(3, "T", "js.9")))
}

// The sample is rendered as the reference tool does, to the line.
func TestTextOfTheCapturedSample(t *testing.T) {
	var out bytes.Buffer
	if err := Text(&out, captured(t), Options{}); err != nil {
		t.Fatal(err)
	}
	want := `Client "NATS CLI" cid:28 cluster:"C" server:"N1" version:"2.15.2"
--> Router "N0" rid:15
    Router "N1" rid:15 server:"N0" version:"2.15.2"
    --J JetStream action:"stored" stream:"T" subject:"js.9"

Legend: Client: --C Router: --> Gateway: ==> Leafnode: ~~> JetStream: --J Error: --X
`
	if !strings.HasPrefix(out.String(), want) {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

// everything is a message that met every kind of event and connection.
func everything(t *testing.T) *link.Node {
	s1 := message("S1", "east", "",
		in(0, trace.Client, 6, "pub"),
		trace.Event{Type: trace.MappingType, Time: at(5), To: "orders.v2.new"},
		client(10, 8, "billing", "orders.>", ""),
		trace.Event{Type: trace.StreamExportType, Time: at(12), Account: "AUDIT", To: "log.orders"},
		trace.Event{Type: trace.EgressType, Time: at(13), CID: 9, Name: "auditor", Account: "AUDIT", Subscription: "orders.v2.*"},
		trace.Event{Type: trace.ServiceImportType, Time: at(14), Account: "STOCK", From: "orders.v2.new", To: "reserve"},
		stream(2500, "ORDERS", "orders.v2.new"),
		refused(client(20, 6, "pub", "orders.>", ""), trace.NotDeliveredNoEcho),
		client(22, 11, "worker", "orders.*.new", "work"),
		forward(30, trace.Route, 3, "S2", "1"),
		forward(31, trace.Leaf, 4, "L1", "2"),
		forward(32, trace.Gateway, 5, "G1", "3"),
		refused(forward(33, trace.Route, 7, "old", "4"), trace.DeliveredNoSupport),
	)
	return tree(t, s1,
		message("S2", "east", "1", in(210, trace.Route, 3, "S1"),
			trace.Event{Type: trace.JetStreamType, Time: at(215), Stream: "EVENTS", StoredSubject: "x", NoInterest: true},
			refused(trace.Event{Type: trace.JetStreamType, Time: at(216), Stream: "DUPES"}, "msgid is duplicate"),
			forward(220, trace.Leaf, 12, "L2", "1.1")),
		message("L1", "L1", "2", in(-40, trace.Leaf, 2, "S1"), client(-35, 5, "edge", "orders.>", "")),
		message("G1", "west", "3", in(84032, trace.Gateway, 9, "S1"), client(84040, 5, "", "orders.>", "")),
		message("L2", "L2", "1.1", in(1900, trace.Leaf, 2, "S2"), trace.Event{Type: trace.JetStreamType, Time: at(1950), Stream: "COPY"}))
}

func TestText(t *testing.T) {
	missing := func(t *testing.T) *link.Node {
		return tree(t,
			message("S1", "east", "", in(0, trace.Client, 6, "pub"), forward(10, trace.Route, 3, "S2", "1"), forward(11, trace.Gateway, 4, "G1", "2")),
			message("L2", "L2", "1.1", in(300, trace.Leaf, 2, "S2"), client(301, 5, "edge", "orders.>", "")))
	}
	only := func(t *testing.T) *link.Node {
		m := message("S1", "", "", in(0, trace.Client, 6, ""))
		m.Request.Header[trace.OnlyHeader] = []string{"True"}
		return tree(t, m)
	}
	for name, c := range map[string]struct {
		root *link.Node
		o    Options
	}{
		"sample.txt":      {captured(t), Options{}},
		"everything.txt":  {everything(t), Options{}},
		"timestamps.txt":  {everything(t), Options{Timestamps: true}},
		"missing.txt":     {missing(t), Options{Timestamps: true, Unlinked: 1}},
		"no-interest.txt": {only(t), Options{}},
		"denied.txt": {tree(t, message("S1", "", "", refused(in(0, trace.Client, 6, "pub"), trace.PublishDenied("orders.new")))),
			Options{}},
		"boundary.txt": {tree(t, message("S1", "", "", in(0, trace.Client, 6, "pub"),
			trace.Event{Type: trace.ServiceImportType, Account: "STOCK", From: "a", To: "b"})), Options{}},
		"hostile.txt": {tree(t, message("S1\x1b[2J", "c\n", "", refused(in(0, trace.Client, 6, "a\"b"), "x\n\x1b[31m"),
			trace.Event{Type: trace.EgressType, Kind: 77, CID: 1, Name: "\u202e"}, trace.Event{Type: "new"})), Options{Timestamps: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Text(&out, c.root, c.o); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.Bytes())
		})
	}
}

// Whatever a server sends, no control byte reaches the terminal, and each
// event stays on its line.
func FuzzText(f *testing.F) {
	f.Add("name", "\x1b[2J", int64(5), 1)
	f.Fuzz(func(t *testing.T, a, b string, nanos int64, kind int) {
		e := trace.Event{Type: trace.EgressType, Kind: trace.Kind(kind), Name: a, Hop: "1", Subscription: b, Queue: a, Account: b, Error: a, Time: time.Unix(0, nanos)}
		first := refused(in(0, trace.Client, 1, a), b)
		var c link.Collector
		c.Add(message(b, a, "", first, e, trace.Event{Type: trace.JetStreamType, Stream: a, StoredSubject: b}))
		c.Add(message(a, b, "1", trace.Event{Type: trace.InType, Kind: trace.Route, Name: b, Error: a, Time: time.Unix(nanos, 0)}))
		for _, write := range []func(*bytes.Buffer) error{
			func(w *bytes.Buffer) error { return Text(w, c.Root(), Options{Timestamps: true}) },
			func(w *bytes.Buffer) error { return Mermaid(w, c.Root()) },
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(out.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == 0x9b }); i >= 0 {
				t.Fatalf("control byte at %d of %q", i, out.String())
			}
		}
	})
}
