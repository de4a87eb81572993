package subject

// Hot path.

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"unicode/utf8"
)

// FNV-1a, 32 bits: clients compute partitions too, so the hash is part of the
// mapping language.
const (
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

// Append appends subject, which must match the source, rewritten to dst. It
// allocates only what dst needs to grow, so a caller with a buffer of its own
// pays nothing. subject must not overlap dst's free capacity.
func (t *Transform) Append(dst, subject []byte) []byte {
	for i := range t.steps {
		if i > 0 {
			dst = append(dst, Separator)
		}
		dst = t.steps[i].append(dst, subject)
	}
	if t.tail >= 0 {
		if len(t.steps) > 0 {
			dst = append(dst, Separator)
		}
		dst = append(dst, subject[tokenStart(subject, t.tail):]...)
	}
	return dst
}

// append appends the tokens that the step makes of subject.
func (s *step) append(dst, subject []byte) []byte {
	switch s.function {
	case literal:
		return append(dst, s.text...)
	case partition:
		return strconv.AppendUint(dst, uint64(s.partition(subject)), 10)
	case random:
		if s.number == 0 {
			return append(dst, '0')
		}
		return strconv.AppendInt(dst, int64(rand.IntN(s.number)), 10)
	}
	start := tokenStart(subject, s.token)
	token := subject[start:tokenEnd(subject, start)]
	n, size := s.number, len(token)
	switch s.function {
	case split:
		return appendSplit(dst, token, s.text)
	case splitFromLeft:
		return appendCut(dst, token, n)
	case splitFromRight:
		return appendCut(dst, token, size-n)
	case sliceFromLeft:
		return appendSlices(dst, token, n, n)
	case sliceFromRight:
		if n > 0 && size%n != 0 {
			return appendSlices(dst, token, size%n, n)
		}
		return appendSlices(dst, token, n, n)
	case left:
		if n > 0 && n < size {
			token = token[:n]
		}
	case right:
		if n > 0 && n < size {
			token = token[size-n:]
		}
	}
	return append(dst, token...)
}

// partition hashes the key tokens, put together without separator, or the whole
// subject when there are none, into one of number buckets.
func (s *step) partition(subject []byte) uint32 {
	if s.number == 0 {
		return 0
	}
	hash := uint32(fnvOffset)
	if len(s.keys) == 0 {
		hash = fnv(hash, subject)
	}
	for _, key := range s.keys {
		start := tokenStart(subject, key)
		hash = fnv(hash, subject[start:tokenEnd(subject, start)])
	}
	return hash % uint32(s.number)
}

func fnv(hash uint32, b []byte) uint32 {
	for _, c := range b {
		hash = (hash ^ uint32(c)) * fnvPrime
	}
	return hash
}

// appendSplit makes a token of each non-empty part of token between delimiters.
// An empty delimiter separates the characters. When no part is left the token
// is empty, and the subject matches nothing.
func appendSplit(dst, token, delimiter []byte) []byte {
	start := len(dst)
	for len(token) > 0 {
		part, skip := bytes.Index(token, delimiter), len(delimiter)
		if skip == 0 {
			_, part = utf8.DecodeRune(token)
		}
		if part < 0 {
			part, skip = len(token), 0
		}
		if part > 0 {
			if len(dst) > start {
				dst = append(dst, Separator)
			}
			dst = append(dst, token[:part]...)
		}
		token = token[part+skip:]
	}
	return dst
}

// appendCut makes two tokens of token, cut at byte n, if both get something.
func appendCut(dst, token []byte, n int) []byte {
	if n <= 0 || n >= len(token) {
		return append(dst, token...)
	}
	dst = append(dst, token[:n]...)
	dst = append(dst, Separator)
	return append(dst, token[n:]...)
}

// appendSlices cuts token into pieces of size bytes after a first one of first
// bytes; the last piece is what remains.
func appendSlices(dst, token []byte, first, size int) []byte {
	if size <= 0 || size >= len(token) {
		return append(dst, token...)
	}
	for piece := first; len(token) > piece; piece = size {
		dst = append(dst, token[:piece]...)
		dst = append(dst, Separator)
		token = token[piece:]
	}
	return append(dst, token...)
}

// tokenStart returns the index at which token n, from 0, starts, or the length
// of s when it has fewer.
func tokenStart(s []byte, n int) int {
	start := 0
	for ; n > 0; n-- {
		next := bytes.IndexByte(s[start:], Separator)
		if next < 0 {
			return len(s)
		}
		start += next + 1
	}
	return start
}
