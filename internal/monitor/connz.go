package monitor

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/subject"
)

// defaultLimit is how many entries a page lists unless another number is
// asked for.
const defaultLimit = 1024

// ConnzOptions are what may be asked of /connz. The JSON keys are those of
// the system account's service. [M-3]
type ConnzOptions struct {
	Sort       string `json:"sort"`
	Auth       bool   `json:"auth"`
	Subs       bool   `json:"subscriptions"`
	SubsDetail bool   `json:"subscriptions_detail"`
	Offset     int    `json:"offset"`
	Limit      int    `json:"limit"`
	CID        uint64 `json:"cid"`
	MQTTClient string `json:"mqtt_client"`
	State      int    `json:"state"`
	User       string `json:"user"`
	Account    string `json:"acc"`
	Subject    string `json:"filter_subject"`
}

// The states of connections.
const (
	StateOpen = iota
	StateClosed
	StateAll
)

// Connz is the page of connections.
type Connz struct {
	ID       string      `json:"server_id"`
	Now      time.Time   `json:"now"`
	NumConns int         `json:"num_connections"`
	Total    int         `json:"total"`
	Offset   int         `json:"offset"`
	Limit    int         `json:"limit"`
	Conns    []*ConnInfo `json:"connections"`
}

// Connz lists connections. The error tells what was asked wrongly.
func (m *Monitor) Connz(o ConnzOptions) (*Connz, error) {
	less, err := connOrder(o.Sort, o.State)
	if err != nil {
		return nil, err
	}
	if o.Subject != "" && o.Account == "" {
		return nil, errors.New("filter by subject only valid with account filtering")
	}
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	now := time.Now().UTC()
	z := &Connz{ID: m.Info().ServerID, Now: now, Offset: o.Offset, Limit: o.Limit, Conns: []*ConnInfo{}}
	var list []*ConnInfo
	if o.State != StateClosed {
		m.Broker.Conns(func(c *core.Conn) bool {
			if _, closed := c.Closed(); !closed && c.Kind().IsClient() {
				list = append(list, m.describe(c, now))
			}
			return true
		})
	}
	if o.State != StateOpen {
		list = append(list, m.closed.all()...)
	}
	list = slices.DeleteFunc(list, func(c *ConnInfo) bool { return !o.wants(c) })
	slices.SortStableFunc(list, func(a, b *ConnInfo) int { return cmp.Or(less(a, b), cmp.Compare(a.CID, b.CID)) })
	z.Total = len(list)
	from := min(max(o.Offset, 0), len(list))
	z.Conns = append(z.Conns, list[from:min(from+o.Limit, len(list))]...)
	z.NumConns = len(z.Conns)
	for _, c := range z.Conns {
		o.trim(c)
	}
	return z, nil
}

// wants tells whether a connection is among those asked for.
func (o *ConnzOptions) wants(c *ConnInfo) bool {
	switch {
	case o.CID != 0 && c.CID != o.CID,
		o.User != "" && c.AuthorizedUser != o.User,
		o.Account != "" && c.Account != o.Account,
		o.MQTTClient != "":
		return false
	}
	return o.Subject == "" || slices.ContainsFunc(c.SubsDetail, func(s SubDetail) bool {
		return subject.Overlaps(s.Subject, o.Subject)
	})
}

// trim leaves out what was not asked for.
func (o *ConnzOptions) trim(c *ConnInfo) {
	if o.Subs && !o.SubsDetail {
		for _, s := range c.SubsDetail {
			c.Subs = append(c.Subs, s.Subject)
		}
	}
	if !o.SubsDetail {
		c.SubsDetail = nil
	}
	if !o.Auth {
		c.AuthorizedUser, c.Account = "", ""
	}
}

// connOrder gives the order for a sort option.
func connOrder(by string, state int) (func(a, b *ConnInfo) int, error) {
	desc := func(f func(c *ConnInfo) int64) func(a, b *ConnInfo) int {
		return func(a, b *ConnInfo) int { return cmp.Compare(f(b), f(a)) }
	}
	switch by {
	case "", "cid":
		return func(a, b *ConnInfo) int { return cmp.Compare(a.CID, b.CID) }, nil
	case "start":
		return func(a, b *ConnInfo) int { return a.Start.Compare(b.Start) }, nil
	case "subs":
		return desc(func(c *ConnInfo) int64 { return int64(c.NumSubs) }), nil
	case "pending":
		return desc(func(c *ConnInfo) int64 { return c.Pending }), nil
	case "msgs_to":
		return desc(func(c *ConnInfo) int64 { return c.OutMsgs }), nil
	case "msgs_from":
		return desc(func(c *ConnInfo) int64 { return c.InMsgs }), nil
	case "bytes_to":
		return desc(func(c *ConnInfo) int64 { return c.OutBytes }), nil
	case "bytes_from":
		return desc(func(c *ConnInfo) int64 { return c.InBytes }), nil
	case "last":
		return desc(func(c *ConnInfo) int64 { return c.LastActivity.UnixNano() }), nil
	case "idle":
		return func(a, b *ConnInfo) int { return a.LastActivity.Compare(b.LastActivity) }, nil
	case "uptime":
		return func(a, b *ConnInfo) int { return a.Start.Compare(b.Start) }, nil
	case "rtt":
		return desc(func(c *ConnInfo) int64 { return int64(c.rtt) }), nil
	case "stop", "reason":
		if state != StateClosed {
			return nil, errors.New("sort by " + by + " only valid on closed connections")
		}
		if by == "stop" {
			return func(a, b *ConnInfo) int { return b.Stop.Compare(*a.Stop) }, nil
		}
		return func(a, b *ConnInfo) int { return strings.Compare(a.Reason, b.Reason) }, nil
	}
	return nil, errors.New("invalid sorting option: " + by)
}
