// Package link puts the trace messages of many servers together into the tree
// the message took. [ADR-41] [trace.md 15]
//
// Each server publishes on its own, in no order, and some never do: a server
// may be too old, its trace may be lost, or an account boundary may hide it.
// What is missing between two traces that did arrive is filled in and marked.
//
// Messages come from the network and are not trusted: hop ids that make no
// tree are set aside, and sizes are bounded.
package link

import (
	"strings"

	"github.com/midge-nats/midge/trace"
)

const (
	// maxDepth bounds a hop id's numbers: no message travels this far.
	maxDepth = 64

	// maxMessages bounds what one collector keeps.
	maxMessages = 1 << 12
)

// Collector gathers the trace messages of one traced message. It is not safe
// for concurrent use. The zero value is ready.
type Collector struct {
	root     *trace.Message
	byHop    map[string]*trace.Message
	unlinked []*trace.Message
}

// Add takes one trace message, which must not be changed afterwards, and
// reports whether it has a place in the tree. A second one for the same hop,
// or one whose hop id is none, has not: it is kept for Unlinked. A message
// without ingress is ignored.
func (c *Collector) Add(m *trace.Message) bool {
	if m == nil || len(m.Events) == 0 || c.Len() >= maxMessages {
		return false
	}
	hop := m.Hop()
	switch {
	case hop == "" && c.root == nil && m.Ingress().Kind == trace.Client:
		c.root = m
	case hop != "" && validHop(hop) && c.byHop[hop] == nil:
		if c.byHop == nil {
			c.byHop = make(map[string]*trace.Message)
		}
		c.byHop[hop] = m
	default:
		c.unlinked = append(c.unlinked, m)
		return false
	}
	return true
}

// Len is the number of messages taken so far.
func (c *Collector) Len() int {
	n := len(c.byHop) + len(c.unlinked)
	if c.root != nil {
		n++
	}
	return n
}

// Unlinked returns the messages that have no place in the tree.
func (c *Collector) Unlinked() []*trace.Message { return c.unlinked }

// Complete reports whether every trace announced has arrived: the one of the
// server the client published to, and one for each egress with a hop id.
// Failed egresses are exempt, no trace comes from there. [trace.md 15]
func (c *Collector) Complete() bool {
	return c.root != nil && c.complete(c.root, "")
}

func (c *Collector) complete(m *trace.Message, hop string) bool {
	for i := range m.Events {
		e := &m.Events[i]
		if !leads(e, hop) {
			continue
		}
		child := c.byHop[e.Hop]
		if child == nil && e.Error == "" || child != nil && !c.complete(child, e.Hop) {
			return false
		}
	}
	return true
}

// leads reports whether an event of the server at hop is an egress that leads
// to another server. Ids that are not one level below their server are not
// followed, so that a crafted message cannot make a circle.
func leads(e *trace.Event, hop string) bool {
	return e.Type == trace.EgressType && e.Hop != "" && parentHop(e.Hop) == hop && validHop(e.Hop)
}

// parentHop is the id of the server that issued an id, empty for the root.
func parentHop(hop string) string {
	return hop[:max(0, strings.LastIndexByte(hop, '.'))]
}

// validHop reports whether a hop id is numbers joined by dots, not too many.
func validHop(hop string) bool {
	if strings.Count(hop, ".") >= maxDepth {
		return false
	}
	for n := range strings.SplitSeq(hop, ".") {
		if n == "" || len(n) > 9 || strings.Trim(n, "0123456789") != "" {
			return false
		}
	}
	return true
}
