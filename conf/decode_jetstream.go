package conf

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// jetStreamEntry is the jetstream block while it is decoded.
type jetStreamEntry struct{ *Options }

var jetStreamFields block[jetStreamEntry]

func init() {
	type J = jetStreamEntry
	jetStreamFields = block[J]{
		"store_dir": func(d *decoder, j *J, f *field) {
			decodeStoreDir(d, j.Options, f)
		},
		"max_memory_store": size(func(j *J) *int64 { return &j.JetStreamMaxMemory }),
		"max_file_store":   size(func(j *J) *int64 { return &j.JetStreamMaxStore }),
		"domain":           text(func(j *J) *string { return &j.JetStreamDomain }),
		"sync_interval":    decodeSyncInterval,
		"enabled":          flag(func(j *J) *bool { return &j.JetStream }),
		"strict":           flag(func(j *J) *bool { return &j.JetStreamStrict }),
		"unique_tag":       text(func(j *J) *string { return &j.JetStreamUniqueTag }),
		"key":              text(func(j *J) *string { return &j.JetStreamKey }),
		"prev_key":         text(func(j *J) *string { return &j.JetStreamOldKey }),
		"cipher":           decodeCipher,
		"limits":           decodeJetStreamLimits,
		"tpm":              ignored[J](whyLater),
	}
	for _, name := range []string{
		"extension_hint", "no_extend", "will_extend", "max_outstanding_catchup", "max_buffered_size", "max_buffered_msgs",
		"request_queue_limit", "info_queue_limit", "meta_compact", "meta_compact_size", "meta_compact_sync", "max_concurrent_io",
	} {
		jetStreamFields[name] = ignored[J](whyInternal)
	}
	for name, others := range map[string][]string{
		"store_dir": {"store", "storedir"}, "max_memory_store": {"max_mem_store", "max_mem"}, "max_file_store": {"max_file"},
		"sync_interval": {"sync"}, "key": {"ek", "encryption_key"}, "prev_key": {"prev_ek", "prev_encryption_key"},
	} {
		jetStreamFields.alias(name, others...)
	}
}

// decodeJetStream decodes a switch or a map.
func decodeJetStream(d *decoder, o *Options, f *field) {
	switch v := f.node.value.(type) {
	case bool:
		o.JetStream = v
	case string:
		switch v {
		case "enabled", "enable":
			o.JetStream = true
		case "disabled", "disable":
			o.JetStream = false
		default:
			d.fail(f.pos, "Expected 'enabled' or 'disabled' for string value, got '%s'", v)
		}
	case *tree:
		o.JetStream = true
		decodeBlock(d, jetStreamFields, &jetStreamEntry{o}, v, unknownTop)
	default:
		d.fail(f.pos, "Expected map, bool or string to define JetStream, got %s", typeName(v))
	}
}

func decodeCipher(d *decoder, j *jetStreamEntry, f *field) {
	v, ok := typed[string](d, f)
	if !ok {
		return
	}
	switch strings.ToLower(v) {
	case "chacha", "chachapoly", "aes":
		j.JetStreamCipher = strings.ToLower(v)
	default:
		d.fail(f.pos, "Unknown cipher type: %q", v)
	}
}

var jetStreamLimits, batchLimits block[JSLimitOpts]

func init() {
	type L = JSLimitOpts
	jetStreamLimits = block[L]{
		"max_ack_pending":       number(func(l *L) *int { return &l.MaxAckPending }),
		"max_ha_assets":         number(func(l *L) *int { return &l.MaxHAAssets }),
		"max_request_batch":     number(func(l *L) *int { return &l.MaxRequestBatch }),
		"duplicate_window":      duration(func(l *L) *time.Duration { return &l.Duplicates }),
		"default_max_consumers": number(func(l *L) *int { return &l.DefaultMaxConsumers }),
		"batch":                 section(&batchLimits, func(l *L) *L { return l }, unknownTop),
	}
	batchLimits = block[L]{
		"max_inflight_per_stream": number(func(l *L) *int { return &l.MaxBatchInflightPerStream }),
		"max_inflight_total":      number(func(l *L) *int { return &l.MaxBatchInflightTotal }),
		"max_msgs":                number(func(l *L) *int { return &l.MaxBatchSize }),
		"timeout":                 duration(func(l *L) *time.Duration { return &l.MaxBatchTimeout }),
	}
}

// decodeJetStreamLimits decodes the limits of streams and consumers of a server.
func decodeJetStreamLimits(d *decoder, j *jetStreamEntry, f *field) {
	section(&jetStreamLimits, func(j *jetStreamEntry) *JSLimitOpts { return &j.JetStreamLimits }, unknownTop)(d, j, f)
}

// decodeStoreDir decodes the folder for streams, which may be named at the top
// or in the jetstream block, and not in both.
func decodeStoreDir(d *decoder, o *Options, f *field) {
	if o.StoreDir != "" {
		d.fail(f.pos, "Duplicate 'store_dir' configuration")
		return
	}
	text(func(o *Options) *string { return &o.StoreDir })(d, o, f)
}

// sizeText is a number of bytes as text: 1K are 1024, unlike those of a number.
var sizeText = regexp.MustCompile(`^(\d+)([KMGTkmgt])$`)

// size makes the decoder of a number of bytes: an integer, or a text like "1G".
func size[T any](field_ func(*T) *int64) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		switch v := f.node.value.(type) {
		case int64:
			*field_(to) = v
		case string:
			m := sizeText.FindStringSubmatch(v)
			if m == nil {
				d.fail(f.pos, "%s sizes defined as strings must end in K, M, G, T", f.key)
				return
			}
			n, err := strconv.ParseInt(m[1], 10, 64)
			shift := 10 * (strings.Index("KMGT", strings.ToUpper(m[2])) + 1)
			if err != nil || n > (1<<63-1)>>shift {
				d.fail(f.pos, "%s value is too big", f.key)
				return
			}
			*field_(to) = n << shift
		default:
			d.fail(f.pos, "%s must be int64 or string", f.key)
		}
	}
}

func decodeSyncInterval(d *decoder, j *jetStreamEntry, f *field) {
	if v, ok := f.node.value.(string); ok && v == "always" {
		j.SyncAlways = true
		return
	}
	duration(func(j *jetStreamEntry) *time.Duration { return &j.SyncInterval })(d, j, f)
}
