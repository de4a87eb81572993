package netx

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"
)

func TestHostPort(t *testing.T) {
	for _, c := range []struct {
		addr     string
		fallback int
		host     string
		port     int
		bad      bool
	}{
		{"localhost:4222", -1, "localhost", 4222, false},
		{" 127.0.0.1:-1 ", -1, "127.0.0.1", -1, false},
		{":4222", -1, "", 4222, false},
		{"[::1]:4222", -1, "::1", 4222, false},
		{"h", 4222, "h", 4222, false},
		{"::1", 4222, "::1", 4222, false},
		{"[::1]", 4222, "::1", 4222, false},
		{"h:1", 4222, "h", 1, false},
		{"h", -1, "", 0, true},
		{"::1", -1, "", 0, true},
		{"h:", -1, "", 0, true},
		{"h:b", -1, "", 0, true},
		{"h:65536", -1, "", 0, true},
		{"h:-2", -1, "", 0, true},
		{"[::1", 4222, "", 0, true},
		{"", 4222, "", 0, true},
	} {
		host, port, err := HostPort(c.addr, c.fallback)
		if host != c.host || port != c.port || (err != nil) != c.bad {
			t.Errorf("HostPort(%q, %d) = %q, %d, %v", c.addr, c.fallback, host, port, err)
		}
	}
}

func FuzzHostPort(f *testing.F) {
	for _, s := range []string{"h:1", "[::1]:2", ":3", "::1", "[", "[]", "h%z:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		host, port, err := HostPort(addr, -1)
		if err != nil {
			return
		}
		again, samePort, err := HostPort(Join(host, port), -1)
		if err != nil || again != host || samePort != port {
			t.Errorf("%q: %q %d became %q %d, %v", addr, host, port, again, samePort, err)
		}
		if n := Normalise(addr); Normalise(n) != n {
			t.Errorf("%q: normal form %q is not stable", addr, n)
		}
	})
}

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{
		"LOCALHOST:04222":     "localhost:4222",
		"[0:0:0:0:0:0:0:1]:1": "[::1]:1",
		"[::ffff:1.2.3.4]:1":  "1.2.3.4:1",
		"not an address":      "not an address",
	} {
		if got := Normalise(in); got != want {
			t.Errorf("Normalise(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWildcard(t *testing.T) {
	for host, want := range map[string]bool{"": true, "0.0.0.0": true, "::": true, "127.0.0.1": false, "localhost": false} {
		if Wildcard(host) != want {
			t.Errorf("Wildcard(%q) is not %v", host, want)
		}
	}
}

func prefixes(t *testing.T, list ...string) []net.Addr {
	t.Helper()
	var addrs []net.Addr
	for _, s := range list {
		ip, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		n.IP = ip
		addrs = append(addrs, n)
	}
	return addrs
}

func TestAddressesOfAWildcard(t *testing.T) { // [P-27] [C-13]
	machine := prefixes(t, "127.0.0.1/8", "::1/128", "fd00::2/64", "fe80::1/64", "192.0.2.2/24")
	if got, want := pick("0.0.0.0", machine, false), []string{"192.0.2.2", "fd00::2"}; !slices.Equal(got, want) {
		t.Errorf("non-local: %q, want %q", got, want)
	}
	if got, want := pick("0.0.0.0", machine, true), []string{"192.0.2.2", "127.0.0.1", "fd00::2", "::1"}; !slices.Equal(got, want) {
		t.Errorf("all: %q, want %q", got, want)
	}
	if got, want := pick("::", machine[:2], false), []string{"127.0.0.1", "::1"}; !slices.Equal(got, want) {
		t.Errorf("loopback only: %q, want %q", got, want)
	}
	if got := pick("::", nil, true); !slices.Equal(got, []string{"::"}) {
		t.Errorf("no addresses: %q", got)
	}
	for _, f := range []func(string) []string{NonLocal, AllLocal} {
		if got := f("example.org"); !slices.Equal(got, []string{"example.org"}) {
			t.Errorf("a named host became %q", got)
		}
		if got := f(""); len(got) == 0 {
			t.Error("no address at all")
		}
	}
}

// tcpPair gives two ends of a loopback connection.
func tcpPair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func nonBlocking(t *testing.T, nc net.Conn) *NonBlocking {
	t.Helper()
	rc, ok := Raw(nc)
	if !ok {
		t.Skip("no raw sockets on this system")
	}
	return NewNonBlocking(rc)
}

func TestNonBlockingWrite(t *testing.T) {
	a, b := tcpPair(t)
	w := nonBlocking(t, a)
	if n, err := w.Write([]byte("PING\r\n")); n != 6 || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if n, err := w.Write(nil); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
	got := make([]byte, 6)
	if _, err := io.ReadFull(b, got); err != nil || string(got) != "PING\r\n" {
		t.Errorf("read %q, %v", got, err)
	}
}

// A full socket takes a part or nothing and gives no error; what it took
// arrives.
func TestNonBlockingWriteToFullSocket(t *testing.T) {
	a, b := tcpPair(t)
	w := nonBlocking(t, a)
	block := bytes.Repeat([]byte("x"), 64<<10)
	total, full := 0, false
	for range 10_000 {
		n, err := w.Write(block)
		if err != nil {
			t.Fatal(err)
		}
		total += n
		if n == 0 {
			full = true
			break
		}
	}
	if !full {
		t.Fatal("the socket never filled")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	read, err := io.Copy(io.Discard, b)
	if err != nil || int(read) != total {
		t.Errorf("read %d of %d, %v", read, total, err)
	}
}

// A deadline left from a blocking write does not matter.
func TestNonBlockingWriteAfterDeadline(t *testing.T) {
	a, _ := tcpPair(t)
	w := nonBlocking(t, a)
	if err := a.SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write([]byte("x")); n != 1 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
}

func TestNonBlockingWriteAfterClose(t *testing.T) {
	a, _ := tcpPair(t)
	w := nonBlocking(t, a)
	a.Close()
	if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("wrote %d, %v", n, err)
	}
}

// framed is a connection that changes what is written, as WebSocket does.
type framed struct{ *net.TCPConn }

func TestRawRefusesWrappers(t *testing.T) {
	a, _ := tcpPair(t)
	tc, ok := a.(*net.TCPConn)
	if !ok {
		t.Fatal("no TCP connection")
	}
	if _, ok := Raw(framed{tc}); ok {
		t.Error("took a wrapper for a socket")
	}
	p, _ := net.Pipe()
	defer p.Close()
	if _, ok := Raw(p); ok {
		t.Error("took a pipe for a socket")
	}
}

func TestNonBlockingWriteAllocs(t *testing.T) {
	a, b := tcpPair(t)
	w := nonBlocking(t, a)
	line, in := []byte("PING\r\n"), make([]byte, 64)
	n := testing.AllocsPerRun(100, func() {
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Read(in); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestSetTCP(t *testing.T) {
	a, _ := tcpPair(t)
	for _, d := range []time.Duration{0, -1, time.Minute} {
		if err := SetTCP(a, d); err != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
	p, _ := net.Pipe()
	defer p.Close()
	if err := SetTCP(p, time.Minute); err != nil {
		t.Errorf("a pipe: %v", err)
	}
	a.Close()
	if err := SetTCP(a, time.Minute); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed connection: %v", err)
	}
}
