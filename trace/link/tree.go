package link

import (
	"cmp"
	"slices"
	"strings"

	"github.com/midge-nats/midge/trace"
)

// Missing is the ingress error of a trace that was filled in.
const Missing = "This trace event was missing"

// Unknown is the name of a server nothing is known about.
const Unknown = "<Unknown>"

// Root builds the tree of what has arrived, and fills in what is missing. It
// is nil before the first message that has a place. More may be added
// afterwards, for the next call; the nodes returned do not change.
func (c *Collector) Root() *Node {
	if c.root == nil && len(c.byHop) == 0 {
		return nil
	}
	nodes := make(map[string]*Node, len(c.byHop)+1)
	if c.root != nil {
		nodes[""] = newNode("", c.root)
	}
	for hop, m := range c.byHop {
		nodes[hop] = newNode(hop, m)
	}
	for _, hop := range sortedHops(nodes) {
		for ; hop != "" && nodes[parentHop(hop)] == nil; hop = parentHop(hop) {
			nodes[parentHop(hop)] = filler(parentHop(hop))
		}
	}
	// The deepest come first, so that what is filled in knows all its
	// children before it is a child itself.
	for _, hop := range sortedHops(nodes) {
		if hop == "" {
			continue
		}
		n, parent := nodes[hop], nodes[parentHop(hop)]
		n.Parent = parent
		parent.kids = append(parent.kids, n)
		if parent.Missing {
			parent.learn(n)
		}
	}
	root := nodes[""]
	root.connect()
	return root
}

func newNode(hop string, m *trace.Message) *Node {
	return &Node{Hop: hop, Message: m, children: make(map[string]*Node)}
}

// filler stands for a server whose trace did not arrive.
func filler(hop string) *Node {
	kind := trace.Client
	if hop != "" {
		kind = trace.Route
	}
	n := newNode(hop, &trace.Message{
		Server: trace.ServerInfo{Name: Unknown},
		Events: []trace.Event{{Type: trace.InType, Kind: kind, Error: Missing}},
	})
	n.Missing = true
	return n
}

// learn takes from a child what it tells about the missing server above it:
// its name, and a time by which the message had been there.
func (n *Node) learn(child *Node) {
	in, from := n.Message.Ingress(), child.Message.Ingress()
	if n.Message.Server.Name == Unknown && from.Name != "" {
		n.Message.Server.Name = from.Name
	}
	if !from.Time.IsZero() && (in.Time.IsZero() || from.Time.Before(in.Time)) {
		in.Time = from.Time
	}
}

// connect joins each child to the egress that led to it, for n and all below,
// and fills in egresses and servers that only the other end knows of.
func (n *Node) connect() {
	n.mention()
	kids := make(map[string]*Node, len(n.kids))
	for _, k := range n.kids {
		kids[k.Hop] = k
	}
	for i := range n.Message.Events {
		e := &n.Message.Events[i]
		if !leads(e, n.Hop) || n.children[e.Hop] != nil {
			continue
		}
		child := kids[e.Hop]
		if child == nil {
			if e.Error != "" {
				continue // nothing comes from there
			}
			child = filler(e.Hop)
		}
		child.Parent, child.Via = n, e
		n.children[e.Hop] = child
		if child.Missing {
			if child.Message.Server.Name == Unknown && e.Name != "" {
				child.Message.Server.Name = e.Name
			}
			in := child.Message.Ingress()
			in.Kind, in.Name = e.Kind, n.Message.Server.Name
		}
		child.connect()
	}
}

// mention adds an egress for each child that the server's trace has none for,
// in a copy: the message is the caller's.
func (n *Node) mention() {
	known := make(map[string]bool)
	for i := range n.Message.Events {
		if e := &n.Message.Events[i]; leads(e, n.Hop) {
			known[e.Hop] = true
		}
	}
	var added []trace.Event
	for _, k := range n.kids {
		if known[k.Hop] {
			continue
		}
		in := k.Message.Ingress()
		added = append(added, trace.Event{
			Type: trace.EgressType, Time: in.Time, Kind: in.Kind, Name: k.Message.Server.Name, Hop: k.Hop,
		})
	}
	if len(added) > 0 {
		m := *n.Message
		m.Events = slices.Concat(m.Events, added)
		n.Message = &m
	}
}

// sortedHops orders the hop ids of nodes: the deepest first, siblings by
// number.
func sortedHops(nodes map[string]*Node) []string {
	hops := make([]string, 0, len(nodes))
	for hop := range nodes {
		hops = append(hops, hop)
	}
	slices.SortFunc(hops, func(a, b string) int {
		return cmp.Or(strings.Count(b, ".")-strings.Count(a, "."), len(a)-len(b), strings.Compare(a, b))
	})
	return hops
}
