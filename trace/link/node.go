package link

import (
	"time"

	"github.com/midge-nats/midge/trace"
)

// Node is one server in the tree.
type Node struct {
	// Message is what the server published, or what was filled in for it.
	Message *trace.Message

	// Missing is set if the server's trace did not arrive.
	Missing bool

	// Hop is the id the message came under, empty for the root.
	Hop string

	// Parent is the server that forwarded to this one, Via its egress. Both
	// are nil for the root.
	Parent *Node
	Via    *trace.Event

	// children are keyed by hop id, kids are those that arrived or lead to
	// one that did, in the order of their ids.
	children map[string]*Node
	kids     []*Node
}

// Child returns the server that an egress of this one led to, or nil: for
// clients, and for servers that were not reached or cannot trace.
func (n *Node) Child(e *trace.Event) *Node {
	if e.Type != trace.EgressType {
		return nil
	}
	return n.children[e.Hop]
}

// Children returns the servers this one forwarded to, in the order of its
// egresses.
func (n *Node) Children() []*Node {
	list := make([]*Node, 0, len(n.children))
	seen := make(map[string]bool, len(n.children))
	for i := range n.Message.Events {
		if c := n.Child(&n.Message.Events[i]); c != nil && !seen[c.Hop] {
			seen[c.Hop] = true
			list = append(list, c)
		}
	}
	return list
}

// Walk calls f for the node and all below it, parents first.
func (n *Node) Walk(f func(*Node)) {
	f(n)
	for _, c := range n.Children() {
		c.Walk(f)
	}
}

// Since is the time from the ingress at the root to an event of this server.
// Clocks of two servers differ: it may be negative. It is false if either
// time is not known.
func (n *Node) Since(e *trace.Event) (time.Duration, bool) {
	root := n
	for root.Parent != nil {
		root = root.Parent
	}
	return between(root.Message.Ingress().Time, e.Time)
}

// Travel is the time the message took on the link to this server: from the
// egress at the parent to the ingress here, by two clocks. It is false for the
// root, and if either time is not known.
func (n *Node) Travel() (time.Duration, bool) {
	if n.Via == nil {
		return 0, false
	}
	return between(n.Via.Time, n.Message.Ingress().Time)
}

func between(from, to time.Time) (time.Duration, bool) {
	if from.IsZero() || to.IsZero() {
		return 0, false
	}
	return to.Sub(from), true
}
