package monitor

import (
	"fmt"
	"slices"
	"time"

	"github.com/midge-nats/midge/core"
)

// Accountz is the page of accounts. [M-1]
type Accountz struct {
	ID       string         `json:"server_id"`
	Now      time.Time      `json:"now"`
	System   string         `json:"system_account,omitempty"`
	Accounts []string       `json:"accounts,omitempty"`
	Account  *AccountDetail `json:"account_detail,omitempty"`
}

// AccountDetail is one account.
type AccountDetail struct {
	Name      string       `json:"account_name"`
	Updated   time.Time    `json:"update_time"`
	IsSystem  bool         `json:"is_system,omitempty"`
	Expired   bool         `json:"expired"`
	Complete  bool         `json:"complete"`
	JetStream bool         `json:"jetstream_enabled"`
	Leafs     int          `json:"leafnode_connections"`
	Clients   int          `json:"client_connections"`
	Subs      uint32       `json:"subscriptions"`
	Mappings  MappingsInfo `json:"mappings,omitempty"`
	Exports   []ExportInfo `json:"exports,omitempty"`
	Imports   []ImportInfo `json:"imports,omitempty"`
	NameTag   string       `json:"name_tag,omitempty"`
	Sublist   SublistStats `json:"sublist_stats"`
}

// Accountz lists the accounts, or tells of one.
func (m *Monitor) Accountz(account string) (*Accountz, error) {
	z := &Accountz{ID: m.Info().ServerID, Now: time.Now().UTC()}
	if sys := m.System(); sys != nil {
		z.System = sys.Name()
	}
	if account != "" {
		d, err := m.AccountDetail(account)
		z.Account = d
		return z, err
	}
	for acc := range m.Broker.Accounts() {
		z.Accounts = append(z.Accounts, acc.Name())
	}
	slices.Sort(z.Accounts)
	return z, nil
}

// AccountDetail tells of one account.
func (m *Monitor) AccountDetail(account string) (*AccountDetail, error) {
	acc := m.Broker.LookupAccount(account)
	if acc == nil {
		//lint:ignore ST1005 the reference's text [M-11]
		return nil, fmt.Errorf("Account %s does not exist", account)
	}
	clients, _ := acc.ConnCount()
	st := acc.Index().Stats()
	return &AccountDetail{
		Name: acc.Name(), Updated: m.Loaded().UTC(), IsSystem: acc == m.System(), Complete: true,
		Clients: clients, Subs: uint32(acc.SubscriptionCount()), NameTag: acc.DisplayName(),
		Mappings: mappingsInfo(acc), Exports: exportsInfo(acc), Imports: importsInfo(acc),
		Sublist: SublistStats{
			NumSubs: uint32(st.Subscriptions), NumInserts: st.Inserts, NumRemoves: st.Removes,
			NumMatches: st.Matches, MaxFanout: uint32(st.MaxFanout), AvgFanout: st.AvgFanout,
		},
	}, nil
}

// DataStats counts messages and bytes.
type DataStats struct {
	Msgs  int64 `json:"msgs"`
	Bytes int64 `json:"bytes"`
}

// AccountStat is the figures of one account, as events and pages show them.
type AccountStat struct {
	Account       string    `json:"acc"`
	Name          string    `json:"name"`
	Conns         int       `json:"conns"`
	Leafs         int       `json:"leafnodes"`
	TotalConns    int64     `json:"total_conns"`
	NumSubs       uint32    `json:"num_subscriptions"`
	Sent          DataStats `json:"sent"`
	Received      DataStats `json:"received"`
	SlowConsumers int64     `json:"slow_consumers"`
}

// Accstatz is the page of figures of accounts.
type Accstatz struct {
	ID       string         `json:"server_id"`
	Now      time.Time      `json:"now"`
	Accounts []*AccountStat `json:"account_statz"`
}

// Accstatz gives the figures of the named accounts, of all if none is named.
// Those without connections are left out unless unused ones are asked for.
func (m *Monitor) Accstatz(names []string, unused bool) *Accstatz {
	z := &Accstatz{ID: m.Info().ServerID, Now: time.Now().UTC(), Accounts: []*AccountStat{}}
	for acc := range m.Broker.Accounts() {
		if len(names) > 0 && !slices.Contains(names, acc.Name()) {
			continue
		}
		if s := StatOf(acc); unused || s.Conns > 0 {
			z.Accounts = append(z.Accounts, s)
		}
	}
	slices.SortFunc(z.Accounts, func(a, b *AccountStat) int {
		if a.Account < b.Account {
			return -1
		}
		return 1
	})
	return z
}

// StatOf gives the figures of an account. Seen from the account, what its
// clients published was received by the server.
func StatOf(acc *core.Account) *AccountStat {
	in, out := acc.Traffic()
	conns, ever := acc.ConnCount()
	return &AccountStat{
		Account: acc.Name(), Name: acc.DisplayName(), Conns: conns, TotalConns: ever, NumSubs: uint32(acc.SubscriptionCount()),
		Sent: DataStats{out.Msgs, out.Bytes}, Received: DataStats{in.Msgs, in.Bytes},
	}
}
