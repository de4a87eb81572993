// Package system is what a server says and answers in its system account:
// events about connections and about itself, and the services under $SYS.REQ
// that tools ask.
//
// A [System] has one goroutine, which owns its publisher; everybody else queues
// work for it. Nothing is encoded for a subject that nobody listens to.
package system
