package conf

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// The reasons for options that are accepted and not used.
const (
	whyPlatform = "it is for another system"
	whyInternal = "it tunes what midge has not"
	whyLater    = "this version of midge does not have it"
)

// topLevel is what a configuration file may have at its top.
var topLevel block[Options]

func init() {
	type O = Options
	topLevel = block[O]{
		"listen":           func(d *decoder, o *O, f *field) { d.listen(f, &o.Host, &o.Port) },
		"port":             number(func(o *O) *int { return &o.Port }),
		"host":             text(func(o *O) *string { return &o.Host }),
		"client_advertise": text(func(o *O) *string { return &o.ClientAdvertise }),
		"server_name":      func(d *decoder, o *O, f *field) { d.name(f, &o.ServerName, "server name") },
		"server_tags":      func(d *decoder, o *O, f *field) { o.Tags = d.tags(f) },
		"server_metadata":  func(d *decoder, o *O, f *field) { o.Metadata = d.metadata(f) },
		"feature_flags":    func(d *decoder, o *O, f *field) { o.FeatureFlags = d.flags(f) },

		"debug":         flag(func(o *O) *bool { return &o.Debug }),
		"trace":         flag(func(o *O) *bool { return &o.Trace }),
		"trace_verbose": func(d *decoder, o *O, f *field) { d.implyTrace(o, f, &o.TraceVerbose) },
		"trace_headers": func(d *decoder, o *O, f *field) { d.implyTrace(o, f, &o.TraceHeaders) },
		"logtime":       flag(func(o *O) *bool { return &o.Logtime }),
		"logtime_utc":   flag(func(o *O) *bool { return &o.LogtimeUTC }),
		"logfile":       text(func(o *O) *string { return &o.LogFile }),

		"logfile_size_limit": number(func(o *O) *int64 { return &o.LogSizeLimit }),
		"logfile_max_num":    number(func(o *O) *int64 { return &o.LogMaxFiles }),
		"max_traced_msg_len": number(func(o *O) *int { return &o.MaxTracedMsgLen }),
		"syslog":             flag(func(o *O) *bool { return &o.Syslog }),
		"remote_syslog":      text(func(o *O) *string { return &o.RemoteSyslog }),
		"pid_file":           text(func(o *O) *string { return &o.PidFile }),
		"ports_file_dir":     text(func(o *O) *string { return &o.PortsFileDir }),
		"prof_port":          number(func(o *O) *int { return &o.ProfPort }),
		"prof_block_rate":    number(func(o *O) *int { return &o.ProfBlockRate }),

		"http":           func(d *decoder, o *O, f *field) { d.listen(f, &o.HTTPHost, &o.HTTPPort) },
		"https":          func(d *decoder, o *O, f *field) { d.listen(f, &o.HTTPHost, &o.HTTPSPort) },
		"http_port":      number(func(o *O) *int { return &o.HTTPPort }),
		"https_port":     number(func(o *O) *int { return &o.HTTPSPort }),
		"http_base_path": text(func(o *O) *string { return &o.HTTPBasePath }),

		"authorization":     decodeAuthorization,
		"accounts":          decodeAccounts,
		"mappings":          func(d *decoder, o *O, f *field) { o.Mappings = d.mappings(f) },
		"no_auth_user":      text(func(o *O) *string { return &o.NoAuthUser }),
		"system_account":    text(func(o *O) *string { return &o.SystemAccount }),
		"no_system_account": flag(func(o *O) *bool { return &o.NoSystemAccount }),
		"default_sentinel":  text(func(o *O) *string { return &o.DefaultSentinel }),
		"operator":          decodeOperators,
		"trusted_keys":      decodeTrustedKeys,
		"resolver":          decodeResolver,
		"resolver_preload":  decodePreload,
		"resolver_tls": func(d *decoder, o *O, f *field) {
			if t, cfg := d.tlsBlock(f, tlsFields); t != nil {
				o.ResolverTLS = cfg
			}
		},

		"resolver_pinned_accounts": texts(func(o *O) *[]string { return &o.PinnedAccounts }),

		"tls":                     decodeClientTLS,
		"allow_non_tls":           flag(func(o *O) *bool { return &o.AllowNonTLS }),
		"ocsp":                    ignored[O](whyLater),
		"ocsp_cache":              ignored[O](whyLater),
		"max_connections":         func(d *decoder, o *O, f *field) { d.maxConnections(o, f) },
		"max_subscriptions":       number(func(o *O) *int { return &o.MaxSubs }),
		"max_sub_tokens":          decodeSubTokens,
		"max_control_line":        number(func(o *O) *int32 { return &o.MaxControlLine }),
		"max_payload":             number(func(o *O) *int32 { return &o.MaxPayload }),
		"max_pending":             number(func(o *O) *int64 { return &o.MaxPending }),
		"max_closed_clients":      number(func(o *O) *int { return &o.MaxClosedClients }),
		"ping_interval":           duration(func(o *O) *time.Duration { return &o.PingInterval }),
		"ping_max":                number(func(o *O) *int { return &o.MaxPingsOut }),
		"write_deadline":          duration(func(o *O) *time.Duration { return &o.WriteDeadline }),
		"write_timeout":           writeTimeout(func(o *O) *string { return &o.WriteTimeout }),
		"lame_duck_duration":      decodeLameDuck,
		"connect_error_reports":   number(func(o *O) *int { return &o.ConnectErrorReports }),
		"reconnect_error_reports": number(func(o *O) *int { return &o.ReconnectErrorReports }),
		"no_header_support":       flag(func(o *O) *bool { return &o.NoHeaderSupport }),
		"disable_sublist_cache":   flag(func(o *O) *bool { return &o.NoSublistCache }),
		"no_fast_producer_stall":  flag(func(o *O) *bool { return &o.NoFastProducerStall }),
		"proxy_protocol":          ignored[O](whyLater),
		"proxies":                 ignored[O](whyLater),
		"store_dir":               decodeStoreDir,
		"default_js_domain":       func(d *decoder, o *O, f *field) { o.DefaultJSDomain = d.metadata(f) },

		"disable_short_first_ping": flag(func(o *O) *bool { return &o.DisableShortFirstPing }),
		"lame_duck_grace_period":   decodeGracePeriod,

		"cluster":   section(&clusterBlock, func(o *O) *ClusterOpts { return &o.Cluster }, unknownTop),
		"gateway":   section(&gatewayBlock, func(o *O) *GatewayOpts { return &o.Gateway }, unknownTop),
		"leafnodes": section(&leafBlock, func(o *O) *LeafNodeOpts { return &o.LeafNode }, unknownTop),
		"jetstream": decodeJetStream,
		"websocket": section(&websocketBlock, func(o *O) *WebsocketOpts { return &o.Websocket }, unknownTop),
		"mqtt":      decodeMQTT,
	}
	for name, others := range map[string][]string{
		"host": {"net"}, "logfile": {"log_file"}, "logfile_size_limit": {"log_size_limit"}, "logfile_max_num": {"log_max_num"},
		"pid_file": {"pidfile"}, "http_port": {"monitor_port"}, "mappings": {"maps"}, "system_account": {"system"},
		"no_system_account": {"no_system", "no_sys_acc"}, "operator": {"operators", "root", "roots", "root_operator", "root_operators"},
		"trusted_keys": {"trusted"}, "resolver": {"account_resolver", "accounts_resolver"}, "max_connections": {"max_conn"},
		"max_subscriptions": {"max_subs"}, "max_sub_tokens": {"max_subscription_tokens"}, "disable_sublist_cache": {"no_sublist_cache"},
		"store_dir": {"storedir"}, "leafnodes": {"leaf"}, "websocket": {"ws"},
	} {
		topLevel.alias(name, others...)
	}
}

