package protocol

// Parser reads operations from the bytes of one connection. It keeps no input
// and no state between calls: the owner keeps unconsumed bytes at the front of
// its read buffer and calls Next again when it has more.
//
// It belongs to one read loop and has no lock. The result slices point into
// the buffer given to Next, or are nil.
type Parser struct {
	// Set by the owner, read on each call.

	// Dialect says which operations the peer may send.
	Dialect Dialect
	// MaxControlLine is the configured max_control_line in bytes; it counts the
	// argument part only. Links get 16 times as much. [P-2]
	MaxControlLine int
	// MaxPayload limits header plus payload of PUB and HPUB, and of messages on
	// leafnode links, in bytes; negative is unlimited. [P-9]
	MaxPayload int64
	// Headers says that the client negotiated headers: HPUB is allowed.
	Headers bool
	// ConnectFirst says that authentication is outstanding: the next operation
	// must be CONNECT (on leafnode links also INFO), else ErrAuthorization.
	// The owner clears it.
	ConnectFirst bool
	// Dedicated says that this route is dedicated to one account, whose name
	// is left out of every control line. [route.md 7.4]
	Dedicated bool
	// UnsubOrigin says that LS- carries the origin cluster on this route: both
	// sides advertised lnocu, or ln.
	UnsubOrigin bool

	// Results, valid until the next call. An operation sets the fields that
	// belong to it and leaves the others as they were.

	// Subject of PUB, HPUB, SUB, OpMsg, OpHMsg, OpSubscribe, OpUnsubscribe.
	Subject []byte
	// Reply of PUB, HPUB, OpMsg, OpHMsg; nil without.
	Reply []byte
	// Queue of SUB, OpSubscribe, OpUnsubscribe; nil without.
	Queue []byte
	// SID of SUB and UNSUB.
	SID []byte
	// HdrLen is the size of the header block in bytes; 0 without.
	HdrLen int
	// Size is the size of header block and payload in bytes, as announced.
	Size int
	// HdrText is the header size as received, nil without; passed on verbatim.
	HdrText []byte
	// SizeText is the total size as received, passed on verbatim. [P-3]
	SizeText []byte
	// Wire is the header block, the payload and CRLF, contiguous. With
	// ErrMaxPayload it is what has arrived of the header block.
	Wire []byte
	// Max is the count of UNSUB; 0 if absent or not a number.
	Max int
	// HasMax says that UNSUB came with a valid count.
	HasMax bool
	// Arg is the JSON text of CONNECT and INFO, or the text of -ERR without
	// its quotes.
	Arg []byte
	// Account of link operations; nil on leafnode links and dedicated routes.
	Account []byte
	// Origin is the origin cluster of LS+, LS- and LMSG on a route; nil without.
	Origin []byte
	// Queues are the queue groups named by a message of a link. The backing
	// array is reused.
	Queues [][]byte
	// Weight is the number of queue members of OpSubscribe, at least 1; 0
	// for a plain subscription.
	Weight int
	// Key is the argument bytes of OpSubscribe and OpUnsubscribe without the
	// trailing weight, by which links match removals. [route.md 9.3]
	Key []byte
	// FromLeaf says that the verb was LS+, LS- or LMSG.
	FromLeaf bool
}

// Next parses one operation from the front of buf.
//
// OpNone with a nil error means that nothing is complete yet: n is the number
// of further bytes, at least 1, that are needed. Otherwise n bytes
// belong to the operation. Every error is an *Error.
func (p *Parser) Next(buf []byte) (op Op, n int, err error) {
	return OpNone, 0, ErrUnknownOp
}
