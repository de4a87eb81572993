package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/midge-nats/midge/conf"
)

var rewrite = flag.Bool("rewrite", false, "write testdata from what the commands print")

// testProgram is a program whose output a test can read.
type testProgram struct {
	program
	out, errs bytes.Buffer
}

func newTestProgram(env map[string]string) *testProgram {
	p := &testProgram{}
	p.program = program{name: "midge", stdout: &p.out, stderr: &p.errs, getenv: func(k string) string { return env[k] }}
	return p
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// Each mistake is told with its place, its line and a remedy. [C-5]
func TestCheck(t *testing.T) {
	t.Chdir("testdata")
	files, err := filepath.Glob("check/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range append(files, "check/nofile.conf") {
		p := newTestProgram(nil)
		status := p.run([]string{"check", "-c", file})
		golden(t, strings.TrimSuffix(file, ".conf")+".golden", fmt.Sprintf("exit %d\n%s%s", status, p.out.String(), p.errs.String()))
	}
}

// The file may be given in three ways, and must be in one.
func TestCheckFindsItsFile(t *testing.T) {
	const file = "testdata/check/good.conf"
	for _, args := range [][]string{{"-c", file}, {file}} {
		if p := newTestProgram(nil); p.run(append([]string{"check"}, args...)) != 0 {
			t.Errorf("%q: %s", args, p.errs.String())
		}
	}
	if p := newTestProgram(map[string]string{"MIDGE_CONFIG": file}); p.run([]string{"check"}) != 0 {
		t.Errorf("environment: %s", p.errs.String())
	}
	p := newTestProgram(nil)
	if status := p.run([]string{"check"}); status != 1 || !strings.Contains(p.errs.String(), "midge check -c midge.conf") {
		t.Errorf("no file: status %d, %s", status, p.errs.String())
	}
}

// -t says what the reference says, to the letter. [C-6] [C-7]
func TestTestConfig(t *testing.T) {
	for args, want := range map[string]string{
		"-t":                                 "midge: must specify [-c, --config] option to check configuration file syntax\n",
		"-t -c testdata/check/warning.conf":  "midge: testdata/check/warning.conf:1:0: invalid use of field \"ping_interval\": ping_interval should be converted to a duration\n\n",
		"-t -c testdata/check/nofile.conf":   "midge: open testdata/check/nofile.conf: no such file or directory\n",
		"-t -c testdata/check/unclosed.conf": "midge: Parse error on line 4: 'Unexpected EOF processing map.'\n",
	} {
		p := newTestProgram(nil)
		if status := p.run(strings.Fields(args)); status != 1 || p.errs.String() != want {
			t.Errorf("%s: status %d, stderr %q, want %q", args, status, p.errs.String(), want)
		}
	}
	p := newTestProgram(nil)
	status := p.run([]string{"-t", "-c", "testdata/check/start.conf"}) // is refused only at start
	if want := "midge: configuration file testdata/check/start.conf is valid (sha256:"; status != 0 || !strings.HasPrefix(p.errs.String(), want) {
		t.Errorf("status %d, stderr %q", status, p.errs.String())
	}
}

// The mark is below the word, whatever columns and lines a problem names.
func FuzzMarker(f *testing.F) {
	f.Add("\tport: 4222", 2, 2)
	f.Add("prot: 1", 1, 0)
	f.Fuzz(func(t *testing.T, line string, lineNumber, column int) {
		mark := marker(line, conf.Pos{Line: lineNumber, Col: column})
		if mark != "" && !strings.HasSuffix(mark, "^") {
			t.Errorf("mark %q for %q", mark, line)
		}
	})
}
