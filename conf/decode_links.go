package conf

import (
	"crypto/tls"
	"net/url"
	"strings"
	"time"
)

// The link blocks: what may stand in cluster, gateway and leafnodes.
var (
	clusterBlock block[ClusterOpts]
	gatewayBlock block[GatewayOpts]
	remoteGates  block[RemoteGatewayOpts]
	leafBlock    block[LeafNodeOpts]
	leafRemotes  block[RemoteLeafOpts]
)

// tlsParts are where the parts of a tls block go.
type tlsParts struct {
	config  **tls.Config
	timeout *float64 // seconds
	block   **TLS
}

// tlsOf makes the decoder of a tls block that a link has.
func tlsOf[T any](parts func(*T) tlsParts, fields *block[tlsEntry]) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		if t, cfg := d.tlsBlock(f, *fields); t != nil {
			p := parts(to)
			*p.config, *p.timeout, *p.block = cfg, t.Timeout, t
		}
	}
}

// urls makes the decoder of one URL or a list of them. A list has none twice.
func urls[T any](field_ func(*T) *[]*url.URL, what string) decodeField[T] {
	return func(d *decoder, to *T, f *field) {
		seen := make(map[string]bool)
		for _, w := range d.words(f) {
			u, err := url.Parse(strings.TrimSpace(w.text))
			switch {
			case err != nil || u.Host == "":
				d.fail(w.pos, "error parsing %s url [%q]", what, withoutPassword(w.text))
			case seen[u.String()]:
				d.warn(w.pos, "invalid use of field %q: Duplicate %s entry detected", withoutPassword(w.text), what)
			default:
				seen[u.String()] = true
				*field_(to) = append(*field_(to), u)
			}
		}
	}
}

// withoutPassword hides the password of a URL, and of what only looks like one:
// the reference shows it in a log that others may read.
func withoutPassword(s string) string {
	start, end := strings.Index(s, "://"), strings.LastIndexByte(s, '@')
	if start < 0 || end < start+3 {
		return s
	}
	name, _, ok := strings.Cut(s[start+3:end], ":")
	if !ok {
		return s
	}
	return s[:start+3] + name + ":xxxxx" + s[end:]
}

// subjects makes the decoder of subjects that a remote leafnode must not see.
func subjects[T any](field_ func(*T) *[]string) decodeField[T] {
	return func(d *decoder, to *T, f *field) { *field_(to) = d.subjectList(f, false) }
}

func init() {
	type C = ClusterOpts
	clusterBlock = block[C]{
		"name":   func(d *decoder, c *C, f *field) { d.name(f, &c.Name, "cluster name") },
		"listen": func(d *decoder, c *C, f *field) { d.listen(f, &c.Host, &c.Port) },
		"port":   number(func(c *C) *int { return &c.Port }),
		"host":   text(func(c *C) *string { return &c.Host }),
		"routes": func(d *decoder, _ *C, f *field) {
			urls(func(o *Options) *[]*url.URL { return &o.Routes }, "route")(d, d.o, f)
		},
		"authorization": func(d *decoder, c *C, f *field) {
			if a := d.linkAuthorization(f, "Cluster"); a != nil {
				c.Username, c.Password, c.AuthTimeout = a.user, a.password, a.timeout
			}
		},
		"permissions":     func(d *decoder, c *C, f *field) { c.Permissions = d.permissions(f) },
		"tls":             tlsOf(func(c *C) tlsParts { return tlsParts{&c.TLSConfig, &c.TLSTimeout, &c.TLSBlock} }, &linkTLSFields),
		"advertise":       text(func(c *C) *string { return &c.Advertise }),
		"no_advertise":    flag(func(c *C) *bool { return &c.NoAdvertise }),
		"connect_retries": number(func(c *C) *int { return &c.ConnectRetries }),
		"connect_backoff": flag(func(c *C) *bool { return &c.ConnectBackoff }),
		"pool_size":       number(func(c *C) *int { return &c.PoolSize }),
		"accounts":        texts(func(c *C) *[]string { return &c.PinnedAccounts }),
		"compression":     compression(func(c *C) (*string, *[]time.Duration) { return &c.Compression, &c.CompressionRTT }, "s2_fast"),
		"ping_interval":   duration(func(c *C) *time.Duration { return &c.PingInterval }),
		"ping_max":        number(func(c *C) *int { return &c.PingMax }),
		"write_deadline":  duration(func(c *C) *time.Duration { return &c.WriteDeadline }),
		"write_timeout":   writeTimeout(func(c *C) *string { return &c.WriteTimeout }),
	}
	clusterBlock.alias("host", "net")
	clusterBlock.alias("advertise", "cluster_advertise")
	initGateways()
	initLeafs()
}

