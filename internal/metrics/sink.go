package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// label is one name and value of a metric.
type label struct {
	name, value string
}

// sink makes metrics of one scrape and sends them.
type sink struct {
	out      chan<- prometheus.Metric
	serverID string // of the last answer that had one; /varz is read first
}

// gauge sends one value. The label server_id goes with each.
func (s *sink) gauge(name string, value float64, labels ...label) {
	names, values := []string{"server_id"}, []string{s.serverID}
	for _, l := range labels {
		names, values = append(names, l.name), append(values, strings.ToValidUTF8(l.value, "?"))
	}
	desc := prometheus.NewDesc(metricName(name), help(name), names, nil)
	m, err := prometheus.NewConstMetric(desc, prometheus.GaugeValue, value, values...)
	if err != nil {
		m = prometheus.NewInvalidMetric(desc, err)
	}
	s.out <- m
}

// fields sends the numbers that o has under the given keys as prefix + key.
func (s *sink) fields(prefix string, o object, keys []string, labels ...label) {
	for _, k := range keys {
		if v, ok := number(o[k]); ok {
			s.gauge(prefix+k, v, labels...)
		}
	}
}

// metricName replaces the bytes that a metric's name may not have: keys come
// from JSON, some of them from a configuration.
func metricName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '_'
	}, s)
}

func help(name string) string {
	return strings.ReplaceAll(name, "_", " ")
}

// number gives a JSON number, or 0 and 1 for a boolean.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// duration reads the forms of the monitoring endpoints, such as "1.5ms" and
// "1d2h3m4s", in seconds. [M-1]
func duration(s string) (float64, bool) {
	var total time.Duration
	for _, unit := range []struct {
		mark   string
		length time.Duration
	}{{"y", 365 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		count, rest, ok := strings.Cut(s, unit.mark)
		if !ok {
			continue
		}
		n, err := time.ParseDuration(count + "h")
		if err != nil {
			return 0, false
		}
		total += time.Duration(n.Hours()) * unit.length
		s = rest
	}
	if s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, false
		}
		total += d
	}
	return total.Seconds(), true
}

// text gives a string field, or "".
func text(o object, key string) string {
	s, _ := o[key].(string) // another type is as good as none
	return s
}

// member gives a field that is an object, or nil, which has no fields.
func member(o object, key string) object {
	m, _ := o[key].(object) // another type is as good as none
	return m
}

// members gives the objects of a field that is an array.
func members(o object, key string) []object {
	list, _ := o[key].([]any) // another type is as good as none
	var out []object
	for _, e := range list {
		if m, ok := e.(object); ok {
			out = append(out, m)
		}
	}
	return out
}

// pathOf is a monitoring path without its query.
func pathOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}
