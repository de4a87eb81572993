package lint

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// source is one Go file.
type source struct {
	path string // from the root of the repository, with slashes
	ast  *ast.File
	fset *token.FileSet
}

// test tells whether the file is only compiled for tests.
func (s source) test() bool {
	return strings.HasSuffix(s.path, "_test.go") || strings.HasPrefix(s.path, "test/")
}

// command tells whether the file belongs to a program, which may print.
func (s source) command() bool { return s.ast.Name.Name == "main" }

// at gives the place of a node for a message.
func (s source) at(n ast.Node) string {
	return strings.TrimPrefix(s.fset.Position(n.Pos()).String(), "/")
}

// lines counts the lines that a node spans.
func (s source) lines(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
}

// root gives the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// textFile is one file of the repository that is not binary.
type textFile struct {
	path string // from the root, with slashes
	data []byte
}

// textFiles reads the whole repository. What a build leaves behind is binary
// and so not part of it.
func textFiles(t *testing.T) []textFile {
	t.Helper()
	dir := root(t)
	var files []textFile
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" {
				return fs.SkipDir
			}
			return nil
		}
		path, err := filepath.Rel(dir, name)
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			return nil // a temporary file of a running build
		}
		if err != nil {
			return err
		}
		if bytes.IndexByte(data[:min(len(data), 8<<10)], 0) < 0 {
			files = append(files, textFile{filepath.ToSlash(path), data})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sources parses every Go file of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	for _, f := range textFiles(t) {
		if !strings.HasSuffix(f.path, ".go") {
			continue
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, f.path, f.data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("parse: %v", err)
			continue
		}
		list = append(list, source{path: f.path, ast: parsed, fset: fset})
	}
	return list
}
