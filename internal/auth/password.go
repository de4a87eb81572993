package auth

import (
	"crypto/subtle"
	"encoding/base64"
	"regexp"

	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/bcrypt"
)

// bcrypted recognises a stored bcrypt hash.
var bcrypted = regexp.MustCompile(`^\$2[abxy]\$\d{2}\$`)

// IsBcrypt tells whether a configured password or token is a hash.
func IsBcrypt(stored string) bool { return bcrypted.MatchString(stored) }

// matches compares a password or token with the stored one, in a time that
// does not depend on where they differ.
func matches(stored, given string) bool {
	if IsBcrypt(stored) {
		return bcrypt.CompareHashAndPassword([]byte(stored), []byte(given)) == nil
	}
	return same(stored, given)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// verify checks the signature over the nonce's text. Clients write it in the
// URL alphabet without padding; the standard one is taken too. [P-22]
func verify(public, nonce, sig string) error {
	raw, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil {
		if raw, err = base64.StdEncoding.DecodeString(sig); err != nil {
			return errCredentials
		}
	}
	key, err := nkeys.FromPublicKey(public)
	if err != nil {
		return errCredentials
	}
	if err := key.Verify([]byte(nonce), raw); err != nil {
		return errCredentials
	}
	return nil
}

// SameUser compares a user and password with the configured ones; the password
// may be a hash.
func SameUser(user, stored, givenUser, given string) bool {
	return same(user, givenUser) && matches(stored, given)
}
