// Package leafnode_test connects whole servers as hub and spoke.
package leafnode_test

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

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/server"
)

const patience = 10 * time.Second

// start runs a server until the test ends.
func start(t *testing.T, opts *server.Options) *server.Server {
	t.Helper()
	opts.Host, opts.Port = "127.0.0.1", -1
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(patience) {
		t.Fatalf("not ready: %v", s.StartError())
	}
	return s
}

func hub(t *testing.T) (s *server.Server, leafAddr string) {
	s = start(t, &server.Options{ServerName: "HUB", LeafNode: conf.LeafNodeOpts{Host: "127.0.0.1", Port: -1}})
	urls := s.PortsInfo().LeafNodes
	if len(urls) != 1 {
		t.Fatalf("leafnode ports %v", urls)
	}
	u, err := url.Parse(urls[0])
	if err != nil {
		t.Fatal(err)
	}
	return s, u.Host
}

func spokeOf(t *testing.T, name, addr string) *server.Server {
	return start(t, &server.Options{ServerName: name, LeafNode: conf.LeafNodeOpts{
		Remotes: []*conf.RemoteLeafOpts{{URLs: []*url.URL{{Scheme: "nats", Host: addr}}}},
	}})
}

func client(t *testing.T, addr string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(addr, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// answers has a client answer requests for a subject with a text.
func answers(t *testing.T, nc *nats.Conn, subj, queue, text string) {
	t.Helper()
	if _, err := nc.QueueSubscribe(subj, queue, func(m *nats.Msg) {
		if err := m.Respond([]byte(text)); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// asks requests until the interest has come so far that somebody answers.
func asks(t *testing.T, nc *nats.Conn, subj, want string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if m, err := nc.Request(subj, nil, 200*time.Millisecond); err == nil {
			if string(m.Data) != want {
				t.Fatalf("%s: %q, want %q", subj, m.Data, want)
			}
			return
		}
	}
	t.Fatalf("%s: nobody answers", subj)
}

// Requests and answers cross in both directions, and between two spokes of one
// hub. [L-2] [L-9]
func TestRequestsCross(t *testing.T) {
	h, addr := hub(t)
	one, two := spokeOf(t, "ONE", addr), spokeOf(t, "TWO", addr)
	ch, c1, c2 := client(t, h.ClientURL()), client(t, one.ClientURL()), client(t, two.ClientURL())
	answers(t, ch, "at.hub", "q", "hub")
	answers(t, c1, "at.one", "", "one")
	asks(t, c1, "at.hub", "hub")
	asks(t, ch, "at.one", "one")
	asks(t, c2, "at.one", "one")
}

// A message does not come back to the spoke that it came from. [L-10]
func TestNothingComesBack(t *testing.T) {
	h, addr := hub(t)
	one := spokeOf(t, "ONE", addr)
	ch, c1 := client(t, h.ClientURL()), client(t, one.ClientURL())
	answers(t, ch, "ready", "", "yes")
	asks(t, c1, "ready", "yes")
	sub, err := c1.SubscribeSync("a")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"x", "y"} {
		if err := c1.Publish("a", []byte(text)); err != nil {
			t.Fatal(err)
		}
		asks(t, c1, "ready", "yes") // been at the hub and back
	}
	if n, _, err := sub.Pending(); err != nil || n != 2 {
		t.Errorf("%d messages pending, want 2; %v", n, err)
	}
}

// Another make of server is a spoke of ours, and a hub. [L-17]
func TestOldServers(t *testing.T) {
	bin, err := exec.LookPath("nats-server")
	if err != nil {
		t.Skip("nats-server is not installed: nothing to connect with")
	}
	free := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	run := func(text string) {
		file := filepath.Join(t.TempDir(), "server.conf")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(bin, "-c", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // it may have ended
			_ = cmd.Wait()         // killed
		})
	}
	h, addr := hub(t)
	below, above, leaf := free(), free(), free()
	run(fmt.Sprintf("listen: %q\nleafnodes { remotes: [ { url: \"nats://%s\" } ] }", below, addr))
	run(fmt.Sprintf("listen: %q\nleafnodes { listen: %q }", above, leaf))
	s := spokeOf(t, "OURS", leaf)
	ch, cb, ca, cs := client(t, h.ClientURL()), client(t, "nats://"+below), client(t, "nats://"+above), client(t, s.ClientURL())
	answers(t, ch, "at.hub", "", "hub")
	answers(t, cb, "at.below", "q", "below")
	answers(t, ca, "at.above", "", "above")
	answers(t, cs, "at.spoke", "q", "spoke")
	asks(t, cb, "at.hub", "hub")
	asks(t, ch, "at.below", "below")
	asks(t, cs, "at.above", "above")
	asks(t, ca, "at.spoke", "spoke")
}

// What is no spoke hears why, and is closed. [L-19] [L-34]
func TestStrangers(t *testing.T) {
	_, addr := hub(t)
	for say, want := range map[string]string{
		`CONNECT {"lang":"go"}`:               "-ERR 'attempted to connect to leaf node port'",
		`CONNECT {"gateway":"G"}`:             `-ERR 'Rejecting connection from gateway "G" on the leafnode port'`,
		`CONNECT {"cluster":"a b"}`:           "-ERR 'cluster name cannot contain spaces'",
		"PING":                                "-ERR 'Authorization Violation'",
		"LS+ a":                               "-ERR 'Authorization Violation'",
		"\x00\xff":                            "-ERR 'Authorization Violation'",
		"CONNECT {":                           "",
		"CONNECT {\"name\":\"X\"}\r\nLS+ a b": "",
		"CONNECT {\"name\":\"X\"}\r\nLMSG a + r 1\r\nx": "",
	} {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(nc, "%s\r\n", say); err != nil {
			t.Fatal(err)
		}
		got := ""
		lines := bufio.NewScanner(nc)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "-ERR") {
				got = lines.Text()
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", say, got, want)
		}
		if err := nc.Close(); err != nil {
			t.Log(err)
		}
	}
}
