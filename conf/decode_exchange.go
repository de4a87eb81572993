package conf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/midge-nats/midge/internal/subject"
)

// exportEntry is one export while it is decoded.
type exportEntry struct {
	Export
	response, threshold, latency, trace Pos // of keys that only services have
}

var exportFields block[exportEntry]

func init() {
	type E = exportEntry
	exportFields = block[E]{
		"stream": func(d *decoder, e *E, f *field) {
			if e.Service != "" {
				d.fail(f.pos, "Detected stream %q but already saw a service", f.node.value)
				return
			}
			d.exportSubject(f, &e.Stream)
		},
		"service": func(d *decoder, e *E, f *field) {
			if e.Stream != "" {
				d.fail(f.pos, "Detected service %q but already saw a stream", f.node.value)
				return
			}
			d.exportSubject(f, &e.Service)
		},
		"accounts":               func(d *decoder, e *E, f *field) { e.Accounts = d.strings(f) },
		"account_token_position": number(func(e *E) *int { return &e.TokenPosition }),
		"response_type":          func(d *decoder, e *E, f *field) { e.response = f.pos; d.responseType(&e.Export, f) },
		"response_threshold": func(d *decoder, e *E, f *field) {
			e.threshold = f.pos
			duration(func(e *E) *time.Duration { return &e.ResponseThreshold })(d, e, f)
		},
		"latency": func(d *decoder, e *E, f *field) { e.latency = f.pos; e.Latency = d.latency(f) },
		"allow_trace": func(d *decoder, e *E, f *field) {
			e.trace = f.pos
			flag(func(e *E) *bool { return &e.AllowTrace })(d, e, f)
		},
	}
	exportFields.alias("response_type", "response")
	exportFields.alias("response_threshold", "threshold", "response_max_time", "response_time")
}

func (d *decoder) exportSubject(f *field, to *string) {
	v, ok := typed[string](d, f)
	if ok && !subject.Valid(v) {
		d.fail(f.pos, "subject %q is not a valid subject", v)
	}
	*to = v
}

// responseTypes are the words for how many answers a service gives.
var responseTypes = map[string]string{"single": "", "singleton": "", "stream": "stream", "chunk": "chunked", "chunked": "chunked"}

func (d *decoder) responseType(e *Export, f *field) {
	v, ok := typed[string](d, f)
	if !ok {
		return
	}
	typ, known := responseTypes[strings.ToLower(v)]
	if !known {
		d.fail(f.pos, "Unknown response type: %q", v)
	}
	e.ResponseType = typ
}

// latency decodes where figures about a service's answers go.
func (d *decoder) latency(f *field) *Latency {
	l := &Latency{Sampling: 100}
	switch v := f.node.value.(type) {
	case string:
		l.Subject = v
	case *tree:
		decodeBlock(d, block[Latency]{
			"subject":  text(func(l *Latency) *string { return &l.Subject }),
			"sampling": func(d *decoder, l *Latency, f *field) { l.Sampling = d.latencySampling(f) },
		}, l, v, unknownTop)
	default:
		d.fail(f.pos, "Expected latency entry to be a map/struct or string, got %s", typeName(v))
		return nil
	}
	if l.Subject == "" {
		d.fail(f.pos, "Latency subject required, but missing")
	} else if !literal(l.Subject) {
		d.fail(f.pos, "Latency subject %q is not valid", l.Subject)
	}
	return l
}

func (d *decoder) latencySampling(f *field) int {
	n := int64(-1)
	switch v := f.node.value.(type) {
	case int64:
		n = v
	case string:
		if v == "headers" || v == "header" {
			return 0
		}
		if p, err := percent(v); err == nil {
			n = int64(p)
		}
	}
	if n < 1 || n > 100 {
		d.fail(f.pos, "bad sampling percentage, should be 1-100")
		return 0
	}
	return int(n)
}

