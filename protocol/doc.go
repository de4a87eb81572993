// Package protocol is the text protocol that clients, routes, gateways and
// leafnodes speak: reading operations, writing control lines, header blocks,
// INFO and CONNECT, and the errors with their exact wire texts.
//
// It is grammar only. It knows no connection, account or subscription, does no
// I/O, starts no goroutine and never logs; it judges what can be judged from the
// bytes and the fields of Parser alone. Subjects are not validated here.
//
// # Reading
//
// Parser.Next is a function of the unread bytes of a connection. It keeps
// nothing between calls, so the read loop owns the only copy of partial input:
//
//	buffer:  | PUB a 5 CRLF hello CRLF | PUB b 1000 CRLF the first by | free
//	           consumed: n bytes         OpNone: n more bytes needed
//
// The operations, with [optional] and <named> parts; words in any case,
// arguments separated by runs of blanks, lines ended by CRLF or LF [client.md 1.3]:
//
//	CONNECT <json>                             client, links
//	INFO <json>                                client, links
//	PUB <subject> [reply] <#bytes>             client; payload and CRLF follow
//	HPUB <subject> [reply] <#hdr> <#total>     client; header block, payload and CRLF follow
//	SUB <subject> [queue] <sid>                client
//	UNSUB <sid> [max]                          client
//	PING, PONG, +OK, -ERR <text>               client, links
//
// On links, where ... stands for <subject> [reply], or <subject> | <queue>...,
// or <subject> + <reply> <queue>... [route.md 11, leafnode.md 1]:
//
//	RMSG <account> ... <#bytes>                route, gateway: OpMsg
//	HMSG <account> ... <#hdr> <#total>         route, gateway: OpHMsg
//	LMSG <origin> <account> ... <#hdr> <#total>            route: OpHMsg
//	LMSG ... <#bytes>, HMSG ... <#hdr> <#total>            leafnode: OpMsg, OpHMsg
//	RS+ <account> <subject> [<queue> <weight>]             route, gateway: OpSubscribe
//	RS- <account> <subject> [queue]                        route, gateway: OpUnsubscribe
//	LS+ <origin> <account> <subject> [<queue> <weight>]    route: OpSubscribe
//	LS- [origin] <account> <subject> [queue]               route: OpUnsubscribe
//	LS+ <subject> [<queue> <weight>]                       leafnode: OpSubscribe
//	LS- <subject> [queue]                                  leafnode: OpUnsubscribe
//	A+ <account>, A- <account>                             route, gateway
//
// A route dedicated to one account leaves <account> out.
//
// # Ownership
//
// Parser belongs to one read loop. Its results point into the buffer that was
// given to Next and are valid until the next call: whoever keeps them copies
// them. The Append functions write to the end of dst and keep nothing. Nothing
// on the way of a message allocates.
package protocol
