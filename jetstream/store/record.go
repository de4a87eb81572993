package store

import (
	"bytes"
	"time"
)

// MaxRecordBytes bounds subject, headers and payload of one message together.
// [J-22: step 2]
const MaxRecordBytes = 32 << 20

// TTLNever as a Record.TTL exempts the message from max_age. [J-17: Nats-TTL]
const TTLNever time.Duration = -1

// Rollup says what a message replaces: after it is stored, everything before it
// on its subject or in the stream goes in the same atomic step. [J-28]
type Rollup uint8

// The values of the Nats-Rollup header.
const (
	RollupNone Rollup = iota
	RollupSubject
	RollupAll
)

// Record is one message.
type Record struct {
	// Seq is assigned by Append if 0; otherwise it must be above the last
	// sequence, and those between are skipped (mirrors). Append sets it to 0 in
	// a refused record.
	Seq uint64
	// Time is the time of storing in Unix nanoseconds, from the leader's clock.
	Time int64
	// TTL is the life of this message in nanoseconds; 0 is that of the stream.
	TTL     time.Duration
	Subject []byte
	// Header is the whole header block including the NATS/1.0 line, or empty.
	Header  []byte
	Payload []byte

	// Rollup is not stored: it is what Append shall do.
	Rollup Rollup
	// Err says why Append has refused this record.
	Err error

	buf []byte
}

// Expires is when the TTL of the record ends, in Unix nanoseconds; 0 is never.
func (r *Record) Expires() int64 {
	if r.TTL <= 0 {
		return 0
	}
	return r.Time + int64(r.TTL)
}

// Bytes gives the record's own buffer with length n, for a store to fill. What
// the record held before is gone.
func (r *Record) Bytes(n int) []byte {
	if cap(r.buf) < n {
		r.buf = make([]byte, n, max(n+n/4, 512))
	}
	r.buf = r.buf[:n]
	return r.buf
}

// SetBody copies subject, header and payload into the record's own buffer.
func (r *Record) SetBody(subject, header, payload []byte) {
	b := r.Bytes(len(subject) + len(header) + len(payload))
	n := copy(b, subject)
	m := n + copy(b[n:], header)
	copy(b[m:], payload)
	r.Subject, r.Header, r.Payload = b[:n:n], b[n:m:m], b[m:]
}

// Equal reports whether two records hold the same message.
func (r *Record) Equal(o *Record) bool {
	return r.Seq == o.Seq && r.Time == o.Time && r.TTL == o.TTL && bytes.Equal(r.Subject, o.Subject) &&
		bytes.Equal(r.Header, o.Header) && bytes.Equal(r.Payload, o.Payload)
}

// FileMsgBytes is what a message counts for in a file stream: state.bytes,
// max_bytes and account usage. It is the reference's formula, not the size of
// our frames. [J-25: A 8.6]
func FileMsgBytes(subject, header, payload int) uint64 {
	n := 30 + subject + payload
	if header > 0 {
		n += 4 + header
	}
	return uint64(n)
}

// MemoryMsgBytes is what a message counts for in a memory stream. [J-25: A 8.6]
func MemoryMsgBytes(subject, header, payload int) uint64 {
	return uint64(16 + subject + header + payload)
}
