package conf

import (
	"strings"

	"github.com/midge-nats/midge/internal/subject"
)

// source is the exporter's side of an import.
type source struct{ account, subject string }

// importEntry is one import while it is decoded.
type importEntry struct {
	Import
	prefix, to, trace Pos
}

var importFields block[importEntry]

func init() {
	type I = importEntry
	importFields = block[I]{
		"stream": func(d *decoder, i *I, f *field) {
			if i.Service != "" {
				d.fail(f.pos, "Detected stream but already saw a service")
				return
			}
			s := d.source(f)
			i.Account, i.Stream = s.account, s.subject
		},
		"service": func(d *decoder, i *I, f *field) {
			if i.Stream != "" {
				d.fail(f.pos, "Detected service but already saw a stream")
				return
			}
			s := d.source(f)
			i.Account, i.Service = s.account, s.subject
		},
		"prefix": func(d *decoder, i *I, f *field) {
			i.prefix = f.pos
			text(func(i *I) *string { return &i.Prefix })(d, i, f)
		},
		"to":    func(d *decoder, i *I, f *field) { i.to = f.pos; text(func(i *I) *string { return &i.To })(d, i, f) },
		"share": flag(func(i *I) *bool { return &i.Share }),
		"allow_trace": func(d *decoder, i *I, f *field) {
			i.trace = f.pos
			flag(func(i *I) *bool { return &i.AllowTrace })(d, i, f)
		},
	}
}

// title gives a word with a capital.
func title(word string) string { return strings.ToUpper(word[:1]) + strings.ToLower(word[1:]) }

// source decodes {account, subject}.
func (d *decoder) source(f *field) (s source) {
	t, ok := f.node.value.(*tree)
	if !ok {
		d.fail(f.pos, "%s entry should be an account map, got %s", title(f.key), typeName(f.node.value))
		return s
	}
	before := len(d.problems)
	decodeBlock(d, block[source]{
		"account": text(func(s *source) *string { return &s.account }),
		"subject": text(func(s *source) *string { return &s.subject }),
	}, &s, t, unknownTop)
	switch {
	case len(d.problems) > before:
	case s.account == "" || s.subject == "":
		d.fail(f.pos, "Expect an account name and a subject")
	case !subject.Valid(s.subject):
		d.fail(f.pos, "subject %q is not a valid subject", s.subject)
	}
	return s
}

// imports decodes what an account takes from others.
func (d *decoder) imports(f *field) []*Import {
	var list []*Import
	services := make(map[string]*Import)
	for _, n := range d.maps(f, "Imports should", "import entry") {
		i := &importEntry{Import: Import{Pos: n.pos}}
		before := len(d.problems)
		decodeBlock(d, importFields, i, n.value.(*tree), unknownTop)
		if len(d.problems) > before || i.Stream == "" && i.Service == "" {
			continue
		}
		d.checkImport(i, n.end, services)
		list = append(list, &i.Import)
	}
	return list
}

// checkImport refuses what cannot be, seen with the services imported before
// it. The place of an entry as a whole is its end.
func (d *decoder) checkImport(i *importEntry, at Pos, services map[string]*Import) {
	if i.Service == "" {
		if i.Prefix != "" && i.To != "" {
			d.fail(later(i.prefix, i.to), "Stream import can not have a 'prefix' and a 'to' property")
		}
		return
	}
	if i.trace.Line > 0 {
		d.fail(i.trace, "Detected allow_trace directive on a non-stream")
	}
	i.Prefix = "" // means nothing for a service
	local := i.LocalSubject()
	key := i.Account + " " + local
	if old := services[key]; old != nil {
		d.fail(at, "Duplicate service import subject %q, previously used in import for account %q, subject %q", local, old.Account, old.Service)
	}
	services[key] = &i.Import
}

// later gives the place that comes later in a file.
func later(a, b Pos) Pos {
	if b.Line > a.Line || b.Line == a.Line && b.Col > a.Col {
		return b
	}
	return a
}
