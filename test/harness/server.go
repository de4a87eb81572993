package harness

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Server is a running server, whichever way it runs.
type Server interface {
	// URL is where clients connect: nats://127.0.0.1:4222.
	URL() string
	// Addr is the same as host:port.
	Addr() string
	// ClusterAddr is the host:port of the route listener, empty without one.
	ClusterAddr() string
	// MonitorURL is the base of the monitoring pages, without a slash behind it.
	MonitorURL() string
	// Reload puts a new configuration in the place of the old one and has the
	// server read it. It does not wait for the effects. Listeners stay as they
	// were: they are left out, or are the same.
	Reload(t testing.TB, config string)
	// LameDuck starts lame duck mode and does not wait for its end.
	LameDuck(t testing.TB)
	// Stop ends the server as an operator would, and waits until it is gone.
	// Stopping twice is the same as once.
	Stop(t testing.TB)
	// Done is closed when the server is gone.
	Done() <-chan struct{}
	// Embedded tells whether the server runs inside the test.
	Embedded() bool
	// Log is what the server has logged so far.
	Log() string
}

// Everywhere runs a scenario against the binary and against an embedded server,
// each with a server of its own.
func Everywhere(t *testing.T, config string, scenario func(t *testing.T, srv Server)) {
	t.Helper()
	EverywhereStarted(t, func(t *testing.T, start Starter) { scenario(t, start(t, config)) })
}

// Starter starts a server with a configuration. Without listen and http in it
// they are put on free ports of the loopback address.
type Starter func(t testing.TB, config string) Server

// EverywhereStarted is Everywhere for scenarios that start servers themselves:
// several, or one again.
func EverywhereStarted(t *testing.T, scenario func(t *testing.T, start Starter)) {
	t.Helper()
	t.Parallel()
	for _, way := range ways {
		if only := os.Getenv("MIDGE_TEST_ONLY"); only != "" && only != way.name {
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			scenario(t, way.start)
		})
	}
}

// ways are the ways in which a server can run.
var ways = []struct {
	name  string
	start Starter
}{
	{"binary", StartBinary},
	{"embedded", StartEmbedded},
}

// StartAny starts the server that MIDGE_TEST_ONLY asks for, an embedded one if
// it says nothing: for benchmarks.
func StartAny(t testing.TB, config string) Server {
	if os.Getenv("MIDGE_TEST_ONLY") == "binary" {
		return StartBinary(t, config)
	}
	return StartEmbedded(t, config)
}

// A listener of the server itself stands at the start of a line; that of a
// cluster does not.
var (
	hasListen = regexp.MustCompile(`(?m)^listen:`)
	hasHTTP   = regexp.MustCompile(`(?m)^http:`)
)

// complete adds the listeners that a configuration leaves out.
func complete(config string) string {
	var b strings.Builder
	if !hasListen.MatchString(config) {
		b.WriteString("listen: \"127.0.0.1:-1\"\n")
	}
	if !hasHTTP.MatchString(config) {
		b.WriteString("http: \"127.0.0.1:-1\"\n")
	}
	b.WriteString(config)
	b.WriteString("\n")
	return b.String()
}

// Needs skips a test, out loud, on a server older than the feature: scenarios
// are also run against other servers than midge.
func Needs(t testing.TB, srv Server, version, feature string) {
	t.Helper()
	have := ReadInfo(t, srv).Version
	if olderThan(have, version) {
		t.Skipf("SKIPPED: %s needs version %s, this server says it is %s", feature, version, have)
	}
}

// olderThan compares versions by their first two numbers.
func olderThan(have, want string) bool {
	h, w := numbers(have), numbers(want)
	return h[0] < w[0] || h[0] == w[0] && h[1] < w[1]
}

func numbers(version string) (n [2]int) {
	for i, part := range strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3) {
		if i < len(n) {
			n[i], _ = strconv.Atoi(part) // 0 for what is no number
		}
	}
	return n
}
