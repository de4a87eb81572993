package core

import "github.com/midge-nats/midge/trace"

// Kind says what a publisher or the holder of a subscription is. Comparisons
// of kinds are made here and in audience.go only; elsewhere behaviour is data.
type Kind uint8

// The kinds. A leafnode connection is a hub's or a spoke's by the side this
// server has in it.
const (
	KindClient    Kind = iota
	KindRoute          // another server of this cluster
	KindGateway        // a server of another cluster
	KindLeafHub        // a leafnode connection in which this server is the hub
	KindLeafSpoke      // a leafnode connection in which this server is the spoke
	KindSystem         // the server's own events and services
	KindJetStream      // a stream or consumer
	KindAccount        // the account itself: trace messages [T-35]
	kindCount
)

// kindInfo is what differs between kinds besides their audience.
var kindInfo = [kindCount]struct {
	name   string
	prefix string // of the connection id in log lines
	wire   trace.Kind
	link   bool // messages are forwarded once per connection, not once per subscription
}{
	KindClient:    {"Client", "cid", 0, false},
	KindRoute:     {"Router", "rid", 1, true},
	KindGateway:   {"Gateway", "gid", 2, true},
	KindLeafHub:   {"Leafnode", "lid", 4, true},
	KindLeafSpoke: {"Leafnode", "lid", 4, true},
	KindSystem:    {"System", "sid", 3, false},
	KindJetStream: {"JetStream", "jid", 5, false},
	KindAccount:   {"Account", "aid", 6, false},
}

// String gives the name used in log lines and monitoring.
func (k Kind) String() string { return kindInfo[k].name }

// Wire gives the number that trace events carry. [T-19]
func (k Kind) Wire() trace.Kind { return kindInfo[k].wire }

// IsLink tells whether a message goes at most once to such a connection,
// whatever number of subscriptions the other server holds.
func (k Kind) IsLink() bool { return kindInfo[k].link }

// IsClient tells whether k is a client: the one kind whose publishes are
// sampled, refused with -ERR and answered with no-responders.
func (k Kind) IsClient() bool { return k == KindClient }

// IsRoute tells whether the peer is another server of the cluster: an answer to
// another cluster that came by one goes no further on routes. [gateway.md 8.3]
func (k Kind) IsRoute() bool { return k == KindRoute }

// IsGateway tells whether the peer is a server of another cluster.
func (k Kind) IsGateway() bool { return k == KindGateway }

// isSpoke tells whether this server is a spoke of the peer.
func (k Kind) isSpoke() bool { return k == KindLeafSpoke }
