package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// list is an array as plain gives it.
type list = []any

// Every form of a value gives what it stands for. [C-1] [C-3]
func TestValues(t *testing.T) {
	for text, want := range map[string]any{
		`v 1`: int64(1), `v=1`: int64(1), `v: 1`: int64(1), `v = 1 # c`: int64(1), `v: 1 // c`: int64(1), `"v": 1`: int64(1), `'v' 1`: int64(1),
		"v\n1": int64(1), `v: -1`: int64(-1), `v: 08`: int64(8),
		`v: 2k`: int64(2000), `v: 2kb`: int64(2048), `v: 2Ki`: int64(2048), `v: 2KiB`: int64(2048), `v: 1m`: int64(1e6), `v: 1MB`: int64(1 << 20),
		`v: 3g`: int64(3e9), `v: 1gib`: int64(1 << 30), `v: 1t`: int64(1e12), `v: 1pb`: int64(1 << 50), `v: 1e`: int64(1e18), `v: -1kb`: int64(-1024),
		`v: 9223372036854775807`: int64(1<<63 - 1),
		`v: 1.5`:                 1.5, `v: -0.25`: -0.25,
		`v: true`: true, `v: YES`: true, `v: On`: true, `v: false`: false, `v: no`: false, `v: oFF`: false,
		`v: "true"`: "true", `v: truex`: "truex", `v: 'no'`: "no",
		`v: 127.0.0.1`: "127.0.0.1", `v: 12abc`: "12abc", `v: 10s`: "10s", `v: 1m30s`: "1m30s", `v: 5k.6`: "5k.6", `v: 127.0.0.1:4222`: "127.0.0.1:4222",
		`v: 2006-01-02T15:04:05Z`: time.Date(2006, 1, 2, 15, 4, 5, 0, time.UTC),
		`v: a/b//c#d`:             "a/b//c#d", `v: a:b=c`: "a:b=c", `v: é`: "é",
		`v: "a\tb\n\r\"\\\x2e"`: "a\tb\n\r\"\\.", `v: a\x20b`: "a b", `v: 'a\tb'`: `a\tb`, "v: \"a\nb\"": "a\nb", "v: 'a\nb'": "a\nb",
		"v: (\nx\n y\n)\n": "\nx\n y\n", "v: (x)\n )\n)": "x)\n )\n", "v: (\r\nx\r\n)\r\n": "\r\nx\r\n", "v: (\n)  ": "\n",
		`v: $2a$04$abc.d/e`: "$2a$04$abc.d/e",
		`v: []`:             list{}, `v: [a, "b", 3]`: list{"a", "b", int64(3)}, "v: [a\n b # c\n\n c, // d\n]": list{"a", "b", "c"}, `v: [[1],[2,]]`: list{list{int64(1)}, list{int64(2)}},
		`v {}`: map[string]any{}, "v\n{\n a b\n}": map[string]any{"a": "b"}, "v {a:\n b}": map[string]any{"a": "b"},
		`v: {a 1, b: {c=[{d: e}]}; f "g"}`:           map[string]any{"a": int64(1), "b": map[string]any{"c": list{map[string]any{"d": "e"}}}, "f": "g"},
		`{"v": {"a": [1, 2.5, true, "x"], "b": {}}}`: map[string]any{"a": list{int64(1), 2.5, true, "x"}, "b": map[string]any{}},
		"# c\n // c\n {\n\"v\": 1,\n}\n# c":          int64(1),
		`x: 1; v: $x`:                                int64(1), `x: {y: 1}, v: [$x, $x]`: list{map[string]any{"y": int64(1)}, map[string]any{"y": int64(1)}},
		`x: 1, v {x: 2, y: $x}`: map[string]any{"x": int64(2), "y": int64(2)}, `x: 1, v {y: $x, x: 2}`: map[string]any{"y": int64(1), "x": int64(2)},
		`x: 1, x: 2, v: $x`: int64(2), `v: 1, v: 2`: int64(2), `v: "$x"`: "$x", `v: a$x`: "a$x",
	} {
		tr, err := parseText(text, "t.conf")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := tr.get("v").node.plain(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %#v, want %#v", text, got, want)
		}
	}
}