// listen decodes an address: a port, or host:port. [config.md 1.6]
func (d *decoder) listen(f *field, host *string, port *int) {
	switch v := f.node.value.(type) {
	case int64:
		if v < -1 || v > 65535 {
			d.fail(f.pos, "port %d is out of range", v)
			return
		}
		*port = int(v)
	case string:
		h, p, err := net.SplitHostPort(v)
		if err != nil {
			d.fail(f.pos, "could not parse address string %q", v)
			return
		}
		n, err := strconv.Atoi(p)
		if err != nil || n < -1 || n > 65535 {
			d.fail(f.pos, "could not parse port %q", p)
			return
		}
		*host, *port = h, n
	default:
		d.fail(f.pos, "expected port or host:port, got %s", typeName(v))
	}
}

// name decodes a name without spaces. [C-22]
func (d *decoder) name(f *field, to *string, what string) {
	v, ok := typed[string](d, f)
	switch {
	case !ok:
	case strings.Contains(v, " "):
		d.fail(f.pos, "%s cannot contain spaces", what)
	default:
		*to = v
	}
}

// tags decodes a server's tags. An array that stands for a variable of the
// environment is refused as by the reference.
func (d *decoder) tags(f *field) []string {
	var tags []string
	switch v := f.node.value.(type) {
	case string:
		return []string{v}
	case []*node:
		for _, n := range v {
			s, ok := n.value.(string)
			if !ok {
				d.fail(f.pos, "error parsing tags: unsupported type %s where string is expected", typeName(n.value))
				continue
			}
			tags = append(tags, s)
		}
	default:
		d.fail(f.pos, "error parsing tags: unsupported type %s", typeName(v))
	}
	return tags
}

