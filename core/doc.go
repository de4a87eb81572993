// Package core is Core NATS and nothing else: accounts, subscriptions,
// interest, delivery and the bytes that wait for a socket.
//
// It knows no wire protocol's handshake, no configuration, no JSON and no
// HTTP. Each protocol (client, route, gateway, leafnode) is a package on top
// that implements [Peer]; what core needs of others is declared in seams.go.
//
// # Words
//
//	account       an isolated subject space
//	interest      the subscriptions of an account, and what links are told of it
//	publisher     whoever produces messages: a read loop, a stream, the system
//	frame         one message on a publisher's stack; an import pushes a second
//	batch         what one read from a socket yields; flushed once at its end
//	grant         what authentication gave a connection: account, permissions, limits
//	audience      which kinds of connection a message may go to, by its origin
//
// # Ownership
//
// A [Publisher] belongs to exactly one goroutine and has no lock. An [Outbound]
// is shared by everybody who delivers to its connection and has a mutex of its
// own, under which nothing else is acquired and no I/O is done. A [Msg] lives
// in its publisher's frame; its slices point into the read buffer and are valid
// until the frame is popped, so whoever keeps one copies it.
//
// # Lock order
//
//	Broker.mu -> Account.interestMu -> sublist's lock
//	Conn.mu   -> Account.interestMu
//	Outbound.mu is a leaf.
//
// No two interestMu and no two Conn.mu at once; no Conn.mu under interestMu.
// Methods that need a lock held end in Locked.
package core
