package store

import "time"

// Limits are what a stream enforces by itself while it appends. Zero or
// negative is unlimited. They can be changed while the stream is open and are
// enforced at once. [J-25]
type Limits struct {
	MaxMsgs           int64
	MaxBytes          int64
	MaxMsgsPerSubject int64
	// MaxAge is only used by Expired: time is the engine's, so that every
	// replica removes the same messages.
	MaxAge time.Duration
	// DiscardNew refuses messages instead of removing old ones.
	DiscardNew bool
	// DiscardNewPerSubject refuses instead of replacing at MaxMsgsPerSubject.
	DiscardNewPerSubject bool
}

// Totals are the numbers that limits are compared with.
type Totals struct {
	Messages uint64
	Bytes    uint64
}

// Refuse says whether a message of size bytes must be refused, by the rules of
// discard new. onSubject is how many messages its subject holds and oldest the
// size of the first of them. [J-25: A 8.6]
func (l *Limits) Refuse(have Totals, size, onSubject, oldest uint64, rollup Rollup) error {
	if !l.DiscardNew {
		return nil
	}
	atSubject := l.MaxMsgsPerSubject > 0 && onSubject >= uint64(l.MaxMsgsPerSubject)
	if atSubject && l.DiscardNewPerSubject && rollup == RollupNone {
		return ErrMaxMsgsPerSubject
	}
	if atSubject && !l.DiscardNewPerSubject {
		// The message replaces the oldest of its subject.
		if l.MaxBytes > 0 && have.Bytes-oldest+size > uint64(l.MaxBytes) && size > oldest {
			return ErrMaxBytes
		}
		return nil
	}
	if l.MaxMsgs > 0 && have.Messages >= uint64(l.MaxMsgs) {
		return ErrMaxMsgs
	}
	if l.MaxBytes > 0 && have.Bytes+size > uint64(l.MaxBytes) {
		return ErrMaxBytes
	}
	return nil
}

// Exceeded reports whether the oldest message has to go.
func (l *Limits) Exceeded(have Totals) bool {
	return l.MaxMsgs > 0 && have.Messages > uint64(l.MaxMsgs) || l.MaxBytes > 0 && have.Bytes > uint64(l.MaxBytes)
}
