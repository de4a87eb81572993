package protocol

import (
	"strings"
	"testing"
)

var (
	unknownOp    = errorName(ErrUnknownOp)
	badArguments = errorName(ErrBadArguments)
	controlLine  = errorName(ErrMaxControlLine)
	maxPayload   = errorName(ErrMaxPayload)
	pubA1x       = `PUB "a" reply="" hdr=0/"" size=1/"1" wire="x\r\n"`
)

// [P-1]
func TestWordsInAnyCaseAndRunsOfBlanks(t *testing.T) {
	p := *clientParser()
	expect(t, p, "connect {}\r\nsub a 1\r\npUb a 1\r\nx\r\nPiNg\r\nunsub 1\r\npong\r\n",
		`CONNECT "{}"`, `SUB "a" queue="" sid="1"`, pubA1x, "PING", `UNSUB sid="1" max=0/false`, "PONG")
	expect(t, p, "SUB   a \t 1  \r\nPUB\ta  1\r\nx\r\nUNSUB  1  \r\nPING \r\n",
		`SUB "a" queue="" sid="1"`, pubA1x, `UNSUB sid="1" max=0/false`, "PING")
	expect(t, p, "SUB a 1\nPUB a 1\nx\r\nPING\n", `SUB "a" queue="" sid="1"`, pubA1x, "PING")
	expect(t, p, "CONNECT{}\r\nINFO{}\r\n", `CONNECT "{}"`, `INFO "{}"`)
}

// A CR inside a line separates, so that it never gets into a subject.
func TestCarriageReturnInsideLine(t *testing.T) {
	p := *clientParser()
	expect(t, p, "SUB a\rb 1\r\nSUB a 123\r \r\nSUB a 1\r\r\n",
		`SUB "a" queue="b" sid="1"`, `SUB "a" queue="" sid="123"`, `SUB "a" queue="" sid="1"`)
	expect(t, p, "PUB a\r 1\r\nx\r\n", pubA1x)
}

func TestRestOfLineIgnored(t *testing.T) {
	expect(t, *clientParser(), "PING xyz\r\nPINGX\r\nPONG {}\n+OK\r\n+OKAY\r\nPING\rPING\n",
		"PING", "PING", "PONG", "+OK", "+OK", "PING")
}

// [P-30]
func TestUnknownOperations(t *testing.T) {
	for _, input := range []string{
		"FOO bar\r\n", "MSG a 1 2\r\nhi\r\n", "HMSG a 1 12 12\r\n", "RMSG $G a 1\r\n", "LMSG a 1\r\n", "RS+ $G a\r\n",
		"RS- $G a\r\n", "LS+ a\r\n", "LS- a\r\n", "A+ ACC\r\n", "A- ACC\r\n", "\r\n", "\n", " PING\r\n", "PUB\r\n",
		"HPUB\r\n", "SUB\r\n", "UNSUB\r\n", "PU\r\n", "PUBX", "+O\r", "-ERR\r\n", "-ERRX", "CX", "\x00", "\xff", "P\x00",
	} {
		expect(t, *clientParser(), input, unknownOp)
	}
}

func TestUnknownOperationNeedsNoLineEnd(t *testing.T) {
	for _, input := range []string{"X", "PX", "PUC", "UNSUBS", "CONNECX", "INFX", "+X", "-X"} {
		expect(t, *clientParser(), input, unknownOp)
		expect(t, *clientParser(), input[:len(input)-1])
	}
}

func TestFromServerOnlyOperations(t *testing.T) {
	p := *clientParser()
	expect(t, p, "+OK\r\nINFO {}\r\nPONG\r\n", "+OK", `INFO "{}"`, "PONG")
	expect(t, p, "-ERR 'x'\r\nPING\r\n", errorName(ErrClientError))
	expect(t, p, "-ERR 'x'") // only the whole line closes
}

