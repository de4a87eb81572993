package monitor

import (
	"time"

	"github.com/midge-nats/midge/core"
)

// GatewayState is what the server knows of its gateways.
type GatewayState struct {
	Info              GatewayInfo
	Outbound, Inbound []GatewayLink
}

// GatewayLink is one connection to another cluster.
type GatewayLink struct {
	Name       string // of the cluster
	Conn       *core.Conn
	Configured bool
	Accounts   []GatewayAccount
}

// GatewayInfo is what /varz tells of gateways.
type GatewayInfo struct {
	Name           string              `json:"name,omitempty"`
	Host           string              `json:"host,omitempty"`
	Port           int                 `json:"port,omitempty"`
	AuthTimeout    float64             `json:"auth_timeout,omitempty"`
	TLSTimeout     float64             `json:"tls_timeout,omitempty"`
	TLSRequired    bool                `json:"tls_required,omitempty"`
	TLSVerify      bool                `json:"tls_verify,omitempty"`
	Advertise      string              `json:"advertise,omitempty"`
	ConnectRetries int                 `json:"connect_retries,omitempty"`
	Gateways       []RemoteGatewayInfo `json:"gateways,omitempty"`
	RejectUnknown  bool                `json:"reject_unknown,omitempty"`
}

// RemoteGatewayInfo is one configured cluster.
type RemoteGatewayInfo struct {
	Name       string   `json:"name"`
	TLSTimeout float64  `json:"tls_timeout,omitempty"`
	URLs       []string `json:"urls,omitempty"`
}

// GatewayAccount is what another cluster wants in an account.
type GatewayAccount struct {
	Name         string `json:"name"`
	Mode         string `json:"interest_mode,omitempty"`
	NumSubs      int    `json:"num_subs,omitempty"`
	NumQueueSubs int    `json:"num_queue_subs,omitempty"`
}

// RemoteGatewayz is one connection to another cluster.
type RemoteGatewayz struct {
	Configured bool             `json:"configured"`
	Connection *GatewayConn     `json:"connection,omitempty"`
	Accounts   []GatewayAccount `json:"accounts,omitempty"`
}

// GatewayConn is a gateway's connection as /connz lists those of clients.
type GatewayConn struct {
	CID          uint64    `json:"cid"`
	Kind         string    `json:"kind,omitempty"`
	IP           string    `json:"ip"`
	Port         int       `json:"port"`
	Start        time.Time `json:"start"`
	LastActivity time.Time `json:"last_activity"`
	RTT          string    `json:"rtt,omitempty"`
	Uptime       string    `json:"uptime"`
	Idle         string    `json:"idle"`
	Pending      int64     `json:"pending_bytes"`
	InMsgs       int64     `json:"in_msgs"`
	OutMsgs      int64     `json:"out_msgs"`
	InBytes      int64     `json:"in_bytes"`
	OutBytes     int64     `json:"out_bytes"`
	NumSubs      int       `json:"subscriptions"`
	Name         string    `json:"name,omitempty"`
}

// Gatewayz is the page of gateways. [M-1]
type Gatewayz struct {
	ID       string                       `json:"server_id"`
	Now      time.Time                    `json:"now"`
	Name     string                       `json:"name,omitempty"`
	Host     string                       `json:"host,omitempty"`
	Port     int                          `json:"port,omitempty"`
	Outbound map[string]*RemoteGatewayz   `json:"outbound_gateways"`
	Inbound  map[string][]*RemoteGatewayz `json:"inbound_gateways"`
}

// Gatewayz lists the gateways.
func (m *Monitor) Gatewayz() *Gatewayz {
	z := &Gatewayz{
		ID: m.Info().ServerID, Now: time.Now().UTC(), Outbound: map[string]*RemoteGatewayz{}, Inbound: map[string][]*RemoteGatewayz{},
	}
	s := m.Gateways()
	if s == nil {
		return z
	}
	z.Name, z.Host, z.Port = s.Info.Name, s.Info.Host, s.Info.Port
	for _, l := range s.Outbound {
		z.Outbound[l.Name] = m.describeGateway(&l)
	}
	for _, l := range s.Inbound {
		z.Inbound[l.Name] = append(z.Inbound[l.Name], m.describeGateway(&l))
	}
	return z
}

func (m *Monitor) describeGateway(l *GatewayLink) *RemoteGatewayz {
	r := m.DescribeRoute(l.Conn)
	return &RemoteGatewayz{Configured: l.Configured, Accounts: l.Accounts, Connection: &GatewayConn{
		CID: r.RID, Kind: "Gateway", IP: r.IP, Port: r.Port, Start: r.Start, LastActivity: r.LastActivity, RTT: r.RTT,
		Uptime: r.Uptime, Idle: r.Idle, Pending: r.Pending, InMsgs: r.InMsgs, OutMsgs: r.OutMsgs, InBytes: r.InBytes,
		OutBytes: r.OutBytes, NumSubs: r.NumSubs, Name: l.Conn.Name(),
	}}
}
