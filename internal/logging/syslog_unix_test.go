//go:build unix

package logging

import (
	"net"
	"strings"
	"testing"
)

func TestSyslogRemote(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("no UDP here: %v", err)
	}
	defer pc.Close()
	s, err := OpenSyslog("udp://"+pc.LocalAddr().String(), "midge")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all(s)
	buf := make([]byte, 1<<10)
	// Facility daemon is 3<<3; the severities of notice, warning, critical,
	// error and debug twice.
	for _, want := range []string{"<29>|n", "<28>|w", "<26>|f", "<27>|e", "<31>|d", "<31>|t"} {
		n, _, err := pc.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.TrimSpace(string(buf[:n]))
		pri, text, _ := strings.Cut(want, "|")
		if !strings.HasPrefix(got, pri) || !strings.HasSuffix(got, ": "+text) || !strings.Contains(got, "midge[") {
			t.Errorf("got %q, want %s ... %s", got, pri, text)
		}
	}
}

func TestSyslogRefused(t *testing.T) {
	if _, err := OpenSyslog("tcp://127.0.0.1:0", "midge"); err == nil {
		t.Error("connected to nothing")
	}
}
