package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/server"
)

// demoServer is one server of the demo. Its configuration may refer to servers
// before it, which run when it is made: config gets them by name.
type demoServer struct {
	name   string
	config func(running map[string]*server.Server) string
}

// demoClient is a program that receives messages.
type demoClient struct {
	server, user   string
	name           string // of the connection, as the trace shows it
	subject, queue string
}

// demoTimeout bounds each step: everything happens in this process.
const demoTimeout = 5 * time.Second

// demoAccounts are the same on all servers: a shop and its billing.
const demoAccounts = `
	listen: "127.0.0.1:-1"
	system_account: SYS
	accounts {
		SYS {}
		SHOP {
			users: [ { user: shop, password: demo } ]
			mappings: { "orders.new": "orders.v2.new" }
			imports: [ { service: { account: BILLING, subject: "bill.*" }, to: "orders.*.new" } ]
		}
		BILLING {
			users: [ { user: billing, password: demo } ]
			exports: [ { service: "bill.*", allow_trace: true } ]
		}
	}
`

// The system of the demo: a cluster of two, another cluster behind a gateway,
// and a leafnode below.
var (
	demoServers = []demoServer{
		{"EAST-1", func(map[string]*server.Server) string {
			return demoAccounts + `server_name: EAST-1
				cluster { name: EAST, listen: "127.0.0.1:-1" }
				gateway { name: EAST, listen: "127.0.0.1:-1" }`
		}},
		{"EAST-2", func(running map[string]*server.Server) string {
			return demoAccounts + fmt.Sprintf(`server_name: EAST-2
				cluster { name: EAST, listen: "127.0.0.1:-1", routes: ["nats-route://%s"] }
				gateway { name: EAST, listen: "127.0.0.1:-1" }
				leafnodes { listen: "127.0.0.1:-1" }`, running["EAST-1"].ClusterAddr())
		}},
		{"WEST-1", func(running map[string]*server.Server) string {
			return demoAccounts + fmt.Sprintf(`server_name: WEST-1
				gateway { name: WEST, listen: "127.0.0.1:-1", gateways: [ {name: EAST, url: "nats://%s"} ] }`, running["EAST-1"].GatewayAddr())
		}},
		{"EDGE", func(running map[string]*server.Server) string {
			hub := strings.TrimPrefix(running["EAST-2"].PortsInfo().LeafNodes[0], "nats://")
			return demoAccounts + fmt.Sprintf(`server_name: EDGE
				leafnodes { remotes: [ {url: "nats-leaf://shop:demo@%s", account: SHOP} ] }`, hub)
		}},
	}
	demoClients = []demoClient{
		{"EAST-1", "shop", "audit", "orders.>", ""},
		{"EAST-1", "billing", "invoices", "bill.>", ""},
		{"EAST-2", "shop", "warehouse", "orders.*.new", ""},
		{"WEST-1", "shop", "packer-1", "orders.v2.new", "packers"},
		{"WEST-1", "shop", "packer-2", "orders.v2.new", "packers"},
		{"EDGE", "shop", "counter", "orders.>", ""},
	}
)

// demoSystem is what runs during the demo.
type demoSystem struct {
	servers map[string]*server.Server
	order   []*server.Server // as started
	clients []*nats.Conn
}

func (p *program) demoCommand() *cobra.Command {
	keep := false
	c := &cobra.Command{
		Use:   "demo",
		Short: "Start a small system and show a traced message",
		Long: `Start a small NATS system inside this process, on free ports of this machine, send
one message through it, and show where it went: through a subject mapping, into a
second account, over a route, a gateway and a leafnode, to wildcard subscribers and
one member of a queue group.`,
		Example: `  midge demo
  midge demo --keep     # leave it running, to try midge trace on it`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return p.demo(keep) },
	}
	c.Flags().BoolVar(&keep, "keep", false, "leave the system running until Ctrl-C")
	return c
}

