// Package hostile_test sends servers what no client should: absurd numbers,
// lines without end, deep JSON, control characters, silence, haste. Each time
// the answer is a clear -ERR or an end with its reason in /connz, other clients
// do not notice, and memory stays bounded.
package hostile_test

import (
	"testing"

	"github.com/midge-nats/midge/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
