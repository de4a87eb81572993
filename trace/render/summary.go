package render

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/midge-nats/midge/trace"
	"github.com/midge-nats/midge/trace/link"
)

// tally is what the whole tree adds up to.
type tally struct {
	egress  map[trace.Kind]int
	other   int // egresses of kinds that do not occur
	errors  int
	streams []string // those that received the message, "T" on "S1"
	missing []string
	links   []hop
	skewed  bool
	last    time.Duration // of the events, since the first ingress
}

// hop is one link the message took.
type hop struct {
	way   string // "N1" --> "N0"
	after string
}

func count(root *link.Node) tally {
	t := tally{egress: make(map[trace.Kind]int)}
	root.Walk(func(n *link.Node) {
		name := strconv.Quote(n.Message.Server.Name)
		if n.Missing {
			t.missing = append(t.missing, name)
		}
		for i := range n.Message.Events {
			t.add(n, &n.Message.Events[i], name)
		}
		if n.Parent != nil && !n.Missing && !n.Parent.Missing {
			t.link(n, name)
		}
	})
	return t
}

func (t *tally) add(n *link.Node, e *trace.Event, server string) {
	if d, ok := n.Since(e); ok {
		t.last = max(t.last, d)
		t.skewed = t.skewed || d < 0
	}
	switch {
	case e.Type != trace.EgressType && e.Type != trace.JetStreamType:
	case e.Error != "" && e.Error != trace.DeliveredNoSupport:
		t.errors++
	case e.Type == trace.JetStreamType:
		t.streams = append(t.streams, strconv.Quote(e.Stream)+" on "+server)
	case looks[e.Kind].word == "":
		t.other++
	default:
		t.egress[e.Kind]++
	}
}

func (t *tally) link(n *link.Node, name string) {
	d, ok := n.Travel()
	if !ok {
		return
	}
	arrow := lookOf(n.Via.Kind).arrow
	after := duration(d)
	if d < 0 {
		t.skewed = true
	}
	t.links = append(t.links, hop{strconv.Quote(n.Parent.Message.Server.Name) + " " + arrow + " " + name, after})
}

// summary writes what follows the legend.
func (p *page) summary(root *link.Node) {
	t := count(root)
	if p.Timestamps {
		p.timing(&t)
	}
	p.WriteString("\nEgress count: " + t.egresses() + "\n")
	if isTraceOnly(root) {
		p.WriteString("Trace only: nothing was delivered or stored\n")
	}
	if len(t.streams) > 1 {
		p.warn(strconv.Itoa(len(t.streams)) + " streams received the message: " + strings.Join(t.streams, ", "))
	}
	if len(t.missing) > 0 {
		p.warn("no trace came from " + strings.Join(t.missing, ", "))
	}
	if p.Unlinked > 0 {
		p.warn(plural(p.Unlinked, "trace", "traces") + " had no place in the tree")
	}
	if p.Timestamps && t.skewed {
		p.warn("the clocks of the servers differ, times between them mislead")
	}
}

func (p *page) warn(text string) { p.WriteString("Warning: " + text + "\n") }

// timing writes how long each link took.
func (p *page) timing(t *tally) {
	if len(t.links) > 0 {
		p.WriteString("\nLinks:\n")
	}
	width := 0
	for _, l := range t.links {
		width = max(width, utf8.RuneCountInString(l.way))
	}
	for _, l := range t.links {
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(l.way))
		p.WriteString("  " + l.way + pad + "  " + l.after + "\n")
	}
	p.WriteString("\nFrom the first ingress to the last event: " + duration(t.last) + "\n")
}

// egresses lists the counts per kind in words.
func (t *tally) egresses() string {
	var list []string
	for _, k := range []trace.Kind{trace.Client, trace.Route, trace.Gateway, trace.Leaf} {
		if n := t.egress[k]; n > 0 {
			list = append(list, plural(n, strings.ToLower(looks[k].word), looks[k].plural))
		}
	}
	if t.other > 0 {
		list = append(list, plural(t.other, "other connection", "other connections"))
	}
	if n := len(t.streams); n > 0 {
		list = append(list, plural(n, "stream", "streams"))
	}
	if t.errors > 0 {
		list = append(list, plural(t.errors, "error", "errors"))
	}
	if list == nil {
		return "none"
	}
	return strings.Join(list, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// isTraceOnly reports whether the message was only traced, as far as the
// first server that reported says. [T-7]
func isTraceOnly(root *link.Node) bool {
	for n := root; ; {
		if !n.Missing {
			h := n.Message.Request.Header
			return len(h[trace.DestHeader]) > 0 && len(h[trace.OnlyHeader]) > 0 && trace.IsYes(h[trace.OnlyHeader][0])
		}
		children := n.Children()
		if len(children) == 0 {
			return false
		}
		n = children[0]
	}
}

// since is the time of an event in brackets.
func since(n *link.Node, e *trace.Event) string {
	d, ok := n.Since(e)
	if !ok {
		return "?"
	}
	return duration(d)
}

// duration writes a time with as many digits as anyone reads.
func duration(d time.Duration) string {
	if d < 0 {
		return "Skew " + duration(-max(d, -1<<62))
	}
	switch {
	case d >= time.Second:
		d = d.Round(time.Millisecond)
	case d >= time.Millisecond:
		d = d.Round(time.Microsecond)
	}
	return d.String()
}
