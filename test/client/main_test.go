// Package client_test holds what users of the client library rely on, one
// scenario after the other, against the binary and the embedded server.
package client_test

import (
	"testing"

	"github.com/midge-nats/midge/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
