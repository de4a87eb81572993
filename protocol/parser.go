package protocol

// Hot path.

import "bytes"

const (
	// defaultControlLine is max_control_line when the owner set none, in bytes.
	defaultControlLine = 4096
	// linkControlLineFactor widens the limit for links, whose lines carry lists
	// of queue groups. [client.md 1.1]
	linkControlLineFactor = 16
)

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
// of further bytes, at least 1, that are needed. It may be as large as the size
// that the peer announced, 999,999,999 where payloads are not limited: an owner
// who grows its buffer by so much at once gives memory away on a promise.
//
// With any other operation n bytes are consumed. Every error is an *Error, comes
// with OpNone and ends the stream; it is found at the first byte that shows it,
// however the input was cut into reads.
func (p *Parser) Next(buf []byte) (op Op, n int, err error) {
	if len(buf) == 0 {
		return OpNone, 1, nil
	}
	if p.ConnectFirst && !p.mayComeFirst(buf[0]) {
		return OpNone, 0, ErrAuthorization
	}
	if n := p.quickPub(buf); n > 0 {
		return OpPub, n, nil
	}
	if n := p.quickHPub(buf); n > 0 {
		return OpHPub, n, nil
	}
	v, err := findVerb(p.Dialect, buf)
	if err != nil {
		return OpNone, 0, err
	}
	if v == nil {
		return OpNone, 1, nil
	}
	arg, n, err := p.line(v, buf)
	if err != nil {
		return OpNone, 0, err
	}
	if n == 0 {
		return OpNone, 1, nil
	}
	return p.dispatch(v, arg, buf, n)
}

// mayComeFirst tells whether an operation starting with c is allowed while
// authentication is outstanding. Only its first byte is looked at: what then
// turns out to be no operation at all is ErrUnknownOp. A leafnode may announce
// compression before its CONNECT. [client.md 3, leafnode.md 5]
func (p *Parser) mayComeFirst(c byte) bool {
	c |= 0x20
	return c == 'c' || c == 'i' && p.Dialect == Leaf
}

// limit is the number of argument bytes that this peer may send on a line.
func (p *Parser) limit() int {
	limit := p.MaxControlLine
	if limit <= 0 {
		limit = defaultControlLine
	}
	if p.Dialect != Client {
		limit *= linkControlLineFactor
	}
	return limit
}

// line finds the argument part of the line that starts with v. n is the length
// of the whole line; 0 means incomplete, or an error.
//
// The limit counts from the first byte that is not a blank to the line end,
// without the CR. Leading blanks are free, but not without end: together with
// them a line has three times the limit. The reference has no limit on these
// blanks, nor on the text behind PING, PONG and +OK, because it forgets such
// bytes as it reads; here they wait in the read buffer. [P-2]
func (p *Parser) line(v *verb, buf []byte) (arg []byte, n int, err error) {
	start := len(v.word)
	if v.blank {
		if start == len(buf) {
			return nil, 0, nil
		}
		if !isBlank(buf[start]) {
			return nil, 0, ErrUnknownOp
		}
	}
	limit := p.limit()
	first := start
	for first < len(buf) && isBlank(buf[first]) {
		first++
	}
	if first-start > 2*limit {
		return nil, 0, ErrMaxControlLine
	}
	rest := buf[first:]
	if len(rest) > limit+2 { // limit, CR, LF
		rest = rest[:limit+2]
	}
	end := bytes.IndexByte(rest, '\n')
	whole := end >= 0
	if !whole {
		end = len(rest)
	}
	arg = rest[:end]
	if end > 0 && arg[end-1] == '\r' {
		arg = arg[:end-1]
	}
	if len(arg) > limit {
		return nil, 0, ErrMaxControlLine
	}
	if !whole {
		return nil, 0, nil
	}
	return arg, first + end + 1, nil
}

// dispatch reads the arguments of v. n is the length of the control line.
func (p *Parser) dispatch(v *verb, arg, buf []byte, n int) (Op, int, error) {
	p.FromLeaf = v.leaf
	var err error
	switch v.op {
	case OpPub, OpHPub:
		if err = p.publishArgs(v.op, arg); err == nil {
			return p.body(v.op, buf, n)
		}
		if err == ErrMaxPayload {
			p.Wire = buf[n:min(len(buf), n+p.HdrLen)]
		}
	case OpMsg, OpHMsg:
		if err = p.messageArgs(v, arg); err == nil {
			return p.body(v.op, buf, n)
		}
	case OpSub:
		err = p.subArgs(arg)
	case OpUnsub:
		err = p.unsubArgs(arg)
	case OpSubscribe:
		err = p.subscribeArgs(v, arg)
	case OpUnsubscribe:
		err = p.unsubscribeArgs(v, arg)
	case OpAccountSub, OpAccountUnsub:
		err = p.accountArgs(arg)
	case OpConnect, OpInfo:
		if p.Arg = trimBlanks(arg); len(p.Arg) == 0 {
			err = ErrBadArguments
		}
	case OpErr:
		p.Arg = trimQuotes(trimBlanks(arg))
		if p.Dialect == Client {
			err = ErrClientError
		}
	}
	if err != nil {
		return OpNone, 0, err
	}
	return v.op, n, nil
}

// body takes the p.Size bytes behind the control line of n bytes, and the CRLF
// that must follow them.
func (p *Parser) body(op Op, buf []byte, n int) (Op, int, error) {
	end := n + p.Size
	if len(buf) <= end {
		return OpNone, end + 2 - len(buf), nil
	}
	if buf[end] != '\r' {
		return OpNone, 0, ErrUnknownOp
	}
	if len(buf) == end+1 {
		return OpNone, 1, nil
	}
	if buf[end+1] != '\n' {
		return OpNone, 0, ErrUnknownOp
	}
	p.Wire = buf[n : end+2 : end+2]
	return op, end + 2, nil
}
