package render

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/midge-nats/midge/trace"
	"github.com/midge-nats/midge/trace/link"
)

// edges are Mermaid's links per kind; a failed egress is a dotted cross.
var edges = map[trace.Kind]string{
	trace.Client:  "-->",
	trace.Route:   "-->",
	trace.Gateway: "==>",
	trace.Leaf:    "-.->",
}

const failedEdge = "-. %s .-x"

// Mermaid writes the tree as a Mermaid flowchart from left to right: servers
// as boxes, clients as stadiums, streams as cylinders. Links show their kind,
// hop id and how long they took. Errors are those of w.
func Mermaid(w io.Writer, root *link.Node) error {
	c := &chart{}
	c.WriteString("flowchart LR\n")
	in := root.Message.Ingress()
	publisher := c.shape("([%s])", caption(in.Name, "client", in.CID))
	c.edge(publisher, c.server(root), "-->", in.Subject)
	_, err := io.WriteString(w, c.String())
	return err
}

// chart is the diagram being written; shapes are numbered.
type chart struct {
	strings.Builder
	shapes int
}

// shape writes a shape around a label, and returns its name.
func (c *chart) shape(format, label string) string {
	name := fmt.Sprintf("n%d", c.shapes)
	c.shapes++
	fmt.Fprintf(c, "    %s"+format+"\n", name, `"`+label+`"`)
	return name
}

// edge writes a link with a label, if there is one.
func (c *chart) edge(from, to, arrow, text string) {
	if text != "" {
		arrow += `|"` + label(text) + `"|`
	}
	fmt.Fprintf(c, "    %s %s %s\n", from, arrow, to)
}

// server writes a server and all below it.
func (c *chart) server(n *link.Node) string {
	m, in := n.Message, n.Message.Ingress()
	text := label(m.Server.Name)
	if m.Server.Cluster != "" && m.Server.Cluster != m.Server.Name {
		text += "<br/>" + label("cluster "+m.Server.Cluster)
	}
	if in.Error != "" {
		text += "<br/>" + label(in.Error)
	}
	me := c.shape("[%s]", text)
	for i := range m.Events {
		e := &m.Events[i]
		switch e.Type {
		case trace.JetStreamType:
			c.link(me, c.shape("[(%s)]", label("stream "+e.Stream)), "-->", action(e), e.Error)
		case trace.EgressType:
			c.egress(n, me, e)
		}
	}
	return me
}

func (c *chart) egress(n *link.Node, me string, e *trace.Event) {
	arrow, ok := edges[e.Kind]
	if !ok {
		arrow = "-->"
	}
	child := n.Child(e)
	if child == nil {
		to := c.shape("([%s])", caption(e.Name, e.Kind.String(), e.CID))
		text := e.Subscription
		if e.Queue != "" {
			text += " queue " + e.Queue
		}
		c.link(me, to, arrow, text, e.Error)
		return
	}
	text := e.Kind.String() + " " + e.Hop
	if d, ok := child.Travel(); ok && !child.Missing && !n.Missing {
		text += ", " + duration(d)
	}
	c.link(me, c.server(child), arrow, text, e.Error)
}

// link writes an egress, failed or not.
func (c *chart) link(from, to, arrow, text, failure string) {
	switch failure {
	case "":
		c.edge(from, to, arrow, text)
	case trace.DeliveredNoSupport:
		c.edge(from, to, arrow, "does not trace")
	default:
		fmt.Fprintf(c, "    %s "+failedEdge+" %s\n", from, `"`+label(failure)+`"`, to)
	}
}

// caption is the label of a connection: its name, or its kind and id.
func caption(name, kind string, cid uint64) string {
	if name == "" {
		return label(fmt.Sprintf("%s %d", kind, cid))
	}
	return label(name)
}

// label writes text so that Mermaid shows it and does not read it: whatever
// is not a letter, a number or harmless becomes an entity.
func label(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), strings.ContainsRune(" ._-:,$>*/()", r):
			b.WriteRune(r)
		case unicode.IsPrint(r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune('\ufffd')
		}
	}
	return b.String()
}
