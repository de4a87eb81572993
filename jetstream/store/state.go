package store

import "time"

// State is the state object of a stream's info, as far as the store knows it.
// [J-13: A 6.1]
type State struct {
	Messages uint64
	Bytes    uint64
	// FirstSeq of a stream without messages is LastSeq+1, and 0 if it was
	// never used and has no configured first sequence.
	FirstSeq  uint64
	FirstTime time.Time // zero without messages
	LastSeq   uint64
	LastTime  time.Time
	// Subjects counts those with at least one message, Deleted the sequences
	// between FirstSeq and LastSeq without a message, lost ones included.
	Subjects int
	Deleted  uint64
	Lost     Lost
	// Applied is the index given to the last Commit: where a replica resumes
	// its log.
	Applied uint64
	// LastSync is when what is acknowledged last reached stable storage.
	LastSync time.Time
}

// Lost lists what has been damaged: the lost member of a stream's state, and
// the reason why /healthz is red. [J-66]
type Lost struct {
	// Seqs are the sequences, sorted, at most LostListed of them.
	Seqs []uint64
	// Count is how many there are.
	Count uint64
	// Bytes is the size of the damaged regions on disk.
	Bytes uint64
}

// LostListed bounds the sequences that Lost enumerates.
const LostListed = 10000

// SubjectState is what is known of one subject.
type SubjectState struct {
	Subject  string
	Messages uint64
	First    uint64
	Last     uint64
}

// Purge says what to remove. Seq and Keep exclude each other. [J-14: A 6.3]
type Purge struct {
	// Filter restricts it to matching subjects; empty is all.
	Filter string
	// Seq removes only messages below it; 0 is no bound.
	Seq uint64
	// Keep leaves the newest n.
	Keep uint64
}

// SeqRange is a run of sequences, both ends included.
type SeqRange struct{ First, Last uint64 }
