package core

// kindSet is a set of kinds, one bit each.
type kindSet uint16

func of(kinds ...Kind) kindSet {
	var s kindSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// everyone includes the connection a message came from: echo is a client's
// own choice and decided at delivery.
const everyone kindSet = 1<<kindCount - 1

// local is what ends on this server.
var local = of(KindClient, KindSystem, KindJetStream, KindAccount)

// audience says to which kinds a message may go, by where it came from.
//
// A message from a route is never sent to another route: every server of a
// cluster is one hop away. A message from a gateway stays in this cluster and
// its leafnodes. A spoke is a whole other server for its hub's cluster, so what
// the hub sends it does not travel on through routes.
var audience = [kindCount]kindSet{
	KindClient:    everyone,
	KindSystem:    everyone,
	KindJetStream: everyone,
	KindAccount:   everyone,
	KindRoute:     local | of(KindLeafHub),
	KindGateway:   local | of(KindRoute, KindLeafHub, KindLeafSpoke),
	KindLeafHub:   everyone,
	KindLeafSpoke: everyone &^ of(KindRoute),
}

// offered says whose messages are offered to other clusters.
var offered = of(KindClient, KindSystem, KindJetStream, KindAccount, KindLeafHub, KindLeafSpoke)

// behindLeaf are the links whose queue members are chosen last.
var behindLeaf = of(KindLeafHub, KindLeafSpoke)

// toldToRoutes are the links whose interest a cluster hears of. [L-12]
var toldToRoutes = of(KindLeafHub)

// answered are the links that are sent the answers to their services' requests
// wherever they come from. [L-11]
var answered = of(KindLeafSpoke)

// advertised says whose interest a leafnode is told of: a hub's spokes hear of
// everybody, a spoke's hub of what is the spoke's own or behind it.
// [leafnode.md 7.1]
var advertised = [kindCount]kindSet{
	KindLeafHub:   local | of(KindRoute, KindLeafHub, KindLeafSpoke),
	KindLeafSpoke: local | of(KindLeafHub),
}

// HearsOf tells whether a leafnode of kind k is told of what a holder of
// another kind is interested in.
func (k Kind) HearsOf(holder Kind) bool { return advertised[k]&(1<<holder) != 0 }

// IsSpoke tells whether this server is the spoke of a connection of kind k.
func (k Kind) IsSpoke() bool { return k == KindLeafSpoke }

// IsLeafnode tells whether k is a leafnode connection.
func (k Kind) IsLeafnode() bool { return behindLeaf&(1<<k) != 0 }

// reaches tells whether a message from a publisher of kind from may go to a
// holder of kind to.
func reaches(from, to Kind) bool { return audience[from]&(1<<to) != 0 }
