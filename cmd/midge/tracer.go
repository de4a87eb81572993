package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/midge-nats/midge/trace"
	"github.com/midge-nats/midge/trace/link"
)

const (
	// firstWait is how long the traces of the first probe may take before the
	// next one; each wait is twice the one before.
	firstWait = 50 * time.Millisecond

	// propagation is how long interest takes to reach the far end of gateways,
	// by experience. [trace.md 15]
	propagation = 250 * time.Millisecond

	// probing bounds the probes before a message that is delivered.
	probing = time.Second
)

// traceRequest is the message whose path is asked for.
type traceRequest struct {
	subject, reply string
	payload        []byte
	header         nats.Header
	deliver        bool // deliver it too, instead of tracing only
	compress       bool // let servers compress their traces
}

// acts reports whether even a message that is only traced makes something
// happen: services inside a server run it. [trace.md 13]
func (r *traceRequest) acts() bool {
	return strings.HasPrefix(r.subject, "$JS.") || strings.HasPrefix(r.subject, "$SYS.")
}

// traced is one message that was sent, and what came back about it.
type traced struct {
	dest      string // of its traces only
	collector link.Collector
	raw       []json.RawMessage // bodies, if they were not compressed
}

// shape describes which servers reported and which are awaited; two probes of
// the same shape saw the same interest.
func (s *traced) shape() string {
	root := s.collector.Root()
	if root == nil {
		return ""
	}
	var b strings.Builder
	root.Walk(func(n *link.Node) { fmt.Fprintf(&b, "%s:%v ", n.Hop, n.Missing) })
	return b.String()
}

// tracer sends messages with a trace destination and collects the traces. It
// has no goroutine: one method at a time reads what the connection delivers.
type tracer struct {
	// Immutable after construction.
	nc      *nats.Conn
	request traceRequest
	inbox   string // destinations are below it
	answers chan *nats.Msg
	refused <-chan error // what the server said with -ERR

	// Owned by trace.
	sent    []*traced
	byDest  map[string]*traced
	refusal error // not about the inbox: the trace tells it better, if one comes
}

// newTracer subscribes to a fresh inbox. refused gets the connection's
// asynchronous errors.
func newTracer(nc *nats.Conn, request traceRequest, refused <-chan error) (*tracer, error) {
	const backlog = 1024 // a trace per server and probe
	t := &tracer{nc: nc, request: request, inbox: nc.NewInbox(), answers: make(chan *nats.Msg, backlog),
		refused: refused, byDest: make(map[string]*traced)}
	if _, err := nc.ChanSubscribe(t.inbox+".*", t.answers); err != nil {
		return nil, fmt.Errorf("subscribe to trace destination %q: %w", t.inbox+".*", err)
	}
	return t, nil
}

// trace publishes the message and returns when the traces of all servers have
// come, or with what there is when ctx ends. Its error says why there is none.
//
// The servers must know of the inbox before the message arrives, else their
// traces go nowhere. Waiting a fixed time is too long for one server and too
// short for a slow gateway, so it sends copies that are only traced, each with
// a destination of its own, until one is answered by every server it reached.
// That one is the result already, unless the message is to be delivered or has
// a reply.
func (t *tracer) trace(ctx context.Context) (*traced, error) {
	if t.request.acts() {
		if err := t.await(ctx, propagation, func() bool { return false }); err != nil {
			return nil, err
		}
	} else {
		probe, err := t.probe(ctx)
		if err != nil || !t.request.deliver && t.request.reply == "" {
			return probe, err
		}
	}
	final, err := t.send(t.request.deliver, t.request.reply)
	if err != nil {
		return nil, err
	}
	for ctx.Err() == nil && !final.collector.Complete() {
		if err := t.await(ctx, time.Hour, final.collector.Complete); err != nil {
			return nil, err
		}
	}
	if final.collector.Root() == nil {
		return nil, t.nothing()
	}
	return final, nil
}

// probe sends copies until one is complete. When the message is to be delivered
// it settles for two incomplete ones of the same shape: a server that never
// answers must not hold the message up.
func (t *tracer) probe(ctx context.Context) (*traced, error) {
	limited := ctx
	if t.request.deliver || t.request.reply != "" {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, probing)
		defer cancel()
	}
	begin, last := time.Now(), ""
	for wait := firstWait; ; wait *= 2 {
		p, err := t.send(false, "")
		if err != nil {
			return nil, err
		}
		if err := t.await(limited, wait, func() bool { return t.complete() != nil }); err != nil {
			return nil, err
		}
		if done := t.complete(); done != nil {
			return done, nil
		}
		shape := p.shape()
		settled := limited != ctx && shape != "" && shape == last && time.Since(begin) > propagation
		if settled || limited.Err() != nil {
			return t.best()
		}
		last = shape
	}
}

