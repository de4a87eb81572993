// Command testsum reads the output of go test -json and says what came of it:
// which tests failed, with their output, which were skipped, and as its last
// line how many of each.
//
//	go test -json ./... | go run ./internal/testsum
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// sum is what came of the tests.
type sum struct {
	passed, failed, skipped int
	output                  map[string][]string // by package and test
	broken                  map[string]bool     // packages that failed
	brief                   bool
}

func main() {
	brief := flag.Bool("brief", false, "say only what failed or was skipped, without the closing line")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: testsum [-brief] [FILE...]\n\nexample: go test -json ./... | testsum")
		flag.PrintDefaults()
	}
	flag.Parse()
	s := &sum{output: make(map[string][]string), broken: make(map[string]bool), brief: *brief}
	inputs := flag.Args()
	if len(inputs) == 0 {
		s.read(os.Stdin)
	}
	for _, name := range inputs {
		f, err := os.Open(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		s.read(f)
		f.Close() //nolint:errcheck // it was only read
	}
	if *brief {
		fmt.Printf("%d passed, %d failed, %d skipped so far\n", s.passed, s.failed, s.skipped)
		return
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	if s.failed > 0 {
		os.Exit(1)
	}
}

// read takes one stream of events.
func (s *sum) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text()) // a build failed
			continue
		}
		s.take(e)
	}
}

func (s *sum) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		s.output[key] = append(s.output[key], e.Output)
	case "pass":
		if e.Test != "" {
			s.passed++
		}
		delete(s.output, key)
	case "skip":
		if e.Test != "" {
			s.skipped++
			if s.brief {
				fmt.Printf("skipped %s\n%s", key, strings.Join(s.output[key], ""))
			}
		}
	case "fail":
		if e.Test == "" && s.broken[e.Package] {
			return // its tests were told
		}
		s.broken[e.Package] = true
		s.failed++
		if s.brief {
			fmt.Printf("FAILED %s\n%s", key, strings.Join(s.output[key], ""))
		}
	}
}