// demo starts the system, traces a message and stops the system.
func (p *program) demo(keep bool) error {
	s, err := startDemo(demoServers, demoClients)
	if s != nil {
		defer s.stop()
	}
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	first := s.order[0]
	fmt.Fprintf(p.stdout, "A system of %s and %s:\n", count(len(s.order), "server"), count(len(s.clients), "receiver"))
	for _, c := range demoClients {
		fmt.Fprintf(p.stdout, "    %v\n", c)
	}
	fmt.Fprintln(p.stdout)

	f := &traceFlags{deliver: true, timeout: demoTimeout, inboxPrefix: "_INBOX", header: []string{"Order-Id: 42"}}
	f.connect = connectFlags{server: first.ClientURL(), user: "shop", password: "demo"}
	if err := p.trace(f, []string{"orders.new", `{"item":"hat"}`}); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	fmt.Fprintf(p.stdout, "\nThe same with your own system:  midge trace SUBJECT --server nats://HOST:4222\n")
	if keep {
		fmt.Fprintf(p.stdout, "\nRunning until Ctrl-C. Try:\n  midge trace orders.new --server %s --user shop --password demo\n", first.ClientURL())
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		<-ctx.Done()
	}
	return nil
}

// String describes the client for the first lines of the demo.
func (c demoClient) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q of user %q on server %q subscribes to %q", c.name, c.user, c.server, c.subject)
	if c.queue != "" {
		fmt.Fprintf(&b, " in queue group %q", c.queue)
	}
	return b.String()
}

// startDemo starts servers and connects clients. What runs already is returned
// with an error too, to be stopped.
func startDemo(servers []demoServer, clients []demoClient) (*demoSystem, error) {
	s := &demoSystem{servers: map[string]*server.Server{}}
	for _, d := range servers {
		if err := s.start(d); err != nil {
			return s, fmt.Errorf("server %q: %w", d.name, err)
		}
	}
	if err := s.waitForLinks(); err != nil {
		return s, err
	}
	for _, c := range clients {
		if err := s.connect(c); err != nil {
			return s, fmt.Errorf("client %q: %w", c.name, err)
		}
	}
	return s, nil
}

// waitForLinks waits until the servers have found each other: each of a cluster
// has a route, and each of EAST and WEST the other by gateway.
func (s *demoSystem) waitForLinks() error {
	limit := time.NewTimer(demoTimeout)
	defer limit.Stop()
	look := time.NewTicker(demoLook)
	defer look.Stop()
	for !s.linked() {
		select {
		case <-look.C:
		case <-limit.C:
			return errors.New("the servers did not find each other in time")
		}
	}
	return nil
}

// demoLook is how often the servers are asked for their links.
const demoLook = 5 * time.Millisecond

func (s *demoSystem) linked() bool {
	for _, srv := range s.order {
		routes, gateways, leafs := 0, 0, 0
		switch srv.Name() {
		case "EAST-1":
			routes, gateways = 1, 1
		case "EAST-2":
			routes, gateways, leafs = 1, 1, 1
		case "WEST-1":
			gateways = 1
		case "EDGE":
			leafs = 1
		}
		if srv.NumRoutes() < routes || srv.NumOutboundGateways() < gateways || srv.NumLeafNodes() < leafs {
			return false
		}
	}
	return true
}

func (s *demoSystem) start(d demoServer) error {
	opts, _, err := conf.Parse(d.config(s.servers), d.name)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return err
	}
	srv.SetLogger(nil, false, false)
	s.servers[d.name] = srv
	s.order = append(s.order, srv)
	srv.Start()
	if err := srv.StartError(); err != nil {
		return err
	}
	if !srv.ReadyForConnections(demoTimeout) {
		return errors.New("not ready in time")
	}
	return nil
}

// connect subscribes a client and returns when its server knows.
func (s *demoSystem) connect(c demoClient) error {
	nc, err := nats.Connect(s.servers[c.server].ClientURL(), nats.Name(c.name), nats.UserInfo(c.user, "demo"),
		nats.Timeout(demoTimeout), nats.NoReconnect())
	if err != nil {
		return err
	}
	s.clients = append(s.clients, nc)
	receive := func(*nats.Msg) {} // that it arrives is what the trace shows
	if c.queue != "" {
		_, err = nc.QueueSubscribe(c.subject, c.queue, receive)
	} else {
		_, err = nc.Subscribe(c.subject, receive)
	}
	if err != nil {
		return err
	}
	return nc.FlushTimeout(demoTimeout)
}

// stop ends clients first, then the servers, the last one first.
func (s *demoSystem) stop() {
	for _, nc := range s.clients {
		nc.Close()
	}
	for i := len(s.order) - 1; i >= 0; i-- {
		s.order[i].Shutdown()
	}
}
