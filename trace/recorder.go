package trace

// Hot path for messages that are traced.

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Ingress is where a message came from.
type Ingress struct {
	// Kind and CID are those of the ingress connection.
	Kind Kind
	CID  uint64

	// Name is the remote server's name, or the name in a client's CONNECT.
	Name string

	// Account is the account on this server that processes the message.
	Account string

	// Subject is as received, before any mapping.
	Subject string
}

// Egress is one attempt to hand the message to one connection. What does not
// belong to the kind of connection is left out when written, so that callers
// need no tables: Subscription and Queue for links, Hop for clients, Account
// for routes and gateways and wherever it is the ingress account. [T-26] [T-27]
type Egress struct {
	Kind Kind
	CID  uint64
	Name string

	// Hop is the id from NextHop that the forwarded copy carries. [T-28]
	Hop string

	// Account is the target's account.
	Account string

	// Subscription is the subject of the matching subscription, for a stream
	// import the one in the exporting account. Queue is its queue group.
	Subscription, Queue string

	// Error says why it was not delivered, or is a warning. [T-31]
	Error string
}

// eventType tells what an event is, and which of its fields are used.
type eventType uint8

const (
	ingressEvent eventType = iota
	mappingEvent
	streamExportEvent
	serviceImportEvent
	jetStreamEvent
	egressEvent
)

// event is one element of the trace message. One flat type for all, so that
// a recorder holds its events in one block of memory.
type event struct {
	typ    eventType
	conn   Kind
	cid    uint64
	after  time.Duration // since the ingress
	stream *JetStreamEvent

	name, hop, account  string
	subject, queue      string // subject: in.subj, eg.sub
	from, to, errorText string
}

// Recorder collects the events of one message on one server. [T-17]
//
// It is not safe for concurrent use, but for Hold, Release, Expire and the
// events that JetStream returns.
type Recorder struct {
	headers Headers
	ingress Ingress
	size    int
	start   time.Time
	hops    int
	events  []event

	// shared is set once another goroutine may hold the recorder; such a
	// recorder is left to the garbage collector. See Free.
	shared bool

	refs    atomic.Int32
	claimed atomic.Bool
}

// recorders keeps the event blocks of freed recorders.
var recorders = sync.Pool{New: func() any { return &Recorder{events: make([]event, 0, 8)} }}

// maxPooledEvents bounds what a message with a huge fan-out leaves behind.
const maxPooledEvents = 256

// NewRecorder starts the trace of a message with its ingress event, holding
// one reference for the caller. msgSize is the total size of header block and
// payload in bytes, as received. now must hold a monotonic reading, as
// time.Now returns it: the times of later events are measured from it. [T-18]
func NewRecorder(h Headers, in Ingress, msgSize int, now time.Time) *Recorder {
	r := recorders.Get().(*Recorder)
	r.headers, r.ingress, r.size, r.start = h, in, msgSize, now
	if in.Kind == Client {
		r.headers.Hop = "" // [T-29]
	}
	r.refs.Store(1)
	r.claimed.Store(false)
	r.events = append(r.events, event{
		typ: ingressEvent, conn: in.Kind, cid: in.CID,
		name: in.Name, account: in.Account, subject: in.Subject,
	})
	return r
}

// Dest is the subject to publish the trace message on. With external
// activation it is empty until SetDest.
func (r *Recorder) Dest() string { return r.headers.Dest }

// SetDest sets the destination configured for the account, under external
// activation. [T-10]
func (r *Recorder) SetDest(subject string) { r.headers.Dest = subject }

// Only reports whether the message must not reach its final recipients.
func (r *Recorder) Only() bool { return r.headers.Only }

// Account is the ingress account, in which the trace message is to be
// published. [T-35]
func (r *Recorder) Account() string { return r.ingress.Account }

// Hops is the number of hop ids issued so far. [T-30]
func (r *Recorder) Hops() int { return r.hops }

// Fail records that the message was refused on ingress. [T-22]
func (r *Recorder) Fail(text string) { r.events[0].errorText = text }

