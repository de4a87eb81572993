package protocol

import (
	"bytes"
	"strconv"
)

// A header block, as clients write it and as HdrLen counts it:
//
//	NATS/1.0 [SP status [SP text]] CRLF     status line
//	Name: value CRLF                        any number of lines
//	CRLF                                    end
//
// The server passes blocks on as they are, so what arrives may be anything.
// [P-11] The helpers below read lines that end in CRLF, stop at the first empty
// one, and leave all bytes that they do not understand where they are.

const (
	headerLine = "NATS/1.0\r\n"
	crlf       = "\r\n"
)

// HeaderValue returns the value of the first line of that name in the block,
// without surrounding blanks: nil if there is no such line, not nil if the
// value is empty. Names are compared case-sensitively. The value points into
// hdr.
func HeaderValue(hdr []byte, name string) []byte {
	for at := nextLine(hdr, 0); at > 0 && at < len(hdr); {
		end := nextLine(hdr, at)
		if end == 0 || end-at == len(crlf) {
			break
		}
		if line := hdr[at : end-len(crlf)]; isNamed(line, name) {
			return trimBlanks(line[len(name)+1:])
		}
		at = end
	}
	return nil
}

// AppendWithHeader appends the block to dst without any line of that name and
// with one new line, the last of the block. An empty block becomes a minimal
// one. Sizes on the control line have to be computed anew from the result.
// [trace.md 2.4]
//
// Existing lines keep their bytes. CR, LF and NUL in value become blanks.
func AppendWithHeader(dst, hdr []byte, name, value string) []byte {
	if len(hdr) == 0 {
		dst = append(dst, headerLine...)
		dst = appendHeader(dst, name, value)
		return append(dst, crlf...)
	}
	dst, rest := appendLinesWithout(dst, hdr, name)
	if !bytes.HasPrefix(rest, []byte(crlf)) { // the block breaks off
		whole := len(rest) == len(hdr) // of the status line even
		if len(rest) > 0 && (whole || !isNamed(rest, name)) {
			dst = append(append(dst, rest...), crlf...)
		}
		rest = []byte(crlf)
	}
	dst = appendHeader(dst, name, value)
	return append(dst, rest...)
}

// AppendWithoutHeader appends the block to dst without any line of that name.
func AppendWithoutHeader(dst, hdr []byte, name string) []byte {
	dst, rest := appendLinesWithout(dst, hdr, name)
	return append(dst, rest...)
}

// AppendNoResponders appends the header block that answers a request for which
// there is no interest. Its length is NoRespondersLen; the message has no
// payload, so that CRLF still has to follow. [P-12]
func AppendNoResponders(dst, subject []byte) []byte {
	dst = append(dst, "NATS/1.0 503\r\nNats-Subject: "...)
	dst = append(dst, subject...)
	return append(dst, "\r\n\r\n"...)
}

// NoRespondersLen is the size in bytes of what AppendNoResponders appends for
// a subject of that many bytes.
func NoRespondersLen(subjectBytes int) int { return 32 + subjectBytes }

// AppendNoRespondersMsg appends the whole message: HMSG line, header block and
// final CRLF. sid is that of the requester's own subscription. [client.md 4.4]
func AppendNoRespondersMsg(dst, subject, sid, reply []byte) []byte {
	var text [20]byte
	size := strconv.AppendInt(text[:0], int64(NoRespondersLen(len(subject))), 10)
	dst = AppendHMsg(dst, reply, sid, nil, size, size)
	dst = AppendNoResponders(dst, subject)
	return append(dst, crlf...)
}

// appendLinesWithout appends the status line and the header lines of other
// names. rest is what follows them: the empty line that ends the block, and
// whatever comes behind it; or the beginning of a line without CRLF, if the
// block breaks off.
func appendLinesWithout(dst, hdr []byte, name string) (_, rest []byte) {
	at := 0
	for at < len(hdr) {
		end := nextLine(hdr, at)
		if end == 0 || at > 0 && end-at == len(crlf) {
			return dst, hdr[at:]
		}
		if at == 0 || !isNamed(hdr[at:end], name) {
			dst = append(dst, hdr[at:end]...)
		}
		at = end
	}
	return dst, nil
}

func appendHeader(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = appendOneLine(dst, value)
	return append(dst, crlf...)
}

// nextLine returns the index behind the CRLF that ends the line at i; 0 if it
// has none.
func nextLine(b []byte, i int) int {
	if end := bytes.Index(b[i:], []byte(crlf)); end >= 0 {
		return i + end + len(crlf)
	}
	return 0
}

func isNamed(line []byte, name string) bool {
	return len(line) > len(name) && line[len(name)] == ':' && string(line[:len(name)]) == name
}
