package core

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/midge-nats/midge/internal/sublist"
	"github.com/midge-nats/midge/protocol"
)

// Account is one isolated subject space.
type Account struct {
	// Immutable after construction.
	name   string
	wire   []byte // the name, for control lines of links
	broker *Broker
	subs   *sublist.Sublist[*Subscription]

	display  atomic.Pointer[string] // nil when the name serves
	mappings atomic.Pointer[Mappings]
	tracing  atomic.Pointer[Tracing]
	traffic  flow

	exports       atomic.Pointer[[]*Export]
	streamImports atomic.Pointer[[]*StreamImport]
	responses     atomic.Pointer[responses] // made with the first request to a service

	importMu       sync.Mutex // guards the field below; taken before interestMu
	serviceImports []*ServiceImport

	remoteMembers atomic.Int64 // queue subscriptions that links hold

	// interestMu makes changes of interest and what links hear of them one
	// step.
	interestMu sync.Mutex
	tally      map[Interest]int32 // what other servers are told; by interestMu

	connMu sync.Mutex // guards the fields below
	conns  map[*Conn]struct{}
	leafs  map[*Conn]struct{}
	limits AccountLimits
	total  int64 // connections ever
}

// AccountLimits are what an account's connections may have together and each.
// A negative number means unlimited.
type AccountLimits struct {
	Connections   int
	Leafnodes     int
	Subscriptions int   // per connection
	PayloadBytes  int64 // per message
}

// Unlimited limits nothing.
var Unlimited = AccountLimits{-1, -1, -1, -1}

// Tracing is where an account's messages are traced to when their publisher
// has only sent a sampled traceparent. [T-10]
type Tracing struct {
	Dest     string
	Sampling int // percent
}

func newAccount(b *Broker, name string) *Account {
	return &Account{name: name, wire: []byte(name), broker: b, subs: sublist.New[*Subscription](), conns: make(map[*Conn]struct{}), limits: Unlimited}
}

// Name is the account's name; in operator mode its public key.
func (a *Account) Name() string { return a.name }

// SetDisplayName sets what people call the account, where its name is a key.
func (a *Account) SetDisplayName(name string) { a.display.Store(&name) }

// DisplayName is what people call the account.
func (a *Account) DisplayName() string {
	if d := a.display.Load(); d != nil && *d != "" {
		return *d
	}
	return a.name
}

// SetMappings replaces the account's subject mappings; nil for none.
func (a *Account) SetMappings(m *Mappings) { a.mappings.Store(m) }

// Mappings gives the account's subject mappings, nil for none.
func (a *Account) Mappings() *Mappings { return a.mappings.Load() }

// SetTracing sets the trace destination for sampled traceparent headers; nil
// for none.
func (a *Account) SetTracing(t *Tracing) { a.tracing.Store(t) }

// Tracing gives what SetTracing set.
func (a *Account) Tracing() *Tracing { return a.tracing.Load() }

// SetLimits replaces the account's limits. Connections over a lowered one are
// closed, the newest first.
func (a *Account) SetLimits(l AccountLimits) {
	a.connMu.Lock()
	a.limits = l
	var over []*Conn
	if l.Connections >= 0 {
		over = newest(a.conns, len(a.conns)-l.Connections)
	}
	a.connMu.Unlock()
	for _, c := range over {
		c.Fail(protocol.ErrMaxAccountConnections)
	}
}

// Limits gives the account's limits.
func (a *Account) Limits() AccountLimits {
	a.connMu.Lock()
	defer a.connMu.Unlock()
	return a.limits
}

// newest gives the n connections of set that were made last.
func newest(set map[*Conn]struct{}, n int) []*Conn {
	if n <= 0 {
		return nil
	}
	list := slices.SortedFunc(maps.Keys(set), func(a, b *Conn) int { return cmp.Compare(b.id, a.id) })
	return list[:min(n, len(list))]
}

// addConn counts a connection in and tells whether the account still has room
// for it.
func (a *Account) addConn(c *Conn) bool {
	a.connMu.Lock()
	defer a.connMu.Unlock()
	if _, there := a.conns[c]; there {
		return true
	}
	if a.limits.Connections >= 0 && len(a.conns) >= a.limits.Connections {
		return false
	}
	a.conns[c] = struct{}{}
	a.total++
	return true
}

// addLeaf counts a leafnode in, as addConn does a client.
func (a *Account) addLeaf(c *Conn) bool {
	a.connMu.Lock()
	defer a.connMu.Unlock()
	if a.limits.Leafnodes >= 0 && len(a.leafs) >= a.limits.Leafnodes {
		return false
	}
	if a.leafs == nil {
		a.leafs = make(map[*Conn]struct{})
	}
	a.leafs[c] = struct{}{}
	return true
}

func (a *Account) removeConn(c *Conn) {
	a.connMu.Lock()
	defer a.connMu.Unlock()
	delete(a.conns, c)
	delete(a.leafs, c)
}

// Leafnodes lists the account's leafnodes in no order.
func (a *Account) Leafnodes() []*Conn {
	a.connMu.Lock()
	defer a.connMu.Unlock()
	return slices.Collect(maps.Keys(a.leafs))
}

// Conns lists the account's connections in no order.
func (a *Account) Conns() []*Conn {
	a.connMu.Lock()
	defer a.connMu.Unlock()
	list := make([]*Conn, 0, len(a.conns))
	for c := range a.conns {
		list = append(list, c)
	}
	return list
}

// ConnCount gives the number of connections that the account has and ever had.
func (a *Account) ConnCount() (now int, ever int64) {
	a.connMu.Lock()
	defer a.connMu.Unlock()
	return len(a.conns), a.total
}

// Traffic gives what the account's publishers sent and its subscribers got.
func (a *Account) Traffic() (in, out Traffic) { return a.traffic.in.load(), a.traffic.out.load() }

// Subscriptions lists the account's interest in no order.
func (a *Account) Subscriptions() iter.Seq[*Subscription] {
	return func(yield func(*Subscription) bool) {
		for _, s := range a.subs.All() {
			if !yield(s) {
				return
			}
		}
	}
}

// SubscriptionCount is the number of the account's subscriptions.
func (a *Account) SubscriptionCount() int { return a.subs.Len() }

// Index is the account's subject index.
func (a *Account) Index() *sublist.Sublist[*Subscription] { return a.subs }

// HasInterest tells whether anybody subscribes to a subject.
func (a *Account) HasInterest(subject []byte) bool { return a.subs.HasInterest(subject) }
