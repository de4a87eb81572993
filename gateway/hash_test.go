package gateway

import "testing"

// The check values of real servers. [G-25]
func TestHash(t *testing.T) {
	for name, want := range map[string]string{"GA": "F2cAWZ", "GB": "u4xB6R", "RG": "5uWxy4", "FG": "WRVp45"} {
		if got := Hash(name); got != want {
			t.Errorf("hash of %s is %s, want %s", name, got, want)
		}
	}
}
