package system

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// request is a copy of what was asked: the message itself belongs to its
// publisher.
type request struct {
	subject string
	reply   string
	accept  string
	payload []byte
	account *core.Account // the requester's
	conn    *core.Conn    // the requester's, nil when it is on another server
}

// answer gives the data of an answer; a nil one means that there is none.
type answer func(r *request) (any, error)

// errNoAnswer says that a request is not for this server.
var errNoAnswer = fmt.Errorf("not asked")

// handle answers requests on a subject of an account. bare answers are sent
// without the envelope of server and data.
func (s *System) handle(acc *core.Account, subject string, bare bool, a answer) error {
	sub, err := acc.Handle(subject, "", func(p *core.Publisher, _ *core.Subscription, m *core.Msg) bool {
		if len(m.Reply) == 0 {
			return true
		}
		r := &request{
			subject: string(m.Subject), reply: string(m.Reply), payload: bytes.Clone(m.Payload()),
			accept: string(protocol.HeaderValue(m.Header(), trace.AcceptEncodingHeader)), account: acc, conn: p.Conn(),
		}
		s.jobs.Push(func(p *core.Publisher) { s.answer(p, r, bare, a) })
		return true
	})
	if err != nil {
		return fmt.Errorf("system service %q: %w", subject, err)
	}
	s.keep(acc, sub)
	return nil
}

// answer sends what a asked for, or why it cannot be had. [M-16] [M-21]
func (s *System) answer(p *core.Publisher, r *request, bare bool, a answer) {
	if !s.meant(r) {
		return
	}
	data, err := a(r)
	switch {
	case err == errNoAnswer:
		return
	case err != nil:
		code := http.StatusInternalServerError
		if _, malformed := err.(*json.SyntaxError); malformed {
			code = http.StatusBadRequest
		}
		data = envelope{"server": s.serverBlock(), "error": map[string]any{"code": code, "description": err.Error()}}
	case !bare:
		data = envelope{"server": s.serverBlock(), "data": data}
	}
	s.send(p, r.account, r.reply, r.accept, nil, data)
}

// filter says which servers are to answer. [M-7]
type filter struct {
	Name    string   `json:"server_name"`
	Cluster string   `json:"cluster"`
	Host    string   `json:"host"`
	Domain  string   `json:"domain"`
	Tags    []string `json:"tags"`
	Exact   bool     `json:"exact_match"`
}

// meant tells whether this server is among those asked. What is no filter at
// all is left to the service to complain about.
func (s *System) meant(r *request) bool {
	var f filter
	if len(r.payload) == 0 || json.Unmarshal(r.payload, &f) != nil {
		return true
	}
	block := s.broker.Server()
	if block == nil {
		return true
	}
	fits := func(have, want string) bool {
		if f.Exact {
			return want == "" || have == want
		}
		return strings.Contains(have, want)
	}
	if !fits(block.Name, f.Name) || !fits(block.Cluster, f.Cluster) || !fits(block.Host, f.Host) || f.Domain != "" && f.Domain != block.Domain {
		return false
	}
	for _, t := range f.Tags {
		found := false
		for _, have := range block.Tags {
			found = found || strings.EqualFold(have, t)
		}
		if !found {
			return false
		}
	}
	return true
}

// options reads the request's JSON into the options of a page; none at all are
// the default ones.
func options[T any](r *request) (o T, err error) {
	if len(bytes.TrimSpace(r.payload)) > 0 {
		err = json.Unmarshal(r.payload, &o)
	}
	return o, err
}

// with makes an answer of a page that takes options.
func with[T any](page func(o T) (any, error)) answer {
	return func(r *request) (any, error) {
		o, err := options[T](r)
		if err != nil {
			return nil, err
		}
		return page(o)
	}
}

// subscribe takes up all services.
func (s *System) subscribe() error {
	for page, a := range s.pages() {
		bare := page == "IDZ" || page == "STATSZ"
		for _, to := range []string{"PING", s.id} {
			if err := s.handle(s.account, "$SYS.REQ.SERVER."+to+"."+page, bare, a); err != nil {
				return err
			}
		}
	}
	for subject, a := range s.accountServices() {
		if err := s.handle(s.account, subject, strings.HasSuffix(subject, ".CONNS"), a); err != nil {
			return err
		}
	}
	for _, subject := range []string{userInfoSubject, "$SYS.REQ.USER.*.INFO"} {
		if err := s.handle(s.account, subject, false, s.userInfo); err != nil {
			return err
		}
	}
	ping := func(*request) (any, error) { return s.statszMsg(), nil }
	if err := s.handle(s.account, "$SYS.REQ.SERVER.PING", true, ping); err != nil {
		return err
	}
	for name, a := range s.commands() {
		if err := s.handle(s.account, "$SYS.REQ.SERVER."+s.id+"."+name, true, a); err != nil {
			return err
		}
	}
	return s.subscribeText()
}

// pages are the monitoring pages by the last token of their subject. [M-6]
func (s *System) pages() map[string]answer {
	m := s.monitor
	none := struct{}{}
	return map[string]answer{
		"IDZ": func(*request) (any, error) {
			b := s.broker.Server()
			return map[string]string{"name": b.Name, "host": b.Host, "id": b.ID}, nil
		},
		"STATSZ":    with(func(struct{}) (any, error) { return s.statszMsg(), nil }),
		"VARZ":      with(func(struct{}) (any, error) { return m.Varz(), nil }),
		"SUBSZ":     with(func(o monitor.SubszOptions) (any, error) { return m.Subsz(o) }),
		"CONNZ":     with(func(o monitor.ConnzOptions) (any, error) { return m.Connz(o) }),
		"ROUTEZ":    with(func(o monitor.LinkOptions) (any, error) { return m.Routez(o), nil }),
		"GATEWAYZ":  with(func(struct{}) (any, error) { return m.Gatewayz(), nil }),
		"LEAFZ":     with(func(o monitor.LinkOptions) (any, error) { return m.Leafz(o), nil }),
		"JSZ":       with(func(struct{}) (any, error) { return m.Jsz(), nil }),
		"IPQUEUESZ": with(func(struct{}) (any, error) { return none, nil }),
		"ACCOUNTZ":  with(func(o struct{ Account string }) (any, error) { return m.Accountz(o.Account) }),
		"HEALTHZ": with(func(o monitor.HealthzOptions) (any, error) {
			h, code := m.Healthz(o)
			h.StatusCode = code
			return h, nil
		}),
	}
}

