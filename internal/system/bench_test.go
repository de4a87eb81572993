package system_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/internal/logging"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/internal/system"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// fakePeer is a client that can be told to go elsewhere.
type fakePeer struct{ lameDucks atomic.Int32 }

// Options is what it said.
func (p *fakePeer) Options() *protocol.Connect {
	return &protocol.Connect{Lang: "go", Version: "1.2", User: "said"}
}

// SendLameDuck counts.
func (p *fakePeer) SendLameDuck() { p.lameDucks.Add(1) }

// HandleOp and the rest are never called.
func (p *fakePeer) HandleOp(protocol.Op, *protocol.Parser) error { return io.EOF }
func (p *fakePeer) Refused(error, *protocol.Parser)              {}
func (p *fakePeer) Closed(protocol.CloseReason)                  {}

// said is a message that the system published.
type said struct {
	subject, header string
	payload         []byte
}

// bench is a core with a system account; it stands for the server too.
type bench struct {
	t       *testing.T
	group   *group.Group
	broker  *core.Broker
	account *core.Account
	system  *system.System
	heard   chan said
	asker   *core.Publisher // for requests of nobody in particular
	reload  error
	reloads int
}

// Reload is the server's.
func (b *bench) Reload() error {
	b.reloads++
	return b.reload
}

// newBench makes one; start tells whether the system answers already.
func newBench(t *testing.T, start bool) *bench {
	t.Helper()
	b := &bench{t: t, group: group.New(), heard: make(chan said, 1000)}
	b.broker = core.New(b.group, logging.New(nil))
	b.account = b.broker.Account("$SYS")
	b.broker.SetServer(&trace.Server{
		Name: "server-one", Host: "0.0.0.0", ID: "NID", Cluster: "east", Domain: "hub", Version: "2.15.2", Tags: []string{"a", "zone:1"},
	})
	now := time.Now()
	m := monitor.New(monitor.Source{
		Broker: b.broker, Started: now, Options: func() *conf.Options { return new(conf.Options) },
		Loaded: func() time.Time { return now }, Digest: func() string { return "" },
		Info:     func() protocol.Info { return protocol.Info{ServerID: "NID", ServerName: "server-one"} },
		System:   func() *core.Account { return b.account },
		HTTPPort: func() int { return 0 }, Ready: func() bool { return true },
	})
	b.system = system.New(b.broker, b.account, m, b, "NID")
	b.broker.SetEvents(b.system)
	b.asker = b.broker.NewPublisher(core.KindSystem)
	if start {
		if err := b.system.Start(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		b.broker.CloseAll(protocol.ServerShutdown)
		b.system.Stop()
		b.group.Wait()
	})
	return b
}

// listen hears what is published to a pattern of an account.
func (b *bench) listen(acc *core.Account, pattern string) {
	b.t.Helper()
	_, err := acc.Handle(pattern, "", func(_ *core.Publisher, _ *core.Subscription, m *core.Msg) bool {
		b.heard <- said{string(m.Subject), string(m.Header()), append([]byte(nil), m.Payload()...)}
		return true
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// next waits for a message.
func (b *bench) next() said {
	b.t.Helper()
	select {
	case s := <-b.heard:
		return s
	case <-time.After(10 * time.Second):
		b.t.Fatal("nothing was published")
	}
	return said{}
}

// object reads a message's JSON.
func (s said) object(t *testing.T) map[string]any {
	t.Helper()
	m := make(map[string]any)
	if err := json.Unmarshal(s.payload, &m); err != nil {
		t.Fatalf("%s: %v: %s", s.subject, err, s.payload)
	}
	return m
}

// request asks in the system account, "" for no header, and gives the answer.
func (b *bench) request(subject, header, payload string) said {
	b.t.Helper()
	if _, ok := b.replies(); !ok {
		b.listen(b.account, "_INBOX.test")
	}
	b.asker.PublishInternal(b.account, []byte(subject), []byte("_INBOX.test"), []byte(header), []byte(payload))
	b.asker.EndBatch()
	return b.next()
}

func (b *bench) replies() (*core.Subscription, bool) {
	for s := range b.account.Subscriptions() {
		if s.Subject() == "_INBOX.test" {
			return s, true
		}
	}
	return nil, false
}

// silent proves that a request has no answer: another one that comes later has.
func (b *bench) silent(subject, payload string) {
	b.t.Helper()
	if _, ok := b.replies(); !ok {
		b.listen(b.account, "_INBOX.test")
	}
	b.asker.PublishInternal(b.account, []byte(subject), []byte("_INBOX.test"), nil, []byte(payload))
	if got := b.request("$SYS.REQ.SERVER.NID.IDZ", "", ""); !strings.Contains(string(got.payload), `"id":"NID"`) || strings.Contains(string(got.payload), "server") && strings.Contains(string(got.payload), "data") {
		b.t.Errorf("%s %s was answered with %s", subject, payload, got.payload)
	}
}

// join makes a client.
func (b *bench) join(account, user string) (*core.Conn, *fakePeer) {
	b.t.Helper()
	server, client := net.Pipe()
	b.t.Cleanup(func() { client.Close() })
	peer := new(fakePeer)
	c := b.broker.NewConn(server, core.KindClient, peer)
	c.SetName("client name")
	if err := c.Admit(&core.Grant{Account: b.broker.Account(account), User: user, Configured: true}); err != nil {
		b.t.Fatal(err)
	}
	return c, peer
}

var errReload = errors.New("nothing to reload")

// has lists the keys that an object lacks.
func lacks(m any, keys string) (list []string) {
	obj, ok := m.(map[string]any)
	if !ok {
		return []string{"everything"}
	}
	for k := range strings.FieldsSeq(keys) {
		if _, there := obj[k]; !there {
			list = append(list, k)
		}
	}
	return list
}

func digits(n uint64) string { return strconv.FormatUint(n, 10) }
