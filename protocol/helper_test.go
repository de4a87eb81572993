package protocol

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func clientParser() *Parser {
	return &Parser{MaxControlLine: 4096, MaxPayload: 1 << 20, Headers: true}
}

func linkParser(d Dialect) *Parser {
	return &Parser{Dialect: d, MaxControlLine: 4096, MaxPayload: -1, Headers: true}
}

// describe writes an operation with the fields that belong to it.
func describe(op Op, p *Parser) string {
	body := func() string {
		return fmt.Sprintf("%q reply=%q hdr=%d/%q size=%d/%q wire=%q",
			p.Subject, p.Reply, p.HdrLen, p.HdrText, p.Size, p.SizeText, p.Wire)
	}
	link := fmt.Sprintf("leaf=%v origin=%q acc=%q ", p.FromLeaf, p.Origin, p.Account)
	switch op {
	case OpPub, OpHPub:
		return fmt.Sprintf("%v %s", op, body())
	case OpMsg, OpHMsg:
		return fmt.Sprintf("%v %s%s queues=%q", op, link, body(), p.Queues)
	case OpSub:
		return fmt.Sprintf("SUB %q queue=%q sid=%q", p.Subject, p.Queue, p.SID)
	case OpUnsub:
		return fmt.Sprintf("UNSUB sid=%q max=%d/%v", p.SID, p.Max, p.HasMax)
	case OpSubscribe, OpUnsubscribe:
		return fmt.Sprintf("%v %s%q queue=%q weight=%d key=%q", op, link, p.Subject, p.Queue, p.Weight, p.Key)
	case OpAccountSub, OpAccountUnsub:
		return fmt.Sprintf("%v %q", op, p.Account)
	case OpConnect, OpInfo, OpErr:
		return fmt.Sprintf("%v %q", op, p.Arg)
	}
	return op.String()
}

// feed is a read loop: it gives the parser growing buffers of step bytes
// more at a time, and returns what came out. It holds the parser to its word
// about missing bytes.
func feed(t *testing.T, p *Parser, input []byte, step int) []string {
	t.Helper()
	var out []string
	start, end, needed := 0, 0, 0
	for {
		op, n, err := p.Next(input[start:end])
		switch {
		case err != nil:
			var e *Error
			if !errors.As(err, &e) || op != OpNone {
				t.Fatalf("error %#v with %v", err, op)
			}
			return append(out, errorName(e))
		case op == OpNone:
			if n < 1 {
				t.Fatalf("incomplete, but %d bytes needed", n)
			}
			if needed = end + n; end == len(input) {
				return out
			}
			end = min(end+step, len(input))
		default:
			if n < 1 || n > end-start {
				t.Fatalf("%v consumed %d of %d bytes", op, n, end-start)
			}
			if end < needed {
				t.Fatalf("%v complete at byte %d, said to need %d", op, end, needed)
			}
			out = append(out, describe(op, p))
			start += n
			if op == OpConnect {
				p.ConnectFirst = false
			}
		}
	}
}

func errorName(e *Error) string {
	return fmt.Sprintf("error %q close=%v %v", e.Text, e.Close, e.Reason)
}

// expect feeds the input whole and byte by byte; both must give want.
func expect(t *testing.T, p Parser, input string, want ...string) {
	t.Helper()
	for _, step := range []int{len(input), 1} {
		own := p
		got := feed(t, &own, []byte(input), max(step, 1))
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%.120q in steps of %d:\n got  %s\n want %s", input, step,
				strings.Join(got, "\n      "), strings.Join(want, "\n      "))
		}
	}
}