// accountServices tell about one account, or all. [M-11]
func (s *System) accountServices() map[string]answer {
	m := s.monitor
	const prefix = "$SYS.REQ.ACCOUNT."
	return map[string]answer{
		prefix + "*.CONNZ": func(r *request) (any, error) {
			o, err := options[monitor.ConnzOptions](r)
			if err != nil {
				return nil, err
			}
			if acc, _ := accountOf(r.subject, prefix); acc != "PING" {
				o.Account = acc
			}
			return m.Connz(o)
		},
		prefix + "*.SUBSZ": func(r *request) (any, error) {
			o, err := options[monitor.SubszOptions](r)
			if err != nil {
				return nil, err
			}
			o.Account, _ = accountOf(r.subject, prefix)
			return m.Subsz(o)
		},
		prefix + "*.LEAFZ": func(r *request) (any, error) {
			o, err := options[monitor.LinkOptions](r)
			if err != nil {
				return nil, err
			}
			o.Account, _ = accountOf(r.subject, prefix)
			return m.Leafz(o), nil
		},
		prefix + "*.JSZ": with(func(struct{}) (any, error) { return m.Jsz(), nil }),
		prefix + "*.INFO": func(r *request) (any, error) {
			acc, _ := accountOf(r.subject, prefix)
			return m.AccountDetail(acc)
		},
		prefix + "*.STATZ": func(r *request) (any, error) {
			o, err := options[struct {
				Accounts []string `json:"accounts"`
				Unused   bool     `json:"include_unused"`
			}](r)
			if err != nil {
				return nil, err
			}
			if acc, _ := accountOf(r.subject, prefix); acc != "PING" {
				o.Accounts = []string{acc}
			}
			return m.Accstatz(o.Accounts, o.Unused), nil
		},
		prefix + "*.CONNS": func(r *request) (any, error) {
			name, _ := accountOf(r.subject, prefix)
			acc := s.broker.LookupAccount(name)
			if acc == nil {
				return nil, errNoAnswer
			}
			return s.conns(monitor.StatOf(acc)), nil
		},
	}
}

// Imports are the services about itself that every account has from the system
// account. [A-20] [M-12] [M-13]
func (s *System) Imports(acc *core.Account) ([]*core.ServiceImport, error) {
	if acc == s.account {
		return nil, nil
	}
	own := "$SYS.REQ.ACCOUNT." + acc.Name()
	var list []*core.ServiceImport
	for _, im := range []struct {
		local, remote string
		share         bool
	}{
		{"$SYS.REQ.ACCOUNT.PING.CONNZ", own + ".CONNZ", false},
		{"$SYS.REQ.SERVER.PING.CONNZ", own + ".CONNZ", false},
		{"$SYS.REQ.ACCOUNT.PING.STATZ", own + ".STATZ", false},
		{userInfoSubject, "$SYS.REQ.USER." + acc.Name() + ".INFO", true},
	} {
		x, err := core.NewServiceImport(s.account, im.remote, im.local, im.share, systemExport)
		if err != nil {
			return nil, fmt.Errorf("import of %q for account %q: %w", im.remote, acc.Name(), err)
		}
		list = append(list, x)
	}
	return list, nil
}

// systemExport is how the system account exports its services: each server may
// answer.
var systemExport = &core.Export{Subject: "$SYS.REQ.>", Service: true, Response: core.ResponseStream}

// userInfoSubject is where users ask about themselves.
const userInfoSubject = "$SYS.REQ.USER.INFO"

// subscribeText takes up the services that answer with plain text.
func (s *System) subscribeText() error {
	count := func(p *core.Publisher, _ *core.Subscription, m *core.Msg) bool {
		f := strings.Fields(string(m.Payload()))
		if len(m.Reply) == 0 || len(f) == 0 {
			return true
		}
		acc, reply := s.account, string(m.Reply)
		if c := p.Conn(); c != nil && c.Account() != nil {
			acc = c.Account()
		}
		s.jobs.Push(func(p *core.Publisher) {
			n := subscribers(acc, f)
			p.PublishInternal(s.account, []byte(reply), nil, nil, strconv.AppendInt(nil, int64(n), 10))
		})
		return true
	}
	sub, err := s.account.Handle("$SYS.DEBUG.SUBSCRIBERS", "", count)
	if err != nil {
		return err
	}
	s.keep(s.account, sub)
	return nil
}

// subscribers counts who listens to a subject in an account, or the members of a
// queue group there: connections' subscriptions, not the server's own.
func subscribers(acc *core.Account, subjectAndQueue []string) int {
	n := 0
	count := func(list []*core.Subscription) {
		for _, sub := range list {
			if sub.Conn() != nil {
				n++
			}
		}
	}
	r := acc.Index().Match([]byte(subjectAndQueue[0]))
	if len(subjectAndQueue) == 1 {
		count(r.Plain)
	}
	for _, g := range r.Queues {
		if len(subjectAndQueue) == 1 || g.Name == subjectAndQueue[1] {
			count(g.Members)
		}
	}
	return n
}
