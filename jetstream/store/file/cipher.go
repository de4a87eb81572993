package file

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/midge-nats/midge/jetstream/store"
)

// Cipher is how a stream is encrypted at rest. [J-127]
type Cipher uint8

// The ciphers, by the names of the cipher option.
const (
	NoCipher Cipher = iota
	AESGCM          // "aes"
	ChaCha          // "chacha"
	cipherEnd
)

const (
	saltBytes  = 16
	tagBytes   = 16
	nonceBytes = 12
	checkBytes = 16 + tagBytes // sealed zeros by which a wrong key is told
)

// newSalt gives the random part of a file's key. Every file has its own key, so
// that the offset in it can serve as the nonce: no offset of a file is sealed
// twice, because a segment whose write failed is not written again.
func newSalt() (salt [saltBytes]byte) {
	_, _ = rand.Read(salt[:]) // never fails: it ends the process instead
	return salt
}

// newAEAD derives the key of one file.
func newAEAD(c Cipher, key []byte, salt []byte, use string) (cipher.AEAD, error) {
	if len(key) == 0 {
		return nil, store.ErrKey
	}
	k, err := hkdf.Key(sha256.New, key, salt, "midge store "+use, 32)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	switch c {
	case AESGCM:
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, fmt.Errorf("aes: %w", err)
		}
		return cipher.NewGCM(block)
	case ChaCha:
		return chacha20poly1305.New(k)
	default:
		return nil, fmt.Errorf("unknown cipher %d: %w", c, store.ErrKey)
	}
}

// nonceAt is the nonce of what is sealed at an offset or page.
func nonceAt(n *[nonceBytes]byte, off uint64) []byte {
	binary.LittleEndian.PutUint64(n[4:], off)
	return n[:]
}

// keyCheck seals zeros under a nonce that no offset has.
func keyCheck(a cipher.AEAD) []byte {
	var n [nonceBytes]byte
	return a.Seal(nil, nonceAt(&n, 1<<63), make([]byte, checkBytes-tagBytes), nil)
}

// openAEAD finds the key of a file among those given by its key check.
func openAEAD(c Cipher, keys [][]byte, salt, check []byte, use string) (cipher.AEAD, error) {
	var n [nonceBytes]byte
	for _, key := range keys {
		if len(key) == 0 {
			continue
		}
		a, err := newAEAD(c, key, salt, use)
		if err != nil {
			return nil, err
		}
		if _, err := a.Open(nil, nonceAt(&n, 1<<63), check, nil); err == nil {
			return a, nil
		}
	}
	return nil, store.ErrKey
}
