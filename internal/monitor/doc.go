// Package monitor shows what a server is doing: the pages of the monitoring
// endpoint, whose shapes the system account's services answer with as well,
// and the list of closed connections.
//
// It only reads snapshots. All JSON of the endpoint is here.
package monitor
