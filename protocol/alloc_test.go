package protocol

import "testing"

// The parser and the writers of control lines allocate nothing.
func TestNoAllocations(t *testing.T) {
	for _, in := range []struct {
		p     *Parser
		input string
	}{
		{clientParser(), "PUB perf.s0 5\r\nhello\r\n"},
		{clientParser(), "PUB perf.s0 reply 5\r\nhello\r\n"},
		{clientParser(), "PUB\tperf.s0 5\r\nhello\r\n"},
		{clientParser(), "HPUB perf.s0 reply 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"},
		{clientParser(), "PUB perf.s0 5\r\nhel"},
		{clientParser(), "PUB perf.s0 5000000\r\n"},
		{clientParser(), "SUB a q 1\r\n"},
		{clientParser(), "UNSUB 1 2\r\n"},
		{clientParser(), "CONNECT {}\r\n"},
		{clientParser(), "PING\r\n"},
		{clientParser(), "FOO\r\n"},
		{linkParser(Route), "RMSG $G a + r q1 q2 2\r\nhi\r\n"},
		{linkParser(Route), "HMSG $G a r 1 2\r\nhi\r\n"},
		{linkParser(Route), "LMSG O $G a | q1 0 2\r\nhi\r\n"},
		{linkParser(Route), "RS+ $G a q 2\r\n"},
		{linkParser(Route), "LS- $G a\r\n"},
		{linkParser(Gateway), "A- $G\r\n"},
		{linkParser(Leaf), "LMSG a 2\r\nhi\r\n"},
	} {
		buf := []byte(in.input)
		if n := testing.AllocsPerRun(100, func() { _, _, _ = in.p.Next(buf) }); n != 0 { // errors are wanted here
			t.Errorf("%q allocated %v times, want 0", in.input, n)
		}
	}
}

func TestNoAllocationsWriting(t *testing.T) {
	dst := make([]byte, 0, 1024)
	a, b, c := []byte("subject"), []byte("17"), []byte("reply")
	m := LinkMsg{Origin: a, Account: a, Subject: a, Reply: c, Queues: [][]byte{a, b}, HdrText: b, SizeText: b}
	i := Interest{Origin: "O", Account: "A", Subject: "s", Queue: "q", Weight: 123456}
	hdr := []byte("NATS/1.0\r\nA: b\r\n\r\n")
	for name, f := range map[string]func(){
		"MSG":         func() { dst = AppendMsg(dst[:0], a, b, c, b) },
		"HMSG":        func() { dst = AppendHMsg(dst[:0], a, b, c, b, b) },
		"LMSG":        func() { dst = AppendRouteMsg(dst[:0], &m) },
		"leaf HMSG":   func() { dst = AppendLeafMsg(dst[:0], &m) },
		"LS+":         func() { dst = AppendRouteSub(dst[:0], &i) },
		"leaf LS+":    func() { dst = AppendLeafSub(dst[:0], &i) },
		"-ERR":        func() { dst = AppendErr(dst[:0], "text") },
		"503":         func() { dst = AppendNoRespondersMsg(dst[:0], a, b, c) },
		"header":      func() { dst = AppendWithHeader(dst[:0], hdr, "A", "c") },
		"value":       func() { _ = HeaderValue(hdr, "A") },
		"header gone": func() { dst = AppendWithoutHeader(dst[:0], hdr, "A") },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocated %v times, want 0", name, n)
		}
	}
}
