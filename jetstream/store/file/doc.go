// Package file is the store of a stream on disk.
//
// # Files
//
// A stream is a directory of its own:
//
//	0000000000000001.seg   segment: frames of messages, removals, consumer changes; the truth
//	0000000000000001.idx   index of a sealed segment: sequence and subject to offset; rebuilt if damaged
//	checkpoint             totals, subjects, consumers as of a position of the log; rebuilt if damaged
//	lost-*                 damaged segments, kept when a compaction has replaced them
//	LOCK                   keeps a second process out
//
// The segments are one log. Everything that happens to a stream is a frame in
// it, and a batch of frames ends with a commit frame: recovery applies whole
// batches only. Nothing is ever written over, except that an erased message is
// blanked in place and that sealed segments are replaced whole by compaction.
// Everything else can be computed from the segments; the checkpoint only saves
// time.
//
// # Recovery
//
// Opening reads the checkpoint and the frames behind its position: none after a
// clean stop. A batch without its commit at the very end is a torn tail: it was
// never acknowledged and is not applied, its bytes stay where they are, and the
// next batch goes into a new segment. A frame that does not verify anywhere
// else is damage: the scan goes on behind it, at the next offset where a frame
// verifies, and the sequences that are missing between its neighbours are lost.
// [J-65] [J-66]
//
// # Locks
//
// wmu serializes whoever changes the stream (its goroutine, Maintain) and is
// held during disk writes; mu guards the state in memory and is held for memory
// only, apart from page reads of indexes. Order: wmu, then mu. Reads of messages
// from disk hold neither: a segment's file stays open until its last reader is
// done.
package file
