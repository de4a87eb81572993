// Package gateway joins clusters. Every server has one connection to each other
// cluster, on which it sends messages, and takes any number of them, on which it
// receives messages and says what its whole cluster is interested in.
//
// A [Manager] listens and dials: the clusters that are configured, and those that
// it hears of from others. A [Conn] is one connection, [Conn.Outbound] or
// inbound: unlike on routes, the two ends differ. What comes by a gateway stays
// in the cluster, but for answers, which find their way back to the server that
// asked by the reply subject that was mapped for them.
//
// Every account is interest-only from the beginning, as with all servers since
// 2.9: a cluster is sent what it has said it is interested in. [gateway.md 5]
package gateway
