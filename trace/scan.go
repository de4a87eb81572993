package trace

// Hot path: Wanted runs for every message that has headers.

import (
	"bytes"
	"strings"
)

// headerLine starts every header block that can activate tracing; a status
// block ("NATS/1.0 503\r\n") never does. [T-3]
const headerLine = "NATS/1.0\r\n"

// Headers is what the header block of one message says about tracing. It owns
// its memory: nothing in it refers to the buffer it was scanned from.
type Headers struct {
	// Dest is the subject the sender wants the trace message on. It is empty
	// if External, and not checked to be a valid subject.
	Dest string

	// Hop is the id the sending server gave this copy. It means nothing on
	// client ingress, where it must be ignored. [T-29]
	Hop string

	// OriginAccount refuses tracing if not empty. [T-16]
	OriginAccount string

	// AcceptEncoding chooses the compression of the trace message. [T-36]
	AcceptEncoding string

	// Only says that the message is to be traced but not delivered. Always
	// false if External. [T-7]
	Only bool

	// External says that only a sampled traceparent asks for tracing: the
	// destination is the one configured for the account. [T-6]
	External bool

	// block is the header block, for request.header.
	block string
}

// Wanted reports whether a header block may activate tracing. It is false for
// nearly every message and then all tracing costs; true is no more than a
// reason to call [Scan]. The name traceparent is looked for only if external,
// that is if the account has a trace destination. [T-1] [T-10]
func Wanted(hdr []byte, external bool) bool {
	if !external {
		return mentionsDest(hdr)
	}
	// A name ends at the first colon after it, so that both are found by
	// looking back from each colon: one pass, and no folding of the block.
	for at := 0; ; at++ {
		i := bytes.IndexByte(hdr[at:], ':')
		if i < 0 {
			return false
		}
		at += i
		if at == 0 || hdr[at-1]|0x20 != 't' {
			continue
		}
		if bytes.HasSuffix(hdr[:at], destBytes) || hasTraceparentSuffix(hdr[:at]) {
			return true
		}
	}
}

// mentionsDest looks for the destination header by the T in its name, which is
// rarer in header blocks than its N: several times faster than bytes.Contains.
// What precedes the T is left to Scan.
func mentionsDest(hdr []byte) bool {
	const afterT = "race-Dest"
	for at := len(headerLine); at < len(hdr); at++ {
		i := bytes.IndexByte(hdr[at:], 'T')
		if i < 0 {
			return false
		}
		at += i
		if rest := hdr[at+1:]; len(rest) > len(afterT) && string(rest[:len(afterT)]) == afterT {
			return true
		}
	}
	return false
}

var destBytes = []byte(DestHeader)

func hasTraceparentSuffix(b []byte) bool {
	if len(b) < len(TraceparentHeader) {
		return false
	}
	return isTraceparent(b[len(b)-len(TraceparentHeader):])
}

func isTraceparent(name []byte) bool {
	if len(name) != len(TraceparentHeader) {
		return false
	}
	for i, c := range name {
		if c|0x20 != TraceparentHeader[i] {
			return false
		}
	}
	return true
}

// pairs walks the name-value pairs of a header block as tracing sees them:
// a name is everything up to the next colon, a pair with an empty name or
// value is dropped, a line without its end ends the walk. [T-4]
type pairs[T []byte | string] struct{ rest T }

// next returns the next pair, or false at the end. It allocates nothing.
func (p *pairs[T]) next() (name, value T, ok bool) {
	var none T
	for {
		colon := indexByte(p.rest, ':')
		if colon < 0 {
			return none, none, false
		}
		name, value = p.rest[:colon], p.rest[colon+1:]
		for len(value) > 0 && (value[0] == ' ' || value[0] == '\t') {
			value = value[1:]
		}
		end := indexCRLF(value)
		if end < 0 {
			return none, none, false
		}
		p.rest = value[end+2:]
		value = value[:end]
		for n := len(value); n > 0 && (value[n-1] == ' ' || value[n-1] == '\t'); n-- {
			value = value[:n-1]
		}
		if len(name) > 0 && len(value) > 0 {
			return name, value, true
		}
	}
}

func indexByte[T []byte | string](s T, c byte) int {
	switch s := any(s).(type) {
	case string:
		return strings.IndexByte(s, c)
	case []byte:
		return bytes.IndexByte(s, c)
	}
	return -1
}

func indexCRLF[T []byte | string](s T) int {
	for at := 0; ; at++ {
		i := indexByte(s[at:], '\r')
		if i < 0 {
			return -1
		}
		at += i
		if at+1 < len(s) && s[at+1] == '\n' {
			return at
		}
	}
}

// Scan reads the header block of a message exactly, and reports whether it is
// a candidate for tracing. hdr may be cut short: complete lines count. The
// result owns its memory, which is the one allocation made; a block that is
// no candidate costs none. [trace.md 2.2]
func Scan(hdr []byte) (Headers, bool) {
	if len(hdr) < len(headerLine) || string(hdr[:len(headerLine)]) != headerLine {
		return Headers{}, false
	}
	var dest, sampled bool
	for p := (pairs[[]byte]{hdr[len(headerLine):]}); !dest; {
		name, value, ok := p.next()
		if !ok {
			break
		}
		switch {
		case string(name) == DestHeader:
			// Only the first one decides: later ones are plain data. [T-5]
			if string(value) == DestDisabled {
				return Headers{}, false
			}
			dest = true
		case isTraceparent(name):
			sampled = sampled || SampledTraceparent(value)
		}
	}
	if !dest && !sampled {
		return Headers{}, false
	}
	return collect(string(hdr[len(headerLine):]), !dest), true
}

// collect takes the first value of each control header.
func collect(block string, external bool) Headers {
	h := Headers{External: external, block: block}
	var only string
	first := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	for p := (pairs[string]{block}); ; {
		name, value, ok := p.next()
		if !ok {
			break
		}
		switch name {
		case DestHeader:
			first(&h.Dest, value)
		case OnlyHeader:
			first(&only, value)
		case HopHeader:
			first(&h.Hop, value)
		case OriginAccountHeader:
			first(&h.OriginAccount, value)
		case AcceptEncodingHeader:
			first(&h.AcceptEncoding, value)
		}
	}
	h.Only = !external && IsYes(only)
	return h
}

// IsYes reports whether a value of Nats-Trace-Only means trace-only. [T-7]
func IsYes(v string) bool {
	return v == "1" || strings.EqualFold(v, "true") || strings.EqualFold(v, "on")
}
