//go:build !unix

package netx

import "errors"

// canWrite tells whether write works here: Raw says no for every connection.
const canWrite = false

// write is never called.
func write(uintptr, []byte) (int, error) {
	return 0, errors.ErrUnsupported
}
