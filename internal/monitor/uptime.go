package monitor

import (
	"strconv"
	"strings"
	"time"
)

// uptime writes a duration in whole seconds as monitoring does: years to
// seconds, without the leading units that are zero. [M-19]
func uptime(d time.Duration) string {
	const day, year = 24 * 3600, 365 * 24 * 3600
	s := int64(d / time.Second)
	units := []struct {
		seconds int64
		name    string
	}{{year, "y"}, {day, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}}
	var b strings.Builder
	for _, u := range units {
		n := s / u.seconds
		s %= u.seconds
		if n > 0 || b.Len() > 0 || u.seconds == 1 {
			b.WriteString(strconv.FormatInt(n, 10))
			b.WriteString(u.name)
		}
	}
	return b.String()
}
