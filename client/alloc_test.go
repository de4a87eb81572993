package client_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// roundtrip is one batch from a publisher's socket to its subscribers'.
type roundtrip struct {
	batch []byte
	pub   *wire
	subs  []*wire
	bytes []int // that each subscriber gets for a batch
	buf   []byte
}

func (r *roundtrip) run(t testing.TB) {
	if _, err := r.pub.nc.Write(r.batch); err != nil {
		t.Fatal(err)
	}
	for i, s := range r.subs {
		if _, err := io.ReadFull(s.nc, r.buf[:r.bytes[i]]); err != nil {
			t.Fatal(err)
		}
	}
}

// wiring gives a publisher and subscribers of t.a and t.*; one takes no
// headers. Everybody has permissions.
func wiring(t testing.TB, msg string, count int) *roundtrip {
	b := newBench(t, defaults())
	perms, err := core.NewPermissions(core.Rules{PublishAllow: []string{"t.>", "reply"}, SubscribeAllow: []string{"t.>"}, SubscribeDeny: []string{"t.secret"}})
	if err != nil {
		t.Fatal(err)
	}
	b.grant = func(*protocol.Connect) (*core.Grant, error) {
		return &core.Grant{Account: b.broker.Account(core.GlobalAccount), Permissions: perms}, nil
	}
	r := &roundtrip{batch: []byte(strings.Repeat(msg, count)), buf: make([]byte, 1<<20)}
	for i, pattern := range []string{"t.a", "t.*", "t.>", "t.a"} {
		w := b.dial(fmt.Sprintf("%sSUB %s %d\r\nPING\r\n", quiet, pattern, i))
		w.wants("PONG")
		r.subs = append(r.subs, w)
	}
	r.pub = b.dial(quiet + "PING\r\n")
	r.pub.wants("PONG")
	if _, err := r.pub.nc.Write([]byte(msg)); err != nil {
		t.Fatal(err)
	}
	for _, s := range r.subs { // how long one delivery is
		line := s.line()
		var total int
		f := strings.Fields(line)
		if _, err := fmt.Sscan(f[len(f)-1], &total); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(s.r, make([]byte, total+2)); err != nil {
			t.Fatal(err)
		}
		r.bytes = append(r.bytes, count*(len(line)+total+2))
	}
	return r
}

// What a message costs has no allocation in it, from the publisher's socket to
// its subscribers', with permissions, wildcards, replies and headers.
func TestPublishAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	header := "NATS/1.0\r\nX-App: a\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n"
	for name, msg := range map[string]string{
		"plain":   "PUB t.a 5\r\nhello\r\n",
		"reply":   "PUB t.a reply 5\r\nhello\r\n",
		"headers": fmt.Sprintf("HPUB t.a %d %d\r\n%shello\r\n", len(header), len(header)+5, header),
		"large":   "PUB t.a 20000\r\n" + string(bytes.Repeat([]byte("x"), 20000)) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := wiring(t, msg, 10)
			for range 20 { // buffers reach their size, caches their content
				r.run(t)
			}
			if n := testing.AllocsPerRun(200, func() { r.run(t) }); n != 0 {
				t.Errorf("%v allocations for 10 messages to 4 subscribers, want 0", n)
			}
		})
	}
}

// BenchmarkFanout is the same path with a clock.
func BenchmarkFanout(b *testing.B) {
	r := wiring(b, "PUB t.a 128\r\n"+strings.Repeat("x", 128)+"\r\n", 100)
	b.ReportAllocs()
	for b.Loop() {
		r.run(b)
	}
}
