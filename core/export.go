package core

import "time"

// ResponseType says how many answers a service gives to a request.
type ResponseType uint8

// The response types. A stream or chunked response ends with an empty message.
const (
	ResponseSingle ResponseType = iota
	ResponseStream
	ResponseChunked
)

// String gives the type's name as monitoring shows it.
func (t ResponseType) String() string {
	switch t {
	case ResponseStream:
		return "Stream"
	case ResponseChunked:
		return "Chunked"
	}
	return "Singleton"
}

// Export is what an account lets others import. Immutable.
type Export struct {
	Subject  string
	Service  bool     // else a stream
	Approved []string // the only accounts that may import it; nil for all
	Response ResponseType
	// Threshold is the time within which an answer is expected; 0 means two
	// minutes.
	Threshold time.Duration
	// AllowTrace lets tracing go on behind this service. [T-44]
	AllowTrace bool
}

// defaultThreshold is how long a request's reply subject is kept.
const defaultThreshold = 2 * time.Minute

// threshold is how long a request's reply subject is kept.
func (e *Export) threshold() time.Duration {
	if e.Threshold > 0 {
		return e.Threshold
	}
	return defaultThreshold
}

// SetExports replaces what the account exports.
func (a *Account) SetExports(list []*Export) { a.exports.Store(&list) }

// Exports gives what the account exports.
func (a *Account) Exports() []*Export {
	if l := a.exports.Load(); l != nil {
		return *l
	}
	return nil
}
