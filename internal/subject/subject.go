// Package subject knows what NATS subjects are: which are valid, which match
// which, and how a mapping rewrites one into another.
//
// A subject is a sequence of tokens separated by dots. As a whole token, `*`
// stands for one token, and `>`, only as the last token, for one or more. Inside
// a longer token both are ordinary bytes: `a*` matches only `a*`. Apart from
// blanks every byte is allowed, also controls and invalid UTF-8.
// [client protocol: SUB]
//
// Nothing here locks, logs or keeps state. Validity and matching never allocate:
// they run for every subscription and, in the literal forms, for every message.
package subject

import "iter"

const (
	// Separator stands between the tokens of a subject.
	Separator = '.'
	// Wildcard as a whole token matches exactly one token.
	Wildcard = '*'
	// FullWildcard as the last whole token matches one or more tokens.
	FullWildcard = '>'
)

// Bytes is what a subject may be held in: a string that is kept, or bytes
// borrowed from a read buffer.
type Bytes interface{ ~string | ~[]byte }

// isBlank tells the bytes that cannot be part of a subject, because they
// separate the arguments and lines of the protocol. Vertical tab and form feed
// do not, and are ordinary bytes.
func isBlank(b byte) bool {
	return b == ' ' || b == '\t' || b == '\r' || b == '\n'
}

// Valid reports whether s may be subscribed to: no empty token, no blank, and a
// whole `>` token only at the end. [client protocol: SUB]
func Valid[S Bytes](s S) bool {
	valid, _ := scan(s)
	return valid
}

// ValidLiteral reports whether s is valid and names a single subject, that is,
// has no wildcard token: what a publisher may be pedantic about.
// [client protocol: PUB]
func ValidLiteral[S Bytes](s S) bool {
	valid, wild := scan(s)
	return valid && !wild
}

// scan reports in one pass whether s is a valid subscription subject and, if it
// is, whether it has a wildcard token.
func scan[S Bytes](s S) (valid, wild bool) {
	start := 0
	for i := 0; i < len(s); i++ {
		b := s[i]
		switch {
		case b == Separator:
			if i == start {
				return false, false
			}
			if i == start+1 {
				switch s[start] {
				case FullWildcard:
					return false, false
				case Wildcard:
					wild = true
				}
			}
			start = i + 1
		case isBlank(b):
			return false, false
		}
	}
	if start == len(s) {
		return false, false
	}
	if start == len(s)-1 && (s[start] == Wildcard || s[start] == FullWildcard) {
		wild = true
	}
	return true, wild
}

// HasWildcard reports whether a token of s is exactly `*` or `>`. It does not
// ask whether s is valid: a `>` token in the middle counts.
func HasWildcard[S Bytes](s S) bool {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b != Wildcard && b != FullWildcard {
			continue
		}
		if (i == 0 || s[i-1] == Separator) && (i+1 == len(s) || s[i+1] == Separator) {
			return true
		}
	}
	return false
}

// Matches reports whether a message published on literal is meant for a
// subscription to pattern, which must be valid. Wildcard characters in literal
// have no meaning: `a.*` as a published subject matches `a.*`, `a.>` and `>`, but
// not `a.b`. A literal with an empty token matches nothing. [client protocol: PUB]
func Matches[L, P Bytes](literal L, pattern P) bool {
	l, p := 0, 0
	for {
		if p+1 == len(pattern) && pattern[p] == FullWildcard {
			return tokensFrom(literal, l)
		}
		lEnd, pEnd := tokenEnd(literal, l), tokenEnd(pattern, p)
		if lEnd == l || pEnd == p {
			return false
		}
		if (pEnd != p+1 || pattern[p] != Wildcard) && !sameToken(literal, l, lEnd, pattern, p, pEnd) {
			return false
		}
		lDone, pDone := lEnd == len(literal), pEnd == len(pattern)
		if lDone || pDone {
			return lDone && pDone
		}
		l, p = lEnd+1, pEnd+1
	}
}

// tokenEnd returns the index of the separator that ends the token starting at
// start, or the length of s.
func tokenEnd[S Bytes](s S, start int) int {
	for start < len(s) && s[start] != Separator {
		start++
	}
	return start
}

// sameToken compares two tokens without building a slice of either.
func sameToken[L, P Bytes](l L, lStart, lEnd int, p P, pStart, pEnd int) bool {
	if lEnd-lStart != pEnd-pStart {
		return false
	}
	for i := 0; i < lEnd-lStart; i++ {
		if l[lStart+i] != p[pStart+i] {
			return false
		}
	}
	return true
}

// tokensFrom reports whether there is at least one token from start on and none
// of them is empty.
func tokensFrom[S Bytes](s S, start int) bool {
	for {
		end := tokenEnd(s, start)
		if end == start {
			return false
		}
		if end == len(s) {
			return true
		}
		start = end + 1
	}
}

// Tokens yields the tokens of s in order, empty ones included: "a..b" has three.
// For cold paths; hot ones scan for [Separator].
func Tokens(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for start := 0; ; {
			end := tokenEnd(s, start)
			if !yield(s[start:end]) || end == len(s) {
				return
			}
			start = end + 1
		}
	}
}

// TokenCount returns the number of tokens of s, empty ones included, which
// max_sub_tokens bounds. The empty subject counts one token, as in [Tokens].
func TokenCount[S Bytes](s S) int {
	n := 1
	for i := 0; i < len(s); i++ {
		if s[i] == Separator {
			n++
		}
	}
	return n
}
