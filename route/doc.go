// Package route joins servers to a cluster: every server has one connection to
// each other one, tells it what it is interested in, and sends it the messages
// that it is interested in. One hop is always enough, so what came by a route is
// never sent to another.
//
// A [Manager] listens, dials the configured routes, and those that other servers
// tell of. A [Conn] is the protocol's half of one connection; both ends of it do
// the same once they have shaken hands.
//
// Connections are not pooled and not compressed: peers that can do both fall
// back to one plain connection with servers that do not announce it.
package route
