package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/server"
	"github.com/nats-io/nats.go"
)

// start starts a server of a cluster with a gateway that dials the given ones.
func start(t *testing.T, name, cluster string, change func(o *server.Options), remotes ...*server.Server) *server.Server {
	t.Helper()
	opts := &server.Options{
		ServerName: name, Host: "127.0.0.1", Port: -1,
		Gateway: conf.GatewayOpts{Name: cluster, Host: "127.0.0.1", Port: -1},
	}
	for _, r := range remotes {
		opts.Gateway.Gateways = append(opts.Gateway.Gateways, &conf.RemoteGatewayOpts{
			Name: r.ClusterName(), URLs: []*url.URL{{Scheme: "nats", Host: r.GatewayAddr().String()}},
		})
	}
	if change != nil {
		change(opts)
	}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatalf("%s is not ready: %v", name, s.StartError())
	}
	return s
}

// member makes a server one of a cluster, with a route to the given ones.
func member(cluster string, routes ...*server.Server) func(o *server.Options) {
	return func(o *server.Options) {
		o.Cluster = conf.ClusterOpts{Name: cluster, Host: "127.0.0.1", Port: -1}
		for _, r := range routes {
			o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", Host: r.ClusterAddr().String()})
		}
	}
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("it did not come to this: %s", what)
		}
	}
}

