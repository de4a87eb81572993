//go:build !unix

package monitor

import "time"

// processorTime is not told on this system.
func processorTime() time.Duration { return 0 }
