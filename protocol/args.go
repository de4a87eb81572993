package protocol

// Hot path.

import (
	"encoding/binary"
	"math/bits"
)

// maxDigits bounds sizes and counts: nine digits fit every int. [P-3]
const maxDigits = 9

// isBlank tells whether c separates the word from its arguments.
func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// isSeparator tells whether c ends an argument. A CR inside a control line is
// no part of any argument, so no subject or sid can break the lines that it is
// written to. [client.md 1]
func isSeparator(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// tokenEnd returns the index of the first separator in b at or behind i, or
// len(b).
//
// Eight bytes are looked at at once: subtracting 0x21 from each borrows into
// the top bit exactly where a byte below 0x21 comes first, and bytes that had
// the top bit set are masked out. Other control characters also stop the scan
// and are stepped over: they may be part of a subject.
func tokenEnd(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			hit := (w - 0x21*ones) &^ w & tops
			if hit == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(hit) >> 3
			break
		}
		for i < len(b) && b[i] > ' ' {
			i++
		}
		if i >= len(b) {
			return len(b)
		}
		if isSeparator(b[i]) {
			return i
		}
		i++
	}
}

// nextToken returns the first argument in b and what follows it; nil if
// there is none.
func nextToken(b []byte) (token, rest []byte) {
	i := 0
	for i < len(b) && isSeparator(b[i]) {
		i++
	}
	if i == len(b) {
		return nil, nil
	}
	e := tokenEnd(b, i)
	return b[i:e:e], b[e:]
}

// lastToken returns the last argument in b and what comes before it.
func lastToken(b []byte) (token, before []byte) {
	e := len(b)
	for e > 0 && isSeparator(b[e-1]) {
		e--
	}
	if e == 0 {
		return nil, nil
	}
	i := e
	for i > 0 && !isSeparator(b[i-1]) {
		i--
	}
	return b[i:e:e], b[:i]
}

// splitArgs fills into with the arguments in b and returns their number; more
// than fit count as len(into)+1.
func splitArgs(b []byte, into [][]byte) int {
	for n := 0; ; n++ {
		var token []byte
		if token, b = nextToken(b); token == nil {
			return n
		}
		if n == len(into) {
			return n + 1
		}
		into[n] = token
	}
}

// number parses one to nine decimal digits; -1 for anything else. [P-3]
func number(text []byte) int {
	if len(text) == 0 || len(text) > maxDigits {
		return -1
	}
	n := 0
	for _, c := range text {
		d := c - '0'
		if d > 9 {
			return -1
		}
		n = n*10 + int(d)
	}
	return n
}

// trimBlanks cuts separators from both ends.
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && isSeparator(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSeparator(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// trimQuotes cuts one pair of single quotes.
func trimQuotes(b []byte) []byte {
	if len(b) >= 2 && b[0] == '\'' && b[len(b)-1] == '\'' {
		return b[1 : len(b)-1]
	}
	return b
}
