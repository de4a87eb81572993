package protocol

// Hot path.

// verb is one word that a peer may send.
type verb struct {
	word  string // upper case
	op    Op
	blank bool // a blank must follow the word
	leaf  bool // of leafnode origin: LS+, LS-, LMSG
	sizes int  // numbers at the end of a message's control line
}

// verbs lists the words of each dialect, frequent ones first. No word is the
// beginning of another one of its dialect.
//
// CONNECT and INFO may be followed by their JSON at once, and what follows
// PING, PONG and +OK is ignored. [client.md 1]
var verbs = [...][]verb{
	Client: {
		{word: "PUB", op: OpPub, blank: true},
		{word: "HPUB", op: OpHPub, blank: true},
		{word: "SUB", op: OpSub, blank: true},
		{word: "PING", op: OpPing},
		{word: "PONG", op: OpPong},
		{word: "UNSUB", op: OpUnsub, blank: true},
		{word: "CONNECT", op: OpConnect},
		{word: "INFO", op: OpInfo},
		{word: "+OK", op: OpOK},
		{word: "-ERR", op: OpErr, blank: true},
	},
	Route: {
		{word: "RMSG", op: OpMsg, blank: true, sizes: 1},
		{word: "HMSG", op: OpHMsg, blank: true, sizes: 2},
		{word: "LMSG", op: OpHMsg, blank: true, sizes: 2, leaf: true},
		{word: "RS+", op: OpSubscribe, blank: true},
		{word: "RS-", op: OpUnsubscribe, blank: true},
		{word: "LS+", op: OpSubscribe, blank: true, leaf: true},
		{word: "LS-", op: OpUnsubscribe, blank: true, leaf: true},
		{word: "PING", op: OpPing},
		{word: "PONG", op: OpPong},
		{word: "CONNECT", op: OpConnect},
		{word: "INFO", op: OpInfo},
		{word: "A+", op: OpAccountSub, blank: true},
		{word: "A-", op: OpAccountUnsub, blank: true},
		{word: "+OK", op: OpOK},
		{word: "-ERR", op: OpErr, blank: true},
		// Parsed, but without meaning on a route. [route.md 11]
		{word: "PUB", op: OpPub, blank: true},
		{word: "HPUB", op: OpHPub, blank: true},
		{word: "SUB", op: OpSub, blank: true},
		{word: "UNSUB", op: OpUnsub, blank: true},
	},
	Gateway: {
		{word: "RMSG", op: OpMsg, blank: true, sizes: 1},
		{word: "HMSG", op: OpHMsg, blank: true, sizes: 2},
		{word: "RS+", op: OpSubscribe, blank: true},
		{word: "RS-", op: OpUnsubscribe, blank: true},
		{word: "PING", op: OpPing},
		{word: "PONG", op: OpPong},
		{word: "CONNECT", op: OpConnect},
		{word: "INFO", op: OpInfo},
		{word: "A+", op: OpAccountSub, blank: true},
		{word: "A-", op: OpAccountUnsub, blank: true},
		{word: "+OK", op: OpOK},
		{word: "-ERR", op: OpErr, blank: true},
	},
	// SUB, RS+, MSG and RMSG are other words for LS+ and LMSG; PUB is parsed
	// without effect. [leafnode.md 1]
	Leaf: {
		{word: "LMSG", op: OpMsg, blank: true, sizes: 1, leaf: true},
		{word: "HMSG", op: OpHMsg, blank: true, sizes: 2, leaf: true},
		{word: "LS+", op: OpSubscribe, blank: true, leaf: true},
		{word: "LS-", op: OpUnsubscribe, blank: true, leaf: true},
		{word: "PING", op: OpPing},
		{word: "PONG", op: OpPong},
		{word: "CONNECT", op: OpConnect},
		{word: "INFO", op: OpInfo},
		{word: "+OK", op: OpOK},
		{word: "-ERR", op: OpErr, blank: true},
		{word: "MSG", op: OpMsg, blank: true, sizes: 1, leaf: true},
		{word: "RMSG", op: OpMsg, blank: true, sizes: 1, leaf: true},
		{word: "SUB", op: OpSubscribe, blank: true, leaf: true},
		{word: "UNSUB", op: OpUnsubscribe, blank: true, leaf: true},
		{word: "RS+", op: OpSubscribe, blank: true, leaf: true},
		{word: "RS-", op: OpUnsubscribe, blank: true, leaf: true},
		{word: "PUB", op: OpPub, blank: true},
		{word: "HPUB", op: OpHPub, blank: true},
	},
}

// findVerb finds the verb that buf starts with, in any case. Nil without an
// error means that buf ends inside a word. [P-1]
func findVerb(d Dialect, buf []byte) (*verb, error) {
	if int(d) >= len(verbs) {
		return nil, ErrUnknownOp
	}
	list := verbs[d]
	err := ErrUnknownOp
	for i := range list {
		v := &list[i]
		if upper(buf[0]) != v.word[0] {
			continue
		}
		n := min(len(buf), len(v.word))
		same := 1
		for same < n && upper(buf[same]) == v.word[same] {
			same++
		}
		if same == len(v.word) {
			return v, nil
		}
		if same == len(buf) {
			err = nil
		}
	}
	if err == nil { // a nil *Error in an error would not be nil
		return nil, nil
	}
	return nil, err
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}
