// Package leafnode joins whole servers to an account of another one: a spoke
// dials a hub, says who it is, and from then on both tell each other of their
// interest and forward messages. [leafnode.md]
//
// A [Manager] listens for spokes and dials the configured hubs. A [Conn] is the
// protocol's half of one connection; what a connection is told is counted by the
// connection itself, because it depends on whose the interest is.
//
// Lock order: an account's interest lock, then Manager.mu, then a connection's
// outbound lock. Connections are not compressed, which is announced. [L-17]
package leafnode
