package core

// Hot path.

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// requestInfo is the header that tells a service who asks. It is never believed
// from a client: the import puts its own in its place.
const requestInfo = "Nats-Request-Info"

// ServiceImport lets the users of one account send requests to a service of
// another. Immutable but for its subscription.
type ServiceImport struct {
	From    *Account // the exporter
	Subject string   // there
	Local   string   // pattern in the importing account
	Share   bool     // the service is told all about the requester
	Export  *Export  // by which it is imported

	importer *Account
	toRemote *subject.Transform // nil when both subjects are the same
	sub      *Subscription
}

// NewServiceImport makes the import of a service under a local subject; an
// empty one means the service's own.
func NewServiceImport(from *Account, subj, local string, share bool, export *Export) (*ServiceImport, error) {
	im := &ServiceImport{From: from, Subject: subj, Local: subj, Share: share, Export: export}
	if local == "" || local == subj {
		return im, nil
	}
	t, err := subject.NewImportTransform(subj, local)
	if err != nil {
		return nil, fmt.Errorf("failed to create mapping transform for service import subject from %q to %q: %w", local, subj, err)
	}
	if im.toRemote, err = t.Inverse(); err != nil {
		return nil, fmt.Errorf("failed to create mapping transform for service import subject from %q to %q: %w", local, subj, err)
	}
	im.Local = im.toRemote.Source()
	return im, nil
}

// same tells whether two imports do the same.
func (im *ServiceImport) same(other *ServiceImport) bool {
	return im.From == other.From && im.Subject == other.Subject && im.Local == other.Local &&
		im.Share == other.Share && reflect.DeepEqual(im.Export, other.Export)
}

// SetServiceImports replaces what the account imports. Imports that stay are
// not touched: no request falls into a gap.
func (a *Account) SetServiceImports(list []*ServiceImport) error {
	a.importMu.Lock()
	defer a.importMu.Unlock()
	next := make([]*ServiceImport, 0, len(list))
	kept := make(map[*ServiceImport]bool)
	for _, im := range list {
		found := im
		for _, old := range a.serviceImports {
			if !kept[old] && old.same(im) {
				found = old
				break
			}
		}
		kept[found] = true
		next = append(next, found)
	}
	for _, old := range a.serviceImports {
		if !kept[old] {
			a.Unhandle(old.sub)
		}
	}
	a.serviceImports = next
	for _, im := range next {
		if im.sub != nil {
			continue
		}
		im.importer = a
		sub, err := a.handlePrivate(im.Local, im.deliver)
		if err != nil {
			return fmt.Errorf("service import %q: %w", im.Local, err)
		}
		im.sub = sub
	}
	return nil
}

// ServiceImports gives what the account imports.
func (a *Account) ServiceImports() []*ServiceImport {
	a.importMu.Lock()
	defer a.importMu.Unlock()
	return a.serviceImports
}

// deliver takes a request into the exporting account: a second frame with the
// service's subject, a reply subject that finds its way back, and the
// requester's account in a header.
//
// Requests cross where they entered: one that came by a route or gateway has
// crossed already.
func (im *ServiceImport) deliver(p *Publisher, _ *Subscription, m *Msg) (delivered bool) {
	if offered&(1<<m.From) == 0 || p.crossed(im) {
		return false
	}
	n := p.Push()
	if n == nil {
		return false
	}
	defer p.popImport(n)
	n.Account, n.From, n.via, n.imported = im.From, m.From, im, true
	if !im.setSubject(n, m) {
		return false
	}
	if r := m.Trace; r != nil {
		r.ServiceImport(im.From.name, string(m.Subject), string(n.Subject))
		if r.Only() && !im.Export.AllowTrace {
			return false // [T-43]
		}
	}
	response := im.setReply(n, m)
	traced := im.setHeader(p, n, m)
	hops := 0
	if traced != nil {
		hops = m.Trace.Hops()
	}
	delivered = p.Publish(n)
	if response != nil && (!delivered || m.Trace != nil && m.Trace.Only()) {
		response.remove()
	}
	if traced != nil && m.Trace.Hops() == hops {
		traced.remove() // nothing was sent on, so no trace will come back [T-46]
	}
	return delivered
}

// popImport ends the frame; the trace belongs to the frame below.
func (p *Publisher) popImport(n *Msg) {
	n.Trace, n.via, n.imported = nil, nil, false
	p.Pop()
}

