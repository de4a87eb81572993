package lint

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the import path of the repository.
const module = "github.com/midge-nats/midge"

// Modules that some packages may use.
const (
	xsync      = "golang.org/x/sync"
	xcrypto    = "golang.org/x/crypto"
	nkeys      = "github.com/nats-io/nkeys"
	nuid       = "github.com/nats-io/nuid"
	jwt        = "github.com/nats-io/jwt/v2"
	natsgo     = "github.com/nats-io/nats.go"
	compress   = "github.com/klauspost/compress"
	cobra      = "github.com/spf13/cobra"
	pflag      = "github.com/spf13/pflag"
	xsys       = "golang.org/x/sys"
	prometheus = "github.com/prometheus/client_golang"
)

// helpers know nothing of messaging; everything from core up may use them.
var helpers = []string{
	"internal/bufpool", "internal/queue", "internal/netx", "internal/logging", "internal/group", "internal/must",
}

// A layer says what a package may import: packages of this module by their
// path within it, other modules by their whole path. "x/..." is x and
// everything below it. The standard library is allowed but for never.
type layer struct {
	packages []string
	may      []string
	never    []string
}

// graph is the package graph of docs/architecture.md, from the bottom up. A
// package that is not in it fails the test: give it its place.
var graph = []layer{
	{packages: []string{"internal/subject", "internal/bufpool", "internal/queue", "internal/netx", "internal/logging", "internal/must"}},
	{packages: []string{"internal/group"}, may: []string{xsync}},
	{packages: []string{"conf"}, may: []string{"internal/subject"}},
	{packages: []string{"protocol", "internal/sublist"}, may: []string{"internal/subject"}},
	{packages: []string{"trace"}, may: []string{"internal/subject", compress}},

	{ // Core NATS: knows no configuration, no JSON, no HTTP, no protocol package.
		packages: []string{"core"},
		may:      join(helpers, "protocol", "internal/sublist", "internal/subject", "trace"),
		never:    []string{"net/http", "encoding/json"},
	},
	{packages: []string{"internal/link"}, may: join(helpers, "core", "protocol", compress)},

	// The protocols see core and never each other.
	{
		packages: []string{"client"},
		may:      join(helpers, "core", "protocol", "internal/subject", "internal/sublist", "trace", "conf"),
	},
	{
		packages: []string{"route", "gateway", "leafnode"},
		may: join(helpers, "core", "protocol", "internal/subject", "internal/sublist", "trace", "conf",
			"internal/link", compress, nkeys),
	},

	// A store knows records, not connections.
	{packages: []string{"jetstream/store/..."}, may: join(helpers, "internal/subject", "jetstream/store/...", compress, xcrypto)},
	{
		packages: []string{"jetstream"},
		may: join(helpers, "core", "jetstream/store/...", "protocol", "internal/subject", "internal/sublist", "trace",
			"conf", xsync),
	},

	// They serve any server's trace messages.
	{packages: []string{"trace/link", "trace/render", "trace/otlp"}, may: []string{"trace/..."}},

	{
		packages: []string{"internal/auth", "internal/system", "internal/monitor"},
		may: join(helpers, "core", "protocol", "trace", "conf", "internal/subject", "internal/sublist",
			"internal/monitor", // the system account answers with the monitoring pages
			nkeys, nuid, jwt, xcrypto, xsync, compress),
	},
	{packages: []string{"internal/resolver"}, may: []string{nkeys, jwt}},
	{ // Who is let in beyond what the configuration itself says.
		packages: []string{"internal/operator", "internal/callout"},
		may: join(helpers, "core", "protocol", "conf", "internal/subject", "internal/resolver", "internal/auth",
			"internal/operator", nkeys, nuid, jwt, xsync),
	},
	{ // Knows JSON and Prometheus, nothing of the server.
		packages: []string{"internal/metrics"},
		may:      []string{prometheus},
	},
	{ // The embeddable API: stays light, see TestServerStaysLight.
		packages: []string{"server"},
		may: join(helpers, "core", "client", "route", "gateway", "leafnode", "jetstream/...", "internal/system",
			"internal/auth", "internal/monitor", "internal/operator", "internal/callout", "internal/resolver",
			"internal/link", "conf", "protocol", "trace", "internal/subject",
			"internal/sublist", nkeys, jwt, xcrypto, xsync, compress),
	},
	{ // The command joins everything.
		packages: []string{"cmd/..."},
		may: join(helpers, "server", "conf", "protocol", "trace/...", "jetstream/store/...", "internal/metrics", "internal/subject",
			"cmd/...", "internal/monitor", cobra, pflag, natsgo, nkeys, jwt, xcrypto, xsync, xsys, prometheus),
	},
	{packages: []string{"internal/lint", "internal/testsum"}},
	{packages: []string{"internal/sim"}, may: join(helpers)},
	{packages: []string{"test/..."}, may: []string{"...", natsgo, nkeys, jwt, xcrypto, xsync, compress}, never: []string{module + "/cmd"}},
}

