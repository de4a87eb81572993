package monitor

import (
	"time"

	"github.com/midge-nats/midge/core"
)

// LeafnodeInfo is one leafnode connection.
type LeafnodeInfo struct {
	ID          uint64 `json:"id"`
	Name        string `json:"name"`
	IsSpoke     bool   `json:"is_spoke"`
	Isolated    bool   `json:"is_isolated,omitempty"`
	Account     string `json:"account"`
	IP          string `json:"ip"`
	Port        int    `json:"port"`
	RTT         string `json:"rtt,omitempty"`
	InMsgs      int64  `json:"in_msgs"`
	OutMsgs     int64  `json:"out_msgs"`
	InBytes     int64  `json:"in_bytes"`
	OutBytes    int64  `json:"out_bytes"`
	NumSubs     int    `json:"subscriptions"`
	Compression string `json:"compression,omitempty"` // off always: it is announced so [L-17]

	Subs       []string    `json:"subscriptions_list,omitempty"`
	SubsDetail []SubDetail `json:"subscriptions_list_detail,omitempty"`
}

// Leafz is the page of leafnodes. [M-1]
type Leafz struct {
	ID    string          `json:"server_id"`
	Now   time.Time       `json:"now"`
	Num   int             `json:"leafnodes"`
	Leafs []*LeafnodeInfo `json:"leafs"`
}

// Leafz lists the leafnodes.
func (m *Monitor) Leafz(o LinkOptions) *Leafz {
	z := &Leafz{ID: m.Info().ServerID, Now: time.Now().UTC(), Leafs: []*LeafnodeInfo{}}
	for _, l := range m.leafnodes() {
		if o.Account == "" || o.Account == l.Account {
			l.Subs, l.SubsDetail = m.interest(l.ID, o)
			z.Leafs = append(z.Leafs, l)
		}
	}
	z.Num = len(z.Leafs)
	return z
}

// leafnodes lists them where there is anybody to tell of them.
func (m *Monitor) leafnodes() []*LeafnodeInfo {
	if m.Leafnodes == nil {
		return nil
	}
	return m.Leafnodes()
}

// LeafInfo is what /varz tells of the leafnode listener and remotes.
type LeafInfo struct {
	Host        string           `json:"host,omitempty"`
	Port        int              `json:"port,omitempty"`
	AuthTimeout float64          `json:"auth_timeout,omitempty"`
	TLSTimeout  float64          `json:"tls_timeout,omitempty"`
	TLSRequired bool             `json:"tls_required,omitempty"`
	TLSVerify   bool             `json:"tls_verify,omitempty"`
	Remotes     []LeafRemoteInfo `json:"remotes,omitempty"`
}

// LeafRemoteInfo is one hub that is dialed.
type LeafRemoteInfo struct {
	LocalAccount string    `json:"local_account,omitempty"`
	TLSTimeout   float64   `json:"tls_timeout,omitempty"`
	URLs         []string  `json:"urls,omitempty"`
	Deny         *LeafDeny `json:"deny,omitempty"`
}

// LeafDeny is what does not pass a connection.
type LeafDeny struct {
	Exports []string `json:"exports,omitempty"`
	Imports []string `json:"imports,omitempty"`
}

// DescribeLeafnode takes down what a connection tells of itself.
func (m *Monitor) DescribeLeafnode(c *core.Conn) *LeafnodeInfo {
	f := c.Figures()
	l := &LeafnodeInfo{
		ID: c.ID(), Name: c.Name(), IsSpoke: c.Kind().IsSpoke(), InMsgs: f.In.Msgs, InBytes: f.In.Bytes,
		OutMsgs: f.Out.Msgs, OutBytes: f.Out.Bytes, NumSubs: c.SubscriptionCount(), Compression: "off",
	}
	l.IP, l.Port = c.RemoteHost()
	if rtt := c.RTT(); rtt > 0 {
		l.RTT = rtt.String()
	}
	return l
}
