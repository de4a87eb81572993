package monitor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// page answers a request with what is written as JSON, and a status; or with
// an error, which is the requester's fault.
type page func(q *query) (any, int, error)

// Handler serves the endpoint below a base path. [M-2]
func (m *Monitor) Handler(base string) http.Handler {
	pages := map[string]page{
		"/varz": func(*query) (any, int, error) { return m.Varz(), 0, nil },
		"/connz": func(q *query) (any, int, error) {
			z, err := m.Connz(q.connz())
			return z, 0, q.or(err)
		},
		"/subsz":          m.subszPage,
		"/subscriptionsz": m.subszPage,
		"/accountz":       m.accountzPage,
		"/accstatz":       func(q *query) (any, int, error) { return m.Accstatz(nil, q.bool("unused")), 0, q.or(nil) },
		"/routez":         func(q *query) (any, int, error) { return m.Routez(q.link()), 0, q.or(nil) },
		"/gatewayz":       func(*query) (any, int, error) { return m.Gatewayz(), 0, nil },
		"/leafz":          func(q *query) (any, int, error) { return m.Leafz(q.link()), 0, q.or(nil) },
		"/jsz":            func(*query) (any, int, error) { return m.Jsz(), 0, nil },
		"/ipqueuesz":      func(*query) (any, int, error) { return struct{}{}, 0, nil },
		"/healthz":        m.healthzPage,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := "/" + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(base, "/")), "/")
		m.mu.Lock()
		further := m.further[path]
		m.mu.Unlock()
		switch p, known := pages[path]; {
		case known:
			m.counted(path)
			m.write(w, r, p, path == "/healthz")
		case further != nil:
			m.counted(path)
			further.ServeHTTP(w, r)
		case path == "/":
			m.counted(path)
			m.writeIndex(w)
		default:
			http.NotFound(w, r)
		}
	})
}

func (m *Monitor) subszPage(q *query) (any, int, error) {
	z, err := m.Subsz(SubszOptions{
		Subs: q.bool("subs"), Offset: q.int("offset"), Limit: q.int("limit"), Account: q.text("acc"), Test: q.text("test"),
	})
	return z, 0, q.or(err)
}

func (m *Monitor) accountzPage(q *query) (any, int, error) {
	z, err := m.Accountz(q.text("acc"))
	return z, 0, q.or(err)
}

func (m *Monitor) healthzPage(q *query) (any, int, error) {
	o := HealthzOptions{
		JSEnabled: q.bool("js-enabled"), JSEnabledOnly: q.bool("js-enabled-only"), JSServerOnly: q.bool("js-server-only"),
		JSMetaOnly: q.bool("js-meta-only"), Account: q.text("account"), Stream: q.text("stream"),
		Consumer: q.text("consumer"), Details: q.bool("details"),
	}
	if q.err != nil {
		return nil, 0, q.err
	}
	h, code := m.Healthz(o)
	return h, code, nil
}

// write answers with a page.
func (m *Monitor) write(w http.ResponseWriter, r *http.Request, p page, compact bool) {
	body, code, err := p(&query{values: r.URL.Query()})
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, err) //nolint:errcheck // the requester has gone
		return
	}
	var text []byte
	if compact {
		text, err = json.Marshal(body)
	} else {
		text, err = json.MarshalIndent(body, "", "  ")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if code != 0 {
		w.WriteHeader(code)
	}
	w.Write(text) //nolint:errcheck // the requester has gone
}

// query reads parameters and keeps the first error.
type query struct {
	values map[string][]string
	err    error
}

// or gives the first error there was.
func (q *query) or(err error) error {
	if q.err != nil {
		return q.err
	}
	return err
}

func (q *query) text(name string) string {
	if v := q.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (q *query) fail(kind, name string, err error) {
	if err != nil && q.err == nil {
		//lint:ignore ST1005 the reference's text [M-2]
		q.err = fmt.Errorf("Error decoding %s for '%s': %w", kind, name, err)
	}
}

func (q *query) bool(name string) bool {
	s := q.text(name)
	if s == "" {
		return false
	}
	v, err := strconv.ParseBool(s)
	q.fail("boolean", name, err)
	return v
}

func (q *query) int(name string) int {
	s := q.text(name)
	if s == "" {
		return 0
	}
	v, err := strconv.Atoi(s)
	q.fail("int", name, err)
	return v
}

func (q *query) uint64(name string) uint64 {
	s := q.text(name)
	if s == "" {
		return 0
	}
	v, err := strconv.ParseUint(s, 10, 64)
	q.fail("uint64", name, err)
	return v
}

// link reads the parameters of /routez and /leafz.
func (q *query) link() LinkOptions {
	o := LinkOptions{Account: q.text("acc")}
	if q.text("subs") == "detail" {
		o.SubsDetail = true
	} else {
		o.Subs = q.bool("subs")
	}
	return o
}

// connz reads the parameters of /connz.
func (q *query) connz() ConnzOptions {
	o := ConnzOptions{
		Sort: q.text("sort"), Auth: q.bool("auth"), Offset: q.int("offset"), Limit: q.int("limit"), CID: q.uint64("cid"),
		MQTTClient: q.text("mqtt_client"), User: q.text("user"), Account: q.text("acc"),
	}
	if q.text("subs") == "detail" {
		o.SubsDetail = true
	} else {
		o.Subs = q.bool("subs")
	}
	switch s := strings.ToLower(q.text("state")); s {
	case "", "open":
	case "closed":
		o.State = StateClosed
	case "any", "all":
		o.State = StateAll
	default:
		if q.err == nil {
			//lint:ignore ST1005 the reference's text [M-2]
			q.err = fmt.Errorf("Error decoding state for %s", s)
		}
	}
	return o
}
