package subject

// IsSubset reports whether every subject that sub can match is matched by of.
// Both must be valid; wildcards have their meaning in both. It decides whether
// a subscription is covered by an allow entry or an import by an export.
func IsSubset(sub, of string) bool {
	s, o := 0, 0
	for {
		if isLast(of, o, FullWildcard) {
			return s < len(sub)
		}
		if isLast(sub, s, FullWildcard) {
			return false
		}
		sEnd, oEnd := tokenEnd(sub, s), tokenEnd(of, o)
		wild := oEnd == o+1 && of[o] == Wildcard
		if !wild && sub[s:sEnd] != of[o:oEnd] {
			return false
		}
		sDone, oDone := sEnd == len(sub), oEnd == len(of)
		if sDone || oDone {
			return sDone && oDone
		}
		s, o = sEnd+1, oEnd+1
	}
}

// Overlaps reports whether some literal subject matches both a and b, which must
// be valid. It decides whether a subscription meets a deny entry, an import or
// the subjects of a stream.
func Overlaps(a, b string) bool {
	i, j := 0, 0
	for {
		if isLast(a, i, FullWildcard) || isLast(b, j, FullWildcard) {
			return true
		}
		iEnd, jEnd := tokenEnd(a, i), tokenEnd(b, j)
		wild := isWildcard(a[i:iEnd]) || isWildcard(b[j:jEnd])
		if !wild && a[i:iEnd] != b[j:jEnd] {
			return false
		}
		iDone, jDone := iEnd == len(a), jEnd == len(b)
		if iDone || jDone {
			return iDone && jDone
		}
		i, j = iEnd+1, jEnd+1
	}
}

// Intersect returns the pattern that matches exactly the subjects which both a
// and b match, and false when there are none. Both must be valid. A subscription
// that meets an import reaches into the exporter with nothing wider than this.
func Intersect(a, b string) (string, bool) {
	if IsSubset(a, b) {
		return a, true
	}
	if IsSubset(b, a) {
		return b, true
	}
	if !Overlaps(a, b) {
		return "", false
	}
	both := make([]byte, 0, len(a)+len(b))
	for i, j := 0, 0; ; {
		if isLast(a, i, FullWildcard) {
			return string(append(both, b[j:]...)), true
		}
		if isLast(b, j, FullWildcard) {
			return string(append(both, a[i:]...)), true
		}
		iEnd, jEnd := tokenEnd(a, i), tokenEnd(b, j)
		if token := a[i:iEnd]; !isWildcard(token) {
			both = append(both, token...)
		} else {
			both = append(both, b[j:jEnd]...)
		}
		if iEnd == len(a) {
			return string(both), true
		}
		both = append(both, Separator)
		i, j = iEnd+1, jEnd+1
	}
}

// isLast reports whether the token at start is the last one and exactly b.
func isLast(s string, start int, b byte) bool {
	return start+1 == len(s) && s[start] == b
}

func isWildcard(token string) bool {
	return len(token) == 1 && token[0] == Wildcard
}
