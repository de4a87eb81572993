package file

import "slices"

func trailingZeros(b []byte) int64 {
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	return int64(len(b) - n)
}

func (r *recoverer) cutTail(g *segment, sc *scanned, size int64, name string) {
	n := lastCommit(sc.frames)
	if n > 0 && r.tornBatch(sc, n-1) {
		// The commit frame got to disk before other parts of its batch. At
		// SyncAlways this can happen to the last batch only: the one before was
		// synced first, so if that is not whole, it is damaged.
		n = lastCommit(sc.frames[:n-1])
		for g.head.level != SyncAlways && n > 0 && r.tornBatch(sc, n-1) {
			n = lastCommit(sc.frames[:n-1])
		}
	}
	g.end = dataStart
	if n > 0 {
		g.end = sc.frames[n-1].off + int64(sc.frames[n-1].size)
	}
	skip := uint64(0)
	tornEnd := g.end
	for _, f := range sc.frames[n:] {
		tornEnd = f.off + int64(f.size)
		if f.kind == kindMessage {
			skip++
		}
	}
	for i, d := range sc.damage {
		if d.off >= g.end {
			for _, t := range sc.damage[i:] {
				skip += uint64(t.size)/minMessageSize + 1
				tornEnd = max(tornEnd, t.off+t.size)
			}
			sc.damage = sc.damage[:i]
			break
		}
	}
	if sc.rest.size > 0 {
		skip += uint64(sc.rest.size)/minMessageSize + 1
		tornEnd = max(tornEnd, sc.rest.off+sc.rest.size)
	}
	sc.frames = sc.frames[:n]
	cut := false
	switch {
	case g.head.level == SyncAlways && r.cutOff(sc.rest, tornEnd, size):
		// There was room behind the log when it was written. Either the file
		// has been cut, and acknowledged messages with it, or the batch at its
		// end was not synced and got to disk without that room. [J-67]
		skip += uint64(max(g.head.room-g.end, 0))/minMessageSize + 1
		cut = true
	case g.head.level != SyncAlways && g.head.boot != r.s.opt.FS.Boot():
		// Power was lost: messages that were acknowledged early may be gone,
		// and their sequences must not be used again. [J-67]
		skip += uint64(max(g.head.room-g.end, 0))/minMessageSize + maxBatch
	}
	if tornEnd > g.end || cut {
		r.report.Torn = &Torn{File: name, Offset: g.end, Bytes: tornEnd - g.end, Cut: cut, Skipped: skip}
	}
	r.skipAfter = skip
}

func (r *recoverer) cutOff(rest span, end, size int64) bool {
	if size-end < sealRoom {
		return true
	}
	if rest.size < frameHead {
		return false
	}
	n := frameLen(r.buf[rest.off-dataStart:])
	return rest.off+int64(n) > size
}

func lastCommit(frames []frameRef) int {
	n := len(frames)
	for n > 0 && frames[n-1].kind != kindCommit {
		n--
	}
	return n
}

func (r *recoverer) tornBatch(sc *scanned, i int) bool {
	f := sc.frames[i]
	c, ok := parseCommit(body(r.buf[f.off-dataStart : f.off-dataStart+int64(f.size)]))
	return !ok || slices.ContainsFunc(sc.damage, func(d span) bool { return d.off < f.off && d.off+d.size > int64(c.start) })
}
