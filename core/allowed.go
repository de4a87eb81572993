package core

// Hot path.

// publishCache remembers which subjects a publisher may use, so that a rule is
// looked up once and not for each message. It is valid for one grant.
type publishCache struct {
	grant   *Grant
	allowed map[string]bool
}

// maxPublishCache bounds the subjects remembered; then it starts anew.
const maxPublishCache = 1024

// MayPublish tells whether the connection may publish to a subject. Permission
// to answer a message is used up by it; ask once for each message. [P-19]
func (p *Publisher) MayPublish(subj []byte) bool {
	g := p.conn.grant.Load()
	if g.Permissions == nil {
		return true
	}
	return p.permitted(g, subj) || g.Permissions.responses != nil && p.conn.useReply(subj)
}

// MayPublishTraces tells the same for a trace destination: permission to
// answer does not help there. [T-14]
func (p *Publisher) MayPublishTraces(dest []byte) bool {
	g := p.conn.grant.Load()
	return g.Permissions == nil || p.permitted(g, dest)
}

func (p *Publisher) permitted(g *Grant, subj []byte) bool {
	c := &p.allowed
	if c.grant != g || len(c.allowed) >= maxPublishCache {
		c.grant = g
		c.allowed = make(map[string]bool)
	}
	ok, known := c.allowed[string(subj)]
	if !known {
		ok = g.Permissions.MayPublish(subj)
		c.allowed[string(subj)] = ok
	}
	return ok
}
