package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/server"
)

func (p *program) checkCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "check [-c] FILE",
		Short: "Explain every mistake in a configuration file",
		Long: `Explain every mistake in a configuration file: where it is, the line itself, and
what may have been meant. Exit status 1 if a server would not start with it, or
would start with a warning.

Unlike -t this finds what only shows when a server starts, such as an option that
needs another one. Nothing is started, and no port is opened.`,
		Example: `  midge check -c midge.conf
  midge check midge.conf && midge --signal reload`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if file == "" && len(args) > 0 {
				file = args[0]
			}
			if file == "" {
				file = p.getenv("MIDGE_CONFIG")
			}
			if file == "" {
				return withRemedy(errors.New("no configuration file to check"), "name it: midge check -c midge.conf")
			}
			return p.check(file)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "", "configuration `file` ($MIDGE_CONFIG)")
	if err := c.MarkFlagFilename("config"); err != nil {
		panic(err) // the flag was made in the line above
	}
	return c
}

// check prints the findings to stderr, or that there are none to stdout. [C-5]
func (p *program) check(file string) error {
	opts, report, err := conf.Load(file)
	e := explainer{file: file, lines: map[string][]string{}}
	var list *conf.Errors
	switch {
	case errors.As(err, &list):
		for _, problem := range list.Problems {
			e.explain("error", problem)
		}
	case err != nil:
		e.explain("error", located(file, err))
	}
	if report != nil {
		for _, w := range report.Warnings {
			e.explain("warning", w)
		}
		for _, n := range report.Notes {
			e.explain("note", n)
		}
	}
	if err == nil {
		if _, err := server.NewServer(opts); err != nil {
			e.explain("error", conf.Problem{Text: err.Error()})
		}
	}
	fmt.Fprint(p.stderr, e.text.String())
	if e.findings > 0 {
		fmt.Fprintf(p.stderr, "%s: %s\n", file, count(e.findings, "problem"))
		return exitError(1)
	}
	fmt.Fprintf(p.stdout, "%s: valid (%s)\n", file, report.Digest)
	return nil
}

// explainer writes problems with the lines they are in.
type explainer struct {
	file     string // named where a problem tells no place
	text     strings.Builder
	findings int                 // that are not just notes
	lines    map[string][]string // of files that were read
}

// explain writes one problem, the line, a mark below the place, and what may
// have been meant.
func (e *explainer) explain(severity string, problem conf.Problem) {
	if severity != "note" {
		e.findings++
	}
	at := e.file + ": "
	switch {
	case problem.Pos.Line > 0 && problem.Pos.Col == noColumn:
		at = fmt.Sprintf("%s:%d: ", problem.Pos.File, problem.Pos.Line)
	case problem.Pos.Line > 0:
		at = problem.Pos.String() + ": "
	}
	fmt.Fprintf(&e.text, "%s%s: %s\n", at, severity, problem.Text)
	if line, ok := e.line(problem.Pos); ok && strings.TrimSpace(line) != "" {
		margin := strconv.Itoa(problem.Pos.Line)
		fmt.Fprintf(&e.text, "  %s | %s\n", margin, line)
		if mark := marker(line, problem.Pos); mark != "" {
			fmt.Fprintf(&e.text, "  %s | %s\n", strings.Repeat(" ", len(margin)), mark)
		}
	}
	if problem.Hint != "" {
		fmt.Fprintf(&e.text, "  did you mean %q?\n", problem.Hint)
	} else if remedy := remedyFor(problem.Text); remedy != "" {
		fmt.Fprintf(&e.text, "  %s\n", remedy)
	}
	e.text.WriteString("\n")
}

// line gives the text of a line of a configuration file, if it can be read.
func (e *explainer) line(at conf.Pos) (string, bool) {
	if at.Line <= 0 {
		return "", false
	}
	lines, ok := e.lines[at.File]
	if !ok {
		if b, err := os.ReadFile(at.File); err == nil {
			lines = strings.Split(string(b), "\n")
		}
		e.lines[at.File] = lines
	}
	if at.Line > len(lines) {
		return "", false
	}
	return strings.TrimRight(lines[at.Line-1], "\r"), true
}

// marker underlines the word at a place. It keeps the line's tabs, so that it
// is below it however wide they are shown.
func marker(line string, at conf.Pos) string {
	column := at.Col // counts from 0 in the first line [C-5]
	if at.Line > 1 {
		column--
	}
	if column < 0 || column >= len(line) {
		return ""
	}
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, line[:column])
	word := line[column:]
	if end := strings.IndexAny(word, " \t:={}[],;#"); end > 0 {
		word = word[:end]
	}
	return indent + strings.Repeat("^", max(1, len([]rune(word))))
}

// parseErrorLine finds the line in the text of a parse error, and the included
// file it is in.
var (
	parseErrorLine = regexp.MustCompile(`on line (\d+)`)
	includedFile   = regexp.MustCompile(`error parsing include file '([^']*)', (?:Parse|variable)`)
)

// noColumn is the column of a parse error: the texts tell only the line.
const noColumn = -1

// located is a parse error as a problem, with its line if that is known. Of an
// included file only the text tells.
func located(file string, err error) conf.Problem {
	text := err.Error()
	problem := conf.Problem{Text: text}
	if m := parseErrorLine.FindStringSubmatch(text); m != nil && !includedFile.MatchString(text) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			problem.Pos = conf.Pos{File: file, Line: n, Col: noColumn}
		}
	}
	return problem
}

// remedies by what the text of a problem contains.
var remedies = []struct{ text, remedy string }{
	{"Unexpected EOF processing map", "a { further up is not closed by a }"},
	{"Unexpected EOF processing array", "a [ further up is not closed by a ]"},
	{"Unexpected EOF.", "a string or block further up is not closed"},
	{"can not be found", "define the variable before it is used, or in the environment; put the value in quotes if it is none"},
	{"should be converted to a duration", `write the unit too, in quotes, such as "5s" or "2m"`},
	{"no such file or directory", "is the path right? that of an include is relative to the file it stands in"},
	{"interface conversion", "the value is of another kind than the option takes; numbers and true or false stand without quotes"},
	{"to end with a new line", "two entries on one line need a comma between them"},
}

func remedyFor(text string) string {
	for _, r := range remedies {
		if strings.Contains(text, r.text) {
			return r.remedy
		}
	}
	return ""
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