// Mapping records that an account mapping matched on client or leafnode
// ingress, and its result. [T-24]
func (r *Recorder) Mapping(to string) {
	r.add(event{typ: mappingEvent, to: to})
}

// StreamExport records that the message crosses into the account of an
// importing subscriber, to be delivered under the subject to. It precedes the
// egress of that subscription. [T-49]
func (r *Recorder) StreamExport(account, to string) {
	r.add(event{typ: streamExportEvent, account: account, to: to})
}

// ServiceImport records that the message crosses into the account that owns
// the service: from is its subject before, to the one after the import's
// transform and that account's mappings. [T-47]
func (r *Recorder) ServiceImport(account, from, to string) {
	r.add(event{typ: serviceImportEvent, account: account, from: from, to: to})
}

// JetStream records that a stream received the message. The event keeps its
// place in the list; the stream completes it when it has decided to store or
// not, which may be on another goroutine if that holds a reference. [T-39]
func (r *Recorder) JetStream(stream string) *JetStreamEvent {
	e := &JetStreamEvent{start: r.start}
	r.add(event{typ: jetStreamEvent, name: stream, stream: e})
	return e
}

// NextHop issues the id of the next copy to a route, leafnode or gateway. The
// number is used up even if that copy is not sent. [T-28]
func (r *Recorder) NextHop() string {
	r.hops++
	n := strconv.Itoa(r.hops)
	if r.headers.Hop == "" {
		return n
	}
	return r.headers.Hop + "." + n
}

// Egress records one attempt to hand the message on. [T-25] [T-26]
func (r *Recorder) Egress(e Egress) {
	r.add(event{
		typ: egressEvent, conn: e.Kind, cid: e.CID, name: e.Name, hop: e.Hop,
		account: e.Account, subject: e.Subscription, queue: e.Queue, errorText: e.Error,
	})
}

// add stamps and appends an event. The clock is read for its monotonic part
// only, which is cheaper than time.Now and never goes back. [T-56]
func (r *Recorder) add(e event) {
	e.after = time.Since(r.start)
	r.events = append(r.events, e)
}

// Hold adds a reference for someone who finishes later than the caller, who
// must hold one itself. Each Hold is answered by one Release. [T-39]
func (r *Recorder) Hold() {
	r.shared = true
	r.refs.Add(1)
}

// Release gives up one reference, and reports whether the trace message is
// now to be published, by the caller: true for the last one, unless Expire
// came before.
func (r *Recorder) Release() bool {
	return r.refs.Add(-1) == 0 && r.claimed.CompareAndSwap(false, true)
}

// Expire bounds the wait for streams that never answer. It reports whether
// the caller is to publish now, in place of the last Release. It must not be
// called before the goroutine that processes the message released. [trace.md 8.5]
func (r *Recorder) Expire() bool { return r.claimed.CompareAndSwap(false, true) }

// Free hands the recorder back for reuse, after its trace message was
// written. A recorder that was ever held by another goroutine is not reused:
// a late stream or timer may still have it. Calling Free is optional.
func (r *Recorder) Free() {
	if r.shared || cap(r.events) > maxPooledEvents {
		return
	}
	clear(r.events)
	r.events = r.events[:0]
	r.headers, r.ingress, r.hops = Headers{}, Ingress{}, 0
	recorders.Put(r)
}

// JetStreamEvent is the event of one stream. Complete may be called from any
// goroutine, at any time, also after the trace message was written.
type JetStreamEvent struct {
	start   time.Time
	outcome atomic.Pointer[outcome]
}

// Outcome is what a stream decided about the message.
type Outcome struct {
	// Subject is the one stored, after the stream's transform. Empty if a
	// check refused the message.
	Subject string

	// NoInterest is set for an interest stream without matching consumer,
	// which would not store the message. [T-42]
	NoInterest bool

	// Error says why the message was refused. [T-41]
	Error string
}

type outcome struct {
	Outcome
	after time.Duration
}

// Complete records the stream's decision. The last call counts.
func (e *JetStreamEvent) Complete(o Outcome) {
	e.outcome.Store(&outcome{Outcome: o, after: time.Since(e.start)})
}
