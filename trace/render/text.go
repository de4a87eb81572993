// Package render shows the tree of a traced message to people: as text for a
// terminal, and as a Mermaid diagram for a page. [ADR-41] [trace.md 15]
//
// Names, subjects and errors come from the network. They are quoted, so that
// none can end a line, move the cursor or be taken for another field.
package render

import (
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/midge-nats/midge/trace"
	"github.com/midge-nats/midge/trace/link"
)

// Options choose what Text shows.
type Options struct {
	// Timestamps puts the time since the message entered the first server in
	// front of each event, and adds how long each link took. The clocks of
	// two servers differ: what seems to go back in time is called skew.
	Timestamps bool

	// Unlinked is the number of messages that had no place in the tree.
	Unlinked int
}

// Legend explains the marks in front of the lines.
const Legend = "Legend: Client: --C Router: --> Gateway: ==> Leafnode: ~~> JetStream: --J Error: --X"

// look is how a kind of connection is shown.
type look struct {
	word   string // in front of the name
	id     string // in front of the connection id
	arrow  string
	plural string // in the egress count
}

var looks = map[trace.Kind]look{
	trace.Client:  {"Client", "cid", "--C", "clients"},
	trace.Route:   {"Router", "rid", "-->", "routers"},
	trace.Gateway: {"Gateway", "gid", "==>", "gateways"},
	trace.Leaf:    {"Leafnode", "lid", "~~>", "leafnodes"},
}

// lookOf also answers for kinds that do not occur, as a hostile or future
// server may send any.
func lookOf(k trace.Kind) look {
	if l, ok := looks[k]; ok {
		return l
	}
	return look{"Connection", "id", "-->", "other connections"}
}

// Text writes the tree, the servers below one another in the order in which
// the message reached them: per server its ingress, mapping, service imports,
// stream exports, streams and egresses. A legend, the number of egresses per
// kind and warnings follow. Errors are those of w.
func Text(w io.Writer, root *link.Node, o Options) error {
	p := &page{Options: o}
	p.node(root, 0)
	p.WriteString("\n" + Legend + "\n")
	p.summary(root)
	_, err := io.WriteString(w, p.String())
	return err
}

// page is the text being written.
type page struct {
	strings.Builder
	Options
}

// node writes one server and all below it.
func (p *page) node(n *link.Node, depth int) {
	p.ingress(n, depth)
	for _, typ := range []trace.EventType{
		trace.MappingType, trace.ServiceImportType, trace.StreamExportType, trace.JetStreamType, trace.EgressType,
	} {
		for i := range n.Message.Events {
			if e := &n.Message.Events[i]; e.Type == typ {
				p.event(n, e, depth)
			}
		}
	}
	p.deadEnd(n, depth)
}

func (p *page) ingress(n *link.Node, depth int) {
	in, srv, l := n.Message.Ingress(), &n.Message.Server, lookOf(n.Message.Ingress().Kind)
	p.start(n, in, depth, "", l.word)
	p.name(in.Name)
	if !n.Missing {
		p.id(l, in.CID)
	}
	if in.Kind == trace.Client || in.Kind == trace.Gateway {
		p.field("cluster", srv.Cluster)
	}
	p.field("server", srv.Name)
	p.field("version", srv.Version)
	p.WriteByte('\n')
	if in.Error != "" {
		p.failure(depth, in.Error)
	}
}

func (p *page) event(n *link.Node, e *trace.Event, depth int) {
	switch e.Type {
	case trace.MappingType:
		p.start(n, e, depth, "   ", "Mapping")
		p.field("subject", e.To)
	case trace.ServiceImportType:
		p.start(n, e, depth, "   ", "Service Import")
		p.field("from", e.From)
		p.field("to", e.To)
		p.field("account", e.Account)
	case trace.StreamExportType:
		p.start(n, e, depth, "   ", "Stream Export")
		p.field("subject", e.To)
		p.field("account", e.Account)
	case trace.JetStreamType:
		p.stream(n, e, depth)
	case trace.EgressType:
		p.egress(n, e, depth)
		return
	}
	p.WriteByte('\n')
}

func (p *page) stream(n *link.Node, e *trace.Event, depth int) {
	mark := "--J"
	if e.Error != "" {
		mark = "--X"
	}
	p.start(n, e, depth, mark, "JetStream")
	p.field("action", action(e))
	p.field("stream", e.Stream)
	p.field("subject", e.StoredSubject)
	p.field("error", e.Error)
}

// action says what a stream did, or nothing if it failed.
func action(e *trace.Event) string {
	switch {
	case e.Error != "":
		return ""
	case e.NoInterest:
		return "no interest"
	case e.StoredSubject == "":
		return "undecided"
	}
	return "stored"
}

func (p *page) egress(n *link.Node, e *trace.Event, depth int) {
	l := lookOf(e.Kind)
	mark := l.arrow
	if e.Error != "" {
		mark = "--X"
	}
	p.start(n, e, depth, mark, l.word)
	p.name(e.Name)
	child := n.Child(e)
	if e.CID != 0 || child == nil {
		p.id(l, e.CID)
	}
	p.field("subject", e.Subscription)
	p.field("queue", e.Queue)
	p.field("account", e.Account)
	p.field("error", e.Error)
	p.WriteByte('\n')
	if child != nil {
		p.node(child, depth+1)
	}
}

// deadEnd says so if the message went nowhere from the client's server.
// Beyond an account boundary that is not known: tracing may end there.
func (p *page) deadEnd(n *link.Node, depth int) {
	in := n.Message.Ingress()
	if in.Kind != trace.Client || in.Error != "" {
		return
	}
	beyond := ""
	for _, e := range n.Message.Events {
		switch e.Type {
		case trace.EgressType, trace.JetStreamType:
			return
		case trace.ServiceImportType, trace.StreamExportType:
			beyond = e.Account
		}
	}
	if beyond != "" {
		p.failure(depth, "No egress seen beyond account "+strconv.Quote(beyond))
		return
	}
	p.failure(depth, "No active interest")
}

func (p *page) failure(depth int, text string) {
	p.WriteString(strings.Repeat("    ", depth) + "--X " + printable(text) + "\n")
}

// start begins the line of an event: its mark, time and first word.
func (p *page) start(n *link.Node, e *trace.Event, depth int, mark, word string) {
	p.WriteString(strings.Repeat("    ", depth))
	if mark != "" {
		p.WriteString(mark + " ")
	}
	if p.Timestamps {
		p.WriteString("[" + since(n, e) + "] ")
	}
	p.WriteString(word)
}

func (p *page) name(s string) {
	if s != "" {
		p.WriteString(" " + strconv.Quote(s))
	}
}

func (p *page) id(l look, cid uint64) {
	p.WriteString(" " + l.id + ":" + strconv.FormatUint(cid, 10))
}

// field writes a field, unless it is empty.
func (p *page) field(name, value string) {
	if value != "" {
		p.WriteString(" " + name + ":" + strconv.Quote(value))
	}
}

// printable returns text as it is, or quoted if a terminal could take part of
// it for a command.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