// exports decodes what an account lets others import.
func (d *decoder) exports(f *field) []*Export {
	var list []*Export
	for _, t := range d.maps(f, "exports") {
		e := &exportEntry{Export: Export{Pos: t.pos}}
		decodeBlock(d, exportFields, e, t.value.(*tree), unknownTop)
		if e.Stream != "" {
			for what, at := range map[string]Pos{"response": e.response, "latency": e.latency, "allow_trace": e.trace} {
				if at.Line > 0 {
					d.fail(at, "Detected %s directive on non-service", what)
				}
			}
			if e.threshold.Line > 0 {
				d.fail(e.threshold, "Detected response threshold directive on non-service")
			}
		}
		if e.Latency != nil && e.ResponseType != "" {
			d.fail(e.latency, "Error adding service latency sampling for %q on subject %q: bad service response type", e.Service, e.Latency.Subject)
		}
		list = append(list, &e.Export)
	}
	return list
}

// maps gives the entries of a list of maps.
func (d *decoder) maps(f *field, what string) []*node {
	list, ok := f.node.value.([]*node)
	if !ok {
		d.fail(f.pos, "%s should be an array, got %s", what, typeName(f.node.value))
		return nil
	}
	return slices.DeleteFunc(slices.Clone(list), func(n *node) bool {
		_, ok := n.value.(*tree)
		if !ok {
			d.fail(f.pos, "Entry of %s should be a map/struct, got %s", what, typeName(n.value))
		}
		return !ok
	})
}

// source is the exporter's side of an import.
type source struct{ account, subject string }

// importEntry is one import while it is decoded.
type importEntry struct {
	Import
	prefix, to, share, trace Pos
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
		"share": func(d *decoder, i *I, f *field) { i.share = f.pos; flag(func(i *I) *bool { return &i.Share })(d, i, f) },
		"allow_trace": func(d *decoder, i *I, f *field) {
			i.trace = f.pos
			flag(func(i *I) *bool { return &i.AllowTrace })(d, i, f)
		},
	}
}

// source decodes {account, subject}.
func (d *decoder) source(f *field) (s source) {
	t, ok := f.node.value.(*tree)
	if !ok {
		d.fail(f.pos, "Expected an import entry to be a map/struct, got %s", typeName(f.node.value))
		return s
	}
	decodeBlock(d, block[source]{
		"account": text(func(s *source) *string { return &s.account }),
		"subject": text(func(s *source) *string { return &s.subject }),
	}, &s, t, unknownTop)
	switch {
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
	seen := make(map[string]*Import)
	for _, n := range d.maps(f, "imports") {
		i := &importEntry{Import: Import{Pos: n.pos}}
		decodeBlock(d, importFields, i, n.value.(*tree), unknownTop)
		d.checkImport(i, n.end, seen)
		list = append(list, &i.Import)
	}
	return list
}

// checkImport refuses what cannot be, seen with the imports before it.
// The place of an entry as a whole is its end.
func (d *decoder) checkImport(i *importEntry, at Pos, seen map[string]*Import) {
	switch {
	case i.Prefix != "" && i.To != "":
		d.fail(at, "Stream import can not have a 'prefix' and a 'to' property")
	case i.Prefix != "" && !literal(i.Prefix):
		d.fail(i.prefix, "stream import prefix can not contain wildcard tokens")
	case i.Service != "" && i.trace.Line > 0:
		d.fail(i.trace, "Detected allow_trace directive on a non-stream")
	case i.Service != "":
		key := "service " + i.Account + " " + i.LocalSubject()
		if old := seen[key]; old != nil {
			d.fail(at, "Duplicate service import subject %q, previously used in import for account %q, subject %q", i.LocalSubject(), old.Account, old.Service)
		}
		seen[key] = &i.Import
	case i.Stream != "":
		key := fmt.Sprintf("stream %s %s", i.Account, i.Stream)
		if seen[key] != nil {
			d.fail(at, "stream import already exists")
		}
		seen[key] = &i.Import
		if i.To != "" {
			if _, err := subject.NewImportTransform(i.Stream, i.To); err != nil {
				d.fail(at, "failed to create mapping transform for stream import subject from %q to %q: %v", i.Stream, i.To, err)
			}
		}
	}
}
