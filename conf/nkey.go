package conf

import (
	"encoding/base32"
	"encoding/binary"
)

// The prefix bytes of public keys, and the length of what they encode: prefix,
// key and checksum.
const (
	prefixUser     = 20 << 3
	prefixAccount  = 0
	prefixOperator = 14 << 3
	keyBytes       = 1 + 32 + 2
)

// validUserKey tells whether a text is the public key of a user, U... Only the
// form is checked: this package has no business with signatures.
func validUserKey(key string) bool { return validKey(key, prefixUser) }

// validAccountKey tells the same for an account's, A...
func validAccountKey(key string) bool { return validKey(key, prefixAccount) }

// validOperatorKey tells the same for an operator's, O...
func validOperatorKey(key string) bool { return validKey(key, prefixOperator) }

func validKey(key string, prefix byte) bool {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key)
	if err != nil || len(raw) != keyBytes || raw[0] != prefix {
		return false
	}
	body, sum := raw[:keyBytes-2], raw[keyBytes-2:]
	return crc16(body) == binary.LittleEndian.Uint16(sum)
}

// crc16 is the checksum of keys: CRC-16 with polynomial 0x1021, from zero.
func crc16(b []byte) uint16 {
	var crc uint16
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
