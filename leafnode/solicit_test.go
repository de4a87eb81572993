package leafnode

import (
	"io"
	"net"
	"testing"
	"time"
)

// Whatever a hub says first, it is an INFO or an error, and never read past its
// line. [L-3]
func FuzzFirstInfo(f *testing.F) {
	for _, s := range []string{"INFO {}\r\n", "INFO {\"client_id\":1} \r\n", "INFO {\r\n", "PING\r\n", "\n", "I", "INFO {\"cluster\":1}\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		ours, theirs := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = theirs.Write(said) // cut short when the reader has had enough
			_ = theirs.Close()
		}()
		info, err := readInfo(ours, time.Second)
		if (info == nil) == (err == nil) {
			t.Errorf("%q gives %v and %v", said, info, err)
		}
		if err := ours.Close(); err != nil && err != io.EOF {
			t.Error(err)
		}
		<-done
	})
}

// Versions compare by number. [L-19]
func TestOld(t *testing.T) {
	for version, want := range map[string]bool{"2.9.10": true, "2.10.0": false, "v2.10.0-beta": false, "2.15.2": false, "": true, "x": true} {
		if old(version, "2.10.0") != want {
			t.Errorf("old(%q) is not %v", version, want)
		}
	}
	if old("1.0.0", "") {
		t.Error("too old where any will do")
	}
}
