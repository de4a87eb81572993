package conf

import (
	"fmt"
	"slices"

	"github.com/midge-nats/midge/internal/subject"
)

// CheckImports tells what is wrong between accounts: exports that name unknown
// ones, imports that nobody exports or not to them, that cannot be mapped or are
// there twice, and cycles.
func CheckImports(accounts []*Account) []string {
	c := importCheck{byName: make(map[string]*Account)}
	for _, a := range accounts {
		c.byName[a.Name] = a
	}
	for _, a := range accounts {
		for _, e := range a.Exports {
			c.export(e)
		}
	}
	for _, a := range accounts {
		seen := make(map[string]bool)
		for _, im := range a.Imports {
			c.importOf(a, im, seen)
		}
	}
	return c.problems
}

// importCheck gathers what is wrong.
type importCheck struct {
	byName   map[string]*Account
	problems []string
	cyclic   bool
}

func (c *importCheck) add(format string, v ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, v...))
}

// kind gives the word for what is exchanged, and its subject.
func kind(stream, service string) (word, subj string) {
	if stream != "" {
		return "stream", stream
	}
	return "service", service
}

func (c *importCheck) export(e *Export) {
	word, subj := kind(e.Stream, e.Service)
	for _, name := range e.Accounts {
		if c.byName[name] == nil {
			c.add("%q account not defined for %s export", name, word)
		}
	}
	if e.TokenPosition > 0 && !isWildcardToken(subj, e.TokenPosition) {
		c.add("Error adding %s export %q: sublist: invalid subject", word, subj)
	}
}

// isWildcardToken tells whether the n-th token of a subject, from 1, is "*".
func isWildcardToken(subj string, n int) bool {
	i := 0
	for token := range subject.Tokens(subj) {
		if i++; i == n {
			return token == "*"
		}
	}
	return false
}

// importOf checks one import; seen has the streams imported before it.
func (c *importCheck) importOf(a *Account, im *Import, seen map[string]bool) {
	word, subj := kind(im.Stream, im.Service)
	from := c.byName[im.Account]
	switch why := im.misfit(); {
	case from == nil:
		c.add("%q account not defined for %s import", im.Account, word)
	case from.exportFor(a.Name, im) == nil:
		c.add("Error adding %s import %q: %s import not authorized", word, subj, word)
	case why != "":
		c.add("Error adding %s import %q: %s", word, subj, why)
	case im.Stream != "" && seen[im.Account+" "+im.Stream]:
		c.add("Error adding stream import %q: stream import already exists", subj)
	case !c.cyclic && c.cycle(a, im):
		c.cyclic = true // each of its imports would be told
		c.add("Error adding %s import %q: import forms a cycle", word, subj)
	}
	if im.Stream != "" {
		seen[im.Account+" "+im.Stream] = true
	}
}

// misfit tells why an import cannot have the local subject it asks for, "" if
// it can.
func (im *Import) misfit() string {
	word, subj := kind(im.Stream, im.Service)
	if im.Stream != "" && im.Prefix != "" {
		if !subject.ValidLiteral(im.Prefix) {
			return "stream import prefix can not contain wildcard tokens"
		}
		return ""
	}
	if im.To == "" || im.To == subj {
		return ""
	}
	t, err := subject.NewImportTransform(subj, im.To)
	if err == nil {
		_, err = t.Inverse()
	}
	switch {
	case err == nil:
		return ""
	case im.Stream != "":
		return fmt.Sprintf("failed to create mapping transform for %s import subject from %q to %q: %v", word, subj, im.To, err)
	}
	return fmt.Sprintf("failed to create mapping transform for %s import subject from %q to %q: %v", word, im.To, subj, err)
}

// exportFor finds the export by which an account may take an import, nil if
// there is none.
func (a *Account) exportFor(importer string, im *Import) *Export {
	word, subj := kind(im.Stream, im.Service)
	for _, e := range a.Exports {
		if eWord, exported := kind(e.Stream, e.Service); eWord == word && e.admits(importer, exported, subj) {
			return e
		}
	}
	return nil
}

// ExportOf finds the export of a that an import of another account uses.
func (a *Account) ExportOf(importer string, im *Import) *Export { return a.exportFor(importer, im) }

// admits tells whether an account may import a subject by this export.
func (e *Export) admits(importer, exported, subj string) bool {
	if !subject.IsSubset(subj, exported) || e.Accounts != nil && !slices.Contains(e.Accounts, importer) {
		return false
	}
	if e.TokenPosition == 0 {
		return true
	}
	n := 0
	for token := range subject.Tokens(subj) {
		if n++; n == e.TokenPosition {
			return token == importer
		}
	}
	return false
}

// maxImportDepth bounds the search for cycles.
const maxImportDepth = 1024

// cycle tells whether messages of an import come back to the account that
// imports: each account on the way imports what the one before it took.
func (c *importCheck) cycle(start *Account, first *Import) bool {
	_, subj := kind(first.Stream, first.Service)
	type place struct{ account, subj string }
	seen := make(map[place]bool)
	var visit func(account, subj string, depth int) bool
	visit = func(account, subj string, depth int) bool {
		at := place{account, subj}
		a := c.byName[account]
		if a == nil || seen[at] || depth > maxImportDepth {
			return false
		}
		seen[at] = true
		for _, im := range a.Imports {
			if (im.Stream != "") != (first.Stream != "") || !subject.Overlaps(im.LocalSubject(), subj) {
				continue
			}
			if im.Account == start.Name {
				return true
			}
			if _, next := kind(im.Stream, im.Service); visit(im.Account, next, depth+1) {
				return true
			}
		}
		return false
	}
	return visit(first.Account, subj, 0)
}

// LocalSubject is the pattern under which the importing account knows an import.
func (im *Import) LocalSubject() string {
	_, subj := kind(im.Stream, im.Service)
	switch {
	case im.Prefix != "":
		return im.Prefix + "." + subj
	case im.To == "":
		return subj
	}
	if t, err := subject.NewImportTransform(subj, im.To); err == nil {
		if back, err := t.Inverse(); err == nil {
			return back.Source()
		}
	}
	return im.To
}
