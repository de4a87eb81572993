package harness

import (
	"testing"
	"time"
)

// patience is how long anything may take before a test gives up. It is no
// measure: what is expected is there long before, on any machine.
const patience = 20 * time.Second

// pace is how often a condition is looked at that nobody signals.
const pace = 2 * time.Millisecond

// Until waits for a condition, what in a failure's words.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// Receive waits for a value of a channel.
func Receive[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waited %v in vain: %s", patience, what)
		panic("unreachable")
	}
}
