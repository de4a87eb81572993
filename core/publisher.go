package core

import (
	"math/rand/v2"
	"time"

	"github.com/midge-nats/midge/internal/sublist"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Publisher is the producing half of anything that publishes: a connection's
// read loop, a stream's goroutine, the system client. Exactly one goroutine
// uses it at a time, so it has no lock.
type Publisher struct {
	// Immutable after construction.
	broker *Broker
	conn   *Conn // nil for this server's own
	kind   Kind

	*workshop     // nil until something is published
	depth     int // of the message stack

	// acc and cache are the account used last and its match cache; caches
	// has those of all accounts, made when a second one is used.
	acc    *Account
	cache  *sublist.Cache[*Subscription]
	caches map[*Account]*sublist.Cache[*Subscription]

	dirty   []*Conn           // destinations that this publisher will flush
	traces  []*trace.Recorder // complete, to be published at the end of the batch
	stalled time.Duration     // how long this batch was held back
	stats   batchStats
	allowed publishCache
}

// workshop is what publishing needs: most connections of a large server only
// listen, and have none.
type workshop struct {
	frames [maxFrames]Msg // message stack: publish, then one per import

	links  []linkTarget     // that the messages in hand are forwarded to
	line   protocol.LinkMsg // the control line in hand
	served []string         // queue groups that had the messages in hand
	ended  []*Subscription  // reached their auto-unsubscribe maximum
	random rand.PCG
	info   infoCache
	shown  []byte // scratch for the subject of an imported message
	event  []byte // scratch for a trace message
	wire   []byte // scratch for a message of the server's own
	text   []byte // scratch for sizes
}

// init makes p ready.
func (p *Publisher) init(b *Broker, c *Conn, k Kind) { p.broker, p.conn, p.kind = b, c, k }

// open gives the publisher its workshop.
func (p *Publisher) open() {
	p.workshop = new(workshop)
	p.random.Seed(rand.Uint64(), rand.Uint64())
}

// NewPublisher makes a publisher of this server's own. It belongs to the
// goroutine that uses it, which calls EndBatch when it has nothing more to send
// just now.
func (b *Broker) NewPublisher(k Kind) *Publisher {
	p := new(Publisher)
	p.init(b, nil, k)
	return p
}

// Broker is the server that the publisher publishes in.
func (p *Publisher) Broker() *Broker { return p.broker }

// Conn is the connection whose read loop publishes, nil for this server's own.
func (p *Publisher) Conn() *Conn { return p.conn }

// match finds who holds interest in subject, through the publisher's own cache.
func (p *Publisher) match(acc *Account, subject []byte) *sublist.Result[*Subscription] {
	if acc != p.acc {
		p.useAccount(acc)
	}
	return p.cache.Match(acc.subs, subject)
}

// useAccount makes acc's cache the current one. What was counted belongs to
// the account before.
func (p *Publisher) useAccount(acc *Account) {
	p.commit()
	if p.caches == nil {
		p.caches = make(map[*Account]*sublist.Cache[*Subscription], 1)
	}
	c := p.caches[acc]
	if c == nil {
		c = new(sublist.Cache[*Subscription])
		p.caches[acc] = c
	}
	p.acc, p.cache = acc, c
}

// EndBatch sends what the batch queued, publishes the trace messages that it
// completed, and adds up its figures. Trace messages come after the flush:
// tracing must not delay delivery. [T-38]
func (p *Publisher) EndBatch() {
	p.flush()
	if len(p.traces) > 0 {
		p.publishTraces()
		p.flush()
	}
	p.commit()
	p.stalled = 0
}
