// Package store is what the stream engine keeps its messages in: the interfaces
// and the values that both stores share. The stores themselves are store/file
// (segments on disk) and store/memory; store/vfs is the disk seam of the former
// and store/storetest the test suite of both.
//
// # Staging and committing
//
// A stream has one writer, the stream goroutine. Append, Remove, Purge, Skip and
// the methods of a Consumer change the state at once, so the next one sees what
// the one before has done, and put what they did into the batch that is being
// staged. Commit makes that batch durable, all of it or nothing, at the level of
// the stream: with SyncAlways one write and one sync, however much was staged.
// That is group commit without a thread: what arrives while Commit waits for the
// disk goes into the next batch. Only after Commit has returned nil may anything
// in the batch be acknowledged. [J-60] [J-61] Because messages and the state of
// consumers share one batch, an acknowledgement and the removal it causes in a
// work queue are one atomic step. [J-72]
//
// Readers on other goroutines may see a batch a moment before it is durable,
// but never half of an Append: each call is applied under the store's lock.
//
// # Failure
//
// ErrFull, from any call, has changed nothing: refuse the publish, try again
// later. [J-70] After any other failed Commit the stream is read only
// (ErrFailed), since what is on disk is not known until somebody has looked:
// close it and open it again, which re-validates.
//
// # Damage
//
// Every record is verified whenever it is read. One that does not verify is lost:
// reading it gives ErrLost, never ErrNotFound and never another message;
// it is counted in State.Lost, its sequence is not used again, and the damaged
// bytes stay where they are. [J-64] [J-66] [J-67]
//
// # Who owns what
//
// A Record's slices are borrowed by Append only for the call; those that Load
// fills lie in the Record's own buffer and are overwritten by the next Load into
// the same Record. A Filter belongs to one goroutine and one stream.
package store