// join gives a new list of helpers and more.
func join(list []string, more ...string) []string {
	return append(slices.Clone(list), more...)
}

// within tells whether path is matched by one of the patterns.
func within(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if p == "..." {
			return true
		}
		if base, ok := strings.CutSuffix(p, "/..."); ok {
			return path == base || strings.HasPrefix(path, base+"/")
		}
		return path == p
	})
}

// listed is what the go command tells about a package.
type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

// goList asks the go command about packages of this module.
func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-e", "-json=ImportPath,Imports,Standard"}, args...)...)
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var list []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		list = append(list, p)
	}
}

func TestImportsFollowTheGraph(t *testing.T) {
	for _, p := range goList(t, "./...") {
		path := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		i := slices.IndexFunc(graph, func(l layer) bool { return within(path, l.packages) })
		if i < 0 {
			t.Errorf("package %s has no place in the graph of imports_test.go", path)
			continue
		}
		for _, imported := range p.Imports {
			if why := forbidden(graph[i], imported); why != "" {
				t.Errorf("%s imports %s: %s", path, imported, why)
			}
		}
	}
}

// forbidden says why a package of the layer may not import something, or
// nothing.
func forbidden(l layer, imported string) string {
	if slices.ContainsFunc(l.never, func(n string) bool { return imported == n || strings.HasPrefix(imported, n+"/") }) {
		return "never from here"
	}
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		if !within(ours, l.may) {
			return "against the package graph"
		}
		return ""
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return "" // the standard library
	}
	if !slices.ContainsFunc(l.may, func(m string) bool { return imported == m || strings.HasPrefix(imported, m+"/") }) {
		return "a module this package may not use"
	}
	return ""
}

// Whoever embeds a server does not take a command-line framework and a metrics
// library along.
func TestServerStaysLight(t *testing.T) {
	heavy := []string{cobra, prometheus, pflag, natsgo}
	for _, p := range goList(t, "-deps", "./server") {
		for _, h := range heavy {
			if p.ImportPath == h || strings.HasPrefix(p.ImportPath, h+"/") {
				t.Errorf("server depends on %s", p.ImportPath)
			}
		}
	}
}

func TestForbidden(t *testing.T) {
	l := layer{may: []string{"core", "jetstream/...", xsync}, never: []string{"net/http"}}
	for imported, allowed := range map[string]bool{
		"fmt":                               true,
		"net":                               true,
		"net/http":                          false,
		"net/http/httptest":                 false,
		module + "/core":                    true,
		module + "/core/x":                  false,
		module + "/jetstream/store/file":    true,
		module + "/server":                  false,
		xsync + "/errgroup":                 true,
		xcrypto + "/bcrypt":                 false,
		"github.com/nats-io/nats-server/v2": false,
	} {
		if got := forbidden(l, imported) == ""; got != allowed {
			t.Errorf("%s: allowed is %v, want %v", imported, got, allowed)
		}
	}
}
