package monitor

import "time"

// Routez, Gatewayz, Leafz and Jsz are the pages of what this server does not
// have running: in the shape that tools expect, with nothing in them. [M-1]

// Routez is the page of routes.
type Routez struct {
	ID     string     `json:"server_id"`
	Name   string     `json:"server_name"`
	Now    time.Time  `json:"now"`
	Num    int        `json:"num_routes"`
	Routes []struct{} `json:"routes"`
}

// Routez lists the routes.
func (m *Monitor) Routez() *Routez {
	i := m.Info()
	return &Routez{ID: i.ServerID, Name: i.ServerName, Now: time.Now().UTC(), Routes: []struct{}{}}
}

// Gatewayz is the page of gateways.
type Gatewayz struct {
	ID       string              `json:"server_id"`
	Now      time.Time           `json:"now"`
	Outbound map[string]struct{} `json:"outbound_gateways"`
	Inbound  map[string]struct{} `json:"inbound_gateways"`
}

// Gatewayz lists the gateways.
func (m *Monitor) Gatewayz() *Gatewayz {
	return &Gatewayz{ID: m.Info().ServerID, Now: time.Now().UTC(), Outbound: map[string]struct{}{}, Inbound: map[string]struct{}{}}
}

// Leafz is the page of leafnodes.
type Leafz struct {
	ID    string     `json:"server_id"`
	Now   time.Time  `json:"now"`
	Num   int        `json:"leafnodes"`
	Leafs []struct{} `json:"leafs"`
}

// Leafz lists the leafnodes.
func (m *Monitor) Leafz() *Leafz {
	return &Leafz{ID: m.Info().ServerID, Now: time.Now().UTC(), Leafs: []struct{}{}}
}

// Jsz is the page of JetStream.
type Jsz struct {
	ID       string    `json:"server_id"`
	Now      time.Time `json:"now"`
	Disabled bool      `json:"disabled,omitempty"`
	Config   struct{}  `json:"config"`
	Memory   uint64    `json:"memory"`
	Storage  uint64    `json:"storage"`
	Accounts int       `json:"accounts"`
	Streams  int       `json:"streams"`
	Messages uint64    `json:"messages"`
	Bytes    uint64    `json:"bytes"`
}

// Jsz tells of streams.
func (m *Monitor) Jsz() *Jsz {
	return &Jsz{ID: m.Info().ServerID, Now: time.Now().UTC(), Disabled: true}
}