// [P-8]
func TestBadArguments(t *testing.T) {
	for _, input := range []string{
		"PUB a\r\n", "PUB a b 1 1\r\nx\r\n", "PUB a x\r\n", "PUB a -1\r\n", "PUB a +1\r\n", "PUB a 0000000001\r\nx\r\n",
		"PUB a 1.0\r\n", "PUB  \r\n", "PUB a 2147483648\r\n", "PUB a 4294967296\r\n", "PUB a 9223372036854775808\r\n",
		"PUB a 18446744073709551617\r\n", "PUB a 99999999999999999999\r\n", "PUB a 1\x00\r\n", "PUB 1\r\n", "PUB a b c\r\n",
		"SUB a\r\n", "SUB a b c d\r\n", "SUB  \r\n", "UNSUB 1 2 3\r\n", "UNSUB \r\n",
		"HPUB a 1\r\n", "HPUB a b c 1 1\r\n", "HPUB a 3 2\r\n", "HPUB a x 2\r\n", "HPUB a -1 2\r\n", "HPUB a 1 x\r\n",
		"HPUB a r 0000000001 0000000001\r\n", "HPUB a 1 \r\n",
		"CONNECT\r\n", "CONNECT  \r\n", "INFO\r\n", "INFO \r\n",
	} {
		expect(t, *clientParser(), input, badArguments)
	}
}

// [P-3]
func TestSizeTextIsKept(t *testing.T) {
	p := *clientParser()
	expect(t, p, "PUB a 002\r\nhi\r\n", `PUB "a" reply="" hdr=0/"" size=2/"002" wire="hi\r\n"`)
	expect(t, p, "PUB a r.1 000000002\r\nhi\r\n", `PUB "a" reply="r.1" hdr=0/"" size=2/"000000002" wire="hi\r\n"`)
	expect(t, p, "HPUB a 03 0005\r\nabcde\r\n", `HPUB "a" reply="" hdr=3/"03" size=5/"0005" wire="abcde\r\n"`)
}

func TestPayloadEndIsStrict(t *testing.T) {
	for _, input := range []string{
		"PUB a 1\r\nx\n", "PUB a 3\r\nab\r\n", "PUB a 1\r\nab\r\n", "PUB a 1\r\nx\rx", "PUB a 0\r\n\n", "PUB a 1\nx\n",
	} {
		expect(t, *clientParser(), input, unknownOp)
	}
	expect(t, *clientParser(), "PUB a 1\r\nx\r")
}

func TestPayloadIsOpaque(t *testing.T) {
	expect(t, *clientParser(), "PUB a 0\r\n\r\nPUB a.b.c reply.to 14\r\nPING\r\nPUB \x00\xff\r\n\r\nPING\r\n",
		`PUB "a" reply="" hdr=0/"" size=0/"0" wire="\r\n"`,
		`PUB "a.b.c" reply="reply.to" hdr=0/"" size=14/"14" wire="PING\r\nPUB \x00\xff\r\n\r\n"`, "PING")
}

func TestSubjectMayHoldAnyOtherByte(t *testing.T) {
	p := *clientParser()
	expect(t, p, "PUB \x01a\x00\x0bb.\xff\xfe\x80.cdefghijklmn 0\r\n\r\n",
		`PUB "\x01a\x00\vb.\xff\xfe\x80.cdefghijklmn" reply="" hdr=0/"" size=0/"0" wire="\r\n"`)
	expect(t, p, "SUB a\x00b 1\r\n", `SUB "a\x00b" queue="" sid="1"`)
}

// [P-9]
func TestMaxPayload(t *testing.T) {
	p := *clientParser()
	p.MaxPayload = 10
	expect(t, p, "PUB a 10\r\n0123456789\r\n", `PUB "a" reply="" hdr=0/"" size=10/"10" wire="0123456789\r\n"`)
	expect(t, p, "PUB a 11\r\n", maxPayload)
	expect(t, p, "PUB a 999999999\r\n", maxPayload)
	expect(t, p, "PUB a 11\r\n01234567890\r\nPING\r\n", maxPayload)
	expect(t, p, "HPUB a 12 12\r\n", maxPayload)
	expect(t, p, "HPUB a 13 12\r\n", badArguments)
	p.MaxPayload = -1
	expect(t, p, "PUB a 999999999\r\n")
}

