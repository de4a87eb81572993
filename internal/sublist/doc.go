// Package sublist indexes the subscriptions of an account by subject and
// answers, for a published subject, whom it is for.
//
// Three things carry it:
//
//   - Literal subjects, which most subscriptions are, live in one hash map. An
//     inbox costs a map slot and a leaf of three words, and finding it costs one
//     lookup, however deep the subject is.
//   - Patterns are found by their literal prefix, the tokens before the first
//     wildcard, in a second hash map; only the rest of the pattern is a tree of
//     tokens. A plain token tree pays a dependent memory access per token: with
//     100,000 patterns in use that is most of the time of a match.
//   - Results are immutable and may be kept. A leaf keeps its own, made when it
//     is first asked for, so a subject that only one pattern matches is answered
//     without allocating, and 300,000 subscriptions nobody publishes to pay nothing.
//
// A Cache in front of the index belongs to one publisher and takes no lock. It
// knows by counters, not by messages, when an answer is out of date: see
// Sublist.version.
//
// The package knows nothing of connections or permissions; what T is and what
// else has to change together with the index is for the account to say. One
// mutex, [Sublist] mu, guards everything and nothing is acquired under it.
package sublist
