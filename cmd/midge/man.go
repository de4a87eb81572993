package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes the man pages. cobra's own generator goes by way of
// Markdown and needs two modules more than these forty lines.
func (p *program) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write man pages to a directory",
		Example: "  midge man ./share/man/man1",
		Args:    cobra.ExactArgs(1),
		Hidden:  true,
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			pages := map[string]string{"midge.1": p.manServer(root)}
			for _, sub := range root.Commands() {
				if sub.IsAvailableCommand() && sub.Name() != "help" {
					pages["midge-"+sub.Name()+".1"] = manCommandPage(sub)
				}
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("man pages: %w", err)
			}
			for name, text := range pages {
				if err := os.WriteFile(filepath.Join(args[0], name), []byte(text), 0o644); err != nil {
					return fmt.Errorf("man pages: %w", err)
				}
			}
			return nil
		},
	}
}

// manServer is midge(1), made from the table of server flags.
func (p *program) manServer(root *cobra.Command) string {
	var b strings.Builder
	manHead(&b, "midge", root.Short)
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B midge\n[options]\n.br\n.B midge\n\\fIcommand\\fR [arguments]\n")
	for _, g := range serverFlags {
		fmt.Fprintf(&b, ".SH %s\n", roff(strings.ToUpper(g.title)))
		for _, f := range g.flags {
			text := f.help
			if f.fallback != "" {
				text += " (default: " + f.fallback + ")"
			}
			if !f.action {
				text += ". Variable: " + f.env()
			}
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(f.spelling())), roff(text))
		}
	}
	fmt.Fprintf(&b, ".SH COMMANDS\n")
	for _, sub := range root.Commands() {
		if sub.IsAvailableCommand() {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(sub.Name()), roff(sub.Short))
		}
	}
	fmt.Fprintf(&b, ".SH NOTES\n.nf\n%s\n.fi\n", roff(strings.TrimSpace(helpEnvironment)))
	return b.String()
}

func manCommandPage(c *cobra.Command) string {
	var b strings.Builder
	manHead(&b, "midge-"+c.Name(), c.Short)
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	if c.Long != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n.nf\n%s\n.fi\n", roff(c.Long))
	}
	fmt.Fprintf(&b, ".SH OPTIONS\n")
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(name+" "+value)), roff(text))
	})
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(c.Example))
	}
	fmt.Fprintf(&b, ".SH SEE ALSO\n.BR midge (1)\n")
	return b.String()
}

func manHead(b *strings.Builder, title, short string) {
	fmt.Fprintf(b, ".TH %s 1 \"\" \"midge %s\"\n.SH NAME\n%s \\- %s\n", roff(strings.ToUpper(title)), version, roff(title), roff(short))
}

// roff makes text plain to troff: no escapes, no hyphens for dashes, no line
// that starts a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
