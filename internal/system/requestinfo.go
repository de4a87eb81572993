package system

import (
	"encoding/json"
	"time"

	"github.com/midge-nats/midge/core"
)

// RequestInfo is what a service is told of a requester whose import shares it.
//
type RequestInfo struct {
	Start      time.Time     `json:"start"`
	Host       string        `json:"host,omitempty"`
	ID         uint64        `json:"id"`
	Account    string        `json:"acc"`
	Service    string        `json:"svc,omitempty"`
	User       string        `json:"user,omitempty"`
	Name       string        `json:"name,omitempty"`
	Lang       string        `json:"lang,omitempty"`
	Version    string        `json:"ver,omitempty"`
	RTT        time.Duration `json:"rtt,omitempty"`
	Server     string        `json:"server,omitempty"`
	Cluster    string        `json:"cluster,omitempty"`
	Kind       string        `json:"kind,omitempty"`
	ClientType string        `json:"client_type,omitempty"`
}

// RequestInfo writes all about a requester; service is the account that passes
// the request on, "" for none.
func (s *System) RequestInfo(c *core.Conn, service string) []byte {
	ci := clientInfo(c)
	info := RequestInfo{
		Start: *ci.Start, Host: ci.Host, ID: ci.ID, Account: ci.Account, Service: service, User: ci.User,
		Name: ci.Name, Lang: ci.Lang, Version: ci.Version, RTT: c.RTT(), Kind: ci.Kind, ClientType: ci.ClientType,
	}
	if b := s.broker.Server(); b != nil {
		info.Server, info.Cluster = b.Name, b.Cluster
	}
	text, err := json.Marshal(info)
	if err != nil { // strings and numbers always have a JSON form
		return []byte("{}")
	}
	return text
}