func connect(t *testing.T, s *server.Server) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// crosses waits until a message of one client reaches a subscriber elsewhere.
func crosses(t *testing.T, from, to *nats.Conn, subject string) {
	t.Helper()
	sub, err := to.SubscribeSync(subject)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	until(t, "a message crosses on "+subject, func() bool {
		if err := from.Publish(subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
		_, err := sub.NextMsg(20 * time.Millisecond)
		return err == nil
	})
}

// Clusters that are a chain in their files find each other, and requests with a
// reply that nobody else has heard of are answered. [G-8] [G-9] [G-26] [G-27]
func TestThreeClustersFindEachOther(t *testing.T) {
	a := start(t, "A", "GA", nil)
	b := start(t, "B", "GB", nil, a)
	c := start(t, "C", "GC", nil, a)
	until(t, "everybody has two gateways each way", func() bool {
		for _, s := range []*server.Server{a, b, c} {
			if s.NumOutboundGateways() != 2 || s.NumInboundGateways() != 2 {
				return false
			}
		}
		return true
	})
	na, nb, nc := connect(t, a), connect(t, b), connect(t, c)
	crosses(t, na, nb, "probe.1")
	crosses(t, nb, nc, "probe.2")
	crosses(t, nc, na, "probe.3")
	if _, err := nc.Subscribe("ask", func(m *nats.Msg) {
		if strings.HasPrefix(m.Reply, "_GR_.") {
			t.Errorf("a client sees the reply %q", m.Reply)
		}
		m.Respond(m.Data)
	}); err != nil {
		t.Fatal(err)
	}
	crosses(t, nb, nc, "probe.4")
	fresh := connect(t, b)
	if m, err := fresh.Request("ask", []byte("x"), 10*time.Second); err != nil || string(m.Data) != "x" {
		t.Errorf("answer %v, %v", m, err)
	}
}

// An answer reaches a requester on the other server of its cluster, and messages
// every server there. [G-10] [G-21] [G-28] [G-31]
func TestClustersOfTwo(t *testing.T) {
	a1 := start(t, "A1", "GA", member("GA"))
	a2 := start(t, "A2", "GA", member("GA", a1))
	b1 := start(t, "B1", "GB", member("GB"), a1)
	b2 := start(t, "B2", "GB", member("GB", b1))
	all := []*server.Server{a1, a2, b1, b2}
	until(t, "everybody has a gateway", func() bool {
		for _, s := range all {
			if s.NumOutboundGateways() != 1 || s.NumRoutes() != 1 {
				return false
			}
		}
		return true
	})
	clients := make(map[*server.Server]*nats.Conn)
	for _, s := range all {
		clients[s] = connect(t, s)
	}
	for i, from := range all {
		for j, to := range all {
			if i != j {
				crosses(t, clients[from], clients[to], fmt.Sprintf("probe.%d.%d", i, j))
			}
		}
	}
	for _, responder := range []*server.Server{b1, b2} {
		subject := "ask." + responder.Name()
		if _, err := clients[responder].QueueSubscribe(subject, "q", func(m *nats.Msg) { m.Respond(m.Data) }); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*server.Server{a1, a2} {
			crosses(t, clients[s], clients[responder], "known."+s.Name()+responder.Name())
			if m, err := connect(t, s).Request(subject, []byte("x"), 10*time.Second); err != nil || string(m.Data) != "x" {
				t.Errorf("%s asks %s: %v, %v", s.Name(), responder.Name(), m, err)
			}
		}
	}
}

// A queue group with a member at home is served there, and without one once by
// another cluster. [G-23]
func TestQueueGroupAtHomeFirst(t *testing.T) {
	a := start(t, "A", "GA", nil)
	b := start(t, "B", "GB", nil, a)
	na, nb := connect(t, a), connect(t, b)
	got := make(chan string, 400)
	join := func(nc *nats.Conn, where string) *nats.Subscription {
		sub, err := nc.QueueSubscribe("work", "q", func(*nats.Msg) { got <- where })
		if err != nil {
			t.Fatal(err)
		}
		return sub
	}
	here := join(na, "A")
	join(nb, "B")
	crosses(t, na, nb, "probe.1")
	for _, want := range []string{"A", "B"} {
		for range 100 {
			if err := na.Publish("work", nil); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			select {
			case where := <-got:
				if where != want {
					t.Fatalf("a message came to %s, want %s", where, want)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("not all messages came to %s", want)
			}
		}
		if want == "A" {
			if err := here.Unsubscribe(); err != nil {
				t.Fatal(err)
			}
			crosses(t, na, nb, "probe.2")
		}
	}
}

// Who is refused at the gateway port hears why. [G-2] [G-3] [G-5] [G-36]
func TestStrangersAtTheGatewayPort(t *testing.T) {
	a := start(t, "A", "GA", func(o *server.Options) { o.Gateway.RejectUnknown = true })
	for hello, want := range map[string]string{
		"PING\r\n":                          "-ERR 'Authorization Violation'",
		`CONNECT {"lang":"go"}` + "\r\n":    "-ERR 'attempted to connect to gateway port'",
		`CONNECT {"gateway":"GX"}` + "\r\n": `-ERR 'Connection to gateway "GA" rejected'`,
		`CONNECT {"gateway":"GX"` + "\r\n":  "",
		"\x16\x03\x01":                      "-ERR",
	} {
		nc, err := net.Dial("tcp", a.GatewayAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nc.Write([]byte(hello)); err != nil {
			t.Fatal(err)
		}
		if err := nc.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(nc)
		if first, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(first, "INFO {") {
			t.Errorf("%q: first line %q, %v", hello, first, err)
		}
		if answer, _ := lines.ReadString('\n'); !strings.HasPrefix(answer, want) {
			t.Errorf("%q was answered %q, want %q", hello, answer, want)
		}
		nc.Close()
	}
}

// A real server of 2.9 is another cluster like any other. [G-40]
func TestRealServerInTheSuperCluster(t *testing.T) {
	bin, err := exec.LookPath("nats-server")
	if err != nil {
		t.Skip("nats-server is not installed: interoperability with it is not tested")
	}
	a := start(t, "A", "GA", nil)
	dir := t.TempDir()
	file := filepath.Join(dir, "old.conf")
	text := fmt.Sprintf("server_name: OLD\nlisten: 127.0.0.1:-1\ngateway { name: GB, listen: 127.0.0.1:-1, gateways: [{name: GA, url: \"nats://%s\"}] }\n", a.GatewayAddr())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-c", file, "--ports_file_dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	until(t, "there are gateways both ways", func() bool { return a.NumOutboundGateways() == 1 && a.NumInboundGateways() == 1 })
	var old *nats.Conn
	until(t, "the real server takes clients", func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "*.ports"))
		if len(files) == 0 {
			return false
		}
		ports, err := os.ReadFile(files[0])
		if err != nil {
			return false
		}
		_, rest, _ := strings.Cut(string(ports), `nats://`)
		addr, _, _ := strings.Cut(rest, `"`)
		old, err = nats.Connect("nats://" + addr)
		return err == nil
	})
	t.Cleanup(old.Close)
	na := connect(t, a)
	crosses(t, na, old, "probe.1")
	crosses(t, old, na, "probe.2")
	for _, pair := range [][2]*nats.Conn{{na, old}, {old, na}} {
		subject := nats.NewInbox()
		if _, err := pair[1].QueueSubscribe(subject, "q", func(m *nats.Msg) { m.Respond([]byte(m.Header.Get("K"))) }); err != nil {
			t.Fatal(err)
		}
		crosses(t, pair[0], pair[1], "known."+subject)
		m := nats.NewMsg(subject)
		m.Header.Set("K", "v")
		if answer, err := pair[0].RequestMsg(m, 10*time.Second); err != nil || string(answer.Data) != "v" {
			t.Errorf("answer %v, %v", answer, err)
		}
	}
}
