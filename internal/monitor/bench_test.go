package monitor_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/internal/logging"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/protocol"
)

// fakePeer is a client that said something.
type fakePeer struct{ said *protocol.Connect }

// Options is what it said.
func (p *fakePeer) Options() *protocol.Connect { return p.said }

// HandleOp and the rest are never called.
func (p *fakePeer) HandleOp(protocol.Op, *protocol.Parser) error { return io.EOF }
func (p *fakePeer) Refused(error, *protocol.Parser)              {}
func (p *fakePeer) Closed(protocol.CloseReason)                  {}

// bench is a core that is looked at.
type bench struct {
	t       *testing.T
	broker  *core.Broker
	monitor *monitor.Monitor
	options *conf.Options
	ready   atomic.Bool
}

func newBench(t *testing.T) *bench {
	g := group.New()
	b := &bench{t: t, broker: core.New(g, logging.New(nil)), options: new(conf.Options)}
	b.options.MaxClosedClients = 100
	b.ready.Store(true)
	started := time.Now()
	b.monitor = monitor.New(monitor.Source{
		Broker: b.broker, Started: started,
		Options:  func() *conf.Options { return b.options },
		Loaded:   func() time.Time { return started },
		Digest:   func() string { return "sha256:0" },
		Info:     func() protocol.Info { return protocol.Info{ServerID: "NID", ServerName: "S1", Version: "2.15.2"} },
		System:   func() *core.Account { return b.broker.LookupAccount("$SYS") },
		HTTPPort: func() int { return 8222 },
		Ready:    b.ready.Load,
	})
	b.broker.SetEvents(b.monitor)
	t.Cleanup(func() {
		b.broker.CloseAll(protocol.ServerShutdown)
		g.Wait()
	})
	return b
}

// join makes a client of an account with subscriptions, each "subject [queue]".
func (b *bench) join(account, user string, subs ...string) *core.Conn {
	b.t.Helper()
	server, client := net.Pipe()
	b.t.Cleanup(func() { client.Close() })
	c := b.broker.NewConn(server, core.KindClient, &fakePeer{&protocol.Connect{Lang: "", Version: "1.2"}})
	c.SetName("name of " + user)
	b.monitor.Accepted()
	if err := c.Admit(&core.Grant{Account: b.broker.Account(account), User: user, Configured: true}); err != nil {
		b.t.Fatal(err)
	}
	for i, s := range subs {
		if err := c.Subscribe([]byte(s), nil, strconv.AppendInt(nil, int64(i+1), 10)); err != nil {
			b.t.Fatal(err)
		}
	}
	return c
}

// publish has a client send n messages to a subject.
func (b *bench) publish(c *core.Conn, subject string, n int) {
	p := c.Publisher()
	for range n {
		m := p.Push()
		m.Account, m.Subject, m.Wire, m.SizeText = c.Account(), []byte(subject), []byte("12345\r\n"), []byte("5")
		p.Received(m.Account, m.Size())
		p.Publish(m)
		p.Pop()
	}
	p.EndBatch()
}

// get asks for a page.
func (b *bench) get(path string) (int, string, http.Header) {
	r := httptest.NewRecorder()
	b.monitor.Handler("").ServeHTTP(r, httptest.NewRequest(http.MethodGet, path, nil))
	return r.Code, r.Body.String(), r.Result().Header
}

// object asks for a page and reads it.
func (b *bench) object(path string) map[string]any {
	b.t.Helper()
	code, body, _ := b.get(path)
	m := make(map[string]any)
	if err := json.Unmarshal([]byte(body), &m); err != nil || code != http.StatusOK {
		b.t.Fatalf("%s: %d %.200s", path, code, body)
	}
	return m
}

// names lists the names of the connections that a query gives.
func (b *bench) names(o monitor.ConnzOptions) string {
	b.t.Helper()
	z, err := b.monitor.Connz(o)
	if err != nil {
		b.t.Fatal(err)
	}
	var list []string
	for _, c := range z.Conns {
		list = append(list, c.Name[len("name of "):])
	}
	return fmt.Sprint(list)
}
