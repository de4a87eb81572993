// Package resolver keeps the JWTs of accounts, or fetches them: from memory,
// from a URL, or from a directory of files.
//
// A resolver knows tokens by the public key of their account. Whether a token
// is to be trusted is not its business: package operator judges every token
// that comes out and every one that goes in. All types here may be used by any
// goroutine.
package resolver

import (
	"errors"
	"fmt"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// ErrUnknown is what a resolver says of an account that it has no token of.
var ErrUnknown = errors.New("account unknown")

// issued tells whose token this is and when it was signed, in Unix seconds. The
// error is the library's.
func issued(token string) (id string, at int64, err error) {
	c, err := Decode(token)
	if err != nil {
		return "", 0, err
	}
	return c.Subject, c.IssuedAt, nil
}

// Decode reads an account's token and checks its signature. The library is kept
// from what its own validation trips over: entries that are null. A panic of
// it is an error: tokens come from the network.
func Decode(token string) (c *jwt.AccountClaims, err error) {
	defer Guard(&err)
	if c, err = jwt.DecodeAccountClaims(token); err != nil {
		return nil, err
	}
	if !nkeys.IsValidPublicAccountKey(c.Subject) {
		return nil, errors.New("subject is not an account public key")
	}
	for _, e := range c.Exports {
		if e == nil {
			return nil, errors.New("null export is not allowed")
		}
	}
	for _, i := range c.Imports {
		if i == nil {
			return nil, errors.New("null import is not allowed")
		}
	}
	return c, nil
}

// Guard turns a panic of the JWT library into an error. It is to be deferred.
func Guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("malformed jwt: %v", r)
	}
}
