package client_test

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/test/harness"
)

// What a server advertises is what clients are told, whatever it listens on.
func TestClientAdvertise(t *testing.T) {
	harness.Everywhere(t, `client_advertise: "nats.example.com:4333"`, func(t *testing.T, srv harness.Server) {
		info := harness.ReadInfo(t, srv)
		if info.Host != "nats.example.com" || info.Port != 4333 {
			t.Errorf("INFO says %s:%d", info.Host, info.Port)
		}
		if len(info.ConnectURLs) != 0 {
			t.Errorf("a server alone sends connect_urls %q", info.ConnectURLs)
		}
		// The address in INFO is not where the client goes next.
		nc := harness.Connect(t, srv)
		if known := nc.DiscoveredServers(); len(known) != 0 {
			t.Errorf("discovered %q", known)
		}
	})
}

// needsCluster skips a test, out loud, on a server that does not cluster.
func needsCluster(t *testing.T, srv harness.Server) {
	t.Helper()
	if srv.ClusterAddr() == "" {
		t.Skip("SKIPPED: the server has no listener for routes")
	}
}

// A clustered server without a route has nobody to tell about. [P-27]
func TestClusterOfOne(t *testing.T) {
	const config = `
		server_name: lonely
		cluster { name: C, listen: "127.0.0.1:-1" }`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		needsCluster(t, srv)
		nc := harness.Connect(t, srv)
		if nc.ConnectedClusterName() != "C" {
			t.Errorf("cluster name %q", nc.ConnectedClusterName())
		}
		if info := harness.ReadInfo(t, srv); len(info.ConnectURLs) != 0 {
			t.Errorf("connect_urls %q", info.ConnectURLs)
		}
	})
}

// Clients learn of servers that join, and go there when theirs leaves. [P-27]
func TestDiscoveredServers(t *testing.T) {
	harness.EverywhereStarted(t, func(t *testing.T, start harness.Starter) {
		const cluster = `
			server_name: %s
			lame_duck_grace_period: "100ms"
			lame_duck_duration: "30s"
			cluster { name: C, listen: "127.0.0.1:-1", routes: [%s] }`
		one := start(t, fmt.Sprintf(cluster, "one", ""))
		needsCluster(t, one)
		discovered, back := make(chan struct{}, 10), make(chan struct{}, 1)
		nc := harness.Connect(t, one, patient(
			nats.DiscoveredServersHandler(func(*nats.Conn) { discovered <- struct{}{} }),
			nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))...)
		sub := harness.Subscribe(t, nc, "a")
		two := start(t, fmt.Sprintf(cluster, "two", `"nats://`+one.ClusterAddr()+`"`))
		harness.Receive(t, "the client hears of the second server", discovered)
		if known := nc.DiscoveredServers(); len(known) != 1 || known[0] != two.URL() {
			t.Errorf("discovered %q, want %q", known, two.URL())
		}
		one.LameDuck(t)
		harness.Receive(t, "the client is back", back)
		if nc.ConnectedServerName() != "two" {
			t.Errorf("connected to %q", nc.ConnectedServerName())
		}
		harness.Flush(t, nc) // its subscription is there
		harness.Publish(t, harness.Connect(t, two), "a", "x")
		harness.Expect(t, sub, "a", "x")
	})
}
