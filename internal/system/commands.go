package system

import (
	"errors"

	"github.com/midge-nats/midge/protocol"
)

// lameDuck is a peer that can be told to go elsewhere.
type lameDuck interface{ SendLameDuck() }

// commands are what the system account can have a server do. [M-14]
func (s *System) commands() map[string]answer {
	type target struct {
		CID uint64 `json:"cid"`
	}
	done := func() any { return envelope{"server": s.serverBlock()} }
	return map[string]answer{
		"RELOAD": func(*request) (any, error) {
			if err := s.server.Reload(); err != nil {
				return nil, err
			}
			return done(), nil
		},
		"KICK": func(r *request) (any, error) {
			o, err := options[target](r)
			if err != nil {
				return nil, err
			}
			c := s.broker.Conn(o.CID)
			if c == nil || !c.Kind().IsClient() {
				return nil, errors.New("no such client or leafnode id")
			}
			c.Close(protocol.Kicked)
			return done(), nil
		},
		"LDM": func(r *request) (any, error) {
			o, err := options[target](r)
			if err != nil {
				return nil, err
			}
			if c := s.broker.Conn(o.CID); c != nil {
				if p, ok := c.Peer().(lameDuck); ok {
					p.SendLameDuck()
					return done(), nil
				}
			}
			return nil, errors.New("no such client id")
		},
	}
}
