package monitor

import "time"

// The pages of what this server does not have running are in the shape that
// tools expect, with nothing in them. [M-1]

// Jsz is the page of JetStream.
type Jsz struct {
	ID        string    `json:"server_id"`
	Now       time.Time `json:"now"`
	Disabled  bool      `json:"disabled,omitempty"`
	Config    struct{}  `json:"config"`
	Memory    uint64    `json:"memory"`
	Storage   uint64    `json:"storage"`
	ReservedM uint64    `json:"reserved_memory"`
	ReservedS uint64    `json:"reserved_storage"`
	Accounts  int       `json:"accounts"`
	HAAssets  int       `json:"ha_assets"`
	API       JszAPI    `json:"api"`
	Streams   int       `json:"streams"`
	Consumers int       `json:"consumers"`
	Messages  uint64    `json:"messages"`
	Bytes     uint64    `json:"bytes"`
}

// JszAPI counts requests to the API of streams.
type JszAPI struct {
	Level  int    `json:"level"`
	Total  uint64 `json:"total"`
	Errors uint64 `json:"errors"`
}

// Jsz tells of streams.
func (m *Monitor) Jsz() *Jsz {
	return &Jsz{ID: m.Info().ServerID, Now: time.Now().UTC(), Disabled: true}
}
