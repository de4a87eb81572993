package monitor

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// residentBytes is the memory that the process holds, as the system counts it;
// where it does not tell, what the runtime has obtained.
func residentBytes() int64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := bytes.Fields(text); len(f) > 1 {
			if pages, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	return int64(ms.Sys)
}

// cpuMeter tells the processor time used since it was asked last, in percent of
// one processor.
type cpuMeter struct {
	mu   sync.Mutex
	last time.Time
	used time.Duration
	rate float64
}

// cpuPause is the shortest time over which a rate is told.
const cpuPause = 100 * time.Millisecond

func (c *cpuMeter) percent(now time.Time) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	used := processorTime()
	if passed := now.Sub(c.last); passed >= cpuPause {
		if !c.last.IsZero() {
			c.rate = float64((used-c.used)*1000/passed) / 10
		}
		c.last, c.used = now, used
	}
	return c.rate
}
