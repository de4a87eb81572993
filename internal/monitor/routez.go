package monitor

import (
	"time"

	"github.com/midge-nats/midge/core"
)

// RouteInfo is one route.
type RouteInfo struct {
	RID          uint64    `json:"rid"`
	RemoteID     string    `json:"remote_id"`
	RemoteName   string    `json:"remote_name"`
	DidSolicit   bool      `json:"did_solicit"`
	IsConfigured bool      `json:"is_configured"`
	IP           string    `json:"ip"`
	Port         int       `json:"port"`
	Start        time.Time `json:"start"`
	LastActivity time.Time `json:"last_activity"`
	RTT          string    `json:"rtt,omitempty"`
	Uptime       string    `json:"uptime"`
	Idle         string    `json:"idle"`
	Pending      int64     `json:"pending_size"`
	InMsgs       int64     `json:"in_msgs"`
	OutMsgs      int64     `json:"out_msgs"`
	InBytes      int64     `json:"in_bytes"`
	OutBytes     int64     `json:"out_bytes"`
	NumSubs      int       `json:"subscriptions"`
	Compression  string    `json:"compression,omitempty"` // off always: none is announced

	Subs       []string    `json:"subscriptions_list,omitempty"`
	SubsDetail []SubDetail `json:"subscriptions_list_detail,omitempty"`
}

// LinkOptions are what may be asked of /routez and /leafz.
type LinkOptions struct {
	Subs       bool   `json:"subscriptions"`
	SubsDetail bool   `json:"subscriptions_detail"`
	Account    string `json:"account"` // leafnodes of this one only
}

// interest lists the subscriptions of a link as they were asked for.
func (m *Monitor) interest(id uint64, o LinkOptions) (list []string, detail []SubDetail) {
	c := m.Broker.Conn(id)
	if c == nil || !o.Subs && !o.SubsDetail {
		return nil, nil
	}
	for _, s := range c.Subscriptions() {
		if o.SubsDetail {
			d := subDetail(s)
			d.Account = s.Account().Name()
			detail = append(detail, d)
		} else {
			list = append(list, s.Subject())
		}
	}
	return list, detail
}

// ClusterInfo is what /varz tells of the cluster.
type ClusterInfo struct {
	Name        string   `json:"name,omitempty"`
	Addr        string   `json:"addr,omitempty"`
	Port        int      `json:"cluster_port,omitempty"`
	AuthTimeout float64  `json:"auth_timeout,omitempty"`
	URLs        []string `json:"urls,omitempty"`
	TLSTimeout  float64  `json:"tls_timeout,omitempty"`
	TLSRequired bool     `json:"tls_required,omitempty"`
	TLSVerify   bool     `json:"tls_verify,omitempty"`
}

// Routez is the page of routes. [M-1]
type Routez struct {
	ID     string       `json:"server_id"`
	Name   string       `json:"server_name"`
	Now    time.Time    `json:"now"`
	Num    int          `json:"num_routes"`
	Routes []*RouteInfo `json:"routes"`
}

// Routez lists the routes.
func (m *Monitor) Routez(o LinkOptions) *Routez {
	i := m.Info()
	z := &Routez{ID: i.ServerID, Name: i.ServerName, Now: time.Now().UTC(), Routes: m.Routes()}
	if z.Routes == nil {
		z.Routes = []*RouteInfo{}
	}
	for _, r := range z.Routes {
		r.Subs, r.SubsDetail = m.interest(r.RID, o)
	}
	z.Num = len(z.Routes)
	return z
}

// DescribeRoute takes down what a connection tells of itself.
func (m *Monitor) DescribeRoute(c *core.Conn) *RouteInfo {
	f, now := c.Figures(), time.Now()
	r := &RouteInfo{
		RID: c.ID(), Start: c.Start(), LastActivity: f.LastActivity, Uptime: uptime(now.Sub(c.Start())),
		Idle: uptime(now.Sub(f.LastActivity)), Pending: f.Pending, InMsgs: f.In.Msgs, InBytes: f.In.Bytes,
		OutMsgs: f.Out.Msgs, OutBytes: f.Out.Bytes, NumSubs: c.SubscriptionCount(), Compression: "off",
	}
	r.IP, r.Port = c.RemoteHost()
	if rtt := c.RTT(); rtt > 0 {
		r.RTT = rtt.String()
	}
	return r
}
