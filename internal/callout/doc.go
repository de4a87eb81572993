// Package callout has authentication done by a service: the server asks on a
// subject of an account who a client is, and the answer is a user JWT. [ADR-26]
//
// An [Asker] asks and checks that the answer is what was asked for. [Static] is
// the core.Authenticator of a configuration with auth_callout; in operator mode
// package operator uses the Asker for accounts whose claims want it.
package callout