func initGateways() {
	type G = GatewayOpts
	gatewayBlock = block[G]{
		"name":   func(d *decoder, g *G, f *field) { d.name(f, &g.Name, "gateway name") },
		"listen": func(d *decoder, g *G, f *field) { d.listen(f, &g.Host, &g.Port) },
		"port":   number(func(g *G) *int { return &g.Port }),
		"host":   text(func(g *G) *string { return &g.Host }),
		"authorization": func(d *decoder, g *G, f *field) {
			if a := d.linkAuthorization(f, "Gateway"); a != nil {
				g.Username, g.Password, g.AuthTimeout = a.user, a.password, a.timeout
			}
		},
		"tls":             tlsOf(func(g *G) tlsParts { return tlsParts{&g.TLSConfig, &g.TLSTimeout, &g.TLSBlock} }, &linkTLSFields),
		"advertise":       text(func(g *G) *string { return &g.Advertise }),
		"connect_retries": number(func(g *G) *int { return &g.ConnectRetries }),
		"connect_backoff": flag(func(g *G) *bool { return &g.ConnectBackoff }),
		"reject_unknown":  flag(func(g *G) *bool { return &g.RejectUnknown }),
		"write_deadline":  duration(func(g *G) *time.Duration { return &g.WriteDeadline }),
		"write_timeout":   writeTimeout(func(g *G) *string { return &g.WriteTimeout }),
		"gateways": func(d *decoder, g *G, f *field) {
			for _, n := range d.maps(f, "Expected gateways field to", "gateway entry") {
				r := new(RemoteGatewayOpts)
				decodeBlock(d, remoteGates, r, n.value.(*tree), unknownTop)
				g.Gateways = append(g.Gateways, r)
			}
		},
	}
	gatewayBlock.alias("host", "net")
	gatewayBlock.alias("reject_unknown", "reject_unknown_cluster")
	type R = RemoteGatewayOpts
	remoteGates = block[R]{
		"name": text(func(r *R) *string { return &r.Name }),
		"url":  urls(func(r *R) *[]*url.URL { return &r.URLs }, "gateway"),
		"tls":  tlsOf(func(r *R) tlsParts { return tlsParts{&r.TLSConfig, &r.TLSTimeout, &r.TLSBlock} }, &linkTLSFields),
	}
	remoteGates.alias("url", "urls")
}

