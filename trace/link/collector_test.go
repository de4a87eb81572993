package link

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/midge-nats/midge/trace"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// message makes a trace: server "S2" under hop "1" forwarding to "1.1=L2",
// and "!1.2=old" for an egress that failed.
func message(kind trace.Kind, server, from, hop string, egresses ...string) *trace.Message {
	m := &trace.Message{
		Server:  trace.ServerInfo{Name: server},
		Request: trace.Request{Header: map[string][]string{trace.DestHeader: {"tr"}}},
		Events:  []trace.Event{{Type: trace.InType, Time: start, Kind: kind, Name: from, Account: "$G", Subject: "x"}},
	}
	if hop != "" {
		m.Request.Header[trace.HopHeader] = []string{hop}
	}
	for _, e := range egresses {
		id, name, _ := strings.Cut(e, "=")
		eg := trace.Event{Type: trace.EgressType, Time: start, Kind: trace.Route, Name: name, Hop: strings.TrimPrefix(id, "!")}
		if id[0] == '!' {
			eg.Error = trace.DeliveredNoSupport
		}
		m.Events = append(m.Events, eg)
	}
	return m
}

// worked is the example of the specification: S1 forwards to S2, L1 and G1,
// S2 to L2. [trace.md 7]
func worked() []*trace.Message {
	return []*trace.Message{
		message(trace.Client, "S1", "pub", "", "1=S2", "2=L1", "3=G1"),
		message(trace.Route, "S2", "S1", "1", "1.1=L2"),
		message(trace.Leaf, "L1", "S1", "2"),
		message(trace.Gateway, "G1", "S1", "3"),
		message(trace.Leaf, "L2", "S2", "1.1"),
	}
}

// outline writes a tree as "S1(S2(L2) L1)"; a question mark follows the name
// of a server that was filled in.
func outline(n *Node) string {
	if n == nil {
		return "nothing"
	}
	s := n.Message.Server.Name
	if n.Missing {
		s += "?"
	}
	var below []string
	for _, c := range n.Children() {
		below = append(below, outline(c))
	}
	if len(below) > 0 {
		s += "(" + strings.Join(below, " ") + ")"
	}
	return s
}

// Traces of different servers arrive in any order; the tree is complete with
// the last one and not before. [trace.md 15]
func TestCompleteInAnyOrder(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		list := worked()
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		var c Collector
		for i, m := range list {
			if c.Complete() {
				t.Fatalf("seed %d: complete with %d of %d", seed, i, len(list))
			}
			if !c.Add(m) {
				t.Fatalf("seed %d: %s has no place", seed, m.Server.Name)
			}
		}
		if !c.Complete() {
			t.Fatalf("seed %d: not complete with all", seed)
		}
		if got, want := outline(c.Root()), "S1(S2(L2) L1 G1)"; got != want {
			t.Fatalf("seed %d: tree is %s, want %s", seed, got, want)
		}
	}
}

func TestFailedEgressIsNotAwaited(t *testing.T) {
	var c Collector
	c.Add(message(trace.Client, "S1", "pub", "", "1=S2", "!2=old"))
	if c.Complete() {
		t.Error("complete without S2")
	}
	c.Add(message(trace.Route, "S2", "S1", "1"))
	if !c.Complete() {
		t.Error("waits for a server that cannot trace")
	}
	if got, want := outline(c.Root()), "S1(S2)"; got != want {
		t.Errorf("tree is %s, want %s", got, want)
	}
}

// What is missing is filled in, with a name from whoever knows one.
func TestMissingTracesAreFilledIn(t *testing.T) {
	all := worked()
	for _, c := range []struct {
		name string
		have []*trace.Message
		want string
	}{
		{"nothing", nil, "nothing"},
		{"the root", all[1:], "S1?(S2(L2) L1 G1)"},
		{"a server between", []*trace.Message{all[0], all[2], all[3], all[4]}, "S1(S2?(L2) L1 G1)"},
		{"the last server", all[:4], "S1(S2(L2?) L1 G1)"},
		{"root and between", []*trace.Message{all[2], all[4]}, "S1?(S2?(L2) L1)"},
		{"all but the deepest", []*trace.Message{all[4]}, "<Unknown>?(S2?(L2))"},
		{"names", []*trace.Message{message(trace.Leaf, "L", "", "1.1.1")}, "<Unknown>?(<Unknown>?(<Unknown>?(L)))"},
		{"an egress", []*trace.Message{message(trace.Client, "S1", "pub", ""), all[1], all[4]}, "S1(S2(L2))"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var col Collector
			for _, m := range c.have {
				col.Add(m)
			}
			root := col.Root()
			if got := outline(root); got != c.want {
				t.Fatalf("tree is %s, want %s", got, c.want)
			}
			if root == nil {
				return
			}
			if again := col.Root(); outline(again) != c.want {
				t.Errorf("the second time the tree is %s, want %s", outline(again), c.want)
			}
			root.Walk(func(n *Node) {
				in := n.Message.Ingress()
				if n.Missing != (in.Error == Missing) {
					t.Errorf("%s: ingress error is %q, missing %v", n.Message.Server.Name, in.Error, n.Missing)
				}
				if n.Parent == nil && in.Kind != trace.Client {
					t.Errorf("the root's ingress is a %v", in.Kind)
				}
				if n.Parent != nil && (n.Via == nil || n.Via.Hop != n.Hop || n.Parent.Child(n.Via) != n) {
					t.Errorf("%s: not reached by its parent's egress %+v", n.Message.Server.Name, n.Via)
				}
			})
		})
	}
	if want := worked(); !reflect.DeepEqual(all, want) {
		t.Error("the messages added were changed")
	}
}

