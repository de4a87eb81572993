package protocol

// Op is one operation of a NATS protocol, as read by Parser.Next.
type Op uint8

// The operations. Which of them a peer may send is decided by the Dialect:
// several verbs can stand for one operation (RS+, and on leafnode links LS+,
// SUB and RS+, are all OpSubscribe). [client.md 1.3, route.md 11, leafnode.md 1]
const (
	// OpNone says that more bytes are needed.
	OpNone Op = iota

	OpConnect
	OpInfo
	OpPub
	OpHPub
	OpSub
	OpUnsub
	OpPing
	OpPong
	OpOK
	OpErr

	// OpMsg is a message from a link without header sizes on its control line
	// (RMSG, and LMSG of a leafnode link).
	OpMsg
	// OpHMsg is a message from a link with header sizes (HMSG, and LMSG of a
	// route, whose header size may be zero).
	OpHMsg
	// OpSubscribe announces interest (RS+, LS+).
	OpSubscribe
	// OpUnsubscribe withdraws interest (RS-, LS-).
	OpUnsubscribe
	// OpAccountSub ends a "no interest in this account" (A+).
	OpAccountSub
	// OpAccountUnsub says that a whole account is without interest (A-).
	OpAccountUnsub
)

var opNames = [...]string{
	OpNone: "NONE", OpConnect: "CONNECT", OpInfo: "INFO", OpPub: "PUB", OpHPub: "HPUB", OpSub: "SUB",
	OpUnsub: "UNSUB", OpPing: "PING", OpPong: "PONG", OpOK: "+OK", OpErr: "-ERR", OpMsg: "MSG", OpHMsg: "HMSG",
	OpSubscribe: "S+", OpUnsubscribe: "S-", OpAccountSub: "A+", OpAccountUnsub: "A-",
}

// String returns the operation's word on the wire; for the link operations
// that several verbs share, the part they have in common.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return "UNKNOWN"
}

// Dialect says which operations a peer may send and how their arguments are
// laid out.
type Dialect uint8

// The dialects, one per kind of port. The zero value is the client protocol.
const (
	Client  Dialect = iota // client.md 1.3
	Route                  // route.md 11
	Gateway                // gateway.md 1: a route without leafnode verbs
	Leaf                   // leafnode.md 1
)

var dialectNames = [...]string{Client: "client", Route: "route", Gateway: "gateway", Leaf: "leafnode"}

// String returns the dialect's name as used in messages to operators.
func (d Dialect) String() string {
	if int(d) < len(dialectNames) {
		return dialectNames[d]
	}
	return "unknown"
}
