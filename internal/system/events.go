package system

import (
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/protocol"
	"github.com/nats-io/nuid"
)

// The types of events.
const (
	typeConnect    = "io.nats.server.advisory.v1.client_connect"
	typeDisconnect = "io.nats.server.advisory.v1.client_disconnect"
	typeConns      = "io.nats.server.advisory.v1.account_connections"
)

// ClientInfo is who a client is, in events.
type ClientInfo struct {
	Start      *time.Time     `json:"start,omitempty"`
	Host       string         `json:"host,omitempty"`
	ID         uint64         `json:"id,omitempty"`
	Account    string         `json:"acc,omitempty"`
	User       string         `json:"user,omitempty"`
	Name       string         `json:"name,omitempty"`
	Lang       string         `json:"lang,omitempty"`
	Version    string         `json:"ver,omitempty"`
	RTT        *time.Duration `json:"rtt,omitempty"`
	Stop       *time.Time     `json:"stop,omitempty"`
	NameTag    string         `json:"name_tag,omitempty"`
	Kind       string         `json:"kind,omitempty"`
	ClientType string         `json:"client_type,omitempty"`
	JWT        string         `json:"jwt,omitempty"`
}

// announced is a peer that says what it is.
type announced interface{ Options() *protocol.Connect }

func clientInfo(c *core.Conn) *ClientInfo {
	start := c.Start().UTC()
	ci := &ClientInfo{Start: &start, ID: c.ID(), Name: c.Name(), Kind: c.Kind().String(), ClientType: "nats"}
	ci.Host, _ = c.RemoteHost()
	if p, ok := c.Peer().(announced); ok && p.Options() != nil {
		o := p.Options()
		ci.Lang, ci.Version, ci.User, ci.JWT = o.Lang, o.Version, o.User, o.JWT
	}
	if g := c.Grant(); g != nil {
		ci.Account, ci.User, ci.NameTag = g.Account.Name(), g.User, g.Account.DisplayName()
	}
	return ci
}

// event starts the envelope of one event.
func (s *System) event(typ string) envelope {
	return envelope{"type": typ, "id": nuid.Next(), "timestamp": time.Now().UTC(), "server": s.serverBlock()}
}

// Opened tells that a client was let in. [M-8]
func (s *System) Opened(c *core.Conn) {
	acc := c.Account()
	s.accountConns(acc)
	s.publish("$SYS.ACCOUNT."+acc.Name()+".CONNECT", func() any {
		e := s.event(typeConnect)
		e["client"] = clientInfo(c)
		return e
	})
}

// Closed tells that a client has gone, or was never let in. [M-8]
func (s *System) Closed(c *core.Conn, reason protocol.CloseReason) {
	if !c.Kind().IsClient() {
		return
	}
	acc := c.Account()
	name := core.GlobalAccount
	if acc != nil {
		name = acc.Name()
		s.accountConns(acc)
	}
	tell := func() any { return s.disconnect(c, reason) }
	if reason == protocol.AuthenticationFailure {
		s.publish("$SYS.SERVER."+s.id+".CLIENT.AUTH.ERR", tell)
	}
	if acc != nil || reason == protocol.AuthenticationFailure {
		s.publish("$SYS.ACCOUNT."+name+".DISCONNECT", tell)
	}
}

func (s *System) disconnect(c *core.Conn, reason protocol.CloseReason) any {
	e := s.event(typeDisconnect)
	ci, f, now := clientInfo(c), c.Figures(), time.Now().UTC()
	ci.Stop = &now
	if rtt := c.RTT(); rtt > 0 {
		ci.RTT = &rtt
	}
	e["client"], e["reason"] = ci, reason.String()
	e["sent"] = monitor.DataStats{Msgs: f.In.Msgs, Bytes: f.In.Bytes}
	e["received"] = monitor.DataStats{Msgs: f.Out.Msgs, Bytes: f.Out.Bytes}
	return e
}

// accountConns tells how many connections an account has, under its old and
// its new subject.
func (s *System) accountConns(acc *core.Account) {
	st := monitor.StatOf(acc) // of this moment: the event is written later
	tell := func() any { return s.conns(st) }
	s.publish("$SYS.SERVER.ACCOUNT."+acc.Name()+".CONNS", tell)
	s.publish("$SYS.ACCOUNT."+acc.Name()+".SERVER.CONNS", tell)
}

// conns is the event of an account's connections.
func (s *System) conns(st *monitor.AccountStat) any {
	e := s.event(typeConns)
	e["acc"], e["name"], e["conns"], e["leafnodes"] = st.Account, st.Name, st.Conns, st.Leafs
	e["total_conns"], e["num_subscriptions"] = st.Conns+st.Leafs, st.NumSubs
	e["sent"], e["received"], e["slow_consumers"] = st.Sent, st.Received, st.SlowConsumers
	return e
}
