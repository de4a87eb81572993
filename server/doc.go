// Package server is midge as a library: it builds a server from options, wires
// its parts, starts, reloads and stops them.
//
// A Go test that embedded a NATS server before changes one import:
//
//	srv, err := server.NewServer(&server.Options{Port: -1})
//	if err != nil { ... }
//	srv.Start()
//	defer srv.Shutdown()
//	if !srv.ReadyForConnections(5 * time.Second) { ... }
//	nc, err := nats.Connect(srv.ClientURL())
//
// With DontListen and InProcessConn no socket is opened at all, and the server
// works inside a testing/synctest bubble.
//
// Construction is pure: NewServer opens nothing. Start binds every listener
// before it serves any. Shutdown is the reverse, and waits for every goroutine.
package server
