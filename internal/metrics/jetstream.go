package metrics

// collectJsz shows JetStream of the server, its accounts, streams and consumers.
func collectJsz(s *sink, jsz object) {
	disabled, _ := number(jsz["disabled"]) // left out while JetStream is on
	s.gauge("jetstream_server_jetstream_disabled", disabled)
	if disabled == 1 {
		return
	}
	config, meta := member(jsz, "config"), member(jsz, "meta_cluster")
	s.named("jetstream_server_", config, map[string]string{"max_memory": "max_memory", "max_storage": "max_storage"})
	s.named("jetstream_server_", jsz, map[string]string{"streams": "total_streams", "consumers": "total_consumers",
		"messages": "total_messages", "bytes": "total_message_bytes", "memory": "memory_used", "storage": "storage_used",
		"reserved_memory": "reserved_memory", "reserved_storage": "reserved_storage"})
	s.named("jetstream_server_api_", member(jsz, "api"), map[string]string{"total": "total", "errors": "errors"})
	labels := []label{{"cluster", text(meta, "name")}, {"domain", text(config, "domain")}, {"meta_leader", text(meta, "leader")}}
	for _, a := range members(jsz, "account_details") {
		s.jetstreamAccount(a, labels)
	}
}

func (s *sink) jetstreamAccount(a object, labels []label) {
	labels = append(labels[:len(labels):len(labels)], label{"account", text(a, "name")}, label{"account_id", text(a, "id")})
	s.named("jetstream_account_", a, map[string]string{"memory": "memory_used", "storage": "storage_used",
		"reserved_memory": "max_memory", "reserved_storage": "max_storage"}, labels...)
	for _, st := range members(a, "stream_detail") {
		s.jetstreamStream(st, labels)
	}
}

func (s *sink) jetstreamStream(st object, labels []label) {
	labels = append(labels[:len(labels):len(labels)], label{"stream_name", text(st, "name")},
		label{"stream_leader", text(member(st, "cluster"), "leader")})
	s.named("jetstream_stream_", member(st, "state"), map[string]string{"messages": "total_messages", "bytes": "total_bytes",
		"first_seq": "first_seq", "last_seq": "last_seq", "consumer_count": "consumer_count",
		"num_subjects": "subject_count", "num_deleted": "deleted_count"}, labels...)
	s.named("jetstream_stream_", member(st, "config"), map[string]string{"max_bytes": "limit_bytes", "max_msgs": "limit_messages"}, labels...)
	for _, c := range members(st, "consumer_detail") {
		of := append(labels[:len(labels):len(labels)], label{"consumer_name", text(c, "name")},
			label{"consumer_leader", text(member(c, "cluster"), "leader")})
		s.fields("jetstream_consumer_", c, []string{"num_ack_pending", "num_redelivered", "num_waiting", "num_pending"}, of...)
		s.fields("jetstream_consumer_delivered_", member(c, "delivered"), []string{"consumer_seq", "stream_seq"}, of...)
		s.fields("jetstream_consumer_ack_floor_", member(c, "ack_floor"), []string{"consumer_seq", "stream_seq"}, of...)
	}
}

// named sends the numbers of o whose keys are in names, under prefix and the
// name that the exporter has for them.
func (s *sink) named(prefix string, o object, names map[string]string, labels ...label) {
	for key, name := range names {
		if v, ok := number(o[key]); ok {
			s.gauge(prefix+name, v, labels...)
		}
	}
}
