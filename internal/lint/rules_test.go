package lint

import (
	"go/ast"
	"go/token"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A difference between kinds of connections is a row of a table in these files,
// or lives in a protocol package; it is not a test strewn over the code.
var kindFiles = []string{"core/kind.go", "core/audience.go"}

func TestKindsAreComparedInOnePlace(t *testing.T) {
	all := sources(t)
	kinds := kindConstants(all)
	if len(kinds) == 0 {
		t.Fatal("core/kind.go has no constants")
	}
	for _, s := range all {
		if s.test() || slices.Contains(kindFiles, s.path) {
			continue
		}
		inCore := strings.HasPrefix(s.path, "core/")
		isKind := func(e ast.Expr) bool {
			switch e := e.(type) {
			case *ast.Ident:
				return inCore && kinds[e.Name]
			case *ast.SelectorExpr:
				x, ok := e.X.(*ast.Ident)
				return ok && x.Name == "core" && kinds[e.Sel.Name]
			}
			return false
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && (isKind(n.X) || isKind(n.Y)) {
					t.Errorf("%s: compares kinds; ask a table in %v", s.at(n), kindFiles)
				}
			case *ast.CaseClause:
				if slices.ContainsFunc(n.List, isKind) {
					t.Errorf("%s: switches on kinds; ask a table in %v", s.at(n), kindFiles)
				}
			}
			return true
		})
	}
}

// kindConstants finds the constants of type Kind.
func kindConstants(all []source) map[string]bool {
	kinds := map[string]bool{}
	for _, s := range all {
		if s.path != "core/kind.go" {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				for _, name := range spec.Names {
					if strings.HasPrefix(name.Name, "Kind") {
						kinds[name.Name] = true
					}
				}
			}
			return true
		})
	}
	return kinds
}

// calls visits the calls of functions of a package of the standard library.
func calls(s source, pkg string, visit func(call ast.Node, name string)) {
	ast.Inspect(s.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == pkg {
				visit(call, sel.Sel.Name)
			}
		}
		return true
	})
}

// A library does not print. A command may, and an example must.
func TestOnlyCommandsPrint(t *testing.T) {
	for _, s := range sources(t) {
		if s.command() || strings.HasSuffix(s.path, "example_test.go") {
			continue
		}
		calls(s, "fmt", func(n ast.Node, name string) {
			if strings.HasPrefix(name, "Print") {
				t.Errorf("%s: fmt.%s outside a command", s.at(n), name)
			}
		})
	}
}

// A goroutine has a documented end and somebody who waits for it.
func TestGoroutinesStartInGroups(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || strings.HasPrefix(s.path, "internal/group/") {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a go statement; use internal/group", s.at(g))
			}
			return true
		})
	}
}

// A test waits for what it expects, or for the fake clock of a bubble.
func TestTestsDoNotSleep(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test() {
			continue
		}
		calls(s, "time", func(n ast.Node, name string) {
			if name == "Sleep" {
				t.Errorf("%s: a test that sleeps", s.at(n))
			}
		})
	}
}

// Nothing names the place where it was made: paths of a workplace and the
// proxy that a build happened to use mean nothing to a reader. The words are
// put together here, so that this file does not contain them.
func TestNoTraceOfTheWorkplace(t *testing.T) {
	words := regexp.MustCompile(`(^|[^\w.-])/(` + "wo" + `rk|ro` + `ot|tmp/` + `h)/[\w.]`)
	todo := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b[:( ]`)
	proxies := proxyHosts(t)
	for _, f := range textFiles(t) {
		for i, line := range strings.Split(string(f.data), "\n") {
			if w := words.FindString(line); w != "" {
				t.Errorf("%s:%d: a path of the workplace: %s", f.path, i+1, w)
			}
			for _, host := range proxies {
				if strings.Contains(line, host) {
					t.Errorf("%s:%d: names the module proxy %s", f.path, i+1, host)
				}
			}
			if strings.HasSuffix(f.path, ".go") && todo.MatchString(line) {
				t.Errorf("%s:%d: something left to do", f.path, i+1)
			}
		}
	}
}

// proxyHosts gives the hosts from which this machine loads modules, but for the
// public one.
func proxyHosts(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("go", "env", "GOPROXY", "GONOSUMDB")
	cmd.Env = os.Environ()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	var hosts []string
	for _, word := range strings.FieldsFunc(string(out), func(r rune) bool { return strings.ContainsRune(",| \n", r) }) {
		u, err := url.Parse(word)
		if err != nil || u.Hostname() == "" || strings.HasSuffix(u.Hostname(), "golang.org") {
			continue
		}
		if h := u.Hostname(); h != "localhost" && !strings.HasPrefix(h, "127.") {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// Targets, not limits: what grows beyond them is named when the test runs with
// -v.
const (
	fileLines     = 400
	functionLines = 70
	coreLines     = 5000
)

// Sizes are only reported.
func TestSizes(t *testing.T) {
	core := 0
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		n := s.lines(s.ast)
		if strings.HasPrefix(s.path, "core/") {
			core += n
		}
		if n > fileLines {
			t.Logf("%s: %d lines, the target is %d", s.path, n, fileLines)
		}
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.lines(f) > functionLines {
				t.Logf("%s: %s has %d lines, the target is %d", s.at(f), f.Name.Name, s.lines(f), functionLines)
			}
		}
	}
	if core > coreLines {
		t.Logf("core has %d lines, its budget is %d", core, coreLines)
	}
}
