package client_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// guarded is a server that wants user u with password p, in account A; with
// anonymous there is a user for those who say nothing, in account ANY.
func guarded(t testing.TB, make func(testing.TB, *client.Settings) *bench, anonymous bool) *bench {
	s := defaults()
	s.AuthRequired, s.DefaultUser, s.AuthTimeout = true, anonymous, time.Second
	b := make(t, s)
	b.grant = func(o *protocol.Connect) (*core.Grant, error) {
		switch {
		case o.User == "u" && o.Pass == "p":
			return &core.Grant{Account: b.broker.Account("A"), User: "u", Configured: true}, nil
		case anonymous && o.User == "":
			return &core.Grant{Account: b.broker.Account("ANY"), User: "nobody", Configured: true}, nil
		case o.User == "late":
			return nil, protocol.ErrUserExpired
		}
		return nil, errors.New("no such user")
	}
	return b
}

// Who must say who they are says it first. What they hear never says why.
// [P-21]
func TestAuthentication(t *testing.T) {
	b := guarded(t, newBench, false)
	for name, row := range map[string]struct{ send, want string }{
		"right":            {`CONNECT {"user":"u","pass":"p"}|PUB a 1|x|`, "+OK|+OK|"},
		"wrong password":   {`CONNECT {"user":"u","pass":"x"}|`, "-ERR 'Authorization Violation'|EOF Authentication Failure"},
		"nothing":          {`CONNECT {}|`, "-ERR 'Authorization Violation'|EOF Authentication Failure"},
		"PING first":       {"PING|", "-ERR 'Authorization Violation'|EOF Authentication Failure"},
		"PUB first":        {"PUB a 1|x|", "-ERR 'Authorization Violation'|EOF Authentication Failure"},
		"garbage first":    {"GET / HTTP/1.1|", "-ERR 'Authorization Violation'|EOF Authentication Failure"},
		"expired":          {`CONNECT {"user":"late"}|`, "-ERR 'User Authentication Expired'|EOF Authentication Expired"},
		"right, then not":  {`CONNECT {"user":"u","pass":"p"}|CONNECT {"pass":"x"}|`, "+OK|-ERR 'Authorization Violation'|EOF Authentication Failure"},
		"right, then PING": {`CONNECT {"user":"u","pass":"p","protocol":1}|PING|`, "+OK|PONG|INFO|"},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			b.talk(row.send, row.want)
		})
	}
	if !b.log.has(`authentication error - User "u"`) {
		t.Error("the log does not name the user [A-25]")
	}
}

// With a user for those who say nothing any operation may come first; a wrong
// user is still wrong. INFO asks for nothing at first, and admits later that
// there are users. [P-21] [client.md 2]
func TestDefaultUser(t *testing.T) {
	b := guarded(t, newBench, true)
	w := b.dial("")
	if w.info.AuthRequired {
		t.Error("INFO asks for credentials")
	}
	w.says("SUB a 1|PUB a 1|x|", "+OK|+OK|MSG a 1 1|x|")
	if n, _ := b.broker.Account("ANY").ConnCount(); n != 1 {
		t.Errorf("the account has %d connections", n)
	}
	w = b.dial(crlf(`CONNECT {"verbose":false,"protocol":1}|PING|`))
	w.wants("PONG")
	if info := w.readInfo(); !info.AuthRequired || info.RemoteAccount != "ANY" {
		t.Errorf("later INFO: auth_required %v, account %q", info.AuthRequired, info.RemoteAccount)
	}
	b.talk(`CONNECT {"user":"x"}|`, "-ERR 'Authorization Violation'|EOF Authentication Failure")
	b.talk(`SUB a 1|CONNECT {"user":"u","pass":"p"}|SUB a 1|PUB a 1|x|`, "+OK|+OK|+OK|+OK|MSG a 1 1|x|")
}

// Who says nothing in time is closed, with a default user as well; who says
// something stays. [P-21]
func TestAuthTimeout(t *testing.T) {
	for _, anonymous := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := guarded(t, newPipes, anonymous)
			w := b.dial("")
			began := time.Now()
			w.wantsEnd("Authentication Timeout", "-ERR 'Authentication Timeout'")
			if d := time.Since(began); d < time.Second || d > 1100*time.Millisecond {
				t.Errorf("closed after %v", d)
			}
			good := b.dial(crlf(`CONNECT {"verbose":false,"user":"u","pass":"p"}|PING|`))
			good.wants("PONG")
			<-time.After(5 * time.Second)
			if good.line() != "PING\r\n" { // the early one
				t.Error("no PING came")
			}
			good.idle()
		})
	}
}

// A grant that expires ends the connection then. [client.md 10]
func TestGrantExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := defaults()
		s.PingInterval = 0
		b := newPipes(t, s)
		expires := time.Now().Add(20 * time.Second)
		b.grant = func(*protocol.Connect) (*core.Grant, error) {
			return &core.Grant{Account: b.broker.Account("A"), Expires: expires}, nil
		}
		w := b.dial(crlf(`CONNECT {"verbose":false}|PING|`))
		w.wants("PONG")
		w.wantsEnd("Authentication Expired", "-ERR 'User Authentication Expired'")
		if d := time.Since(expires); d < 0 || d > 10*time.Millisecond {
			t.Errorf("closed %v late", d)
		}
	})
}

// An account that is full refuses after CONNECT; a full server refuses behind
// INFO. [client.md 11]
func TestConnectionLimits(t *testing.T) {
	b := newBench(t, defaults())
	acc := b.broker.Account(core.GlobalAccount)
	acc.SetLimits(core.AccountLimits{Connections: 1, Leafnodes: -1, Subscriptions: -1, PayloadBytes: -1})
	b.dial(quiet + "PING\r\n").wants("PONG")
	full := "-ERR 'maximum account active connections exceeded'|EOF Maximum Account Connections Exceeded"
	b.talk(q, full)
	b.talk("PING|", full)
}

// Refused sockets are told, behind INFO. [client.md 11]
func TestRefuse(t *testing.T) {
	for _, e := range []*protocol.Error{protocol.ErrMaxConnections, protocol.ErrThrottled} {
		synctest.Test(t, func(t *testing.T) {
			b := newPipes(t, defaults())
			server, nc := pipe()
			b.group.Go("refuse", func() { b.clients.Refuse(server, e) })
			w := b.on(nc)
			w.info = w.readInfo()
			w.wantsEnd("Maximum Connections Exceeded", "-ERR '"+e.Text+"'")
		})
	}
}