func TestMessagesWithoutAPlace(t *testing.T) {
	var c Collector
	for _, m := range worked() {
		c.Add(m)
	}
	odd := []*trace.Message{
		message(trace.Route, "twice", "S1", "1"),
		message(trace.Client, "second root", "pub", ""),
		message(trace.Route, "no hop", "S1", ""),
		message(trace.Route, "words", "S1", "one"),
		message(trace.Route, "dots", "S1", "1..2"),
		message(trace.Route, "end", "S1", "1."),
		message(trace.Route, "deep", "S1", "1"+strings.Repeat(".1", maxDepth)),
	}
	for _, m := range odd {
		if c.Add(m) {
			t.Errorf("%s found a place", m.Server.Name)
		}
	}
	if c.Add(nil) || c.Add(&trace.Message{}) {
		t.Error("a message without ingress found a place")
	}
	if got := len(c.Unlinked()); got != len(odd) {
		t.Errorf("%d messages unlinked, want %d", got, len(odd))
	}
	if got, want := outline(c.Root()), "S1(S2(L2) L1 G1)"; got != want || !c.Complete() {
		t.Errorf("tree is %s, complete %v; want %s", got, c.Complete(), want)
	}
}

// A crafted message that names its own hop, or one above, makes no circle.
func TestNoCircles(t *testing.T) {
	var c Collector
	c.Add(message(trace.Client, "S1", "pub", "", "1=S2"))
	c.Add(message(trace.Route, "S2", "S1", "1", "1=S2", "1.1.1=S3", "1.1=S4"))
	c.Add(message(trace.Route, "S4", "S2", "1.1", "1=S2"))
	if !c.Complete() {
		t.Error("waits for hops that are not its own")
	}
	if got, want := outline(c.Root()), "S1(S2(S4))"; got != want {
		t.Errorf("tree is %s, want %s", got, want)
	}
}

func TestDeltas(t *testing.T) {
	list := worked()[:2]
	list[0].Events[1].Time = start.Add(time.Millisecond)
	list[1].Events[0].Time = start.Add(3 * time.Millisecond)
	list[1].Events[1].Time = start.Add(-time.Second)
	var c Collector
	for _, m := range list {
		c.Add(m)
	}
	root := c.Root()
	s2 := root.Children()[0]
	if d, ok := s2.Since(s2.Message.Ingress()); d != 3*time.Millisecond || !ok {
		t.Errorf("S2 received after %v, %v; want 3ms", d, ok)
	}
	if d, ok := s2.Since(&s2.Message.Events[1]); d != -time.Second || !ok {
		t.Errorf("S2 sent after %v, %v; want -1s, as its clock says", d, ok)
	}
	if d, ok := s2.Travel(); d != 2*time.Millisecond || !ok {
		t.Errorf("the link took %v, %v; want 2ms", d, ok)
	}
	if _, ok := root.Travel(); ok {
		t.Error("nothing leads to the root, but it has a time")
	}
	if _, ok := s2.Children()[0].Travel(); ok {
		t.Error("a missing trace has a time")
	}
}

func TestCollectorIsBounded(t *testing.T) {
	var c Collector
	for i := range maxMessages + 10 {
		c.Add(message(trace.Route, "S", "S1", fmt.Sprint(i+1)))
	}
	if c.Len() != maxMessages {
		t.Errorf("keeps %d messages, want %d", c.Len(), maxMessages)
	}
	if n := len(c.Root().Children()); n != maxMessages {
		t.Errorf("the root has %d children, want %d", n, maxMessages)
	}
}

// Whatever hop ids arrive, there is one finite tree that holds each message
// with a place exactly once.
func FuzzCollector(f *testing.F) {
	f.Add("|1|1.1|2", "1,2|1.1")
	f.Add("1.2.3|1|1", "1|1.2.3|")
	f.Fuzz(func(t *testing.T, hops, egresses string) {
		var c Collector
		placed := 0
		eg := strings.Split(egresses, "|")
		for i, hop := range strings.Split(hops, "|") {
			kind := trace.Route
			if hop == "" {
				kind = trace.Client
			}
			m := message(kind, "S", "from", hop)
			if i < len(eg) {
				for id := range strings.SplitSeq(eg[i], ",") {
					m.Events = append(m.Events, trace.Event{Type: trace.EgressType, Hop: id})
				}
			}
			if c.Add(m) {
				placed++
			}
		}
		c.Complete()
		root := c.Root()
		if root == nil {
			if placed > 0 {
				t.Fatalf("no tree for %d messages", placed)
			}
			return
		}
		there := 0
		root.Walk(func(n *Node) {
			if !n.Missing {
				there++
			}
		})
		if there != placed {
			t.Fatalf("%d messages in the tree, %d were placed", there, placed)
		}
	})
}
