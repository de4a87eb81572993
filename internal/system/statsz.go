package system

import (
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/monitor"
)

// The first statistics come soon after the start, then less and less often.
// [M-9]
const (
	statszFirst    = 250 * time.Millisecond
	statszInterval = 10 * time.Second
)

// Statsz are a server's statistics as it tells them by itself.
type Statsz struct {
	Start               time.Time         `json:"start"`
	Mem                 int64             `json:"mem"`
	Cores               int               `json:"cores"`
	CPU                 float64           `json:"cpu"`
	Connections         int               `json:"connections"`
	TotalConnections    uint64            `json:"total_connections"`
	ActiveAccounts      int               `json:"active_accounts"`
	NumSubs             int64             `json:"subscriptions"`
	Sent                monitor.DataStats `json:"sent"`
	SentToClients       monitor.DataStats `json:"sent_to_clients"`
	Received            monitor.DataStats `json:"received"`
	ReceivedFromClients monitor.DataStats `json:"received_from_clients"`
	SlowConsumers       int64             `json:"slow_consumers"`
	ActiveServers       int               `json:"active_servers,omitempty"`
	MaxProcs            int               `json:"gomaxprocs"`
}

func (s *System) statsz() *Statsz {
	v := s.monitor.Varz()
	st := &Statsz{
		Start: v.Start, Mem: v.Mem, Cores: v.Cores, CPU: v.CPU, Connections: v.Connections,
		TotalConnections: v.TotalConnections, NumSubs: v.Subscriptions, SlowConsumers: v.SlowConsumers, MaxProcs: v.MaxProcs,
		Sent: monitor.DataStats{Msgs: v.OutMsgs, Bytes: v.OutBytes}, Received: monitor.DataStats{Msgs: v.InMsgs, Bytes: v.InBytes},
		SentToClients:       monitor.DataStats{Msgs: v.OutClientMsgs, Bytes: v.OutClientBytes},
		ReceivedFromClients: monitor.DataStats{Msgs: v.InClientMsgs, Bytes: v.InClientBytes},
		ActiveServers:       1,
	}
	for acc := range s.broker.Accounts() {
		if n, _ := acc.ConnCount(); n > 0 {
			st.ActiveAccounts++
		}
	}
	return st
}

func (s *System) statszMsg() any {
	return envelope{"server": s.serverBlock(), "statsz": s.statsz()}
}

func (s *System) tellStatsz(p *core.Publisher) {
	if subject := "$SYS.SERVER." + s.id + ".STATSZ"; s.listening(subject) {
		s.send(p, s.account, subject, "", nil, s.statszMsg())
	}
}
