package metrics

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Source answers a monitoring path such as "/varz" or "/connz?limit=1" with the
// JSON a client of the monitoring port would get. It is called once per path
// and scrape, possibly by several scrapes at a time. [M-1]
type Source func(path string) ([]byte, error)

// object is one decoded JSON object.
type object = map[string]any

// endpoint turns the answer of one monitoring path into metrics.
type endpoint struct {
	path    string
	collect func(*sink, object)
}

// endpoints in the order they are read. /connz lists up to the largest limit
// because its sums are over the entries shown.
var endpoints = []endpoint{
	{"/varz", collectVarz},
	{"/connz?limit=65536", collectConnz},
	{"/subsz", collectSubsz},
	{"/routez", collectRoutez},
	{"/gatewayz", collectGatewayz},
	{"/leafz", collectLeafz},
	{"/accstatz?unused=1", collectAccstatz},
	{"/jsz?accounts=1&streams=1&consumers=1&config=1", collectJsz},
	{"/healthz", collectHealthz},
}

// Handler answers /metrics in the Prometheus text format with what source
// shows, and with the Go runtime's own metrics (go_*, process_*). A path that
// cannot be read is left out and counted in midge_scrape_failed; the others are
// shown all the same.
func Handler(source Source) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		&collector{source: source},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// collector reads all endpoints at every scrape and keeps nothing in between.
type collector struct {
	source Source
}

// Describe tells nothing in advance: which metrics there are depends on what
// the server has configured.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of every endpoint.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := &sink{out: out}
	for _, e := range endpoints {
		answer, err := c.read(e.path)
		failed := 0.0
		if err != nil {
			failed = 1
		} else {
			if id := text(answer, "server_id"); id != "" {
				s.serverID = id
			}
			e.collect(s, answer)
		}
		s.gauge("midge_scrape_failed", failed, label{"path", pathOf(e.path)})
	}
}

func (c *collector) read(path string) (object, error) {
	b, err := c.source(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var answer object
	if err := json.Unmarshal(b, &answer); err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}
	return answer, nil
}