// crossed tells whether the message in hand came through the same service
// already: imports may form a cycle only if they are changed while messages are
// under way.
func (p *Publisher) crossed(im *ServiceImport) bool {
	for i := range p.depth {
		if via := p.frames[i].via; via != nil && (via == im || via.Export == im.Export && via.From == im.From && via.importer == im.importer) {
			return true
		}
	}
	return false
}

// setSubject gives the service's subject, mapped by the exporter. It tells
// whether the message goes anywhere.
func (im *ServiceImport) setSubject(n, m *Msg) bool {
	n.subject = n.subject[:0]
	if im.toRemote != nil {
		n.subject = im.toRemote.Append(n.subject, m.Subject)
	} else {
		n.subject = append(n.subject, m.Subject...)
	}
	n.Subject = n.subject
	if maps := im.From.Mappings(); maps != nil {
		to, matched, lost := maps.Map(nil, n.Subject)
		if lost {
			return false
		}
		if matched {
			n.Subject = to
		}
	}
	return true
}

// setReply gives the request a reply subject of the exporter's, from which the
// answers come back. Acknowledgements of streams keep theirs.
func (im *ServiceImport) setReply(n, m *Msg) *response {
	switch {
	case len(m.Reply) == 0:
		return nil
	case len(m.Reply) > len(ackPrefix) && string(m.Reply[:len(ackPrefix)]) == ackPrefix:
		n.Reply = m.Reply
		return nil
	}
	r := im.From.expectResponse(im.importer, string(m.Reply), im.Export.Response, im.Export.threshold(), false)
	n.reply = append(n.reply[:0], r.subject...)
	n.Reply = n.reply
	return r
}

// ackPrefix begins the subjects that acknowledge messages of streams.
const ackPrefix = "$JS.ACK."

// setHeader puts the requester's account into the header block and, when the
// message is traced, either the subject by which traces of the servers behind
// come back, or the sentinel. It gives that way back, if there is one.
// [T-43] [T-44]
func (im *ServiceImport) setHeader(p *Publisher, n, m *Msg) (back *response) {
	n.header = protocol.AppendWithHeader(n.header[:0], m.Header(), requestInfo, im.info(p, m))
	hdr := n.header
	switch {
	case m.Trace == nil:
	case im.Export.AllowTrace:
		dest := m.traceDest
		if dest == "" {
			dest = m.Trace.Dest()
		}
		back = im.From.expectResponse(im.importer, dest, ResponseStream, im.Export.threshold(), true)
		n.Trace, n.traceDest = m.Trace, back.subject
		hdr = protocol.AppendWithHeader(nil, hdr, trace.DestHeader, back.subject)
	default:
		hdr = protocol.AppendWithHeader(nil, hdr, trace.DestHeader, trace.DestDisabled)
	}
	n.setWire(hdr, m.Payload())
	return back
}

// info is the value of the header: the requester's account, its round trip, and
// in a chain of imports the account before.
func (im *ServiceImport) info(p *Publisher, m *Msg) string {
	rtt := time.Duration(0)
	if p.conn != nil {
		rtt = p.conn.RTT()
	}
	c := &p.info
	if c.im == im && c.via == m.via && c.rtt == rtt && c.account == p.frames[0].Account {
		return c.text
	}
	c.im, c.via, c.rtt, c.account = im, m.via, rtt, p.frames[0].Account
	c.text = im.encodeInfo(p, m, rtt)
	return c.text
}

// infoCache keeps a publisher's last header value: requests come in rows.
type infoCache struct {
	im, via *ServiceImport
	account *Account
	rtt     time.Duration
	text    string
}

func (im *ServiceImport) encodeInfo(p *Publisher, m *Msg, rtt time.Duration) string {
	service := ""
	if m.via != nil {
		service = im.importer.name
	}
	if im.Share && p.broker.describe != nil && p.conn != nil {
		return string(p.broker.describe(p.conn, service))
	}
	text := `{"acc":` + strconv.Quote(p.frames[0].Account.name)
	if service != "" {
		text += `,"svc":` + strconv.Quote(service)
	}
	if rtt > 0 {
		text += `,"rtt":` + strconv.FormatInt(int64(rtt), 10)
	}
	return text + "}"
}