// The refused message may have to be traced: its headers, as far as they are
// there, but never its payload. [trace.md 6.3]
func TestMaxPayloadKeepsHeaderBytes(t *testing.T) {
	for input, wire := range map[string]string{
		"HPUB a r 12 20\r\n":                             "",
		"HPUB a r 12 20\r\nNATS":                         "NATS",
		"HPUB a r 12 20\r\nNATS/1.0\r\n\r\nsecret..\r\n": "NATS/1.0\r\n\r\n",
		"PUB a r 20\r\nsecret":                           "",
	} {
		p := clientParser()
		p.MaxPayload = 10
		_, _, err := p.Next([]byte(input))
		if err != ErrMaxPayload || string(p.Wire) != wire || string(p.Subject) != "a" || string(p.Reply) != "r" || p.Size != 20 {
			t.Errorf("%q: %v, wire %q, subject %q, reply %q, size %d", input, err, p.Wire, p.Subject, p.Reply, p.Size)
		}
	}
}

// [P-11]
func TestHeaders(t *testing.T) {
	p := *clientParser()
	expect(t, p, "HPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n",
		`HPUB "a" reply="" hdr=18/"18" size=20/"20" wire="NATS/1.0\r\nA: b\r\n\r\nhi\r\n"`)
	expect(t, p, "HPUB a rep 12 12\r\nNATS/1.0\r\n\r\n\r\n",
		`HPUB "a" reply="rep" hdr=12/"12" size=12/"12" wire="NATS/1.0\r\n\r\n\r\n"`)
	expect(t, p, "HPUB a 0 2\r\nhi\r\n", `HPUB "a" reply="" hdr=0/"" size=2/"2" wire="hi\r\n"`)
	p.Headers = false
	expect(t, p, "HPUB a 12 12\r\n", errorName(ErrHeadersNotNegotiated))
}

// An operation sets its fields anew: nothing of the one before shows through.
func TestFieldsDoNotLinger(t *testing.T) {
	expect(t, *clientParser(), "HPUB a r 2 2\r\nhi\r\nPUB a 1\r\nx\r\nPUB\ta 1\r\nx\r\nSUB a q 1\r\nSUB a 2\r\nUNSUB 1 3\r\nUNSUB 1\r\n",
		`HPUB "a" reply="r" hdr=2/"2" size=2/"2" wire="hi\r\n"`, pubA1x, pubA1x,
		`SUB "a" queue="q" sid="1"`, `SUB "a" queue="" sid="2"`, `UNSUB sid="1" max=3/true`, `UNSUB sid="1" max=0/false`)
}

// [client.md 5.1]
func TestUnsubMax(t *testing.T) {
	expect(t, *clientParser(), "UNSUB 1 5\r\nUNSUB 1 0\r\nUNSUB 1 x\r\nUNSUB 1 -1\r\nUNSUB 1 0000000002\r\nUNSUB 1 999999999\r\n",
		`UNSUB sid="1" max=5/true`, `UNSUB sid="1" max=0/true`, `UNSUB sid="1" max=0/false`, `UNSUB sid="1" max=0/false`,
		`UNSUB sid="1" max=0/false`, `UNSUB sid="1" max=999999999/true`)
}

