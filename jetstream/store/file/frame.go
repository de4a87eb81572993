package file

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// Hot path.

// Frame, little endian. A segment is a sequence of frames without gaps.
//
//	0        4      5       6
//	+--------+------+-------+--------- ... ---------+----------+
//	| length | kind | flags | body                  | checksum |
//	+--------+------+-------+--------- ... ---------+----------+
//	  4        1      1       length-10               4
//
// length counts the whole frame. checksum is CRC-32C of everything before it,
// started from a value that depends on the segment and the offset, so that a
// frame is valid only where it was written: stale or misplaced sectors do not
// pass. A length of zero is room that has not been written. [J-64]
const (
	frameHead     = 6
	frameSum      = 4
	frameOverhead = frameHead + frameSum
	maxFrame      = 64 << 20
)

type kind byte

// The kinds of frames.
const (
	kindMessage   kind = 1 + iota // one message
	kindRemove                    // removed sequences
	kindPurge                     // removal of all that match below a sequence
	kindSkip                      // sequences that hold nothing
	kindConsumer                  // changes of one consumer's state
	kindConsumers                 // forget all consumers: snapshots of all of them follow
	kindSnapshot                  // whole state of one consumer
	kindForget                    // one consumer is gone
	kindLost                      // sequences known to be damaged
	kindCommit                    // end of a batch
	kindVoid                      // in the place of an erased message
	kindErase                     // removal of a message that is going to be blanked
	kindEnd
)

// Flags of a frame.
const (
	flagTTL       = 1 << iota // message: has a TTL field
	flagS2                    // message: headers and payload are compressed
	flagEncrypted             // body is sealed, as far as its kind says
	flagLiteral               // purge: wildcards in the subject have no meaning
	flagAll       = flagTTL | flagS2 | flagEncrypted | flagLiteral
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumAt is the checksum of a frame (without its last four bytes) at an offset.
func sumAt(seed uint32, off int64, frame []byte) uint32 {
	return crc32.Update(seed^uint32(off)*0x9E3779B1, castagnoli, frame)
}

// sealFrame fills in length and checksum of the frame b[start:], which has room
// for neither checksum yet, and returns b with it.
func sealFrame(b []byte, start int, seed uint32, off int64) []byte {
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start+frameSum))
	return binary.LittleEndian.AppendUint32(b, sumAt(seed, off, b[start:]))
}

// beginFrame appends the head of a frame whose length is not known yet.
func beginFrame(b []byte, k kind, flags byte) []byte {
	return append(b, 0, 0, 0, 0, byte(k), flags)
}

// frameLen gives the length that the head of a frame states, 0 if it cannot be
// the head of one. b needs frameHead bytes.
func frameLen(b []byte) int {
	n := binary.LittleEndian.Uint32(b)
	if n < frameOverhead || n > maxFrame || b[4] == 0 || b[4] >= byte(kindEnd) || b[5]&^flagAll != 0 {
		return 0
	}
	return int(n)
}

// checkFrame gives the valid frame at the front of b, or nil.
func checkFrame(b []byte, seed uint32, off int64) []byte {
	if len(b) < frameOverhead {
		return nil
	}
	n := frameLen(b)
	if n == 0 || n > len(b) {
		return nil
	}
	f := b[:n]
	if binary.LittleEndian.Uint32(f[n-frameSum:]) != sumAt(seed, off, f[:n-frameSum]) {
		return nil
	}
	return f
}

// body gives what is between head and checksum.
func body(frame []byte) []byte { return frame[frameHead : len(frame)-frameSum] }

// Message body. The sequence and the sizes stay readable in an encrypted frame
// and are authenticated with it.
//
//	0     2     10     18     22     26         26 or 34
//	+-----+-----+------+------+------+- - - - -+---------+--------+---------+- - - +
//	| sub | seq | time | hdr  | pay  | ttl     | subject | header | payload | tag  |
//	+-----+-----+------+------+------+- - - - -+---------+--------+---------+- - - +
//	  2     8     8      4      4      8         sub       hdr      pay       16
//
// sub, hdr, pay: lengths in bytes of what was published. time: Unix nanoseconds.
// ttl: nanoseconds, -1 never ends; only with flagTTL. With flagS2 header and
// payload are one S2 block; with flagEncrypted everything from subject on is
// sealed and followed by the tag.
const (
	messageFixed   = 26
	minMessageSize = frameOverhead + messageFixed
)

// messageHead is the fixed part of a message body.
type messageHead struct {
	seq     uint64
	time    int64
	ttl     int64
	subject int
	header  int
	payload int
	size    int // of this head, bytes
}

// appendMessageHead appends the fixed part.
func appendMessageHead(b []byte, h *messageHead) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(h.subject))
	b = binary.LittleEndian.AppendUint64(b, h.seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.time))
	b = binary.LittleEndian.AppendUint32(b, uint32(h.header))
	b = binary.LittleEndian.AppendUint32(b, uint32(h.payload))
	if h.ttl != 0 {
		b = binary.LittleEndian.AppendUint64(b, uint64(h.ttl))
	}
	return b
}

