package client

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// secrets are the credentials in a CONNECT. [C-23]
var secrets = regexp.MustCompile(`("(?i:pass|auth_token|jwt|sig)"\s*:\s*)"(?:[^"\\]|\\.)*"`)

// traceOp logs an operation as received. [C-14]
func (c *Conn) traceOp(t *core.LineTrace, op protocol.Op, p *protocol.Parser) {
	log := c.server.broker.Log()
	switch op {
	case protocol.OpPub, protocol.OpHPub:
		log.Tracef("%s - <<- [%s]", c.conn, joined(op.String(), p.Subject, p.Reply, p.HdrText, p.SizeText))
		t.Payload(c.conn, "<<-", p.Wire[:len(p.Wire)-len("\r\n")], p.HdrLen)
	case protocol.OpSub:
		log.Tracef("%s - <<- [%s]", c.conn, joined("SUB", p.Subject, p.Queue, p.SID))
	case protocol.OpUnsub:
		max := []byte(nil)
		if p.HasMax {
			max = strconv.AppendInt(nil, int64(p.Max), 10)
		}
		log.Tracef("%s - <<- [%s]", c.conn, joined("UNSUB", p.SID, max))
	case protocol.OpConnect:
		log.Tracef("%s - <<- [CONNECT %s]", c.conn, secrets.ReplaceAll(p.Arg, []byte(`$1"[REDACTED]"`)))
	default:
		log.Tracef("%s - <<- [%s]", c.conn, op)
	}
}

// joined puts words together, leaving out what is absent.
func joined(verb string, words ...[]byte) string {
	all := [][]byte{[]byte(verb)}
	for _, w := range words {
		if len(w) > 0 {
			all = append(all, w)
		}
	}
	return string(bytes.Join(all, []byte(" ")))
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }
