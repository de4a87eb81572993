package core

import "testing"

// Who may receive from whom, row by row as it is drawn in the architecture:
// local holders, routes, leafnodes of which this server is the hub, leafnodes of
// which it is the spoke, other clusters.
func TestAudienceRows(t *testing.T) {
	for from, want := range map[Kind]struct{ local, route, hub, spoke, gateways bool }{
		KindClient:    {true, true, true, true, true},
		KindSystem:    {true, true, true, true, true},
		KindJetStream: {true, true, true, true, true},
		KindAccount:   {true, true, true, true, true},
		KindRoute:     {true, false, true, false, false},
		KindGateway:   {true, true, true, true, false},
		KindLeafHub:   {true, true, true, true, true},
		KindLeafSpoke: {true, false, true, true, true},
	} {
		for _, to := range []Kind{KindClient, KindSystem, KindJetStream, KindAccount} {
			if reaches(from, to) != want.local {
				t.Errorf("%v to %v: %v", from, to, !want.local)
			}
		}
		for to, w := range map[Kind]bool{KindRoute: want.route, KindLeafHub: want.hub, KindLeafSpoke: want.spoke} {
			if reaches(from, to) != w {
				t.Errorf("%v to %v (kind %d): %v, want %v", from, to, to, !w, w)
			}
		}
		if got := offered&(1<<from) != 0; got != want.gateways {
			t.Errorf("%v offered to other clusters: %v", from, got)
		}
	}
}

// fakeGateways notes what is offered to other clusters.
type fakeGateways struct{ subjects []string }

func (g *fakeGateways) Answer(*Publisher, *Msg) bool { return false }

// Forward takes everything.
func (g *fakeGateways) Forward(_ *Publisher, m *Msg, _ []string) bool {
	g.subjects = append(g.subjects, string(m.Subject))
	return true
}

// The table is what delivery follows: from each kind of sender the message
// arrives where the row says, and is offered to other clusters or not.
func TestDeliveryFollowsAudience(t *testing.T) {
	for from := range kindCount {
		b := newBench(t)
		g := new(fakeGateways)
		b.broker.SetGateways(g)
		sender := b.join(from, "")
		client := b.join(KindClient, "")
		client.sub("a 1")
		if !sender.pub("a", "x") {
			t.Errorf("%v: not delivered", from)
		}
		client.wants("1 a x")
		if want := offered&(1<<from) != 0; (len(g.subjects) == 1) != want {
			t.Errorf("%v: offered %q to other clusters, want %v", from, g.subjects, want)
		}
	}
}

// What one account publishes is nothing to another.
func TestAccountsAreIsolated(t *testing.T) {
	b := newBench(t)
	one, two := b.join(KindClient, "ONE"), b.join(KindClient, "TWO")
	one.sub("> 1")
	two.sub("> 2")
	if !one.pub("a", "x") {
		t.Error("not delivered in its own account")
	}
	one.wants("1 a x")
	two.wants()
	in, out := b.broker.Account("ONE").Traffic()
	if in != (Traffic{1, 1}) || out != (Traffic{1, 1}) {
		t.Errorf("ONE counts %v in, %v out", in, out)
	}
	if in, out := b.broker.Account("TWO").Traffic(); in.Msgs+out.Msgs != 0 {
		t.Errorf("TWO counts %v in, %v out", in, out)
	}
}

// Every kind has a name, a prefix for log lines, and the number of trace
// events. [T-19]
func TestKinds(t *testing.T) {
	for k, want := range map[Kind]struct {
		name string
		wire int
		link bool
	}{
		KindClient: {"Client", 0, false}, KindRoute: {"Router", 1, true}, KindGateway: {"Gateway", 2, true},
		KindLeafHub: {"Leafnode", 4, true}, KindLeafSpoke: {"Leafnode", 4, true},
		KindSystem: {"System", 3, false}, KindJetStream: {"JetStream", 5, false}, KindAccount: {"Account", 6, false},
	} {
		if k.String() != want.name || int(k.Wire()) != want.wire || k.IsLink() != want.link || k.IsClient() != (k == KindClient) {
			t.Errorf("kind %d is %v, wire %d, link %v", k, k, k.Wire(), k.IsLink())
		}
	}
}