// parseMessageHead reads the fixed part of a message frame and checks that the
// sizes agree with that of the frame, as far as they can.
func parseMessageHead(frame []byte) (h messageHead, ok bool) {
	b := body(frame)
	flags := frame[5]
	if len(b) < messageFixed {
		return h, false
	}
	h = messageHead{
		subject: int(binary.LittleEndian.Uint16(b)),
		seq:     binary.LittleEndian.Uint64(b[2:]),
		time:    int64(binary.LittleEndian.Uint64(b[10:])),
		header:  int(binary.LittleEndian.Uint32(b[18:])),
		payload: int(binary.LittleEndian.Uint32(b[22:])),
		size:    messageFixed,
	}
	if flags&flagTTL != 0 {
		if len(b) < messageFixed+8 {
			return h, false
		}
		h.ttl = int64(binary.LittleEndian.Uint64(b[messageFixed:]))
		h.size += 8
	}
	rest := len(b) - h.size
	if flags&flagEncrypted != 0 {
		rest -= tagBytes
	}
	want := h.subject + h.header + h.payload
	if flags&flagS2 != 0 {
		return h, rest >= h.subject && h.seq != 0 && want <= maxFrame
	}
	return h, rest == want && h.seq != 0
}

// void is what is left of an erased message: enough to remove it once more, in a
// recovery from a checkpoint that does not know it was removed. It stands in the
// log, as the erase frame that removes the message, and then in the message's
// place, where zeros follow up to the size that it had. A crash may tear that
// one; the other is on disk by then.
//
//	0     8         16
//	+-----+---------+------+- - -
//	| seq | account | hash | 0
//	+-----+---------+------+- - -
//	  8     8         8
type void struct {
	seq     uint64
	account uint64 // bytes it counted for
	hash    uint64 // of its subject
}

// encodeVoid writes the body of a frame that is all zeros.
func encodeVoid(frame []byte, v *void) {
	b := frame[frameHead:]
	binary.LittleEndian.PutUint64(b, v.seq)
	binary.LittleEndian.PutUint64(b[8:], v.account)
	binary.LittleEndian.PutUint64(b[16:], v.hash)
}

func appendVoid(b []byte, v *void) []byte {
	b = binary.LittleEndian.AppendUint64(b, v.seq)
	b = binary.LittleEndian.AppendUint64(b, v.account)
	return binary.LittleEndian.AppendUint64(b, v.hash)
}

func parseVoid(frame []byte) (v void, ok bool) {
	b := body(frame)
	if len(b) < 24 {
		return v, false
	}
	return void{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])}, true
}

// commit is the last frame of a batch, and with it the batch counts.
//
//	0       4         12     20      28
//	+-------+---------+------+-------+------+
//	| start | applied | next | floor | time |
//	+-------+---------+------+-------+------+
//	  4       8         8      8       8
type commit struct {
	start   uint32 // offset of the batch's first frame
	applied uint64 // index of the last log entry in the batch
	next    uint64 // sequence that the next message will get
	floor   uint64 // every sequence below holds nothing any more
	time    int64  // of the last message, Unix nanoseconds
}

const commitBody = 4 + 4*8

func appendCommit(b []byte, c *commit) []byte {
	b = binary.LittleEndian.AppendUint32(b, c.start)
	b = binary.LittleEndian.AppendUint64(b, c.applied)
	b = binary.LittleEndian.AppendUint64(b, c.next)
	b = binary.LittleEndian.AppendUint64(b, c.floor)
	return binary.LittleEndian.AppendUint64(b, uint64(c.time))
}

func parseCommit(b []byte) (c commit, ok bool) {
	if len(b) != commitBody {
		return c, false
	}
	return commit{
		start:   binary.LittleEndian.Uint32(b),
		applied: binary.LittleEndian.Uint64(b[4:]),
		next:    binary.LittleEndian.Uint64(b[12:]),
		floor:   binary.LittleEndian.Uint64(b[20:]),
		time:    int64(binary.LittleEndian.Uint64(b[28:])),
	}, true
}

// appendRanges encodes sorted sequences as runs: distance to the end of the run
// before, and length less one, both uvarint.
func appendRanges(b []byte, seqs []uint64) []byte {
	prev := uint64(0)
	for i := 0; i < len(seqs); {
		j := i + 1
		for j < len(seqs) && seqs[j] == seqs[j-1]+1 {
			j++
		}
		b = binary.AppendUvarint(b, seqs[i]-prev)
		b = binary.AppendUvarint(b, uint64(j-i-1))
		prev = seqs[j-1]
		i = j
	}
	return b
}

// eachRange decodes what appendRanges or appendRange wrote, until yield returns
// false; ok is false if it is malformed.
func eachRange(b []byte, yield func(first, last uint64) bool) (ok bool) {
	prev := uint64(0)
	for len(b) > 0 {
		gap, n := binary.Uvarint(b)
		if n <= 0 {
			return false
		}
		run, m := binary.Uvarint(b[n:])
		if m <= 0 || gap > math.MaxUint64-prev || run > math.MaxUint64-prev-gap {
			return false
		}
		first := prev + gap
		prev = first + run
		b = b[n+m:]
		if !yield(first, prev) {
			return true
		}
	}
	return true
}
