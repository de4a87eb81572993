package store

import "iter"

// Stream is the store of one stream. The methods under "writer" are called by
// one goroutine, the stream's; the others by any. See the package comment for
// how staging and committing work.
type Stream interface {
	// Writer.

	// Append stages messages. It assigns sequences, enforces the limits, and
	// sets Err in each record that a limit refuses; the others are stored. With
	// atomic set, one refused record refuses all of them. [J-101] It returns the
	// number of records stored, and an error only if none could be.
	Append(recs []Record, atomic bool) (stored int, err error)
	// Skip uses up sequences without storing anything: interest retention
	// without interest, gaps of a mirror. The next sequence will be next.
	Skip(next uint64) error
	// Remove deletes one message and reports whether there was one. With secure,
	// its bytes are overwritten on disk by the Commit. [J-14]
	Remove(seq uint64, secure bool) (bool, error)
	// Purge deletes messages and returns how many.
	Purge(p Purge) (uint64, error)
	// SetLimits changes the limits and enforces them.
	SetLimits(l Limits) error
	// Commit makes everything staged durable and remembers applied, the index of
	// the last log entry in it. It never waits if nothing is staged.
	Commit(applied uint64) error
	// Consumer opens the state of a consumer, empty if there is none. The
	// consumer's methods belong to the stream goroutine too.
	Consumer(name string) (Consumer, error)
	// RemoveConsumer stages the deletion of a consumer's state.
	RemoveConsumer(name string) error

	// Any goroutine.

	// Load reads one message: ErrNotFound, ErrDeleted, ErrLost.
	Load(seq uint64, into *Record) error
	// Next reads the first message at or after from that the filter matches. A
	// damaged one is returned as its sequence with ErrLost, so that the caller
	// can count it and go on behind it. The end is ErrNotFound.
	Next(f *Filter, from uint64, into *Record) (seq uint64, err error)
	// LastFor reads the last message at or below upTo whose subject matches,
	// which may be a filter. upTo 0 is no bound.
	LastFor(filter string, upTo uint64, into *Record) error
	// LastSeqs gives the last sequence at or below upTo (0: no bound) of each
	// subject that the filter matches, sorted; more than limit give nil, false.
	LastSeqs(f *Filter, upTo uint64, limit int) ([]uint64, bool)
	// NumPending counts the messages at or after from that the filter matches.
	NumPending(f *Filter, from uint64) uint64
	// SeqByTime gives the first sequence whose message is at or after the Unix
	// nanoseconds, LastSeq+1 if there is none.
	SeqByTime(unixNano int64) uint64
	// SubjectState looks one literal subject up; without messages it has 0.
	SubjectState(subject string) SubjectState
	// Subjects gives the state of each subject that the filter matches, in no
	// order. The store's lock is held while the loop body runs.
	Subjects(f *Filter) iter.Seq[SubjectState]
	// Deleted gives the gaps between the first and the last sequence. [J-13]
	Deleted() iter.Seq[SeqRange]
	// Expired gives up to limit sequences whose TTL or max_age has passed at now
	// (Unix nanoseconds), TTLs first, and when to ask again (0: nothing to wait
	// for). They stay until removed. [J-26] [J-97]
	Expired(now int64, limit int, into []uint64) (due []uint64, next int64)
	// Consumers lists the consumers that have state, sorted.
	Consumers() []string
	// State gives the totals; it does not read messages.
	State() State

	// Sync makes what was committed durable whatever the level.
	Sync() error
	// Maintain does background work: checkpoint, compaction, release of caches.
	// It copies about budget bytes at most, 0 being a default, and reports
	// whether more is worth doing. Any goroutine, one at a time. [J-74]
	Maintain(budget int64) (more bool, err error)
	// Close commits, writes the checkpoint and releases everything.
	Close() error
	// Delete closes the store and removes its data: the stream is deleted.
	Delete() error
}

// Consumer is the persistent state of one consumer. The state is read in place
// through State and changed only by these methods, each of which stages a few
// bytes into the stream's batch: a pull of a thousand messages with its
// acknowledgements costs one write. [J-71]
type Consumer interface {
	// Name of the consumer.
	Name() string
	// State is the live state: read only, on the stream goroutine.
	State() *ConsumerState
	// Deliver records a delivery: of a message never delivered before, or, with
	// count above 1, again. With noAck the floor follows at once. [J-44]
	Deliver(d Delivery, noAck bool)
	// Ack ends the pending message, and with all everything before it too. It
	// reports whether anything was pending. [J-44]
	Ack(streamSeq uint64, all bool) bool
	// GiveUp takes a message that reached max_deliver out of pending; it stays
	// listed as redelivered if keep is set. [C 12]
	GiveUp(streamSeq uint64, keep bool) bool
	// Reset replaces the whole state. [J-105]
	Reset(s ConsumerState)
}
