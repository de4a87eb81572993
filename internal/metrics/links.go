package metrics

import (
	"strconv"
	"time"
)

// connectionCounts are the counters of a connection to another server.
var connectionCounts = []string{"pending_bytes", "in_msgs", "out_msgs", "in_bytes", "out_bytes", "subscriptions"}

// collectRoutez shows each route connection; a pool to one server has several.
func collectRoutez(s *sink, routez object) {
	s.fields("gnatsd_routez_", routez, []string{"num_routes"})
	for _, r := range members(routez, "routes") {
		labels := []label{{"rid", whole(r["rid"])}, {"remote_id", text(r, "remote_id")},
			{"remote_name", text(r, "remote_name")}, {"account", text(r, "account")}}
		s.fields("gnatsd_routez_", r, []string{"pending_size", "in_msgs", "out_msgs", "in_bytes", "out_bytes", "subscriptions"}, labels...)
		s.seconds("gnatsd_routez_rtt_seconds", r, "rtt", labels...)
	}
}

// collectGatewayz shows each gateway connection in both directions.
func collectGatewayz(s *sink, gatewayz object) {
	local := label{"gateway_name", text(gatewayz, "name")}
	for name, v := range member(gatewayz, "outbound_gateways") {
		if o, ok := v.(object); ok {
			s.gatewayConnection("outbound", o, local, label{"remote_gateway_name", name})
		}
	}
	inbound := member(gatewayz, "inbound_gateways")
	for name := range inbound {
		for _, o := range members(inbound, name) {
			s.gatewayConnection("inbound", o, local, label{"remote_gateway_name", name})
		}
	}
}

func (s *sink) gatewayConnection(way string, gateway object, labels ...label) {
	prefix := "gnatsd_gatewayz_" + way + "_gateway_"
	conn := member(gateway, "connection")
	labels = append(labels, label{"cid", whole(conn["cid"])})
	s.fields(prefix, gateway, []string{"configured"}, labels...)
	prefix += "conn_"
	s.fields(prefix, conn, connectionCounts, labels...)
	s.seconds(prefix+"rtt", conn, "rtt", labels...)
	s.seconds(prefix+"uptime_seconds", conn, "uptime", labels...)
	s.seconds(prefix+"idle_seconds", conn, "idle", labels...)
	s.moment(prefix+"start_time_seconds", conn, "start", labels...)
	s.moment(prefix+"last_activity_seconds", conn, "last_activity", labels...)
}

// collectLeafz shows each leafnode connection.
func collectLeafz(s *sink, leafz object) {
	if v, ok := number(leafz["leafnodes"]); ok {
		s.gauge("gnatsd_leafz_conn_nodes_total", v)
	}
	for _, l := range members(leafz, "leafs") {
		labels := []label{{"id", whole(l["id"])}, {"name", text(l, "name")}, {"account", text(l, "account")},
			{"ip", text(l, "ip")}, {"port", whole(l["port"])}}
		s.fields("gnatsd_leafz_conn_", l, []string{"in_msgs", "out_msgs", "in_bytes", "out_bytes"}, labels...)
		if v, ok := number(l["subscriptions"]); ok {
			s.gauge("gnatsd_leafz_conn_subscriptions_total", v, labels...)
		}
		s.seconds("gnatsd_leafz_conn_rtt", l, "rtt", labels...)
	}
}

// seconds sends a duration that is written as text.
func (s *sink) seconds(name string, o object, key string, labels ...label) {
	if v, ok := duration(text(o, key)); ok && text(o, key) != "" {
		s.gauge(name, v, labels...)
	}
}

// moment sends a time that is written as text, as seconds since 1970.
func (s *sink) moment(name string, o object, key string, labels ...label) {
	if t, err := time.Parse(time.RFC3339Nano, text(o, key)); err == nil {
		s.gauge(name, float64(t.UnixNano())/1e9, labels...)
	}
}

// whole writes a JSON number that is an identifier.
func whole(v any) string {
	n, ok := v.(float64)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