func initLeafs() {
	type L = LeafNodeOpts
	leafBlock = block[L]{
		"listen":         func(d *decoder, l *L, f *field) { d.listen(f, &l.Host, &l.Port) },
		"port":           number(func(l *L) *int { return &l.Port }),
		"host":           text(func(l *L) *string { return &l.Host }),
		"authorization":  decodeLeafAuth,
		"tls":            tlsOf(func(l *L) tlsParts { return tlsParts{&l.TLSConfig, &l.TLSTimeout, &l.TLSBlock} }, &tlsFields),
		"advertise":      text(func(l *L) *string { return &l.Advertise }),
		"no_advertise":   flag(func(l *L) *bool { return &l.NoAdvertise }),
		"reconnect":      seconds(func(l *L) *float64 { return &l.ReconnectSeconds }),
		"dial_timeout":   duration(func(l *L) *time.Duration { return &l.DialTimeout }),
		"min_version":    decodeLeafVersion,
		"compression":    compression(func(l *L) (*string, *[]time.Duration) { return &l.Compression, &l.CompressionRTT }, "s2_auto"),
		"isolate":        flag(func(l *L) *bool { return &l.Isolate }),
		"write_deadline": duration(func(l *L) *time.Duration { return &l.WriteDeadline }),
		"write_timeout":  writeTimeout(func(l *L) *string { return &l.WriteTimeout }),
		"remotes": func(d *decoder, l *L, f *field) {
			for _, n := range d.maps(f, "Expected remotes field to", "remote leafnode entry") {
				r := new(RemoteLeafOpts)
				decodeBlock(d, leafRemotes, r, n.value.(*tree), unknownTop)
				l.Remotes = append(l.Remotes, r)
			}
		},
	}
	leafBlock.alias("host", "net")
	leafBlock.alias("advertise", "leafnode_advertise")
	leafBlock.alias("reconnect", "reconnect_delay", "reconnect_interval")
	leafBlock.alias("min_version", "minimum_version")
	leafBlock.alias("isolate", "isolate_leafnode_interest")
	type R = RemoteLeafOpts
	leafRemotes = block[R]{
		"url":                       urls(func(r *R) *[]*url.URL { return &r.URLs }, "leafnode"),
		"account":                   text(func(r *R) *string { return &r.LocalAccount }),
		"credentials":               text(func(r *R) *string { return &r.Credentials }),
		"nkey":                      text(func(r *R) *string { return &r.Nkey }),
		"tls":                       tlsOf(func(r *R) tlsParts { return tlsParts{&r.TLSConfig, &r.TLSTimeout, &r.TLSBlock} }, &tlsFields),
		"hub":                       flag(func(r *R) *bool { return &r.Hub }),
		"deny_imports":              subjects(func(r *R) *[]string { return &r.DenyImports }),
		"deny_exports":              subjects(func(r *R) *[]string { return &r.DenyExports }),
		"no_randomize":              flag(func(r *R) *bool { return &r.NoRandomize }),
		"compression":               compression(func(r *R) (*string, *[]time.Duration) { return &r.Compression, &r.CompressionRTT }, "s2_auto"),
		"first_info_timeout":        duration(func(r *R) *time.Duration { return &r.FirstInfoTimeout }),
		"dial_timeout":              duration(func(r *R) *time.Duration { return &r.DialTimeout }),
		"disabled":                  flag(func(r *R) *bool { return &r.Disabled }),
		"isolate":                   flag(func(r *R) *bool { return &r.Isolate }),
		"request_isolation":         flag(func(r *R) *bool { return &r.RequestIsolation }),
		"ignore_discovered_servers": flag(func(r *R) *bool { return &r.IgnoreDiscovered }),
		"jetstream_cluster_migrate": ignored[R](whyLater),
		"ws_compression":            flag(func(r *R) *bool { return &r.WSCompression }),
		"ws_no_masking":             flag(func(r *R) *bool { return &r.WSNoMasking }),
		"proxy":                     ignored[R](whyLater),
	}
	for name, others := range map[string][]string{
		"url": {"urls"}, "credentials": {"creds"}, "nkey": {"seed"}, "deny_imports": {"deny_import"}, "deny_exports": {"deny_export"},
		"no_randomize": {"dont_randomize"}, "isolate": {"isolate_leafnode_interest"}, "jetstream_cluster_migrate": {"js_cluster_migrate"},
		"ws_compression": {"ws_compress", "websocket_compress", "websocket_compression"}, "ws_no_masking": {"websocket_no_masking"},
	} {
		leafRemotes.alias(name, others...)
	}
}
