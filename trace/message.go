package trace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
)

// Message is a trace message as a tool reads it. Keys it does not know are
// ignored. [T-57]
type Message struct {
	Server  ServerInfo `json:"server"`
	Request Request    `json:"request"`

	// Hops is how many hop ids the server issued. [T-30]
	Hops   int     `json:"hops"`
	Events []Event `json:"events"`
}

// ServerInfo is the server that published the trace message.
type ServerInfo struct {
	Name         string            `json:"name"`
	Host         string            `json:"host"`
	ID           string            `json:"id"`
	Cluster      string            `json:"cluster"`
	Domain       string            `json:"domain"`
	Version      string            `json:"ver"`
	Tags         []string          `json:"tags"`
	Metadata     map[string]string `json:"metadata"`
	FeatureFlags map[string]bool   `json:"feature_flags"`
	JetStream    bool              `json:"jetstream"`
	Flags        int               `json:"flags"`
	Seq          uint64            `json:"seq"`
	Time         time.Time         `json:"time"`
}

// Request is the traced message as this server received it.
type Request struct {
	Header map[string][]string `json:"header"`

	// Size is header block and payload together, in bytes.
	Size int `json:"msgsize"`
}

// EventType is the "type" of an event.
type EventType string

// The types of events.
const (
	InType            EventType = "in"
	MappingType       EventType = "sm"
	StreamExportType  EventType = "se"
	ServiceImportType EventType = "si"
	JetStreamType     EventType = "js"
	EgressType        EventType = "eg"
)

// Event is an event of any type: each uses the fields that its table in the
// specification has. [trace.md 5]
type Event struct {
	Type EventType `json:"type"`
	Time time.Time `json:"ts"`

	// Kind, CID and Name are the connection of an ingress or egress.
	Kind Kind   `json:"kind"`
	CID  uint64 `json:"cid"`
	Name string `json:"name"`

	Account string `json:"acc"`
	From    string `json:"from"` // si
	To      string `json:"to"`   // sm, se, si

	// Subject is the one received, of an ingress.
	Subject string `json:"subj"`

	// Stream, StoredSubject and NoInterest are what a stream did.
	Stream        string `json:"stream"`
	StoredSubject string `json:"subject"`
	NoInterest    bool   `json:"nointerest"`

	// Hop, Subscription and Queue are where an egress went.
	Hop          string `json:"hop"`
	Subscription string `json:"sub"`
	Queue        string `json:"queue"`

	Error string `json:"error"`
}

// maxMessageBytes bounds a trace message, also while it is decompressed: a few
// bytes of an attacker's could otherwise become gigabytes.
const maxMessageBytes = 16 << 20

// Parse reads a trace message. contentEncoding is the value of the
// Content-Encoding header, empty if there was none. The bytes may come from
// anyone; a message is returned only if it starts with an ingress. [T-18]
func Parse(body []byte, contentEncoding string) (*Message, error) {
	body, err := decompress(body, contentEncoding)
	if err != nil {
		return nil, fmt.Errorf("trace message: %w", err)
	}
	m := new(Message)
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("trace message: %w", err)
	}
	if len(m.Events) == 0 || m.Events[0].Type != InType {
		return nil, fmt.Errorf("trace message: no ingress event")
	}
	return m, nil
}

func decompress(body []byte, contentEncoding string) ([]byte, error) {
	var from io.Reader
	switch strings.ToLower(contentEncoding) {
	case "", "identity":
		if len(body) > maxMessageBytes {
			return nil, fmt.Errorf("larger than %d bytes", maxMessageBytes)
		}
		return body, nil
	case "snappy", "s2":
		from = s2.NewReader(bytes.NewReader(body))
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		from = z
	default:
		return nil, fmt.Errorf("unknown content encoding %q", contentEncoding)
	}
	out, err := io.ReadAll(io.LimitReader(from, maxMessageBytes+1))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if len(out) > maxMessageBytes {
		return nil, fmt.Errorf("larger than %d bytes decompressed", maxMessageBytes)
	}
	return out, nil
}

// Ingress is the first event: where the message came from.
func (m *Message) Ingress() *Event { return &m.Events[0] }

// Hop is the id this server received the message under: empty for the server
// a client published to, whatever header the client sent. [T-29]
func (m *Message) Hop() string {
	if !m.Ingress().Kind.isLink() {
		return ""
	}
	if v := m.Request.Header[HopHeader]; len(v) > 0 {
		return v[0]
	}
	return ""
}
