package monitor

import (
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/midge-nats/midge/core"
)

// Varz is the page of general figures. [M-1]
type Varz struct {
	ID                string            `json:"server_id"`
	Name              string            `json:"server_name"`
	Version           string            `json:"version"`
	Proto             int               `json:"proto"`
	Go                string            `json:"go"`
	Host              string            `json:"host"`
	Port              int               `json:"port"`
	AuthRequired      bool              `json:"auth_required,omitempty"`
	TLSRequired       bool              `json:"tls_required,omitempty"`
	TLSVerify         bool              `json:"tls_verify,omitempty"`
	ConnectURLs       []string          `json:"connect_urls,omitempty"`
	MaxConn           int               `json:"max_connections"`
	MaxSubs           int               `json:"max_subscriptions,omitempty"`
	PingInterval      time.Duration     `json:"ping_interval"`
	PingMax           int               `json:"ping_max"`
	HTTPHost          string            `json:"http_host"`
	HTTPPort          int               `json:"http_port"`
	HTTPBasePath      string            `json:"http_base_path"`
	HTTPSPort         int               `json:"https_port"`
	AuthTimeout       float64           `json:"auth_timeout"`
	MaxControlLine    int32             `json:"max_control_line"`
	MaxPayload        int               `json:"max_payload"`
	MaxPending        int64             `json:"max_pending"`
	Cluster           ClusterInfo       `json:"cluster"`
	Gateway           GatewayInfo       `json:"gateway"`
	Leaf              LeafInfo          `json:"leaf"`
	MQTT              struct{}          `json:"mqtt"`
	WebSocket         struct{}          `json:"websocket"`
	JetStream         struct{}          `json:"jetstream"`
	TLSTimeout        float64           `json:"tls_timeout"`
	WriteDeadline     time.Duration     `json:"write_deadline"`
	Start             time.Time         `json:"start"`
	Now               time.Time         `json:"now"`
	Uptime            string            `json:"uptime"`
	Mem               int64             `json:"mem"`
	Cores             int               `json:"cores"`
	MaxProcs          int               `json:"gomaxprocs"`
	MemLimit          int64             `json:"gomemlimit,omitempty"`
	CPU               float64           `json:"cpu"`
	Connections       int               `json:"connections"`
	TotalConnections  uint64            `json:"total_connections"`
	Routes            int               `json:"routes"`
	Remotes           int               `json:"remotes"`
	Leafs             int               `json:"leafnodes"`
	InMsgs            int64             `json:"in_msgs"`
	OutMsgs           int64             `json:"out_msgs"`
	InBytes           int64             `json:"in_bytes"`
	OutBytes          int64             `json:"out_bytes"`
	InClientMsgs      int64             `json:"in_client_msgs"`
	OutClientMsgs     int64             `json:"out_client_msgs"`
	InClientBytes     int64             `json:"in_client_bytes"`
	OutClientBytes    int64             `json:"out_client_bytes"`
	SlowConsumers     int64             `json:"slow_consumers"`
	StaleConnections  int64             `json:"stale_connections"`
	StalledClients    int64             `json:"stalled_clients"`
	Subscriptions     int64             `json:"subscriptions"`
	HTTPReqStats      map[string]uint64 `json:"http_req_stats"`
	ConfigLoadTime    time.Time         `json:"config_load_time"`
	ConfigDigest      string            `json:"config_digest"`
	Tags              []string          `json:"tags,omitempty"`
	Metadata          map[string]string `json:"metadata,omitempty"`
	SystemAccount     string            `json:"system_account,omitempty"`
	SlowConsumerStats KindCounts        `json:"slow_consumer_stats"`
	StaleConnStats    KindCounts        `json:"stale_connection_stats"`
}

// KindCounts are figures by kind of connection.
type KindCounts struct {
	Clients  int64 `json:"clients"`
	Routes   int64 `json:"routes"`
	Gateways int64 `json:"gateways"`
	Leafs    int64 `json:"leafs"`
}

func kindCounts(by map[core.Kind]int64) (c KindCounts, total int64) {
	c = KindCounts{
		Clients: by[core.KindClient], Routes: by[core.KindRoute], Gateways: by[core.KindGateway],
		Leafs: by[core.KindLeafHub] + by[core.KindLeafSpoke],
	}
	return c, c.Clients + c.Routes + c.Gateways + c.Leafs
}

// Varz gives the figures of the moment.
func (m *Monitor) Varz() *Varz {
	o, info, t, now := m.Options(), m.Info(), m.Broker.Totals(), time.Now().UTC()
	v := &Varz{
		ID: info.ServerID, Name: info.ServerName, Version: info.Version, Proto: 1, Go: info.Go,
		Host: info.Host, Port: info.Port, ConnectURLs: info.ConnectURLs,
		TLSRequired: o.TLSConfig != nil && !o.AllowNonTLS, TLSVerify: o.TLSVerify || o.TLSMap,
		MaxConn: o.MaxConn, MaxSubs: o.MaxSubs, PingInterval: o.PingInterval, PingMax: o.MaxPingsOut,
		HTTPHost: o.HTTPHost, HTTPPort: m.HTTPPort(), HTTPBasePath: o.HTTPBasePath, HTTPSPort: o.HTTPSPort,
		AuthTimeout: o.AuthTimeout, MaxControlLine: o.MaxControlLine, MaxPayload: int(o.MaxPayload), MaxPending: o.MaxPending,
		TLSTimeout: o.TLSTimeout, WriteDeadline: o.WriteDeadline,
		Start: m.Started.UTC(), Now: now, Uptime: uptime(now.Sub(m.Started)),
		Mem: residentBytes(), Cores: runtime.NumCPU(), MaxProcs: runtime.GOMAXPROCS(0), CPU: m.cpu.percent(now),
		TotalConnections: m.ever.Load(),
		InMsgs:           t.In.Msgs, InBytes: t.In.Bytes, OutMsgs: t.Out.Msgs, OutBytes: t.Out.Bytes,
		InClientMsgs: t.ClientIn.Msgs, InClientBytes: t.ClientIn.Bytes,
		OutClientMsgs: t.ClientOut.Msgs, OutClientBytes: t.ClientOut.Bytes,
		StalledClients: t.Stalls, Subscriptions: t.Subscriptions, HTTPReqStats: m.requests(),
		ConfigLoadTime: m.Loaded().UTC(), ConfigDigest: m.Digest(), Tags: o.Tags, Metadata: o.Metadata,
		AuthRequired: info.AuthRequired,
	}
	if l := debug.SetMemoryLimit(-1); l != math.MaxInt64 {
		v.MemLimit = l
	}
	v.SlowConsumerStats, v.SlowConsumers = kindCounts(t.SlowConsumers)
	v.StaleConnStats, v.StaleConnections = kindCounts(t.StaleConnections)
	v.Connections = m.Broker.ConnCount(core.KindClient)
	if c := m.Cluster(); c != nil {
		v.Cluster = *c
	}
	if g := m.Gateways(); g != nil {
		v.Gateway = g.Info
	}
	v.Routes = len(m.Routes())
	v.Remotes = v.Routes
	v.Leafs = len(m.leafnodes())
	if m.Leaf != nil {
		v.Leaf = m.Leaf()
	}
	if sys := m.System(); sys != nil {
		v.SystemAccount = sys.Name()
	}
	return v
}
