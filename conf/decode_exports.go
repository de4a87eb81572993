package conf

import (
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
			e.ResponseThreshold = d.responseThreshold(f)
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
	v, ok := f.node.value.(string)
	if !ok {
		d.fail(f.pos, "Expected response type to be string, got %s", typeName(f.node.value))
		return
	}
	typ, known := responseTypes[strings.ToLower(v)]
	if !known {
		d.fail(f.pos, "Unknown response type: %q", v)
	}
	e.ResponseType = typ
}

// responseThreshold decodes how long answers are waited for.
func (d *decoder) responseThreshold(f *field) time.Duration {
	v, ok := f.node.value.(string)
	if !ok {
		d.fail(f.pos, "Expected response threshold to be a parseable time duration, got %s", typeName(f.node.value))
		return 0
	}
	t, err := time.ParseDuration(v)
	if err != nil {
		d.fail(f.pos, "Expected response threshold to be a parseable time duration, got %q", v)
	}
	return t
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
		p, err := percent(v)
		if err != nil {
			d.fail(f.pos, "Failed to parse latency sample: %v", err)
			return 0
		}
		n = int64(p)
	default:
		d.fail(f.pos, "Expected latency sample to be a string or map/struct, got %s", typeName(v))
		return 0
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
	for _, n := range d.maps(f, "Exports should", "export entry") {
		e := &exportEntry{Export: Export{Pos: n.pos}}
		before := len(d.problems)
		decodeBlock(d, exportFields, e, n.value.(*tree), unknownTop)
		d.checkExport(e)
		if len(d.problems) == before && (e.Stream != "" || e.Service != "") {
			list = append(list, &e.Export)
		}
	}
	return list
}

// checkExport refuses what only services have, and figures about many answers.
func (d *decoder) checkExport(e *exportEntry) {
	if e.Stream != "" {
		for _, only := range []struct {
			at   Pos
			what string
		}{{e.response, "response"}, {e.threshold, "response"}, {e.latency, "latency"}, {e.trace, "allow_trace"}} {
			if only.at.Line > 0 {
				d.fail(only.at, "Detected %s directive on non-service", only.what)
			}
		}
	}
	if e.Service == "" || e.Latency == nil {
		return
	}
	why := ""
	switch {
	case e.ResponseType != "":
		why = "bad service response type"
	case e.Latency.Subject != "" && !literal(e.Latency.Subject):
		why = "invalid publish subject"
	default:
		return
	}
	d.fail(d.accounts, "Error adding service latency sampling for %q on subject %q: %s", e.Service, e.Latency.Subject, why)
}
