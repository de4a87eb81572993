// Package harness runs servers for black-box tests and talks to them, by the
// public client library or byte by byte.
//
// A scenario is a function of a Server. Everywhere runs it once against the
// binary, as a process of its own, and once against an embedded server, so the
// two cannot drift apart:
//
//	func TestEcho(t *testing.T) {
//		harness.Everywhere(t, `max_payload: 1k`, func(t *testing.T, srv harness.Server) {
//			nc := harness.Connect(t, srv)
//			...
//		})
//	}
//
// Every test has servers of its own, on free ports of the loopback address;
// they end with the test, and their log is shown when it fails. Nothing here
// sleeps: a test waits for a message, for the end of a connection, or for a
// condition with Until.
//
// Environment:
//
//	MIDGE_TEST_BIN   the server to run; built from cmd/midge when unset. Any
//	                 NATS server will do, which is how a scenario is proved
//	                 against another one.
//	MIDGE_TEST_ONLY  "binary" or "embedded", to run only that half.
package harness
