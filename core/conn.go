package core

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/protocol"
)

// Conn is one network peer: client, route, gateway or leafnode. What a read
// loop owns and what every other goroutine touches are different parts of it.
type Conn struct {
	// Immutable after construction.
	id     uint64
	kind   Kind
	peer   Peer // protocol half
	broker *Broker
	start  time.Time
	style  LinkStyle // of control lines; nil for clients
	writer func()    // writeLoop, bound once: starting it allocates nothing of ours

	// Set before Serve and immutable from then on.
	nc  net.Conn
	raw *netx.NonBlocking // nil where only blocking writes are possible

	// Owned by the read loop.
	Parser protocol.Parser
	pub    Publisher

	// Read anywhere.
	grant          atomic.Pointer[Grant]
	reason         atomic.Uint32               // close reason + 1; 0 while open
	writeDeadline  atomic.Int64                // nanoseconds; 0 means none
	drainBy        atomic.Int64                // unix nanoseconds, when a connection that ends has to be done with writing; 0 before
	maxPayload     atomic.Int64                // bytes; negative for unlimited
	maxControlLine atomic.Int64                // bytes
	lastActivity   atomic.Int64                // unix nanoseconds
	rtt            atomic.Int64                // nanoseconds; 0 while not measured
	tracksReplies  atomic.Bool                 // permissions have allow_responses
	sending        atomic.Pointer[Permissions] // what a link may be sent; nil for anything
	traces         atomic.Bool                 // the other server of a link traces messages
	received       traffic
	name           atomic.Pointer[string]
	log            atomic.Pointer[string] // prefix of log lines

	out Outbound

	ping pinger

	answers answers // mapped replies of other clusters

	mu      sync.Mutex // guards the fields below
	subs    map[string]*Subscription
	maxSubs int // 0 means unlimited
	replies map[string]allowedReply
	sweep   time.Time // when outdated replies were last thrown away
}

// NewConn makes the connection of a kind on nc, which is not read before
// Serve. The peer is the protocol's half.
func (b *Broker) NewConn(nc net.Conn, kind Kind, peer Peer) *Conn {
	c := &Conn{id: b.NextID(), kind: kind, peer: peer, broker: b, start: time.Now()}
	c.writer = c.writeLoop
	c.pub.init(b, c, kind)
	c.out.setLimit(defaultMaxPending)
	c.lastActivity.Store(c.start.UnixNano())
	c.setTransport(nc)
	b.conns.Store(c.id, c)
	b.open[kind].Add(1)
	if r := b.closing.Load(); r != 0 {
		c.Close(protocol.CloseReason(r - 1))
	}
	return c
}

// defaultMaxPending is the outbound limit until the owner sets another. [C-9]
const defaultMaxPending = 64 << 20

// SetTransport replaces the socket, as the TLS handshake does. Only before
// Serve, by its caller.
func (c *Conn) SetTransport(nc net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setTransport(nc)
}

func (c *Conn) setTransport(nc net.Conn) {
	c.nc = nc
	c.raw = nil
	if raw, ok := netx.Raw(nc); ok {
		c.raw = netx.NewNonBlocking(raw)
	}
	c.setLogPrefix()
}

// Transport is the socket, or the TLS connection on it.
func (c *Conn) Transport() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nc
}

// ID is the connection's number, unique among all kinds in this process.
func (c *Conn) ID() uint64 { return c.id }

// Kind says what the peer is.
func (c *Conn) Kind() Kind { return c.kind }

// Peer is the protocol's half of the connection.
func (c *Conn) Peer() Peer { return c.peer }

// Broker is the server that the connection belongs to.
func (c *Conn) Broker() *Broker { return c.broker }

// Publisher is the producing half. It belongs to the read loop.
func (c *Conn) Publisher() *Publisher { return &c.pub }

// Start is when the connection was made.
func (c *Conn) Start() time.Time { return c.start }

// String is the prefix of the connection's log lines. [C-14]
func (c *Conn) String() string { return *c.log.Load() }

// SetLimits sets what the connection may hold: bytes that wait for the socket,
// the time that one write may take, and subscriptions (0 means any number).
func (c *Conn) SetLimits(maxPending int64, writeDeadline time.Duration, maxSubs int) {
	c.out.setLimit(maxPending)
	c.writeDeadline.Store(int64(writeDeadline))
	c.mu.Lock()
	c.maxSubs = maxSubs
	c.mu.Unlock()
}

// SetDelivery sets how messages reach this client: with headers or stripped of
// them, its own or only others'.
func (c *Conn) SetDelivery(headers, echo bool) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flags &^= outHeaders | outNoEcho
	if headers {
		o.flags |= outHeaders
	}
	if !echo {
		o.flags |= outNoEcho
	}
}

// Reply queues bytes on the connection's own read loop; they leave at the end
// of the batch, in order with the messages before them. [P-15]
func (c *Conn) Reply(bytes []byte) {
	o := &c.out
	o.mu.Lock()
	if o.flags&outClosed != 0 {
		o.mu.Unlock()
		return
	}
	o.appendLocked(bytes)
	behind := o.pending > o.slowAt
	listed := o.flags&outDirty != 0
	o.flags |= outDirty
	o.mu.Unlock()
	if !listed {
		c.pub.dirty = append(c.pub.dirty, c)
	}
	if behind {
		c.fellBehind()
	}
}

// ReplyErr queues an error's -ERR text, if it has one.
func (c *Conn) ReplyErr(e *protocol.Error) {
	if e.Text != "" {
		c.Reply(protocol.AppendErr(nil, e.Text))
	}
}

// Send queues bytes from any goroutine and has them written.
func (c *Conn) Send(bytes []byte) {
	o := &c.out
	o.mu.Lock()
	if o.flags&outClosed != 0 {
		o.mu.Unlock()
		return
	}
	o.appendLocked(bytes)
	behind := o.pending > o.slowAt
	o.mu.Unlock()
	c.flush(true)
	if behind {
		c.fellBehind()
	}
}

// Fail tells the peer an error from any goroutine, and closes if it says so.
func (c *Conn) Fail(e *protocol.Error) {
	if e.Text != "" {
		c.Send(protocol.AppendErr(nil, e.Text))
	}
	if e.Close {
		c.Close(e.Reason)
	}
}

// SetName sets what the peer calls itself: a client's or server's name.
func (c *Conn) SetName(name string) { c.name.Store(&name) }

// Name is what SetName set.
func (c *Conn) Name() string {
	if n := c.name.Load(); n != nil {
		return *n
	}
	return ""
}

// Figures are what a connection moved and what waits.
type Figures struct {
	In, Out      Traffic
	Pending      int64 // bytes that wait for the socket
	Stalls       int64 // producers held back for it
	LastActivity time.Time
}

// Figures gives the connection's figures.
func (c *Conn) Figures() Figures {
	f := Figures{In: c.received.load(), LastActivity: time.Unix(0, c.lastActivity.Load())}
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	f.Out, f.Pending, f.Stalls = c.out.sent, c.out.pending, c.out.stalls
	return f
}

// SetInputLimits sets what the read loop accepts: bytes of one message's header
// block and payload (negative for unlimited) and of one control line. It
// counts from the next batch on.
func (c *Conn) SetInputLimits(maxPayload int64, maxControlLine int) {
	c.maxPayload.Store(maxPayload)
	c.maxControlLine.Store(int64(maxControlLine))
}

// MaxPayload is the limit that SetInputLimits set.
func (c *Conn) MaxPayload() int64 { return c.maxPayload.Load() }