func (d *decoder) metadata(f *field) map[string]string {
	t, ok := typed[*tree](d, f)
	if !ok {
		return nil
	}
	m := make(map[string]string)
	for _, e := range t.last() {
		if v, ok := typed[string](d, e); ok {
			m[e.key] = v
		}
	}
	return m
}

func (d *decoder) flags(f *field) map[string]bool {
	t, ok := typed[*tree](d, f)
	if !ok {
		return nil
	}
	m := make(map[string]bool)
	for _, e := range t.last() {
		if v, ok := typed[bool](d, e); ok {
			m[e.key] = v
		}
	}
	return m
}

// implyTrace decodes a flag that switches protocol traces on as well.
func (d *decoder) implyTrace(o *Options, f *field, to *bool) {
	if v, ok := typed[bool](d, f); ok {
		*to = v
		o.Trace = o.Trace || v
	}
}

// maxConnections decodes the limit, for which 0 means any number here. [C-25]
func (d *decoder) maxConnections(o *Options, f *field) {
	if v, ok := typed[int64](d, f); ok {
		o.MaxConn = int(v)
		if v <= 0 {
			o.MaxConn = -1
		}
	}
}

func decodeLameDuck(d *decoder, o *Options, f *field) {
	before := len(d.problems)
	duration(func(o *Options) *time.Duration { return &o.LameDuckDuration })(d, o, f)
	if v := o.LameDuckDuration; v < MinLameDuckDuration && len(d.problems) == before {
		d.fail(f.pos, "invalid lame_duck_duration of %v, minimum is 30 seconds", v)
	}
}

func decodeGracePeriod(d *decoder, o *Options, f *field) {
	duration(func(o *Options) *time.Duration { return &o.LameDuckGracePeriod })(d, o, f)
	if o.LameDuckGracePeriod < 0 {
		d.fail(f.pos, "invalid lame_duck_grace_period, needs to be positive")
	}
}

func decodeSubTokens(d *decoder, o *Options, f *field) {
	number(func(o *Options) *uint8 { return &o.MaxSubTokens })(d, o, f)
	if v, ok := f.node.value.(int64); ok && v == 0 {
		d.fail(f.pos, "%s value can not be negative", f.key)
	}
}
