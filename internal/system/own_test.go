package system_test

import (
	"testing"

	"github.com/midge-nats/midge/core"
)

// ask sends a request as a client of some account and gives the answer.
func (b *bench) ask(c *core.Conn, subject string) said {
	b.t.Helper()
	b.listen(c.Account(), "_INBOX."+subject)
	p := c.Publisher()
	m := p.Push()
	m.Account, m.Subject, m.Reply = c.Account(), []byte(subject), []byte("_INBOX."+subject)
	m.Wire, m.SizeText = []byte("\r\n"), []byte("0")
	p.Publish(m)
	p.Pop()
	p.EndBatch()
	return b.next()
}

// Users of any account may ask about themselves, and hear of nobody else.
// [M-12] [M-13]
func TestOwnServices(t *testing.T) {
	b := newBench(t, true)
	b.broker.SetDescribe(b.system.RequestInfo)
	perms, err := core.NewPermissions(core.Rules{PublishAllow: []string{"$SYS.>"}, SubscribeDeny: []string{"no"}})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := b.join("A", "u")
	c.Regrant(&core.Grant{Account: c.Account(), User: "u", Permissions: perms, Configured: true})
	b.join("B", "v")
	list, err := b.system.Imports(c.Account())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Account().SetServiceImports(list); err != nil {
		t.Fatal(err)
	}
	data := func(subject string) map[string]any {
		t.Helper()
		m := b.ask(c, subject).object(t)
		d, ok := m["data"].(map[string]any)
		if !ok || m["server"] == nil {
			t.Fatalf("%s: %v", subject, m)
		}
		return d
	}
	d := data("$SYS.REQ.USER.INFO")
	if d["user"] != "u" || d["account"] != "A" || lacks(d["permissions"], "publish subscribe") != nil {
		t.Errorf("USER.INFO: %v", d)
	}
	for _, subject := range []string{"$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ"} {
		if d := data(subject); d["total"] != 1.0 {
			t.Errorf("%s: %v", subject, d)
		}
	}
	stats, ok := data("$SYS.REQ.ACCOUNT.PING.STATZ")["account_statz"].([]any)
	if !ok || len(stats) != 1 || stats[0].(map[string]any)["acc"] != "A" {
		t.Errorf("STATZ: %v", stats)
	}
	if own, err := b.system.Imports(b.system.Account()); own != nil || err != nil {
		t.Errorf("the system account imports %v from itself", own)
	}
}