// complete gives a message that every server it reached has reported.
func (t *tracer) complete() *traced {
	for _, s := range t.sent {
		if s.collector.Complete() {
			return s
		}
	}
	return nil
}

// best is the message with the most traces, the latest of several.
func (t *tracer) best() (*traced, error) {
	var best *traced
	for _, s := range t.sent {
		if best == nil || s.collector.Len() >= best.collector.Len() {
			best = s
		}
	}
	if best == nil || best.collector.Root() == nil {
		return nil, t.nothing()
	}
	return best, nil
}

// send publishes the message with a destination of its own.
func (t *tracer) send(deliver bool, reply string) (*traced, error) {
	s := &traced{dest: t.inbox + "." + strconv.Itoa(len(t.sent)+1)}
	m := &nats.Msg{Subject: t.request.subject, Reply: reply, Data: t.request.payload, Header: nats.Header{}}
	for k, v := range t.request.header {
		m.Header[k] = v
	}
	m.Header.Set(trace.DestHeader, s.dest)
	if !deliver {
		m.Header.Set(trace.OnlyHeader, "true")
	}
	if t.request.compress {
		m.Header.Set(trace.AcceptEncodingHeader, "snappy")
	}
	if err := t.nc.PublishMsg(m); err != nil {
		return nil, fmt.Errorf("publish to %q: %w", t.request.subject, err)
	}
	t.sent = append(t.sent, s)
	t.byDest[s.dest] = s
	return s, nil
}

// await takes answers until done, for at most d. Reaching the end of d or ctx is
// no error; a refusal by the server is.
func (t *tracer) await(ctx context.Context, d time.Duration, done func() bool) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for !done() {
		select {
		case m := <-t.answers:
			t.take(m)
		case err := <-t.refused:
			if strings.Contains(err.Error(), t.inbox) || !errors.Is(err, nats.ErrPermissionViolation) {
				return t.explain(err)
			}
			t.refusal = err
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// take adds an answer to the message it is about. Anyone may publish to the
// inbox: what is no trace message is ignored.
func (t *tracer) take(m *nats.Msg) {
	s := t.byDest[m.Subject]
	if s == nil {
		return
	}
	encoding := m.Header.Get(trace.ContentEncodingHeader)
	parsed, err := trace.Parse(m.Data, encoding)
	if err != nil {
		return
	}
	if s.collector.Add(parsed) && (encoding == "" || encoding == "identity") {
		s.raw = append(s.raw, m.Data)
	}
}

// explain adds to a refusal what the user may lack.
func (t *tracer) explain(err error) error {
	if errors.Is(err, nats.ErrPermissionViolation) {
		return withRemedy(fmt.Errorf("the server refused: %w", err),
			"the user must be allowed to publish to %q, and to publish and subscribe to %q;\n--inbox-prefix chooses another place for the traces",
			t.request.subject, t.inbox+".>")
	}
	return fmt.Errorf("the server refused: %w", err)
}

// nothing is the error for no trace at all.
func (t *tracer) nothing() error {
	if t.refusal != nil {
		return t.explain(t.refusal)
	}
	how := "no trace came back"
	if t.request.deliver {
		how = "the message was published, but no trace of it came back"
	}
	return withRemedy(fmt.Errorf("trace %q: %s from server %q", t.request.subject, how, t.nc.ConnectedServerName()),
		"the server publishes traces only with a system account, and drops those that go to subjects\nthe user may not publish to; --timeout waits longer")
}

// canTrace refuses servers from before tracing, which would deliver a message
// that is only to be traced.
func canTrace(nc *nats.Conn) error {
	v := nc.ConnectedServerVersion()
	var major, minor int
	if _, err := fmt.Sscanf(v, "%d.%d", &major, &minor); err != nil || major < 2 || major == 2 && minor < 11 || !nc.HeadersSupported() {
		return withRemedy(fmt.Errorf("server %q (version %q) has no message tracing", nc.ConnectedServerName(), v),
			"tracing came with 2.11, and needs headers; nothing was published")
	}
	return nil
}
