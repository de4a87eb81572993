package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// commandWords begin a command line that is not the server's. cobra's own
// words for completion are among them.
var commandWords = []string{"check", "completion", "demo", "healthcheck", "help", "man", "trace", "version",
	cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}

func isCommand(word string) bool {
	return slices.Contains(commandWords, word)
}

// isHelpTopic reports whether the words behind "help" name a command. Without
// one, help is the server's, as in the reference. [C-11]
func isHelpTopic(words []string) bool {
	return len(words) > 0 && isCommand(words[0]) && words[0] != "help"
}

// root is the tree of commands. The server's flags are on it for completion and
// the man page; their values are read by serverArgs.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "midge [options]",
		Short:         "A NATS server that can show the path of any message",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		Version:       version,
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	for _, g := range serverFlags {
		for _, f := range g.flags {
			f.register(root)
		}
	}
	commandHelp := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		if c == root {
			p.printUsage()
			return
		}
		commandHelp(c, args)
	})
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return withRemedy(err, "%s --help shows all flags", c.CommandPath())
	})
	root.AddCommand(p.checkCommand(), p.demoCommand(), p.healthcheckCommand(), p.traceCommand(), p.versionCommand(), p.manCommand())
	return root
}

// register puts f on a cobra command under its longest name, with the letter
// that pflag allows.
func (f serverFlag) register(c *cobra.Command) {
	name, letter := f.names[0], ""
	for _, n := range f.names[1:] {
		if len(n) == 1 {
			letter = n
		}
	}
	if len(name) == 1 {
		name, letter = "test", name
	}
	flags := c.Flags()
	if f.kind == boolFlag {
		flags.BoolP(name, letter, f.fallback == "true", f.help)
		return
	}
	flags.StringP(name, letter, "", f.help)
	var err error
	switch f.arg {
	case "file":
		err = c.MarkFlagFilename(name)
	case "dir":
		err = c.MarkFlagDirname(name)
	}
	if err != nil {
		panic(err) // the flag was made three lines above
	}
}

// runCommand runs a command and prints its error.
func (p *program) runCommand(args []string) int {
	root := p.root()
	root.SetArgs(args)
	if err := root.Execute(); err != nil {
		return p.fail(err)
	}
	return 0
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the version",
		Example: "  midge version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p.printVersion()
			return nil
		},
	}
}

// oneLine is a text without line ends, for a place that has one line.
func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
