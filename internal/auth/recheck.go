package auth

import (
	"reflect"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// silent ends a connection without a word.
var silent = &protocol.Error{Close: true, Reason: protocol.AuthenticationFailure}

// Recheck tells what becomes of a live connection when r takes the place of
// before: nil if it stays. One whose user is gone, or has moved to another
// account, is closed without a word; one whose password has changed hears of
// an authorization violation. Passwords are compared as configured: hashing
// each client's again would take minutes. [C-18]
func (r *Rules) Recheck(before *Rules, c *core.Conn, said *protocol.Connect) *protocol.Error {
	g := c.Grant()
	switch {
	case !r.Required():
		if g.Account != r.Global {
			return silent
		}
		return nil
	case !g.Configured:
		return protocol.ErrAuthorization
	case g.User == "":
		if r.Token != before.Token {
			return protocol.ErrAuthorization
		}
		return nil
	}
	was, is := before.named(g.User), r.named(g.User)
	switch {
	case is == nil || is.Account != g.Account:
		return silent
	case was == nil || was.Password != is.Password:
		return protocol.ErrAuthorization
	case said != nil && anonymous(said) && is != r.Default:
		return protocol.ErrAuthorization
	}
	return nil
}

// Regrant gives the grant that a live connection has now, nil if nothing about
// it changed.
func (r *Rules) Regrant(g *core.Grant) *core.Grant {
	u := r.named(g.User)
	if u == nil || reflect.DeepEqual(rulesOf(u.Permissions), rulesOf(g.Permissions)) {
		return nil
	}
	return u.Grant()
}

// rulesOf gives permissions as they were written.
func rulesOf(p *core.Permissions) *core.Rules {
	if p == nil {
		return nil
	}
	r := p.Rules()
	return &r
}

// named finds a user or nkey.
func (r *Rules) named(name string) *User {
	if u := r.NKeys[name]; u != nil {
		return u
	}
	return r.userNamed(name)
}
