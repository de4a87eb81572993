// Package trace records what one server did with one message, in the form of
// distributed message tracing. [ADR-41]
//
// A message activates tracing by its headers: [Wanted] is the cheap filter in
// front of every header block, [Scan] the exact answer. A [Recorder] then
// collects the events of the message, from its ingress to the last egress, and
// writes them as one JSON trace message. [Parse] is the way back, for tools.
//
// The package knows names and numbers only: an account is a name, a connection
// a kind and an id. It holds no connection, publishes nothing, and starts no
// goroutine; who sends the trace message, and as whom, is decided by the
// server that imports it.
//
// Ownership: a Recorder belongs to the goroutine that processes the message;
// only that goroutine appends events. A stream that finishes later holds a
// reference and its own [JetStreamEvent]. The last to release publishes.
// There are no locks but the one of [Returns].
package trace
