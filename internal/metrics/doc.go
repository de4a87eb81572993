// Package metrics shows a server's monitoring data as Prometheus metrics.
//
// It reads what the monitoring endpoints answer and gives every number the
// name it has in the public NATS exporter (gnatsd_varz_in_msgs,
// jetstream_stream_total_bytes), so that dashboards made for that exporter show
// this server without a second process. Like there every value is a gauge and
// carries the label server_id.
//
// It knows JSON and nothing of the server; the server knows nothing of
// Prometheus. The command joins the two.
package metrics
