package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// fakeProcesses are the running servers of a test, and the signals they got.
type fakeProcesses struct {
	pids []int
	got  []string
}

func (f *fakeProcesses) signaller() signaller {
	return signaller{
		program: "midge",
		running: func() ([]int, error) { return slices.Clone(f.pids), nil },
		kill: func(pid int, sig syscall.Signal) error {
			if !slices.Contains(f.pids, pid) {
				return syscall.ESRCH
			}
			f.got = append(f.got, fmt.Sprintf("%d %v", pid, sig))
			return nil
		},
	}
}

// Which processes a --signal reaches, and what it says otherwise. [C-12]
func TestSignalTargets(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.pid": "12", "b.pid": "13\n", "bad.pid": "fish", "zero.pid": "0"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, c := range []struct {
		running, value, want, err string
	}{
		{"12", "reload", "12 hangup", ""},
		{"12", "ldm=12", "12 user defined signal 2", ""},
		{"12 13", "reopen=a.pid", "12 user defined signal 1", ""},
		{"12 13", "quit=b.pid", "13 interrupt", ""},
		{"12 13 24", "stop=*", "12 killed,13 killed,24 killed", ""},
		{"12 13 24", "term=1*", "12 terminated,13 terminated", ""},
		{"12 13", "term=a*", "12 terminated", ""},
		{"12 13", "term=./[ab].pid*", "12 terminated,13 terminated", ""},
		{"", "reload", "", "no midge processes running"},
		{"12", "reload=3*", "", "no midge processes running"},
		{"12 13", "reload", "", "multiple midge processes running:\n12\n13"},
		{"12", "reload=99999999", "", "\nsignal \"reload\" 99999999: no such process"},
		{"12", "reload=nofile.pid", "", "invalid pid: nofile.pid"},
		{"12", "reload=bad.pid", "", "invalid pid: bad.pid holds no process id"},
		{"12", "stop=zero.pid", "", "invalid pid: zero.pid holds no process id"},
		{"12", "stop=-1", "", "invalid pid: -1"},
		{"12", "stop=x*", "", `no pid file matches "x*"`},
		{"12", "fish=12", "", `unknown signal "fish"`},
		{"12", "fish", "", `unknown signal "fish"`},
	} {
		var f fakeProcesses
		for _, s := range strings.Fields(c.running) {
			pid, err := strconv.Atoi(s)
			if err != nil {
				t.Fatal(err)
			}
			f.pids = append(f.pids, pid)
		}
		text := ""
		if err := f.signaller().send(c.value); err != nil {
			text = err.Error()
		}
		if got := strings.Join(f.got, ","); got != c.want || text != c.err {
			t.Errorf("--signal %s with %q running: signals %q, error %q; want %q, %q", c.value, c.running, got, text, c.want, c.err)
		}
	}
}

// Only servers of this program count: neither this process, nor its tools, nor
// others.
func TestServerProcesses(t *testing.T) {
	proc := t.TempDir()
	add := func(pid, exe string, args ...string) {
		dir := filepath.Join(proc, pid)
		if err := errors.Join(
			os.Mkdir(dir, 0o700),
			os.WriteFile(filepath.Join(dir, "cmdline"), []byte(strings.Join(args, "\x00")+"\x00"), 0o600),
		); err != nil {
			t.Fatal(err)
		}
		if exe == "" {
			return
		}
		if err := os.Symlink(exe, filepath.Join(dir, "exe")); err != nil {
			t.Fatal(err)
		}
	}
	add("30", "/usr/bin/midge", "midge", "-c", "x.conf")
	add("4", "/usr/bin/midge (deleted)", "/usr/bin/midge")
	add("5", "/usr/bin/midge", "midge", "trace", "foo")
	add("6", "/usr/bin/vi", "midge")
	add("7", "", "/opt/midge", "-D") // of another user
	add("8", "/usr/bin/midge", "midge", "--signal", "reload")
	add("self", "/usr/bin/midge", "midge")
	if err := os.Mkdir(filepath.Join(proc, "9"), 0o700); err != nil { // ended meanwhile
		t.Fatal(err)
	}
	got, err := serverProcesses(proc, "midge", 8)
	if want := []int{4, 7, 30}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := serverProcesses(filepath.Join(proc, "none"), "midge", 8); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without /proc: %v", err)
	}
}
