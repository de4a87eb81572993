// Package operator is decentralised authentication: an operator's key signs
// accounts, an account's keys sign users, and the server trusts nobody but the
// operators that its configuration names.
//
// A [Trust] knows the operators' keys. A [Manager] has the accounts in use: it
// gets their JWTs from a resolver, compiles claims into the accounts of core,
// and authenticates users ([Manager] is a core.Authenticator). A [Service]
// answers the subjects by which JWTs are pushed, and asks other servers.
//
// An account is named by its public key; what its claims call it is its display
// name. Every token is hostile until its chain of signatures ends at an
// operator.
//
// Locks: Manager.mu guards the table of accounts and is held while claims are
// made to count in core; nothing is fetched under it.
package operator
