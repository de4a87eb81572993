package core

import "github.com/midge-nats/midge/trace"

// Msg is one message in one account. It lives in its publisher's frame; the
// slices are borrowed, mostly from the read buffer, and valid until the frame
// is popped.
type Msg struct {
	Account *Account
	Subject []byte
	Reply   []byte
	// Deliver is the subject shown to clients where it differs from Subject:
	// a stream's push delivery is matched and routed by the consumer's deliver
	// subject and shows the stored one. Empty means Subject.
	Deliver []byte
	// Wire is header block, payload and CRLF, contiguous, ready to queue.
	Wire []byte
	// HdrLen counts the bytes of the header block at the front of Wire; 0
	// means none.
	HdrLen int
	// SizeText and HdrText are the decimal total size and header size as
	// received: sizes are echoed verbatim. [P-3]
	SizeText []byte
	HdrText  []byte
	// Queues names the only groups that members may be chosen of; QueuesOnly
	// says that the list counts (a link's list may be empty). [P-17]
	Queues     [][]byte
	QueuesOnly bool
	// Origin is the leafnode cluster that a message came from, empty for none.
	Origin []byte
	// From is the kind of the message's sender; it picks the audience.
	From Kind
	// Trace is nil unless this message is traced.
	Trace *trace.Recorder

	// Set by imports: the import that pushed the frame, where its trace goes
	// instead of the recorder's own destination, and that stream imports do not
	// take it any further.
	via       *ServiceImport
	traceDest string
	imported  bool

	// Memory of the frame, kept for its next message.
	subject, reply, header, wire, sizes []byte
}

// Size is the number of bytes of header block and payload.
func (m *Msg) Size() int { return len(m.Wire) - len(crlf) }

// Header is the message's header block, empty if there is none.
func (m *Msg) Header() []byte { return m.Wire[:m.HdrLen] }

// Payload is the message without its header block.
func (m *Msg) Payload() []byte { return m.Wire[m.HdrLen : len(m.Wire)-len(crlf)] }

const crlf = "\r\n"

// ReplaceHeader puts another header block before the payload. The message is
// copied to memory of its frame: the read buffer has no room for it.
func (m *Msg) ReplaceHeader(hdr []byte) { m.setWire(hdr, m.Payload()) }

// setWire makes a message of a header block and a payload.
func (m *Msg) setWire(hdr, payload []byte) {
	m.wire = append(append(append(m.wire[:0], hdr...), payload...), crlf...)
	m.Wire, m.HdrLen = m.wire, len(hdr)
	m.sizes = appendInt(m.sizes[:0], m.HdrLen)
	n := len(m.sizes)
	m.sizes = appendInt(m.sizes, m.Size())
	m.HdrText, m.SizeText = m.sizes[:n:n], m.sizes[n:]
}