// [P-2]
func TestControlLineLimit(t *testing.T) {
	p := *clientParser()
	p.MaxControlLine = 16
	fits, tooLong := strings.Repeat("x", 14), strings.Repeat("x", 15)
	expect(t, p, "SUB "+fits+" 1\r\n", `SUB "`+fits+`" queue="" sid="1"`)
	expect(t, p, "SUB    "+fits+" 1\n", `SUB "`+fits+`" queue="" sid="1"`)
	expect(t, p, "PUB "+fits+" 0\r\n\r\n", `PUB "`+fits+`" reply="" hdr=0/"" size=0/"0" wire="\r\n"`)
	expect(t, p, "SUB "+tooLong+" 1\r\n", controlLine)
	expect(t, p, "SUB "+fits+" 1 \r\n", controlLine) // blanks behind count
	expect(t, p, "PUB "+tooLong+" 0\r\n\r\n", controlLine)
	expect(t, p, "CONNECT {\"verbose\":false}\r\n", controlLine)
	expect(t, p, "SUB "+tooLong+"xx", controlLine) // no line end yet
	expect(t, p, "SUB "+fits+" 1\r")
	expect(t, p, "SUB "+fits+" 1\rx", controlLine)
	expect(t, p, "SUB "+fits+" 1\r\r\n", controlLine)
	expect(t, p, "INFO "+tooLong+tooLong, controlLine)
	expect(t, p, "-ERR "+tooLong+tooLong, controlLine)
	expect(t, p, "SUB "+strings.Repeat(" ", 31))
	expect(t, p, "SUB "+strings.Repeat(" ", 40), controlLine)
	expect(t, p, "PING"+strings.Repeat("x", 100), controlLine)
	p.MaxControlLine = 0
	expect(t, p, "SUB "+strings.Repeat("x", 4094)+" 1\r\n", `SUB "`+strings.Repeat("x", 4094)+`" queue="" sid="1"`)
	expect(t, p, "SUB "+strings.Repeat("x", 4095)+" 1\r\n", controlLine)
}

// [P-21]
func TestConnectFirst(t *testing.T) {
	violation := errorName(ErrAuthorization)
	p := *clientParser()
	p.ConnectFirst = true
	for _, input := range []string{"P", "PING\r\n", "\r\n", "PUB a 1\r\nx\r\n", "-ERR 'x'\r\n", "INFO {}\r\n", "FOO\r\n"} {
		expect(t, p, input, violation)
	}
	expect(t, p, "CONNECT {}\r\nPING\r\n", `CONNECT "{}"`, "PING")
	expect(t, p, "CX", unknownOp)

	leaf := *linkParser(Leaf)
	leaf.ConnectFirst = true
	expect(t, leaf, "INFO {}\r\nCONNECT {}\r\nPING\r\n", `INFO "{}"`, `CONNECT "{}"`, "PING")
	expect(t, leaf, "LS+ a\r\n", violation)
	route := *linkParser(Route)
	route.ConnectFirst = true
	expect(t, route, "INFO {}\r\n", violation)
}

func TestNeedsExactlyTheMissingBytes(t *testing.T) {
	input := []byte("PUB a 1000\r\n")
	if op, n, err := clientParser().Next(input); op != OpNone || n != 1002 || err != nil {
		t.Errorf("got %v, %d more bytes, %v; want 1002 more", op, n, err)
	}
	if op, n, err := clientParser().Next(nil); op != OpNone || n != 1 || err != nil {
		t.Errorf("empty buffer: got %v, %d, %v", op, n, err)
	}
}

// What is appended to a result must not overwrite the input behind it.
func TestResultsHaveNoSpareCapacity(t *testing.T) {
	buf := []byte("PUB a r 1\r\nx\r\nPING\r\n")
	p := clientParser()
	if _, _, err := p.Next(buf); err != nil {
		t.Fatal(err)
	}
	for _, result := range [][]byte{p.Subject, p.Reply, p.SizeText, p.Wire} {
		_ = append(result, "!!!!"...) // only its side effect matters
	}
	if string(buf) != "PUB a r 1\r\nx\r\nPING\r\n" {
		t.Errorf("input became %q", buf)
	}
}
