package route_test

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

// member starts a server of the cluster C that dials the given ones.
func member(t *testing.T, name string, routes ...*server.Server) *server.Server {
	t.Helper()
	opts := &server.Options{
		ServerName: name, Host: "127.0.0.1", Port: -1,
		Cluster: conf.ClusterOpts{Name: "C", Host: "127.0.0.1", Port: -1},
	}
	for _, r := range routes {
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats-route", Host: r.ClusterAddr().String()})
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

// crosses waits until a message from one server reaches a subscriber of another.
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

// A server that is told of one member finds all, messages and requests cross in
// one hop, and each message comes once.
func TestThreeServersFindEachOther(t *testing.T) {
	a := member(t, "A")
	b, c := member(t, "B", a), member(t, "C", a)
	until(t, "everybody has two routes", func() bool {
		return a.NumRoutes() == 2 && b.NumRoutes() == 2 && c.NumRoutes() == 2
	})
	na, nb, nc := connect(t, a), connect(t, b), connect(t, c)
	crosses(t, nb, nc, "probe.1")
	crosses(t, nc, na, "probe.2")
	sub, err := nc.SubscribeSync("news.*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nc.SubscribeSync("news.a"); err != nil {
		t.Fatal(err)
	}
	crosses(t, nb, nc, "probe.3") // what was subscribed before it is known there too
	for i := range 50 {
		if err := nb.Publish("news.a", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		m, err := sub.NextMsg(10 * time.Second)
		if err != nil || string(m.Data) != fmt.Sprint(i) {
			t.Fatalf("message %d: %v, %v", i, m, err)
		}
	}
	if n, _, _ := sub.Pending(); n != 0 {
		t.Errorf("%d messages came twice", n)
	}
	if _, err := na.Subscribe("ask", func(m *nats.Msg) { m.Respond(m.Data) }); err != nil {
		t.Fatal(err)
	}
	crosses(t, nb, na, "probe.4")
	if m, err := nb.Request("ask", []byte("x"), 10*time.Second); err != nil || string(m.Data) != "x" {
		t.Errorf("answer %v, %v", m, err)
	}
}

// Members of a queue group share messages wherever they are: one of four here,
// three there. [P-18]
func TestQueueGroupOverServers(t *testing.T) {
	a := member(t, "A")
	b := member(t, "B", a)
	na, nb := connect(t, a), connect(t, b)
	crosses(t, na, nb, "probe.1")
	got := make(chan string, 4000)
	join := func(nc *nats.Conn, where string) {
		if _, err := nc.QueueSubscribe("work", "q", func(*nats.Msg) { got <- where }); err != nil {
			t.Fatal(err)
		}
	}
	join(na, "A")
	for range 3 {
		join(nb, "B")
	}
	crosses(t, na, nb, "probe.2")
	const n = 2000
	for range n {
		if err := na.Publish("work", nil); err != nil {
			t.Fatal(err)
		}
	}
	count := map[string]int{}
	for range n {
		select {
		case where := <-got:
			count[where]++
		case <-time.After(10 * time.Second):
			t.Fatalf("only %v of %d messages came", count, n)
		}
	}
	if here := count["A"]; here < n/4-150 || here > n/4+150 {
		t.Errorf("%d of %d stayed here, want about %d", here, n, n/4)
	}
}

// A lost route is dialed again, and interest comes back with it.
func TestRouteComesBack(t *testing.T) {
	a := member(t, "A")
	b := member(t, "B", a)
	na := connect(t, a)
	sub, err := na.SubscribeSync("still")
	if err != nil {
		t.Fatal(err)
	}
	nb := connect(t, b)
	crosses(t, nb, na, "probe.1")
	b.Shutdown()
	until(t, "the route is gone", func() bool { return a.NumRoutes() == 0 })
	again := member(t, "B", a)
	crosses(t, connect(t, again), na, "probe.2")
	if err := connect(t, again).Publish("still", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.NextMsg(10 * time.Second); err != nil {
		t.Error(err)
	}
}

// A stranger at the cluster port hears why it is refused, or nothing, and the
// cluster goes on.
func TestStrangersAtTheClusterPort(t *testing.T) {
	a := member(t, "A")
	for hello, want := range map[string]string{
		"PING\r\n": "-ERR 'Authorization Violation'",
		`CONNECT {"lang":"go","cluster":"C"}` + "\r\n":                         "-ERR 'attempted to connect to route port'",
		`CONNECT {"name":"X","cluster":"D"}` + "\r\n":                          `-ERR 'Rejecting connection, cluster name "D" does not match "C"'`,
		`CONNECT {"name":"X","cluster":"C","gateway":"G"}` + "\r\n":            `-ERR 'Rejecting connection from gateway "G" on the Route port'`,
		`CONNECT {"name":"X","cluster":"C"}` + "\r\nINFO {]\r\n":               "",
		`CONNECT {"name":"X","cluster":"C"}` + "\r\nRMSG $G a 99999999999\r\n": "",
		"\x16\x03\x01": "-ERR",
	} {
		nc, err := net.Dial("tcp", a.ClusterAddr().String())
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
		answer, err := lines.ReadString('\n')
		if !strings.HasPrefix(answer, want) || want == "" && err == nil {
			t.Errorf("%q was answered %q, want %q", hello, answer, want)
		}
		nc.Close()
	}
	b := member(t, "B", a)
	crosses(t, connect(t, a), connect(t, b), "probe")
}

// A real server of 2.9 is a member like any other, whoever dials.
func TestRealServerInTheCluster(t *testing.T) {
	bin, err := exec.LookPath("nats-server")
	if err != nil {
		t.Skip("nats-server is not installed: interoperability with it is not tested")
	}
	a := member(t, "A")
	dir := t.TempDir()
	file := filepath.Join(dir, "old.conf")
	text := fmt.Sprintf("server_name: OLD\nlisten: 127.0.0.1:-1\ncluster { name: C, listen: 127.0.0.1:-1, routes: [nats://%s] }\n", a.ClusterAddr())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-c", file, "--ports_file_dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	until(t, "the real server has a route", func() bool { return a.NumRoutes() == 1 })
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
		_, rest, _ := strings.Cut(string(ports), `"nats":["`)
		addr, _, _ := strings.Cut(strings.ReplaceAll(rest, " ", ""), `"`)
		if old, err = nats.Connect(addr); err != nil {
			_, rest, _ = strings.Cut(string(ports), `nats://`)
			addr, _, _ = strings.Cut(rest, `"`)
			old, err = nats.Connect("nats://" + addr)
		}
		return err == nil
	})
	t.Cleanup(old.Close)
	na := connect(t, a)
	crosses(t, na, old, "probe.1")
	crosses(t, old, na, "probe.2")
	if _, err := old.QueueSubscribe("ask", "q", func(m *nats.Msg) { m.Respond([]byte(m.Header.Get("K"))) }); err != nil {
		t.Fatal(err)
	}
	crosses(t, na, old, "probe.3")
	m := nats.NewMsg("ask")
	m.Header.Set("K", "v")
	if answer, err := na.RequestMsg(m, 10*time.Second); err != nil || string(answer.Data) != "v" {
		t.Errorf("answer %v, %v", answer, err)
	}
}
