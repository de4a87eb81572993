package core

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/midge-nats/midge/internal/group"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Broker is one server's Core NATS: its accounts, its connections and its
// totals.
type Broker struct {
	// Set before the first connection and immutable from then on.
	log       Logger
	observers []InterestObserver
	watchers  []SubscriptionObserver
	gateways  Gateways
	events    Events
	describe  func(c *Conn, service string) []byte

	goroutines *group.Group
	processors int
	nextID     atomic.Uint64
	conns      sync.Map      // uint64 -> *Conn
	closing    atomic.Uint32 // close reason + 1 for every connection; 0 while open

	mu       sync.Mutex // guards accounts against changes; reading needs no lock
	accounts sync.Map   // string -> *Account

	traffic, clients flow // all connections; clients only
	subscriptions    atomic.Int64
	slowConsumers    [kindCount]atomic.Int64
	open             [kindCount]atomic.Int64 // connections
	staleConns       [kindCount]atomic.Int64
	stalls           atomic.Int64
	noStall          atomic.Bool
	lineTrace        atomic.Pointer[LineTrace] // nil: deliveries are not logged

	// server describes this server in what it publishes itself; nil without
	// a system account, and then nothing is traced. [T-21]
	server atomic.Pointer[trace.Server]
	seq    atomic.Uint64 // of everything stamped with the server block
}

// New makes a broker with the global account. Its goroutines belong to g.
func New(g *group.Group, log Logger) *Broker {
	b := &Broker{goroutines: g, log: log, processors: runtime.GOMAXPROCS(0)}
	b.Account(GlobalAccount)
	return b
}

// SetEvents sets who hears of connections. Before the first connection.
func (b *Broker) SetEvents(e Events) { b.events = e }

// SetGateways sets who carries messages to other clusters. Before the first
// connection.
func (b *Broker) SetGateways(g Gateways) { b.gateways = g }

// SetDescribe sets who writes all about a requester, as JSON, for services whose
// imports share it; service is the account that passes a request on, "" for
// none. Before the first connection.
func (b *Broker) SetDescribe(fn func(c *Conn, service string) []byte) { b.describe = fn }

// Observe adds a listener to changes of interest. Before the first connection.
func (b *Broker) Observe(o InterestObserver) { b.observers = append(b.observers, o) }

// Watch adds a listener to changes of subscriptions. Before the first connection.
func (b *Broker) Watch(o SubscriptionObserver) { b.watchers = append(b.watchers, o) }

// SetNoStall sets whether messages for a slow consumer are dropped instead of
// holding the producer back.
func (b *Broker) SetNoStall(on bool) { b.noStall.Store(on) }

// SetServer sets the block that describes this server in trace messages; nil
// switches their publication off.
func (b *Broker) SetServer(s *trace.Server) { b.server.Store(s) }

// Server is the block that SetServer set, nil if none.
func (b *Broker) Server() *trace.Server { return b.server.Load() }

// NextSeq gives the next number of what this server stamps. [T-21]
func (b *Broker) NextSeq() uint64 { return b.seq.Add(1) }

// NextID gives the next connection number. Connections of all kinds share
// them.
func (b *Broker) NextID() uint64 { return b.nextID.Add(1) }

// Go runs fn on a goroutine that Shutdown waits for.
func (b *Broker) Go(name string, fn func()) { b.goroutines.Go(name, fn) }

// Log is where the broker's lines go.
func (b *Broker) Log() Logger { return b.log }

// Conn gives the open connection of an id, nil if there is none.
func (b *Broker) Conn(id uint64) *Conn {
	if c, ok := b.conns.Load(id); ok {
		return c.(*Conn)
	}
	return nil
}

// ConnCount is the number of open connections of a kind.
func (b *Broker) ConnCount(k Kind) int { return int(b.open[k].Load()) }

// Conns calls fn for each open connection until it returns false.
func (b *Broker) Conns(fn func(c *Conn) bool) {
	b.conns.Range(func(_, c any) bool { return fn(c.(*Conn)) })
}

// CloseAll ends every connection, and those that are still to come at once.
func (b *Broker) CloseAll(reason protocol.CloseReason) {
	b.closing.Store(uint32(reason) + 1)
	b.Conns(func(c *Conn) bool {
		c.Close(reason)
		return true
	})
}

// Totals are the server's figures.
type Totals struct {
	In, Out             Traffic
	ClientIn, ClientOut Traffic
	Subscriptions       int64
	SlowConsumers       map[Kind]int64
	StaleConnections    map[Kind]int64
	Stalls              int64
}

// Totals gives the figures of all connections since the start.
func (b *Broker) Totals() Totals {
	t := Totals{
		In: b.traffic.in.load(), Out: b.traffic.out.load(),
		ClientIn: b.clients.in.load(), ClientOut: b.clients.out.load(),
		Subscriptions: b.subscriptions.Load(), Stalls: b.stalls.Load(),
		SlowConsumers: make(map[Kind]int64, kindCount), StaleConnections: make(map[Kind]int64, kindCount),
	}
	for k := range kindCount {
		t.SlowConsumers[k] = b.slowConsumers[k].Load()
		t.StaleConnections[k] = b.staleConns[k].Load()
	}
	return t
}
