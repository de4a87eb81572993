package client_test

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Whatever bytes a client sends, its connection ends when it hangs up, and
// another client goes on as if nothing had been. [P-8]
func FuzzClient(f *testing.F) {
	for _, seed := range []string{
		quiet + "SUB a 1\r\nPUB a 2\r\nhi\r\nPING\r\n",
		"CONNECT {\"protocol\":1,\"echo\":false}\r\nPING\r\nSUB > q 1\r\nUNSUB 1 3\r\nPUB a..b r 1\r\nx\r\n",
		quiet + hpub("a r", []string{"Nats-Trace-Dest: tr", "Nats-Trace-Only: true", "Accept-Encoding: snappy"}, "x"),
		quiet + hpub("m.a", []string{"traceparent: " + sampled}, "x"),
		quiet + "HPUB a 1000 5000\r\nNATS/1.0\r\nNats-Trace-Dest: tr\r\n",
		"CONNECT {}\r\nCONNECT {\"user\":\"p\"}\r\nSUB s.* 1\r\nPUB s.no 0\r\n\r\n",
		"+OK\r\nINFO {}\r\nPONG\r\n-ERR 'x'\r\n",
		"\x16\x03\x01\x00\x05hello", "GET / HTTP/1.1\r\n\r\n", "", "\x00",
	} {
		f.Add([]byte(seed))
	}
	s := defaults()
	s.MaxPayload, s.MaxPending, s.MaxSubs, s.LineTrace = 4000, 1<<20, 50, new(core.LineTrace)
	s.PingInterval = 0 // the witness is not to be asked for life
	b := newPipes(f, s)
	b.broker.SetServer(&trace.Server{Name: "S1", ID: "NID"})
	acc := b.broker.Account("A")
	acc.SetTracing(&core.Tracing{Dest: "tr", Sampling: 50})
	maps, err := core.NewMappings([]core.Mapping{{Source: "m.*", Dests: []core.MappingDest{{Subject: "a.$1", Percent: 50}}}}, "")
	if err != nil {
		f.Fatal(err)
	}
	acc.SetMappings(maps)
	perms, err := core.NewPermissions(core.Rules{PublishAllow: []string{"s.>"}, SubscribeDeny: []string{"s.no"}, Responses: &core.Responses{}})
	if err != nil {
		f.Fatal(err)
	}
	b.grant = func(o *protocol.Connect) (*core.Grant, error) {
		g := &core.Grant{Account: acc}
		if o.User == "p" {
			g.Permissions = perms
		}
		return g, nil
	}
	witness := b.dial(quiet + "SUB witness.a.long.way.off 1\r\n")
	n := 0
	f.Fuzz(func(t *testing.T, data []byte) {
		server, nc := net.Pipe()
		ended := make(chan struct{})
		b.group.Go("client", func() {
			b.clients.Serve(server)
			close(ended)
		})
		b.group.Go("read", func() { io.Copy(io.Discard, nc) }) //nolint:errcheck // until either side hangs up
		nc.Write(data)                                         //nolint:errcheck // the server may hang up first
		nc.Close()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Fatalf("%q keeps its connection open", data)
		}
		n++
		witness.t = t
		witness.send(fmt.Sprintf("PUB witness.a.long.way.off %d\r\n%d\r\n", len(fmt.Sprint(n)), n))
		if m := witness.readMsg(); m.payload != fmt.Sprint(n) {
			t.Fatalf("after %q the other client got %+v", data, m)
		}
	})
}
