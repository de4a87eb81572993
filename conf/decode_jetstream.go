package conf

import "time"

// jetStreamEntry is the jetstream block while it is decoded.
type jetStreamEntry struct{ *Options }

var jetStreamFields block[jetStreamEntry]

func init() {
	type J = jetStreamEntry
	jetStreamFields = block[J]{
		"store_dir": func(d *decoder, j *J, f *field) {
			text(func(j *J) *string { return &j.storeDirInBlock })(d, j, f)
			if j.StoreDir == "" {
				j.StoreDir = j.storeDirInBlock
			}
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
		"cipher":           text(func(j *J) *string { return &j.JetStreamCipher }),
	}
	for _, name := range []string{"limits", "tpm"} {
		jetStreamFields[name] = ignored[J](whyLater)
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
			d.fail(f.pos, "Expected 'enabled' or 'disabled' for string value, got %q", v)
		}
	case *tree:
		o.JetStream, o.JetStreamStrict = true, true
		decodeBlock(d, jetStreamFields, &jetStreamEntry{o}, v, unknownTop)
	default:
		d.fail(f.pos, "Expected map, bool or string to define JetStream, got %s", typeName(v))
	}
}

func decodeSyncInterval(d *decoder, j *jetStreamEntry, f *field) {
	if v, ok := f.node.value.(string); ok && v == "always" {
		j.SyncAlways = true
		return
	}
	duration(func(j *jetStreamEntry) *time.Duration { return &j.SyncInterval })(d, j, f)
}
