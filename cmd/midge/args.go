package main

import (
	"fmt"
	"strings"
)

// serverArgs reads a server command line the way Go's flag package does, which
// is how people type it: -p 4222, -p=4222, --port 4222, -DVV, -T=false. pflag
// reads -DVV as three flags and -sd as two, so it never sees these arguments.
//
// It stops at the first word that is no flag; words are that one and all behind
// it. An error has the reference's text. [C-11]
func serverArgs(args []string) (values flagValues, words []string, err error) {
	values = flagValues{}
	for len(args) > 0 {
		arg := args[0]
		if len(arg) < 2 || arg[0] != '-' {
			return values, args, nil
		}
		args = args[1:]
		if arg == "--" {
			return values, args, nil
		}
		name := strings.TrimPrefix(arg[1:], "-")
		if name == "" || name[0] == '-' || name[0] == '=' {
			return values, nil, fmt.Errorf("bad flag syntax: %s", arg)
		}
		name, value, hasValue := strings.Cut(name, "=")
		f, ok := flagNamed(name)
		if !ok {
			return values, nil, fmt.Errorf("flag provided but not defined: -%s", name)
		}
		if !hasValue && f.kind == boolFlag {
			value = "true"
		} else if !hasValue {
			if len(args) == 0 {
				return values, nil, fmt.Errorf("flag needs an argument: -%s", name)
			}
			value, args = args[0], args[1:]
		}
		if err := f.check(value); err != nil {
			return values, nil, badFlagValue(f, name, value, err)
		}
		values[f.names[0]] = value
	}
	return values, nil, nil
}

func badFlagValue(f serverFlag, name, value string, err error) error {
	if f.kind == boolFlag {
		return fmt.Errorf("invalid boolean value %q for -%s: %w", value, name, err)
	}
	return fmt.Errorf("invalid value %q for flag -%s: %w", value, name, err)
}

// nearFlag names the defined flag that is most like an unknown one, or "".
func nearFlag(name string) string {
	var all []string
	for _, g := range serverFlags {
		for _, f := range g.flags {
			for _, n := range f.names {
				if len(n) > 2 {
					all = append(all, n)
				}
			}
		}
	}
	return nearest(name, all)
}
