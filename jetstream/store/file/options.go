package file

import (
	"errors"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// SyncLevel is what Commit promises. [J-62]
type SyncLevel uint8

// The levels.
const (
	// SyncAlways: committed is on stable storage. The default.
	SyncAlways SyncLevel = iota
	// SyncInterval: committed is written to the operating system; the engine
	// calls Sync every sync_interval.
	SyncInterval
	// SyncAsync: committed is in memory; the engine calls Flush every few
	// milliseconds and Sync every sync_interval. [persist_mode: async]
	SyncAsync
)

// Options describe one stream. Only FS and Dir are required.
type Options struct {
	FS  vfs.FS
	Dir string

	Limits store.Limits
	// FirstSeq is the sequence of the first message of a new stream, 0 = 1.
	FirstSeq uint64
	Sync     SyncLevel

	// Compress stores headers and payload in S2 where that saves space.
	Compress bool
	// Cipher encrypts what is written from now on with Key; what was written
	// with PreviousKey, or in the clear, stays readable and is converted as
	// segments are compacted. [J-127]
	Cipher      Cipher
	Key         []byte
	PreviousKey []byte

	// SegmentBytes is where a segment ends, 0 = 8 MiB. The disk space of one
	// removed message comes back when its segment is compacted.
	SegmentBytes int64
	// CacheBytes bounds the index pages kept in memory, 0 = 2 MiB.
	CacheBytes int
	// TailBytes bounds the newest part of the log kept in memory, from which
	// consumers that keep up are served, 0 = 1 MiB.
	TailBytes int
	// CheckpointBytes is how much log there may be behind the checkpoint before
	// Maintain writes a new one, 0 = 64 MiB. It bounds what a restart after a
	// crash reads. [J-74]
	CheckpointBytes int64
}

const (
	minSegmentBytes = 4 << 10
	maxSegmentBytes = 1 << 30 // offsets are 32 bit, and a batch may go beyond
)

// defaults fills in what is zero.
func (o *Options) defaults() error {
	if o.FS == nil || o.Dir == "" {
		return errors.New("file store: FS and Dir are required")
	}
	if o.Cipher >= cipherEnd || o.Cipher != NoCipher && len(o.Key) == 0 {
		return store.ErrKey
	}
	def := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.SegmentBytes, 8<<20)
	o.SegmentBytes = min(max(o.SegmentBytes, minSegmentBytes), maxSegmentBytes)
	def(&o.CheckpointBytes, 64<<20)
	if o.CacheBytes <= 0 {
		o.CacheBytes = 2 << 20
	}
	if o.TailBytes <= 0 {
		o.TailBytes = 1 << 20
	}
	o.FirstSeq = max(o.FirstSeq, 1)
	return nil
}

// keys lists those that may open a file.
func (o *Options) keys() [][]byte { return [][]byte{o.Key, o.PreviousKey} }
