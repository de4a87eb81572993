package client

import (
	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/protocol"
)

// subscribe processes SUB.
func (c *Conn) subscribe(p *protocol.Parser) error {
	if !subject.Valid(p.Subject) {
		return protocol.ErrInvalidSubject
	}
	if most := c.server.Settings().MaxSubTokens; most > 0 && subject.TokenCount(p.Subject) > most {
		return protocol.TooManyTokens(p.Subject)
	}
	if err := c.conn.Subscribe(p.Subject, p.Queue, p.SID); err != nil {
		return err
	}
	c.ok()
	return nil
}

// unsubscribe processes UNSUB. A count that is no number removes at once, as
// none does. [P-14]
func (c *Conn) unsubscribe(p *protocol.Parser) error {
	limit := uint64(0)
	if p.HasMax && p.Max > 0 {
		limit = uint64(p.Max)
	}
	c.conn.UnsubscribeSID(p.SID, limit)
	c.ok()
	return nil
}
