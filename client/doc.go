// Package client is the client protocol on top of core: INFO and CONNECT,
// publishing, subscribing, verbose and pedantic answers, and where a client's
// message begins to be traced.
//
// A [Server] makes a [Conn] of each accepted socket and serves it on the
// caller's goroutine. Everything a Conn does with operations happens on that
// read loop; other goroutines only send INFO, or look at what it announced.
package client
