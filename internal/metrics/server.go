package metrics

import (
	"maps"
	"slices"
)

// varzLabels are the texts of /varz that are shown, as a metric with the text
// in the label value.
var varzLabels = []string{"server_id", "server_name", "version", "domain"}

// varzSkipped are parts of /varz that are no measurements: free texts of a
// configuration, ports and timeouts of links.
var varzSkipped = []string{"tags", "metadata", "feature_flags", "trusted_operators_jwt", "trusted_operators_claim", "leaf", "proxies"}

// collectVarz shows every number of /varz, those of inner objects with the
// object's key in front: gnatsd_varz_jetstream_stats_storage.
func collectVarz(s *sink, varz object) {
	for path, n := range member(varz, "http_req_stats") {
		if v, ok := number(n); ok {
			s.gauge("gnatsd_varz_http_req_stats", v, label{"path", path})
		}
	}
	s.numbers("gnatsd_varz_", varz)
}

func (s *sink) numbers(prefix string, o object) {
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if slices.Contains(varzSkipped, k) || k == "http_req_stats" {
			continue
		}
		switch v := o[k].(type) {
		case object:
			s.numbers(prefix+k+"_", v)
		case string:
			if slices.Contains(varzLabels, k) {
				s.gauge(prefix+k, 1, label{"value", v})
			}
		default:
			if n, ok := number(v); ok {
				s.gauge(prefix+k, n)
			}
		}
	}
}

// collectConnz shows the counts of /connz and sums over the connections: one
// metric per connection would grow without limit.
func collectConnz(s *sink, connz object) {
	s.fields("gnatsd_connz_", connz, []string{"num_connections", "total", "offset", "limit"})
	connections := members(connz, "connections")
	for _, key := range []string{"pending_bytes", "subscriptions", "in_msgs", "out_msgs", "in_bytes", "out_bytes", "stalls"} {
		sum := 0.0
		for _, c := range connections {
			n, _ := number(c[key]) // a key left out is zero
			sum += n
		}
		s.gauge("gnatsd_connz_"+key, sum)
	}
}

func collectSubsz(s *sink, subsz object) {
	s.fields("gnatsd_subsz_", subsz, []string{"num_subscriptions", "num_cache", "num_inserts", "num_removes",
		"num_matches", "cache_hit_rate", "max_fanout", "avg_fanout", "total", "offset", "limit"})
}

// collectAccstatz shows per account what clients and links moved.
func collectAccstatz(s *sink, accstatz object) {
	for _, a := range members(accstatz, "account_statz") {
		labels := []label{{"account", text(a, "acc")}, {"account_name", text(a, "name")}}
		s.named("gnatsd_accstatz_", a, map[string]string{"conns": "current_connections", "total_conns": "total_connections",
			"leafnodes": "leaf_nodes", "num_subscriptions": "subscriptions", "slow_consumers": "slow_consumers"}, labels...)
		for _, way := range []string{"sent", "received"} {
			s.named("gnatsd_accstatz_"+way+"_", member(a, way), map[string]string{"msgs": "messages", "bytes": "bytes"}, labels...)
		}
	}
}

// collectHealthz shows 1 for a healthy server, and the word it answered.
func collectHealthz(s *sink, healthz object) {
	status, healthy := text(healthz, "status"), 0.0
	if status == "ok" {
		healthy = 1
	}
	s.gauge("gnatsd_healthz_status", healthy)
	s.gauge("gnatsd_healthz_status_value", 1, label{"value", status})
}
