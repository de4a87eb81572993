package core

import "time"

// allowedReply is what is left of the permission to answer one message.
type allowedReply struct {
	left    int       // publishes; negative means any number
	expires time.Time // zero for never
}

// maxReplies is how many permissions to answer are kept before outdated ones
// are looked for.
const maxReplies = 1024

// allowReply notes that the client may answer a message it was sent. Called by
// publishers, without lock.
func (c *Conn) allowReply(reply []byte) {
	g := c.grant.Load()
	if g == nil || g.Permissions == nil || g.Permissions.responses == nil || g.Permissions.MayPublish(reply) {
		return
	}
	r := g.Permissions.responses
	a := allowedReply{left: r.Max}
	now := time.Now()
	if r.Expires > 0 {
		a.expires = now.Add(r.Expires)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.replies == nil {
		c.replies = make(map[string]allowedReply)
	}
	if len(c.replies) >= maxReplies && now.Sub(c.sweep) > time.Second {
		c.sweep = now
		for k, v := range c.replies {
			if !v.expires.IsZero() && now.After(v.expires) {
				delete(c.replies, k)
			}
		}
	}
	c.replies[string(reply)] = a
}

// useReply uses one permission to answer, if there is one for the subject.
func (c *Conn) useReply(subj []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.replies[string(subj)]
	if !ok {
		return false
	}
	if !a.expires.IsZero() && time.Now().After(a.expires) {
		delete(c.replies, string(subj))
		return false
	}
	if a.left > 0 {
		a.left--
		if a.left == 0 {
			delete(c.replies, string(subj))
			return true
		}
		c.replies[string(subj)] = a
	}
	return true
}
