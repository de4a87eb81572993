package trace

import (
	"bytes"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
)

// The header block of a trace message says how its payload is compressed.
var (
	snappyHeader   = []byte("NATS/1.0\r\nContent-Encoding: snappy\r\n\r\n")
	gzipHeader     = []byte("NATS/1.0\r\nContent-Encoding: gzip\r\n\r\n")
	identityHeader = []byte("NATS/1.0\r\nContent-Encoding: identity\r\n\r\n")
)

// Encode compresses a trace message as the traced message's Accept-Encoding
// asks. Without one, header is nil and there is no header block at all. The
// header must not be changed; the body is payload itself or a new slice.
// [T-35] [T-36]
func (r *Recorder) Encode(payload []byte) (header, body []byte) {
	return Compress(r.headers.AcceptEncoding, payload)
}

// Compress encodes what a server sends to a requester as its Accept-Encoding
// says, and gives the header block that tells so: nil if nothing was accepted.
// [T-36] [M-15]
func Compress(accept string, payload []byte) (header, body []byte) {
	if accept == "" {
		return nil, payload
	}
	accept = strings.ToLower(accept)
	switch {
	case strings.Contains(accept, "snappy"), strings.Contains(accept, "s2"):
		return snappyHeader, snappy(payload)
	case strings.Contains(accept, "gzip"):
		return gzipHeader, gzipped(payload)
	}
	return identityHeader, payload
}

// Writers are kept: each holds buffers far larger than a trace message. One
// goroutine per writer would be wasted on payloads of one block.
var (
	snappyWriters = sync.Pool{New: func() any {
		return s2.NewWriter(nil, s2.WriterSnappyCompat(), s2.WriterConcurrency(1), s2.WriterBlockSize(64<<10))
	}}
	gzipWriters = sync.Pool{New: func() any {
		return gzip.NewWriter(nil)
	}}
)

// snappy compresses in the framing format, which both snappy and s2 readers
// take. Writing to a buffer does not fail.
func snappy(payload []byte) []byte {
	w := snappyWriters.Get().(*s2.Writer)
	defer snappyWriters.Put(w)
	out := bytes.NewBuffer(make([]byte, 0, len(payload)/2+64))
	w.Reset(out)
	if _, err := w.Write(payload); err != nil {
		return nil
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return out.Bytes()
}

func gzipped(payload []byte) []byte {
	w := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(w)
	out := bytes.NewBuffer(make([]byte, 0, len(payload)/2+64))
	w.Reset(out)
	if _, err := w.Write(payload); err != nil {
		return nil
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return out.Bytes()
}
