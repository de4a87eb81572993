package file

import (
	"bytes"
	"encoding/binary"
)

// span is a region of a segment.
type span struct{ off, size int64 }

// frameRef is a verified frame in a scanned region.
type frameRef struct {
	off  int64 // in the segment
	size int
	kind kind
}

// scanned is what a region of a segment holds.
type scanned struct {
	frames []frameRef
	// damage are regions between frames that do not verify, rest is what
	// follows the last frame, without zeros at its end.
	damage []span
	rest   span
}

// scanRegion walks over the frames of a region, which starts at offset base. At
// bytes that are no valid frame it goes on at the next offset where one begins:
// a damaged record is never taken for the end of the log. [J-66]
func scanRegion(b []byte, base int64, seed uint32) (out scanned) {
	used := len(bytes.TrimRight(b, "\x00"))
	for at := 0; at < used; {
		if f := checkFrame(b[at:], seed, base+int64(at)); f != nil {
			out.frames = append(out.frames, frameRef{base + int64(at), len(f), kind(f[4])})
			at += len(f)
			continue
		}
		next := resync(b, at+1, base, seed)
		if next < 0 {
			out.rest = span{base + int64(at), int64(used - at)}
			break
		}
		out.damage = append(out.damage, span{base + int64(at), int64(next - at)})
		at = next
	}
	return out
}

// resync finds the next offset at or after at where a valid frame begins, or -1.
// Of random bytes one offset in 100,000 looks like the head of a frame, and only
// those are summed.
func resync(b []byte, at int, base int64, seed uint32) int {
	for ; at+frameOverhead <= len(b); at++ {
		if b[at+4] == 0 || b[at+4] >= byte(kindEnd) || b[at+3] > maxFrame>>24 {
			continue
		}
		if checkFrame(b[at:], seed, base+int64(at)) != nil {
			return at
		}
	}
	return -1
}

// openBody gives the body of a frame that is not a message in the clear. The
// frame is overwritten.
func openBody(g *segment, frame []byte, off int64) ([]byte, bool) {
	b := body(frame)
	if frame[5]&flagEncrypted == 0 {
		return b, true
	}
	if g.aead == nil || len(b) < tagBytes {
		return nil, false
	}
	var nonce [nonceBytes]byte
	plain, err := g.aead.Open(b[:0], nonceAt(&nonce, uint64(off)), b, frame[4:frameHead])
	return plain, err == nil
}

// parsePurge splits the body of a purge frame.
func parsePurge(b []byte) (below uint64, filter string, ok bool) {
	if len(b) < 9 {
		return 0, "", false
	}
	return binary.LittleEndian.Uint64(b), string(b[8:]), true
}
