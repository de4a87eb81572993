package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// runServer reads the server's command line and does what it asks: to show
// something, to signal or check, or to be a server. The order in which these
// are looked at is the reference's. [C-11]
func (p *program) runServer(args []string) int {
	values, words, err := serverArgs(args)
	if err != nil {
		return p.badUsage(err)
	}
	switch {
	case values.is("version"):
		p.printVersion()
		return 0
	case values.is("help"):
		p.printUsage()
		return 0
	case values.is("help_tls"):
		fmt.Fprintf(p.stdout, helpTLS, p.name)
		return 0
	case len(words) > 0:
		return p.runWord(words[0])
	}
	if signal, ok := values.text("signal"); ok {
		if err := p.sendSignal(signal); err != nil {
			return p.fail(err)
		}
		return 0
	}
	if err := values.addEnvironment(p.getenv); err != nil {
		return p.fail(withRemedy(err, "correct or unset the variable"))
	}
	if values.is("t") {
		return p.testConfig(values)
	}
	return p.serve(values)
}

// badUsage reports a flag that cannot be read. The reference exits with 0
// here, and scripts that probe for flags rely on it. [C-11]
func (p *program) badUsage(err error) int {
	fmt.Fprintln(p.stderr, err)
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		if near := nearFlag(name); near != "" {
			fmt.Fprintf(p.stderr, "  did you mean --%s?\n", near)
		}
	}
	p.printUsage()
	return 0
}

// runWord handles a word where flags are expected.
func (p *program) runWord(word string) int {
	switch strings.ToLower(word) {
	case "version":
		p.printVersion()
		return 0
	case "help":
		p.printUsage()
		return 0
	}
	err := fmt.Errorf("unrecognized command: %q", word)
	if isCommand(word) {
		return p.fail(withRemedy(err, "the command comes first: %s %s ...", p.name, word))
	}
	if near := nearest(word, commandWords); near != "" {
		return p.fail(withRemedy(err, "did you mean %q?", near))
	}
	return p.fail(err)
}

// sendSignal is --signal. [C-12]
func (p *program) sendSignal(value string) error {
	exe, err := os.Executable()
	if err != nil {
		return errors.New("own executable unknown: give a process id, as in --signal reload=1234")
	}
	s := signaller{
		program: p.name,
		running: func() ([]int, error) { return serverProcesses("/proc", filepath.Base(exe), os.Getpid()) },
		kill:    syscall.Kill,
	}
	return s.send(value)
}