// What is not the language is refused with the line and the reference's words. [C-1]
func TestParseErrors(t *testing.T) {
	const escapes = `Only the following escape characters are allowed: \xXX, \t, \n, \r, \", \\.`
	for text, want := range map[string]string{
		`port: 4222 host: "a"`:    `1: 'Expected a top-level value to end with a new line, comment or EOF, but got 'h' instead.'`,
		"a: 1\nmax_payload: 1.5G": `2: 'Expected a top-level value to end with a new line, comment or EOF, but got 'G' instead.'`,
		"max_payload: 1 k":        `1: 'Expected a top-level value to end with a new line, comment or EOF, but got 'k' instead.'`,
		"a: b é":                  `1: 'Expected a top-level value to end with a new line, comment or EOF, but got 'é' instead.'`,
		"cluster {\n a b }\n}":    `3: 'Unexpected key separator '}''`,
		"cluster { name: c\n":     `2: 'Unexpected EOF processing map.'`,
		"cluster { a: 1G x }":     `1: 'Expected a map value terminator "," or a map terminator "}", but got 'x' instead.'`,
		"cluster { a: b ]":        `1: 'Expected a map value terminator "," or a map terminator "}", but got ']' instead.'`,
		"t: [a b]":                `1: 'Expected an array value terminator "," or an array terminator "]", but got 'b' instead.'`,
		"t: [a}":                  `1: 'Expected an array value terminator "," or an array terminator "]", but got '}' instead.'`,
		"t: [\na\n":               `3: 'Unexpected EOF processing array.'`,
		"t: [a,,b]":               `1: 'Unexpected array value terminator ','.'`,
		`s: "a\q"`:                `1: 'Invalid escape character 'q'. ` + escapes + `'`,
		`s: a\qb`:                 `1: 'Invalid escape character 'q'. ` + escapes + `'`,
		`s: "\xZZ"`:               `1: 'Expected two hexadecimal digits after '\x', but got 'ZZ''`,
		`s: "\x4`:                 `1: 'Expected two hexadecimal digits after '\x', but hit EOF'`,
		`s: "a\`:                  `1: 'Unexpected EOF.'`,
		"s: \"abc\nport: 1\n":     `3: 'Unexpected EOF.'`,
		"s: 'abc":                 `1: 'Unexpected EOF.'`,
		"s: (\nabc":               `2: 'Unexpected EOF processing block.'`,
		"s: (\nabc )":             `2: 'Unexpected EOF processing block.'`,
		"port:\n":                 `2: 'Expected value but found new line'`,
		"port:":                   `1: 'Unexpected EOF.'`,
		"port":                    `1: 'Unexpected EOF.'`,
		"c { port: }":             `1: 'Expected value but found '}''`,
		": 1":                     `1: 'Unexpected key separator ':''`,
		"include\nx":              `2: 'Expected include value but found new line'`,
		"include ":                `1: 'Expected the name of a file to include'`,
		"{a: 1}\nb: 2":            `2: 'Expected the end of the file behind the outermost map, but got 'b' instead.'`,
		"n: 9223372036854775808":  `1: 'Integer '9223372036854775808' is out of the range.'`,
		"n: 99e":                  `1: 'Integer '99e' is out of the range.'`,
		"n: -9223372036854775k":   "",
		"n: -9223372036854776k":   `1: 'Integer '-9223372036854776k' is out of the range.'`,
		"d: 2006-13-02T15:04:05Z": `1: 'Expected Zulu formatted DateTime, but got '2006-13-02T15:04:05Z''`,
	} {
		_, err := parseText(text, "t.conf")
		if got := fmt.Sprint(err); want != "" && got != "Parse error on line "+want || want == "" && err != nil {
			t.Errorf("%q gives %s\nwant Parse error on line %s", text, got, want)
		}
	}
}

// A variable is what was defined before, inside before outside, file before
// environment. [C-4]
func TestVariables(t *testing.T) {
	t.Setenv("MIDGE_NUMBER", "5")
	t.Setenv("MIDGE_LIST", "[a, b]")
	t.Setenv("MIDGE_NEST", "$MIDGE_NUMBER")
	t.Setenv("MIDGE_RING", "$MIDGE_GNIR")
	t.Setenv("MIDGE_GNIR", "$MIDGE_RING")
	t.Setenv("MIDGE_BAD", "[a")
	t.Setenv("MIDGE_EMPTY", "")
	for text, want := range map[string]any{
		"v: $MIDGE_NUMBER": int64(5), "v: $MIDGE_NEST": int64(5), "v: $MIDGE_LIST": list{"a", "b"},
		"MIDGE_NUMBER: x, v: $MIDGE_NUMBER":    "x",
		"v: $MIDGE_RING":                       "variable reference cycle for 'MIDGE_RING'",
		"v: $MIDGE_BAD":                        "Parse error on line 1: 'Unexpected EOF processing array.'",
		"v: $MIDGE_EMPTY":                      "Parse error on line 1: 'Unexpected EOF.'",
		"v: $MIDGE_NONE":                       "variable reference for 'MIDGE_NONE' on line 1 can not be found",
		"v: $v":                                "variable reference for 'v' on line 1 can not be found",
		"\nv: $MIDGE_A\nMIDGE_A: 1":            "variable reference for 'MIDGE_A' on line 2 can not be found",
		"c {MIDGE_A: 1}\nv: $MIDGE_A":          "variable reference for 'MIDGE_A' on line 2 can not be found",
		"v: ${HOME}":                           "variable reference for '{HOME' on line 1 can not be found",
		"v: $":                                 "variable reference for '' on line 1 can not be found",
		"v: $2b$04$abc":                        "variable reference for '2b$04$abc' on line 1 can not be found",
		"MIDGE_A: $MIDGE_B\nMIDGE_B: $MIDGE_A": "variable reference for 'MIDGE_B' on line 1 can not be found",
	} {
		tr, err := parseText(text, "t.conf")
		if s, ok := want.(string); ok && err != nil {
			if !strings.HasSuffix(err.Error(), s) {
				t.Errorf("%q: error %v, want %s", text, err, s)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := tr.get("v").node.plain(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %#v, want %#v", text, got, want)
		}
	}
}

// write puts files into a new folder and gives the path of the first.
func write(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, files[0])
}

// Included entries stand where the include does; the path counts from the file
// with the include; variables come out of a file and do not go in. [C-1]
func TestIncludes(t *testing.T) {
	tr, err := parseFile(write(t,
		"main.conf", "include ./sub/a.conf\nv: $X\nm { include 'sub/b.conf', n: 2 }\n",
		"sub/a.conf", "X: 1\ninclude \"b.conf\"\n",
		"sub/b.conf", "b: yes"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"X": int64(1), "b": true, "v": int64(1), "m": map[string]any{"b": true, "n": int64(2)}}
	if got := (&node{value: tr}).plain(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v", got)
	}
	main := write(t, "main.conf", "PW: x\ninclude hidden.conf\n", "hidden.conf", "token: $PW", "missing.conf", "include ./none.conf")
	if _, err := parseFile(main); fmt.Sprint(err) != "error parsing include file 'hidden.conf', variable reference for 'PW' on line 1 can not be found" {
		t.Errorf("hidden variable: %v", err)
	}
	dir := filepath.Dir(main)
	if _, err := parseFile(filepath.Join(dir, "missing.conf")); fmt.Sprint(err) != "error parsing include file './none.conf', open "+dir+"/none.conf: no such file or directory" {
		t.Errorf("missing file: %v", err)
	}
}

// Nothing that a file can say takes more than its share of the machine.
func TestHostileFiles(t *testing.T) {
	var bomb, chain strings.Builder
	bomb.WriteString("v0: [a, a]\n")
	for i := range 60 {
		fmt.Fprintf(&bomb, "v%d: [$v%d, $v%d]\n", i+1, i, i)
	}
	chain.WriteString("v0: {}\n")
	for i := range 1000 {
		fmt.Fprintf(&chain, "v%d: {x: $v%d}\n", i+1, i)
	}
	for name, c := range map[string]struct{ text, want string }{
		"maps in maps":             {strings.Repeat("a {", 1e6), "nested more than 200 deep"},
		"arrays in arrays":         {"a: " + strings.Repeat("[", 1e6), "nested more than 200 deep"},
		"maps by variables":        {chain.String(), "nested more than 200 deep by variable"},
		"variables of variables":   {bomb.String(), "Variables stand for more than 1048576 values"},
		"a file that has itself":   {"include main.conf", "files include each other more than 20 deep"},
		"a file that has it twice": {"include twice.conf\ninclude twice.conf", "more than 20 deep"},
		"many files":               {strings.Repeat("include empty.conf\n", 10_001), "more than 10000 files in all"},
		"nul bytes":                {"a: \x00 \x00", "Expected a top-level value to end"},
		"not UTF-8":                {"a: \xff\xfe b", "but got 'b'"},
		"a folder":                 {"include .", "is a directory"},
	} {
		main := write(t, "main.conf", c.text, "twice.conf", "include twice.conf\ninclude twice.conf", "empty.conf", "")
		if _, err := parseFile(main); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %.300v, want %q", name, err, c.want)
		}
	}
}

// The digest is the hash of the sorted JSON with a new line, so the layout does
// not count and every value does.
func TestDigest(t *testing.T) {
	digest := func(text string) string {
		t.Helper()
		tr, err := parseText(text, "t.conf")
		if err != nil {
			t.Fatal(err)
		}
		d, err := tr.digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	// printf '{"a":[true,"x"],"b":1024}\n' | sha256sum
	const want = "sha256:93da06a2d7e8fb33c65cf7b343e2d1d854e13ff01bee37185eee25cc5eb57117"
	if got := digest("b: 1kb # c\na = [yes\n x]"); got != want {
		t.Errorf("digest is %s, want %s", got, want)
	}
	if digest("a: 1, b: 2") != digest("{\"b\": 2,\n \"a\": 1}") {
		t.Error("the layout changes the digest")
	}
	if digest("a: 1") == digest("a: 2") {
		t.Error("a value does not change the digest")
	}
}
