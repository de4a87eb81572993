package logging

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var moment = time.Date(2006, 1, 2, 15, 4, 5, 120_000, time.FixedZone("CET", 3600))

func TestTextLines(t *testing.T) { // [C-14]
	for _, c := range []struct {
		name   string
		format Format
		lv     level
		text   string
		v      []any
		want   string
	}{
		{"reference", Format{PID: 12}, levelInfo, "Listening on %s:%d", []any{"h", 4222}, "[12] 2006/01/02 15:04:05.000120 [INF] Listening on h:4222\n"},
		{"utc", Format{PID: 12, UTC: true}, levelWarn, "w", nil, "[12] 2006/01/02 14:04:05.000120 [WRN] w\n"},
		{"no logtime", Format{PID: 12, NoTime: true}, levelFatal, "f", nil, "[12] [FTL] f\n"},
		{"no pid", Format{}, levelTrace, "<<- [PING]", nil, "2006/01/02 15:04:05.000120 [TRC] <<- [PING]\n"},
		{"colour", Format{NoTime: true, Colour: true}, levelError, "e", nil, "[\x1b[31mERR\x1b[0m] e\n"},
		{"not a format", Format{NoTime: true}, levelDebug, "100%d", nil, "[DBG] 100%d\n"},
	} {
		if got := string(c.format.appendLine(nil, moment, c.lv, c.text, c.v)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestJSONLines(t *testing.T) {
	f := Format{PID: 7, UTC: true, JSON: true, Colour: true}
	line := f.appendLine(nil, moment, levelError, "bad \"%s\"\n\xff", []any{"x"})
	if strings.Count(string(line), "\n") != 1 {
		t.Errorf("more than one line: %q", line)
	}
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	want := map[string]any{"time": "2006-01-02T14:04:05.000120Z", "level": "ERR", "pid": 7.0, "msg": "bad \"x\"\n\ufffd"}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %v, want %v", k, got[k], v)
		}
	}
}

// all logs one line per level.
func all(l Logger) {
	l.Noticef("n")
	l.Warnf("w")
	l.Fatalf("f")
	l.Errorf("e")
	l.Debugf("d")
	l.Tracef("t")
}

func TestLevelsSwitch(t *testing.T) { // [C-18]
	var out strings.Builder
	log := New(NewWriter(&out, Format{NoTime: true}))
	all(log)
	log.SetLevels(true, true)
	all(log)
	want := "[INF] n\n[WRN] w\n[FTL] f\n[ERR] e\n" + "[INF] n\n[WRN] w\n[FTL] f\n[ERR] e\n[DBG] d\n[TRC] t\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	if !log.Debug() || !log.Trace() {
		t.Error("the switches are off")
	}
	log.SetLogger(nil)
	all(log)
	if out.String() != want || log.Logger() != nil {
		t.Error("logged without a logger")
	}
	all(new(Log)) // the zero value drops everything
}

func TestDroppedLinesDoNotAllocate(t *testing.T) {
	log := New(NewWriter(&strings.Builder{}, Format{}))
	if n := testing.AllocsPerRun(100, func() { log.Tracef("<<- [PING]") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFileReopens(t *testing.T) { // [C-15]
	name := filepath.Join(t.TempDir(), "midge.log")
	f, err := OpenFile(name, FileOptions{Format: Format{NoTime: true, Colour: true}})
	if err != nil {
		t.Fatal(err)
	}
	f.Noticef("one")
	if err := os.Rename(name, name+".old"); err != nil {
		t.Fatal(err)
	}
	f.Noticef("two")
	if err := f.Reopen(); err != nil {
		t.Fatal(err)
	}
	f.Noticef("three")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f.Noticef("after Close")
	if got, want := read(t, name+".old"), "[INF] one\n[INF] two\n"; got != want {
		t.Errorf("old file: %q, want %q", got, want)
	}
	if got, want := read(t, name), "[INF] File log re-opened\n[INF] three\n"; got != want {
		t.Errorf("new file: %q, want %q", got, want)
	}
}

func TestFileKeepsOldOneWhenReopenFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(filepath.Join(dir, "x"), FileOptions{Format: Format{NoTime: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Fatal(err)
	}
	if err := f.Reopen(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Reopen: %v", err)
	}
	f.Noticef("still here")
	if got := read(t, filepath.Join(dir+"2", "x")); got != "[INF] still here\n" {
		t.Errorf("got %q", got)
	}
	if _, err := OpenFile(filepath.Join(dir, "x"), FileOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("OpenFile: %v", err)
	}
}

func TestFileRotates(t *testing.T) { // [C-14]
	dir := t.TempDir()
	name := filepath.Join(dir, "midge.log")
	stranger := name + ".keep"
	if err := os.WriteFile(stranger, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(name, FileOptions{Format: Format{NoTime: true}, SizeLimit: 300, MaxFiles: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		f.Noticef("line %3d of a hundred", i)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	backups := f.stream.backups()
	if len(backups) != 2 {
		t.Errorf("kept %q, want 2 beside the current one", backups)
	}
	if _, err := os.Stat(stranger); err != nil {
		t.Error("a file that is no backup was removed")
	}
	if !strings.Contains(read(t, name), "line  99 of") {
		t.Error("the last line is not in the current file")
	}
	for i, b := range backups {
		if !regexp.MustCompile(`\.log\.\d{4}(\.\d\d){5}\.\d{9}$`).MatchString(b) {
			t.Errorf("backup is named %s", b)
		}
		text := read(t, b)
		if len(text) < 300 || len(text) > 400 {
			t.Errorf("%s has %d bytes", b, len(text))
		}
		next := name
		if i+1 < len(backups) {
			next = backups[i+1]
		}
		if first, _, _ := strings.Cut(read(t, next), "\n"); first != `[INF] Rotated log, backup saved as "`+b+"\"\r" {
			t.Errorf("%s begins %q", next, first)
		}
	}
}

// A rotation that does not work costs no line, and is not tried at each line.
func TestFileGoesOnWhenRotationFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(filepath.Join(dir, "x"), FileOptions{Format: Format{NoTime: true}, SizeLimit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		f.Noticef("a line of some length")
	}
	got := read(t, filepath.Join(dir+"2", "x"))
	if n := strings.Count(got, "a line of"); n != 100 {
		t.Errorf("%d lines, want 100", n)
	}
	if n := strings.Count(got, "Unable to rotate"); n < 1 || n > 5 {
		t.Errorf("%d attempts, want one per limit", n)
	}
}

func TestWriterSerialises(t *testing.T) {
	var out strings.Builder
	w := NewWriter(&out, Format{NoTime: true})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				w.Noticef("%s", strings.Repeat("x", 50))
			}
		})
	}
	wg.Wait()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	slices.Sort(lines)
	if len(lines) != 400 || len(slices.Compact(lines)) != 1 {
		t.Error("lines are mixed up")
	}
}

func TestFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if Terminal(f) {
		t.Error("a file counts as a terminal")
	}
}
