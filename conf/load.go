package conf

import "fmt"

// Load reads a configuration file. The error is of type *Errors when the file
// could be read and parsed; it lists all that is wrong.
func Load(name string) (*Options, *Report, error) {
	t, err := parseFile(name)
	if err != nil {
		return nil, nil, err
	}
	return decode(t, name)
}

// Parse reads a configuration from a string, as name in messages.
func Parse(text, name string) (*Options, *Report, error) {
	t, err := parseText(text, name)
	if err != nil {
		return nil, nil, err
	}
	return decode(t, name)
}

func decode(t *tree, name string) (*Options, *Report, error) {
	digest, err := t.digest()
	if err != nil {
		return nil, nil, err
	}
	d := &decoder{o: &Options{ConfigFile: name, Digest: digest, Logtime: true, JetStreamStrict: true}, report: &Report{Digest: digest}}
	if len(t.fields) == 0 {
		d.report.Warnings = append(d.report.Warnings, Problem{Text: fmt.Sprintf("%s: config has no values or is empty", name)})
	}
	decodeBlock(d, topLevel, d.o, t, unknownTop)
	d.finish()
	if len(d.problems) > 0 {
		return nil, d.report, &Errors{d.problems}
	}
	d.o.Notes = d.report.Notes
	return d.o, d.report, nil
}
