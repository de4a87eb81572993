package file

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// Segment header, little endian, at offset 0 and once more behind it, so that
// damage to one copy costs nothing.
//
//	  0  magic        8   "MIDGESEG"
//	  8  version      2   1
//	 10  cipher       1
//	 11  level        1   sync level when it was made
//	 12  generation   4   how often it was compacted
//	 16  stream       8   identity of the stream, random
//	 24  id           8   number in the log, and file name
//	 32  last         8   last number that it replaces; id unless compacted
//	 40  base         8   no message in it has a lower sequence
//	 48  previous     8   number of the segment before, 0 = none
//	 56  previousEnd  8   where the log ends in it
//	 64  created      8   Unix nanoseconds
//	 72  end          8   where the log ends in this one, 0 = see the next
//	 80  salt        16
//	 96  check       32   sealed zeros, to tell a wrong key
//	128  boot         8   boot of the system it was made in
//	136  room         8   segment size in bytes it was made for
//	144  reserved    12   zero
//	156  checksum     4   CRC-32C of everything before it
const (
	headerBytes  = 160
	headerCopies = 2
	dataStart    = headerBytes * headerCopies
	formatV1     = 1
)

var segmentMagic = [8]byte{'M', 'I', 'D', 'G', 'E', 'S', 'E', 'G'}

// header is the decoded header of a segment.
type header struct {
	cipher      Cipher
	level       SyncLevel
	generation  uint32
	stream      uint64
	id          uint64
	last        uint64
	base        uint64
	previous    uint64
	previousEnd int64
	created     int64
	end         int64
	salt        [saltBytes]byte
	check       [checkBytes]byte
	boot        uint64
	room        int64
}

var (
	errHeader  = errors.New("segment header is damaged")
	errVersion = errors.New("format version is not supported")
)

func (h *header) encode() []byte {
	b := make([]byte, 0, dataStart)
	b = append(b, segmentMagic[:]...)
	b = binary.LittleEndian.AppendUint16(b, formatV1)
	b = append(b, byte(h.cipher), byte(h.level))
	b = binary.LittleEndian.AppendUint32(b, h.generation)
	for _, v := range [...]uint64{h.stream, h.id, h.last, h.base, h.previous, uint64(h.previousEnd),
		uint64(h.created), uint64(h.end)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = append(b, h.salt[:]...)
	b = append(b, h.check[:]...)
	b = binary.LittleEndian.AppendUint64(b, h.boot)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.room))
	b = append(b, make([]byte, 12)...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return append(b, b...)
}

// decodeHeader reads the first valid copy; healthy says whether both are.
func decodeHeader(b []byte) (h header, healthy bool, err error) {
	valid := 0
	for i := headerCopies - 1; i >= 0; i-- {
		if len(b) < (i+1)*headerBytes {
			continue
		}
		c, cerr := decodeHeaderCopy(b[i*headerBytes : (i+1)*headerBytes])
		if cerr != nil {
			err = cerr
			continue
		}
		h = c
		valid++
	}
	if valid > 0 {
		return h, valid == headerCopies, nil
	}
	if err == nil {
		err = errHeader
	}
	return h, false, err
}

func decodeHeaderCopy(b []byte) (h header, err error) {
	if [8]byte(b[:8]) != segmentMagic || binary.LittleEndian.Uint32(b[headerBytes-4:]) != crc32.Checksum(b[:headerBytes-4], castagnoli) {
		return h, errHeader
	}
	if v := binary.LittleEndian.Uint16(b[8:]); v != formatV1 {
		return h, fmt.Errorf("segment version %d: %w", v, errVersion)
	}
	u := func(off int) uint64 { return binary.LittleEndian.Uint64(b[off:]) }
	h = header{
		cipher: Cipher(b[10]), level: SyncLevel(b[11]), generation: binary.LittleEndian.Uint32(b[12:]),
		stream: u(16), id: u(24), last: u(32), base: u(40), previous: u(48), previousEnd: int64(u(56)),
		created: int64(u(64)), end: int64(u(72)),
		salt: [saltBytes]byte(b[80:96]), check: [checkBytes]byte(b[96:128]), boot: u(128), room: int64(u(136)),
	}
	if h.cipher >= cipherEnd || h.id == 0 || h.last < h.id || h.base == 0 || h.previous >= h.id ||
		h.end < 0 || h.previousEnd < 0 || h.room < 0 {
		return h, errHeader
	}
	return h, nil
}

// seed starts the checksums of this segment's frames.
func (h *header) seed() uint32 {
	var b [20]byte
	binary.LittleEndian.PutUint64(b[:], h.stream)
	binary.LittleEndian.PutUint64(b[8:], h.id)
	binary.LittleEndian.PutUint32(b[16:], h.generation)
	return crc32.Checksum(b[:], castagnoli)
}

// aead opens the cipher of the segment, nil if it has none.
func (h *header) aead(keys [][]byte) (cipher.AEAD, error) {
	if h.cipher == NoCipher {
		return nil, nil
	}
	return openAEAD(h.cipher, keys, h.salt[:], h.check[:], "segment")
}

const (
	segmentSuffix = ".seg"
	indexSuffix   = ".idx"
	tempSuffix    = ".tmp"
	lostPrefix    = "lost-"
)

func segmentName(id uint64) string { return fmt.Sprintf("%016x%s", id, segmentSuffix) }
func indexName(id uint64) string   { return fmt.Sprintf("%016x%s", id, indexSuffix) }

// parseName gives the number in the name of a segment or index.
func parseName(name, suffix string) (uint64, bool) {
	hex, ok := strings.CutSuffix(name, suffix)
	if !ok || len(hex) != 16 {
		return 0, false
	}
	id, err := strconv.ParseUint(hex, 16, 64)
	return id, err == nil && id > 0
}
