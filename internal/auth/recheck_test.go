package auth_test

import (
	"testing"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/protocol"
)

// What becomes of a live connection at a reload: it stays, hears of an
// authorization violation, or is closed without a word. [C-18]
func TestRecheck(t *testing.T) {
	b := newBench(t)
	global, a, other := b.account(core.GlobalAccount), b.account("A"), b.account("B")
	u := func(name, pass string, acc *core.Account) *auth.User {
		return &auth.User{Name: name, Password: pass, Account: acc}
	}
	open := &auth.Rules{}
	withU := &auth.Rules{Users: users(u("u", "p", a))}
	withDefault := &auth.Rules{Users: users(u("u", "p", a))}
	withDefault.Default = withDefault.Users["u"]
	const stays, told, silent = "stays", "Authorization Violation", ""
	for name, row := range map[string]struct {
		before, after *auth.Rules
		said          *protocol.Connect
		want          string
	}{
		"nothing changed":         {withU, withU, say("u", "p"), stays},
		"same again":              {withU, &auth.Rules{Users: users(u("u", "p", a))}, say("u", "p"), stays},
		"others came":             {withU, &auth.Rules{Users: users(u("u", "p", a), u("v", "p", a))}, say("u", "p"), stays},
		"password changed":        {withU, &auth.Rules{Users: users(u("u", "p2", a))}, say("u", "p"), told},
		"user gone":               {withU, &auth.Rules{Users: users(u("v", "p", a))}, say("u", "p"), silent},
		"user moved":              {withU, &auth.Rules{Users: users(u("u", "p", other))}, say("u", "p"), silent},
		"now open":                {withU, open, say("u", "p"), silent},
		"was open, still":         {open, open, say("", ""), stays},
		"was open":                {open, withU, say("", ""), told},
		"token same":              {&auth.Rules{Token: "t"}, &auth.Rules{Token: "t"}, &protocol.Connect{Token: "t"}, stays},
		"token changed":           {&auth.Rules{Token: "t"}, &auth.Rules{Token: "t2"}, &protocol.Connect{Token: "t"}, told},
		"token to users":          {&auth.Rules{Token: "t"}, withU, &protocol.Connect{Token: "t"}, told},
		"default same":            {withDefault, withDefault, say("", ""), stays},
		"default gone":            {withDefault, withU, say("", ""), told},
		"single password changed": {&auth.Rules{Single: u("u", "p", global)}, &auth.Rules{Single: u("u", "p2", global)}, say("u", "p"), told},
		"single became a user":    {&auth.Rules{Single: u("u", "p", a)}, withU, say("u", "p"), stays},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []*auth.Rules{row.before, row.after} {
				r.Global = global
			}
			c := b.conn(nil, "")
			g, err := auth.New(row.before).Authenticate(c, row.said)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Admit(g); err != nil {
				t.Fatal(err)
			}
			switch e := row.after.Recheck(row.before, c, row.said); {
			case e == nil:
				if row.want != stays {
					t.Error("it stays")
				}
			case row.want == stays || e.Text != row.want || !e.Close || e.Reason != protocol.AuthenticationFailure:
				t.Errorf("it hears %q, closed for %v", e.Text, e.Reason)
			}
		})
	}
}

// Only a user whose rules changed gets a new grant. [P-19] [C-18]
func TestRegrant(t *testing.T) {
	b := newBench(t)
	a := b.account("A")
	perms := func(deny ...string) *core.Permissions {
		p, err := core.NewPermissions(core.Rules{PublishDeny: deny, Responses: &core.Responses{Max: len(deny)}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	rules := func(p *core.Permissions) *auth.Rules {
		return &auth.Rules{Users: users(&auth.User{Name: "u", Account: a, Permissions: p})}
	}
	for name, row := range map[string]struct {
		before, after *core.Permissions
		changed       bool
	}{
		"none":    {nil, nil, false},
		"equal":   {perms("x"), perms("x"), false},
		"other":   {perms("x"), perms("y"), true},
		"gained":  {nil, perms("x"), true},
		"lost":    {perms("x"), nil, true},
		"answers": {perms(), perms("z"), true},
	} {
		g := rules(row.before).Users["u"].Grant()
		next := rules(row.after).Regrant(g)
		if (next != nil) != row.changed {
			t.Errorf("%s: new grant %+v", name, next)
		}
		if next != nil && (next.Permissions != row.after || next.Account != a || next.User != "u" || !next.Configured) {
			t.Errorf("%s: new grant %+v", name, next)
		}
	}
	if g := rules(nil).Regrant(&core.Grant{Account: a, User: "v"}); g != nil {
		t.Errorf("a user that is gone gets %+v", g)
	}
	if c := b.admitted(&core.Grant{Account: a}); c.Account() != a {
		t.Error("not admitted")
	}
}
