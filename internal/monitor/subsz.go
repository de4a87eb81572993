package monitor

import (
	"fmt"
	"time"

	"github.com/midge-nats/midge/internal/subject"
)

// SubszOptions are what may be asked of /subsz.
type SubszOptions struct {
	Offset  int    `json:"offset"`
	Limit   int    `json:"limit"`
	Subs    bool   `json:"subscriptions"`
	Account string `json:"account"`
	Test    string `json:"test"`
}

// SublistStats are the figures of subject indexes.
type SublistStats struct {
	NumSubs      uint32  `json:"num_subscriptions"`
	NumCache     uint32  `json:"num_cache"`
	NumInserts   uint64  `json:"num_inserts"`
	NumRemoves   uint64  `json:"num_removes"`
	NumMatches   uint64  `json:"num_matches"`
	CacheHitRate float64 `json:"cache_hit_rate"`
	MaxFanout    uint32  `json:"max_fanout"`
	AvgFanout    float64 `json:"avg_fanout"`
}

// Subsz is the page of subscriptions. [M-1]
type Subsz struct {
	ID  string    `json:"server_id"`
	Now time.Time `json:"now"`
	SublistStats
	Total  int         `json:"total"`
	Offset int         `json:"offset"`
	Limit  int         `json:"limit"`
	Subs   []SubDetail `json:"subscriptions_list,omitempty"`
}

// Subsz gives figures of all accounts or one, and lists subscriptions.
func (m *Monitor) Subsz(o SubszOptions) (*Subsz, error) {
	if o.Test != "" && !subject.ValidLiteral(o.Test) {
		return nil, fmt.Errorf("invalid test subject, must be valid publish subject: %s", o.Test)
	}
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	z := &Subsz{ID: m.Info().ServerID, Now: time.Now().UTC(), Offset: o.Offset, Limit: o.Limit}
	var list []SubDetail
	accounts, fanout := 0, 0.0
	for acc := range m.Broker.Accounts() {
		if o.Account != "" && acc.Name() != o.Account {
			continue
		}
		accounts++
		st := acc.Index().Stats()
		z.NumSubs += uint32(st.Subscriptions)
		z.NumInserts += st.Inserts
		z.NumRemoves += st.Removes
		z.NumMatches += st.Matches
		z.MaxFanout = max(z.MaxFanout, uint32(st.MaxFanout))
		fanout += st.AvgFanout
		if !o.Subs {
			continue
		}
		for s := range acc.Subscriptions() {
			if o.Test == "" || subject.Matches(o.Test, s.Subject()) {
				d := subDetail(s)
				d.Account, d.Tag = acc.Name(), acc.DisplayName()
				list = append(list, d)
			}
		}
	}
	if accounts > 0 {
		z.AvgFanout = fanout / float64(accounts)
	}
	from := min(max(o.Offset, 0), len(list))
	z.Subs = list[from:min(from+o.Limit, len(list))]
	z.Total = len(list)
	return z, nil
}
