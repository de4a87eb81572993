package lint

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every package says what it is, in one of its files.
func TestPackagesHaveComments(t *testing.T) {
	has := map[string]bool{}
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		dir := path.Dir(s.path)
		has[dir] = has[dir] || s.ast.Doc.Text() != ""
	}
	for dir, ok := range has {
		if !ok {
			t.Errorf("package %s has no comment", dir)
		}
	}
}

// Every exported name has a comment; that of a function or type starts with
// the name.
func TestExportedNamesHaveComments(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || s.command() {
			continue
		}
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) {
					begins(t, s, d, d.Name.Name, d.Doc)
				}
			case *ast.GenDecl:
				checkGroup(t, s, d)
			}
		}
	}
}

// checkGroup checks a declaration of types, constants or variables. In a group
// of constants or variables one comment may serve them all.
func checkGroup(t *testing.T, s source, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			doc := spec.Doc
			if doc == nil && len(d.Specs) == 1 {
				doc = d.Doc
			}
			if spec.Name.IsExported() {
				begins(t, s, spec, spec.Name.Name, doc)
			}
		case *ast.ValueSpec:
			if d.Tok == token.IMPORT || d.Doc != nil || spec.Doc != nil || spec.Comment != nil {
				continue
			}
			for _, name := range spec.Names {
				if name.IsExported() {
					t.Errorf("%s: %s has no comment", s.at(name), name.Name)
				}
			}
		}
	}
}

// exportedReceiver tells whether a function is no method, or one of an exported
// type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr: // a generic type with one parameter
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// begins checks that a comment is there and starts with the name.
func begins(t *testing.T, s source, n ast.Node, name string, doc *ast.CommentGroup) {
	t.Helper()
	text := doc.Text()
	if text == "" {
		t.Errorf("%s: %s has no comment", s.at(n), name)
		return
	}
	for _, article := range []string{"A ", "An ", "The "} {
		text = strings.TrimPrefix(text, article)
	}
	if rest, ok := strings.CutPrefix(text, name); !ok || regexp.MustCompile(`^\w`).MatchString(rest) {
		t.Errorf("%s: the comment of %s does not start with it", s.at(n), name)
	}
}

// The marks that cite a requirement, and where they are defined.
var (
	bracket     = regexp.MustCompile(`\[[^\[\]]*\]`)
	mark        = regexp.MustCompile(`\b(?:[TPCAMRGLJ]|RT|GT)-[0-9]+\b`)
	requirement = regexp.MustCompile(`(?m)^- \*\*((?:[TPCAMRGLJ])-[0-9]+)\*\* |^- ((?:RT|GT)-[0-9]+) `)
	document    = regexp.MustCompile(`\b[a-z][a-z-]*\.(?:md|tsv)\b`)
)

// Every requirement and document that a comment cites is in docs/spec, so that
// a reader finds it.
func TestMarksResolve(t *testing.T) {
	defined, documents := map[string]bool{}, map[string]bool{}
	for _, f := range textFiles(t) {
		documents[path.Base(f.path)] = true
		if !strings.HasPrefix(f.path, "docs/spec/") {
			continue
		}
		for _, m := range requirement.FindAllSubmatch(f.data, -1) {
			defined[string(slices.Concat(m[1], m[2]))] = true
		}
	}
	if len(defined) < 300 {
		t.Fatalf("only %d requirements found in docs/spec", len(defined))
	}
	for _, s := range sources(t) {
		for _, group := range s.ast.Comments {
			for _, b := range bracket.FindAllString(group.Text(), -1) {
				for _, m := range mark.FindAllString(b, -1) {
					if !defined[m] {
						t.Errorf("%s: no requirement %s in docs/spec", s.at(group), m)
					}
				}
				for _, d := range document.FindAllString(b, -1) {
					if !documents[d] {
						t.Errorf("%s: no document %s", s.at(group), d)
					}
				}
			}
		}
	}
	for _, f := range textFiles(t) {
		if !strings.HasSuffix(f.path, ".md") || strings.HasPrefix(f.path, "docs/spec/") {
			continue
		}
		for _, b := range bracket.FindAllString(string(f.data), -1) {
			for _, m := range mark.FindAllString(b, -1) {
				if !defined[m] {
					t.Errorf("%s: no requirement %s in docs/spec", f.path, m)
				}
			}
		}
	}
}
