package core

import (
	"fmt"
	"strings"
	"testing"
)

// Who may publish what: no allow list and an empty one allow everything, deny
// counts over allow, and an answer alone needs no list. [P-19]
func TestPublishPermissions(t *testing.T) {
	responses := &Responses{}
	for _, row := range []struct {
		rules   Rules
		allowed string
		refused string
	}{
		{Rules{}, "a a.b x", ""},
		{Rules{PublishAllow: []string{}}, "a a.b", ""},
		{Rules{PublishAllow: []string{"p.>", "q.*"}, PublishDeny: []string{"p.no.>"}}, "p.a p.no q.x", "x p.no.a p q.x.y q"},
		{Rules{PublishDeny: []string{">"}}, "", "a a.b"},
		{Rules{PublishDeny: []string{"a.*"}}, "a a.b.c b", "a.b"},
		{Rules{Responses: responses}, "", "a rep.1"},
		{Rules{Responses: responses, PublishDeny: []string{"no"}}, "", "a no"},
		{Rules{Responses: responses, PublishAllow: []string{"a"}}, "a", "b"},
	} {
		b := newBench(t)
		m := b.join(KindClient, "", row.rules)
		for range 2 { // once looked up, once remembered
			for _, s := range strings.Fields(row.allowed) {
				if !m.Publisher().MayPublish([]byte(s)) {
					t.Errorf("%+v: %s is refused", row.rules, s)
				}
			}
			for _, s := range strings.Fields(row.refused) {
				if m.Publisher().MayPublish([]byte(s)) {
					t.Errorf("%+v: %s is allowed", row.rules, s)
				}
			}
		}
	}
}

// Who may subscribe to what, plain or in a queue group: a wildcard must be
// within an entry that allows it; for a denied one its tokens count as they
// stand. [P-19]
func TestSubscribePermissions(t *testing.T) {
	list := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, ",")
	}
	for _, row := range []struct{ allow, deny, fine, refused string }{
		{"", "", "> a,a q", ""},
		{"s.>", "", "s.a,s.*,s.>,s.a q", ">,a,*.a,s"},
		{"s.*", "", "s.a,s.*", "s.>,s.a.b"},
		{"", "a.*", "a.b.c,>,*.*,*.b", "a.b,a.*,a.>"},
		{"s.>", "s.no", "s.a,s.*,s.>", "s.no,s.no q"},
		{"qs q1,qs v1.*", "", "qs q1,qs v1.5", "qs,qs q2,qs v1,qs v1.5.6"},
		{"both,both g", "", "both,both g", "both h,other"},
		{"plain", "", "plain,plain q,plain any.name", "other q"},
		{"", "s.x qd", "s.x,s.x ok,s.y qd", "s.x qd"},
		{"", "s.x v1.>", "s.x,s.x v1", "s.x v1.5"},
		{">", ">", "", "a,a.b"},
		{"", "", "a q", "a _sys_"},
	} {
		b := newBench(t)
		m := b.join(KindClient, "", Rules{SubscribeAllow: list(row.allow), SubscribeDeny: list(row.deny)})
		for i, s := range list(row.fine) {
			if err := m.trySub(fmt.Sprintf("%s %d", s, i)); err != nil {
				t.Errorf("allow %q deny %q: %q: %v", row.allow, row.deny, s, err)
			}
		}
		for i, s := range list(row.refused) {
			err := m.trySub(fmt.Sprintf("%s no%d", s, i))
			subj, queue, _ := strings.Cut(s, " ")
			want := fmt.Sprintf("Permissions Violation for Subscription to %q", subj)
			if queue != "" {
				want += fmt.Sprintf(" using queue %q", queue)
			}
			if err == nil || err.Error() != want {
				t.Errorf("allow %q deny %q: %q: %v", row.allow, row.deny, s, err)
			}
		}
		if row.refused != "" && !b.log.has("Subscription Violation - Subject ") {
			t.Error("the refusal is not in the log")
		}
	}
}

// A group name that only servers use is refused to those without any rules as
// well. [client.md 5]
func TestSysQueueIsRefused(t *testing.T) {
	m := newBench(t).join(KindClient, "")
	if err := m.trySub("a _sys_ 1"); err == nil || err.Error() != `Permissions Violation for Subscription to "a" using queue "_sys_"` {
		t.Errorf("got %v", err)
	}
}

// A wildcard over a denied subject is let in and its messages are filtered as
// they come, in a queue group too. [P-19]
func TestDeniedSubjectsAreFiltered(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "", Rules{SubscribeDeny: []string{"a.secret", "b.*", "c qd"}})
	pub := b.join(KindClient, "")
	m.sub("> 1")
	m.sub("a.* q 2")
	m.sub("c 3")
	for subj, want := range map[string]bool{"a.secret": false, "b.x": false, "c": true, "a.open": true, "b.x.y": true} {
		if delivered := pub.pub(subj, "m"); delivered != want {
			t.Errorf("%s: delivered %v", subj, delivered)
		}
		got := m.got()
		if (len(got) > 0) != want {
			t.Errorf("%s: got %q", subj, got)
		}
	}
}

// Rules with subjects or queues that are none are refused in the words of the
// configuration's errors.
func TestBadPermissions(t *testing.T) {
	for want, r := range map[string]Rules{
		`subject "a..b" is not a valid subject`:  {PublishAllow: []string{"a..b"}},
		`subject ".a" is not a valid subject`:    {PublishDeny: []string{".a"}},
		`subject "a q r" is not a valid subject`: {SubscribeAllow: []string{"a q r"}},
		`subject "" is not a valid subject`:      {SubscribeDeny: []string{""}},
		`queue "q..r" is not a valid queue`:      {SubscribeDeny: []string{"a q..r"}},
	} {
		if _, err := NewPermissions(r); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, want %s", r, err, want)
		}
	}
}

// The cache of what may be published is bounded, and forgotten with the grant.
func TestPublishCache(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "", Rules{PublishAllow: []string{"a.>"}})
	p := m.Publisher()
	for i := range 3 * maxPublishCache {
		if !p.MayPublish([]byte(fmt.Sprintf("a.%d", i))) {
			t.Fatal("refused")
		}
		if len(p.allowed.allowed) > maxPublishCache {
			t.Fatalf("%d subjects are remembered", len(p.allowed.allowed))
		}
	}
	m.Regrant(b.grant(GlobalAccount, Rules{PublishAllow: []string{"b"}}))
	if p.MayPublish([]byte("a.1")) || !p.MayPublish([]byte("b")) {
		t.Error("the old grant still counts")
	}
}
