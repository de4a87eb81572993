package store

import "errors"

// What a read can say. A sequence is in exactly one of these states: present,
// never assigned or beyond the last (ErrNotFound), removed (ErrDeleted), or
// damaged (ErrLost). [J-66]
var (
	// ErrNotFound: no such sequence, or nothing (more) matches the filter.
	ErrNotFound = errors.New("message not found")
	// ErrDeleted: the message was removed by a limit, a purge or a delete, or
	// its sequence was skipped.
	ErrDeleted = errors.New("message was deleted")
	// ErrLost: the message was stored and cannot be read back any more.
	ErrLost = errors.New("message is damaged on disk")
)

// Why a message is refused. The texts are those of the 10077 error. [J-22]
var (
	// ErrMaxMsgs: the stream holds max_msgs and discards new ones.
	ErrMaxMsgs = errors.New("maximum messages exceeded")
	// ErrMaxBytes: the message does not fit into max_bytes.
	ErrMaxBytes = errors.New("maximum bytes exceeded")
	// ErrMaxMsgsPerSubject: the subject holds max_msgs_per_subject and new
	// ones are discarded per subject.
	ErrMaxMsgsPerSubject = errors.New("maximum messages per subject exceeded")
	// ErrTooLarge: the record is above MaxRecordBytes.
	ErrTooLarge = errors.New("message too large")
	// ErrSequence: an explicit sequence is not above the last one.
	ErrSequence = errors.New("sequence is not above the last sequence")
)

// Operating errors.
var (
	// ErrFull: the disk is full. Nothing was changed and the next call tries
	// again. [J-70]
	ErrFull = errors.New("no space left for the stream")
	// ErrFailed: a write or sync has failed; the stream is read only until it
	// is opened again. [J-70]
	ErrFailed = errors.New("stream store is read only after a write error")
	// ErrClosed: the store is closed.
	ErrClosed = errors.New("stream store is closed")
	// ErrKey: the data is encrypted and none of the keys fits. [J-127]
	ErrKey = errors.New("encryption key does not match the stream")
	// ErrMeta: no generation of a metadata file can be read. The asset must
	// stay offline; nothing may be deleted on the word of this. [J-68]
	ErrMeta = errors.New("metadata is damaged")
	// ErrConsumer: no such consumer.
	ErrConsumer = errors.New("consumer not found")
)
