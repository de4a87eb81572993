// Command midge is a NATS server that can show the path of any message, and
// the tools around it.
//
// Without a command word it is the server and reads its command line exactly
// as the NATS server people know does: midge -p 4222 -DV -c midge.conf. The
// words check, demo, healthcheck, trace, man and completion are commands of
// their own. [C-11]
//
// A command is a file: it says what it can do in a cobra.Command and does it in
// functions that know only readers, writers and the packages below, so that
// every one of them can be tested without a process.
package main

import (
	"io"
	"os"
	"path/filepath"
)

// program is one run of the executable: everything it takes from and gives to
// the process it runs in.
type program struct {
	name   string // base name of the executable, as it stands in messages
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
}

func main() {
	p := &program{name: filepath.Base(os.Args[0]), stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	os.Exit(p.run(os.Args[1:]))
}

// run gives the exit status.
func (p *program) run(args []string) int {
	if len(args) > 0 && isCommand(args[0]) && !(args[0] == "help" && !isHelpTopic(args[1:])) {
		return p.runCommand(args)
	}
	return p.runServer(args)
}
