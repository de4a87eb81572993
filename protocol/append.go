package protocol

// Hot path.

import "strconv"

// The lines without arguments.
const (
	PingLine = "PING\r\n"
	PongLine = "PONG\r\n"
	OKLine   = "+OK\r\n"
)

// AppendMsg appends the control line of MSG to dst:
//
//	MSG <subject> <sid> [reply] <#bytes> CRLF
//
// An empty reply is left out. sizeText is the decimal size, as the publisher
// wrote it. [P-3] The arguments come from control lines or from this server
// and contain no separators.
func AppendMsg[S ~string | ~[]byte](dst, subject []byte, sid S, reply, sizeText []byte) []byte {
	dst = append(dst, "MSG "...)
	dst = appendTarget(dst, subject, sid, reply)
	dst = append(dst, sizeText...)
	return append(dst, '\r', '\n')
}

// AppendHMsg appends the control line of HMSG to dst:
//
//	HMSG <subject> <sid> [reply] <#hdr> <#total> CRLF
func AppendHMsg[S ~string | ~[]byte](dst, subject []byte, sid S, reply, hdrText, sizeText []byte) []byte {
	dst = append(dst, "HMSG "...)
	dst = appendTarget(dst, subject, sid, reply)
	dst = append(dst, hdrText...)
	dst = append(dst, ' ')
	dst = append(dst, sizeText...)
	return append(dst, '\r', '\n')
}

func appendTarget[S ~string | ~[]byte](dst, subject []byte, sid S, reply []byte) []byte {
	dst = append(dst, subject...)
	dst = append(dst, ' ')
	dst = append(dst, sid...)
	dst = append(dst, ' ')
	if len(reply) > 0 {
		dst = append(dst, reply...)
		dst = append(dst, ' ')
	}
	return dst
}

// AppendErr appends -ERR '<text>' and CRLF to dst. CR, LF and NUL in text become
// blanks, so that a text made from foreign input stays one line.
func AppendErr(dst []byte, text string) []byte {
	dst = append(dst, "-ERR '"...)
	dst = appendOneLine(dst, text)
	return append(dst, "'\r\n"...)
}

