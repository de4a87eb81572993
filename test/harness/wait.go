package harness

import (
	"sync"
	"sync/atomic"
	"syscall"
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

// Parallel calls work for 0 to n-1, width at a time, and fails the test with
// the first errors.
func Parallel(t testing.TB, n, width int, work func(i int) error) {
	t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range width {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := work(i); err != nil {
					t.Errorf("%d of %d: %v", i, n, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// NeedFiles skips a test, out loud, where a process may not open that many
// files: both ends of every connection are one.
func NeedFiles(t testing.TB, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil && limit.Max < n {
		t.Skipf("SKIPPED: needs %d open files, the limit is %d", n, limit.Max)
	}
}
