package conf

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A link keeps of its tls block also what a tls.Config has no place for.
func TestLinksKeepTheirTLS(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir)
	block := fmt.Sprintf("tls {cert_file: %q, key_file: %q, handshake_first: auto}", dir+"/cert.pem", dir+"/key.pem")
	o := options(t, fmt.Sprintf("leafnodes {port: 1, %s, remotes: [{url: \"nats://a:1\", tls {handshake_first: true, insecure: true}}]}", block))
	if b := o.LeafNode.TLSBlock; b == nil || !b.HandshakeFirst || b.Fallback != autoFallback || b.CertFile != dir+"/cert.pem" {
		t.Errorf("listener: %+v", b)
	}
	if b := o.LeafNode.Remotes[0].TLSBlock; b == nil || !b.HandshakeFirst || b.Fallback != 0 || !b.Insecure {
		t.Errorf("remote: %+v", b)
	}
}

// Every word for a mode of compression is understood, and no other. [leafnode.md 3]
func TestCompression(t *testing.T) {
	for word, want := range map[string][2]string{ // for routes, for leafnodes
		"on": {"s2_fast", "s2_auto"}, "enabled": {"s2_fast", "s2_auto"}, `"TRUE"`: {"s2_fast", "s2_auto"}, "off": {"off", "off"}, "Disabled": {"off", "off"},
		"accept": {"accept", "accept"}, "auto": {"s2_auto", "s2_auto"}, "s2_Best": {"s2_best", "s2_best"}, "better": {"s2_better", "s2_better"},
		`"not supported"`: {"not supported", "not supported"}, "{mode: fast}": {"s2_fast", "s2_fast"},
	} {
		o := options(t, "cluster {port: 1, compression: "+word+"}\nleafnodes {port: 1, compression: "+word+"}")
		if got := [2]string{o.Cluster.Compression, o.LeafNode.Compression}; got != want {
			t.Errorf("%s gives %q, want %q", word, got, want)
		}
	}
	o := options(t, "leafnodes {port: 1, compression: {mode: auto, rtt_thresholds: [10ms, 0s, 1s]}}")
	if got := o.LeafNode.CompressionRTT; !slices.Equal(got, []time.Duration{10 * time.Millisecond, 0, time.Second}) {
		t.Errorf("thresholds %v", got)
	}
}

// Values that nothing stands for are refused where they stand, and a refused URL
// does not show its password.
func TestLinkErrors(t *testing.T) {
	for text, want := range map[string]string{
		"cluster {compression: fats}":                                       `unsupported compression mode "fats"`,
		"cluster {compression: s2_uncompressed}":                            `unsupported compression mode "s2_uncompressed"`,
		"cluster {compression: 5}":                                          `field "compression" should be a boolean, a string or a map, got int64`,
		"cluster {compression: {mode: auto, rtt_thresholds: [20ms, 10ms]}}": "rtt_thresholds have to grow, got 10ms behind 20ms",
		"cluster {compression: {rtt_thresholds: [1ms, 2ms, 3ms, 4ms]}}":     "rtt_thresholds are 3 at most, got 4",
		"cluster {compression: {level: 5}}":                                 `unknown field "level"`,
		"write_timeout: never":                                              `write_timeout should be default, close or retry, got "never"`,
		"gateway {write_timeout: 5}":                                        "interface conversion: interface {} is int64, not string",
		`cluster {routes: ["nats://u:secret@ho st:1"]}`:                     `error parsing route url ["nats://u:xxxxx@ho st:1"]`,
		`leafnodes {remotes: [{url: "nats://u:se@cret@a b"}]}`:              `error parsing leafnode url ["nats://u:xxxxx@a b"]`,
		"jetstream {limits {batch {foo: 1}}}":                               `unknown field "foo"`,
	} {
		_, _, err := Parse(text, "t.conf")
		if err == nil || !strings.HasSuffix(err.Error(), ": "+want) || !strings.HasPrefix(err.Error(), "t.conf:1:") {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
	_, r, err := Parse(`cluster {port: 1, routes: ["nats://u:secret@h:1", "nats://u:secret@h:1"]}`, "t.conf")
	if err != nil || len(r.Warnings) != 1 || strings.Contains(r.Warnings[0].String(), "secret") {
		t.Errorf("a route twice: %v, warnings %v", err, r.Warnings)
	}
}

// A server's limits of streams and consumers are those of its block.
func TestJetStreamLimits(t *testing.T) {
	got := options(t, `jetstream { limits { max_request_batch: 50, duplicate_window: "1m", max_ack_pending: 7, max_ha_assets: 8, default_max_consumers: 9
		batch { max_inflight_per_stream: 1, max_inflight_total: 2, max_msgs: 3, timeout: "4s" } } }`).JetStreamLimits
	want := JSLimitOpts{
		MaxAckPending: 7, MaxHAAssets: 8, MaxRequestBatch: 50, Duplicates: time.Minute, DefaultMaxConsumers: 9,
		MaxBatchInflightPerStream: 1, MaxBatchInflightTotal: 2, MaxBatchSize: 3, MaxBatchTimeout: 4 * time.Second,
	}
	if got != want {
		t.Errorf("limits %+v, want %+v", got, want)
	}
}