// appendOneLine appends text with its CR, LF and NUL replaced by blanks.
func appendOneLine(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\r' || c == '\n' || c == 0 {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

// LinkMsg is what the control line of a message for a link is made of. Empty
// fields are left out.
type LinkMsg struct {
	// Origin is the leafnode origin cluster; it makes the verb LMSG on routes.
	Origin []byte
	// Account is left empty on routes dedicated to one account.
	Account []byte
	Subject []byte
	Reply   []byte
	// Queues are the groups of which the receiver picks one member each.
	Queues [][]byte
	// HdrText is the decimal size of the header block, empty without one.
	HdrText []byte
	// SizeText is the decimal size of header block and payload.
	SizeText []byte
}

// AppendRouteMsg appends the control line for a message to a route or gateway:
// RMSG, HMSG if there are headers, LMSG if there is an origin. [route.md 11]
//
// The indicator "|" or "+" is written only with a queue group behind it.
func AppendRouteMsg(dst []byte, m *LinkMsg) []byte {
	hdr := m.HdrText
	switch {
	case len(m.Origin) > 0:
		dst = append(dst, "LMSG "...)
		dst = append(dst, m.Origin...)
		dst = append(dst, ' ')
		if len(hdr) == 0 {
			hdr = zeroText // LMSG has both sizes always
		}
	case len(hdr) > 0:
		dst = append(dst, "HMSG "...)
	default:
		dst = append(dst, "RMSG "...)
	}
	if len(m.Account) > 0 {
		dst = append(dst, m.Account...)
		dst = append(dst, ' ')
	}
	return appendLinkTarget(dst, m, hdr)
}

// AppendLeafMsg appends the control line for a message to a leafnode: LMSG, or
// HMSG if there are headers. Origin and account stay behind. [leafnode.md 1]
func AppendLeafMsg(dst []byte, m *LinkMsg) []byte {
	if len(m.HdrText) > 0 {
		dst = append(dst, "HMSG "...)
	} else {
		dst = append(dst, "LMSG "...)
	}
	return appendLinkTarget(dst, m, m.HdrText)
}

var zeroText = []byte("0")

func appendLinkTarget(dst []byte, m *LinkMsg, hdr []byte) []byte {
	dst = append(dst, m.Subject...)
	dst = append(dst, ' ')
	if len(m.Queues) > 0 {
		if len(m.Reply) > 0 {
			dst = append(dst, "+ "...)
		} else {
			dst = append(dst, "| "...)
		}
	}
	if len(m.Reply) > 0 {
		dst = append(dst, m.Reply...)
		dst = append(dst, ' ')
	}
	for _, queue := range m.Queues {
		dst = append(dst, queue...)
		dst = append(dst, ' ')
	}
	if len(hdr) > 0 {
		dst = append(dst, hdr...)
		dst = append(dst, ' ')
	}
	dst = append(dst, m.SizeText...)
	return append(dst, '\r', '\n')
}

// Interest is one entry of interest as links announce it. Empty fields are
// left out.
type Interest struct {
	// Origin is the leafnode origin cluster, for LS+ and LS- on routes.
	Origin string
	// Account is left empty on leafnode links and dedicated routes.
	Account string
	Subject string
	Queue   string
	// Weight is the number of queue members, written by the adding lines only.
	Weight int
}

// AppendRouteSub appends RS+, or LS+ if there is an origin.
func AppendRouteSub(dst []byte, i *Interest) []byte {
	if i.Origin != "" {
		return i.append(append(dst, "LS+"...), true, true)
	}
	return i.append(append(dst, "RS+"...), false, true)
}

// AppendRouteUnsub appends RS-, or LS- if there is an origin. withOrigin says
// that both sides advertised lnocu, or ln: otherwise LS- is written without the
// origin. The bytes equal those of AppendRouteSub minus the weight.
func AppendRouteUnsub(dst []byte, i *Interest, withOrigin bool) []byte {
	if i.Origin != "" {
		return i.append(append(dst, "LS-"...), withOrigin, false)
	}
	return i.append(append(dst, "RS-"...), false, false)
}

// AppendLeafSub appends LS+ for a leafnode link. [L-6]
func AppendLeafSub(dst []byte, i *Interest) []byte {
	leaf := Interest{Subject: i.Subject, Queue: i.Queue, Weight: i.Weight}
	return leaf.append(append(dst, "LS+"...), false, true)
}

// AppendLeafUnsub appends LS- for a leafnode link. [L-6]
func AppendLeafUnsub(dst []byte, i *Interest) []byte {
	leaf := Interest{Subject: i.Subject, Queue: i.Queue}
	return leaf.append(append(dst, "LS-"...), false, false)
}

func (i *Interest) append(dst []byte, origin, weight bool) []byte {
	if origin {
		dst = append(append(dst, ' '), i.Origin...)
	}
	if i.Account != "" {
		dst = append(append(dst, ' '), i.Account...)
	}
	dst = append(append(dst, ' '), i.Subject...)
	if i.Queue != "" {
		dst = append(append(dst, ' '), i.Queue...)
		if weight {
			dst = strconv.AppendInt(append(dst, ' '), int64(max(1, i.Weight)), 10)
		}
	}
	return append(dst, '\r', '\n')
}

// AppendAccountSub appends A+, sent by the accepting side of a gateway link.
func AppendAccountSub(dst []byte, account string) []byte {
	return append(append(append(dst, "A+ "...), account...), '\r', '\n')
}

// AppendAccountUnsub appends A-, sent by the accepting side of a gateway link.
func AppendAccountUnsub(dst []byte, account string) []byte {
	return append(append(append(dst, "A- "...), account...), '\r', '\n')
}
