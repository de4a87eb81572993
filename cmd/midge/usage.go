package main

import (
	"fmt"
	"strings"
)

// helpIntro is what an operator sees first; "Usage" must be the first line and
// the only one with that word. [C-11]
const helpIntro = `
Usage: %[1]s [options]

A NATS server that can show the path of any message: through accounts,
mappings, clusters, gateways, leafnodes and streams, to every receiver.

    %[1]s                            a server on port 4222, nothing to configure
    %[1]s -js -m 8222                the same with JetStream and monitoring
    %[1]s -c midge.conf              everything from a file, reloaded on SIGHUP
    %[1]s demo                       see a message traced, in one second
    %[1]s trace orders.new '{"n":1}' where would this message go? (any NATS system)

Commands (%[1]s <command> --help):
    trace SUBJECT [PAYLOAD]          Show the path of a message through any NATS system
    demo                             Start a small system and show a traced message
    check -c <file>                  Explain every mistake in a configuration file
    healthcheck                      Ask a server whether it is well, for containers
    completion <shell>               Completion for bash, zsh, fish and powershell
    version                          Show the version
`

const helpEnvironment = `
Environment:
    Every option that shapes the server has a variable: MIDGE_ and its long
    name in capitals, as in MIDGE_PORT=4223, MIDGE_CONFIG=/etc/midge.conf,
    MIDGE_JETSTREAM=true, MIDGE_VV=true. An option on the command line is stronger
    than its variable, and the variable than the configuration file.

Signals:
    HUP reloads the configuration, USR1 reopens the log file, USR2 enters lame duck
    mode, TERM and INT stop the server. The same with -signal reload and so on.
`

const helpTLS = `
TLS configuration is specified in the tls section of a configuration file:

e.g.

    tls {
        cert_file: "./certs/server-cert.pem"
        key_file:  "./certs/server-key.pem"
        ca_file:   "./certs/ca.pem"
        verify:    true

        cipher_suites: [
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        ]
    }

or on the command line:

    %[1]s --tls --tlscert server-cert.pem --tlskey server-key.pem
    %[1]s --tlsverify --tlscert server-cert.pem --tlskey server-key.pem --tlscacert ca.pem

Check it with: %[1]s check -c FILE
`

// printUsage shows the help of the server.
func (p *program) printUsage() {
	fmt.Fprintf(p.stdout, helpIntro, p.name)
	for _, g := range serverFlags {
		fmt.Fprintf(p.stdout, "\n%s:\n", g.title)
		for _, f := range g.flags {
			fmt.Fprint(p.stdout, f.usageLine())
		}
	}
	fmt.Fprint(p.stdout, helpEnvironment)
}

// usageLine is one row of the help; a long text goes on below itself.
func (f serverFlag) usageLine() string {
	const column, width = 37, 100
	text := f.help
	if f.fallback != "" {
		text += " (default: " + f.fallback + ")"
	}
	left := "    " + f.spelling()
	if len(left) >= column {
		left += "\n" + strings.Repeat(" ", column)
	} else {
		left += strings.Repeat(" ", column-len(left))
	}
	var b strings.Builder
	b.WriteString(left)
	at := column
	for i, word := range strings.Fields(text) {
		if i > 0 && at+1+len(word) > width {
			b.WriteString("\n" + strings.Repeat(" ", column))
			at = column
		} else if i > 0 {
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	return b.String() + "\n"
}

// spelling shows how the flag is typed, short names first.
func (f serverFlag) spelling() string {
	var short, long []string
	for _, n := range f.names {
		if len(n) <= 2 || n == "DVV" {
			short = append(short, "-"+n)
		} else {
			long = append(long, "--"+n)
		}
	}
	s := strings.Join(append(short, long...), ", ")
	if len(short) == 0 {
		s = "    " + s
	}
	if f.arg != "" {
		s += " <" + f.arg + ">"
	}
	return s
}

func (p *program) printVersion() {
	fmt.Fprintf(p.stdout, "%s: v%s\n", p.name, version)
}
