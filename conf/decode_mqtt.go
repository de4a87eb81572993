package conf

import (
	"time"
)

var mqttBlock block[MQTTOpts]

func init() {
	type M = MQTTOpts
	mqttBlock = block[M]{
		"listen": func(d *decoder, m *M, f *field) { d.listen(f, &m.Host, &m.Port) },
		"port":   number(func(m *M) *int { return &m.Port }),
		"host":   text(func(m *M) *string { return &m.Host }),
		"tls":    tlsOf(func(m *M) tlsParts { return tlsParts{&m.TLSConfig, &m.TLSTimeout, &m.TLSBlock} }, &tlsFields),
		"authorization": func(d *decoder, m *M, f *field) {
			if a := d.authorization(f, webAuthFields); a != nil {
				m.Username, m.Password, m.Token, m.AuthTimeout = a.user, a.password, a.token, a.timeout
			}
		},
		"no_auth_user":                text(func(m *M) *string { return &m.NoAuthUser }),
		"ack_wait":                    duration(func(m *M) *time.Duration { return &m.AckWait }),
		"js_api_timeout":              duration(func(m *M) *time.Duration { return &m.APITimeout }),
		"max_ack_pending":             decodeMaxInflight,
		"js_domain":                   text(func(m *M) *string { return &m.JSDomain }),
		"stream_replicas":             number(func(m *M) *int { return &m.StreamReplicas }),
		"consumer_memory_storage":     flag(func(m *M) *bool { return &m.MemoryStorage }),
		"consumer_inactive_threshold": duration(func(m *M) *time.Duration { return &m.InactiveThreshold }),
		"reject_qos2_publish":         flag(func(m *M) *bool { return &m.RejectQoS2Publish }),
		"downgrade_qos2_subscribe":    flag(func(m *M) *bool { return &m.DowngradeQoS2Subs }),
		"consumer_replicas": func(d *decoder, m *M, f *field) {
			d.warn(f.pos, "invalid use of field %q: consumer replicas setting ignored in this server version", f.key)
		},
	}
	mqttBlock.alias("host", "net")
	mqttBlock.alias("js_api_timeout", "api_timeout")
	mqttBlock.alias("max_ack_pending", "max_pending", "max_inflight")
	mqttBlock.alias("consumer_inactive_threshold", "consumer_auto_cleanup")
}

func decodeMaxInflight(d *decoder, m *MQTTOpts, f *field) {
	v, ok := typed[int64](d, f)
	switch {
	case !ok:
	case v < 0 || v > 65535:
		d.fail(f.pos, "invalid value %d, should in [0..65535] range", v)
	default:
		m.MaxAckPending = uint16(v)
	}
}

func decodeMQTT(d *decoder, o *Options, f *field) {
	section(&mqttBlock, func(o *Options) *MQTTOpts { return &o.MQTT }, unknownTop)(d, o, f)
	d.report.Notes = append(d.report.Notes, Problem{Pos: f.pos, Text: `"mqtt" is not used: midge does not speak MQTT`})
}
