package operator

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/queue"
	"github.com/midge-nats/midge/internal/resolver"
)

// Service is the side of the system account by which JWTs are pushed to this
// server and spread between servers. One goroutine owns its publisher and does
// the work; handlers only queue it.
type Service struct {
	broker  *core.Broker
	account *core.Account // the system account
	manager *Manager
	dir     *resolver.Dir // nil where tokens are not kept in files
	every   time.Duration // between comparisons with other servers; 0 for none

	inbox   string // prefix of reply subjects of this server's own requests
	jobs    *queue.Queue[func(p *core.Publisher)]
	stop    chan struct{}
	done    chan struct{}
	started atomic.Bool
	nextID  atomic.Uint64

	mu      sync.Mutex // guards the fields below
	subs    []*core.Subscription
	waiting map[string]chan string // tokens asked for, by reply subject
}

// ServiceConfig is what a service needs to know.
type ServiceConfig struct {
	Broker  *core.Broker
	Account *core.Account // the system account
	Manager *Manager      // whose accounts are pushed
	Dir     *resolver.Dir // nil where tokens are not kept in files
	Every   time.Duration // between comparisons with other servers; 0 for none
}

// maxJobs bounds the requests that wait. Those beyond have no answer.
const maxJobs = 4096

// NewService makes a service.
func NewService(c ServiceConfig) *Service {
	return &Service{
		broker: c.Broker, account: c.Account, manager: c.Manager, dir: c.Dir, every: c.Every,
		inbox: "$SYS._INBOX." + rand.Text()[:8] + ".",
		jobs:  queue.New[func(p *core.Publisher)](maxJobs), stop: make(chan struct{}), done: make(chan struct{}),
		waiting: make(map[string]chan string),
	}
}

// claimsRequest is a copy of what was asked.
type claimsRequest struct {
	account, reply string
	payload        []byte
}

// claimsPrefixes begin the subjects that name an account.
const (
	accountPrefix    = "$SYS.REQ.ACCOUNT."
	oldAccountPrefix = "$SYS.ACCOUNT."
)

// Start takes up the subjects.
func (s *Service) Start() error {
	for _, subject := range []string{accountPrefix + "*.CLAIMS.UPDATE", oldAccountPrefix + "*.CLAIMS.UPDATE", "$SYS.REQ.CLAIMS.UPDATE"} {
		if err := s.handle(subject, "", s.update); err != nil {
			return err
		}
	}
	if err := s.handle(accountPrefix+"*.CLAIMS.LOOKUP", "", s.lookup); err != nil {
		return err
	}
	if s.dir != nil {
		if err := s.startDir(); err != nil {
			return err
		}
	}
	sub, err := s.account.Handle(s.inbox+">", "", s.replied)
	if err != nil {
		return fmt.Errorf("replies of claims: %w", err)
	}
	s.keep(sub)
	s.started.Store(true)
	s.broker.Go("claims", s.loop)
	return nil
}

// startDir takes up what needs a directory.
func (s *Service) startDir() error {
	if err := s.handle("$SYS.REQ.CLAIMS.LIST", "", s.list); err != nil {
		return err
	}
	if err := s.handle("$SYS.REQ.CLAIMS.DELETE", "", s.delete); err != nil {
		return err
	}
	if !s.dir.Full() {
		return nil
	}
	return s.handle("$SYS.REQ.CLAIMS.PACK", "responder", s.pack)
}

func (s *Service) handle(subject, group string, answer func(p *core.Publisher, r *claimsRequest)) error {
	sub, err := s.account.Handle(subject, group, func(_ *core.Publisher, _ *core.Subscription, m *core.Msg) bool {
		if group != "" && bytes.HasPrefix(m.Reply, []byte(s.inbox)) {
			return false // one's own question is for others
		}
		r := &claimsRequest{account: accountToken(string(m.Subject)), reply: string(m.Reply), payload: bytes.Clone(m.Payload())}
		return s.jobs.Push(func(p *core.Publisher) { answer(p, r) })
	})
	if err != nil {
		return fmt.Errorf("claims service %q: %w", subject, err)
	}
	s.keep(sub)
	return nil
}

// accountToken gives the account that a subject names, "" if it names none.
func accountToken(subject string) string {
	for _, prefix := range []string{accountPrefix, oldAccountPrefix} {
		if rest, ok := strings.CutPrefix(subject, prefix); ok {
			id, _, _ := strings.Cut(rest, ".")
			return id
		}
	}
	return ""
}

func (s *Service) keep(sub *core.Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs = append(s.subs, sub)
}

// Stop ends the service.
func (s *Service) Stop() {
	if !s.started.Swap(false) {
		return
	}
	close(s.stop)
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.subs {
		s.account.Unhandle(sub)
	}
	s.subs = nil
}

// loop does the queued work and compares with other servers now and then.
func (s *Service) loop() {
	defer close(s.done)
	p := s.broker.NewPublisher(core.KindSystem)
	var due <-chan time.Time
	if s.dir != nil && s.dir.Full() && s.every > 0 {
		t := time.NewTicker(s.every)
		defer t.Stop()
		due = t.C
	}
	var batch []func(p *core.Publisher)
	for {
		select {
		case <-s.jobs.Ready():
		case <-due:
			s.compare(p)
		case <-s.stop:
			return
		}
		batch = s.jobs.PopAll(batch[:0])
		for _, do := range batch {
			do(p)
			p.EndBatch()
		}
		clear(batch)
		p.EndBatch()
	}
}

// compare asks for the tokens that others have and this server has not.
func (s *Service) compare(p *core.Publisher) {
	hash := s.dir.Hash()
	p.PublishInternal(s.account, []byte("$SYS.REQ.CLAIMS.PACK"), []byte(s.inbox+"pack"), nil, hash[:])
}

// replied takes answers to this server's own requests.
func (s *Service) replied(_ *core.Publisher, _ *core.Subscription, m *core.Msg) bool {
	if len(m.Payload()) == 0 {
		return true // who does not know, or the end of a pack
	}
	subject, text := string(m.Subject), string(m.Payload())
	if subject == s.inbox+"pack" {
		return s.jobs.Push(func(*core.Publisher) { s.merge(text) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.waiting[subject]; ch != nil {
		select {
		case ch <- text:
		default: // the first answer is enough
		}
	}
	return true
}

// Remote asks all servers for an account's token. It runs on any goroutine.
func (s *Service) Remote(ctx context.Context, id string) (string, error) {
	if !s.started.Load() {
		return "", resolver.ErrUnknown
	}
	reply := s.inbox + fmt.Sprint(s.nextID.Add(1))
	ch := make(chan string, 1)
	s.mu.Lock()
	s.waiting[reply] = ch
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, reply)
	}()
	p := s.broker.NewPublisher(core.KindSystem)
	p.PublishInternal(s.account, []byte(accountPrefix+id+".CLAIMS.LOOKUP"), []byte(reply), nil, nil)
	p.EndBatch()
	select {
	case token := <-ch:
		return token, nil
	case <-ctx.Done():
		return "", errors.Join(resolver.ErrUnknown, ctx.Err())
	case <-s.stop:
		return "", resolver.ErrUnknown
	}
}

// say answers a request, if an answer is wanted.
func (s *Service) say(p *core.Publisher, r *claimsRequest, payload []byte) {
	if r.reply != "" {
		p.PublishInternal(s.account, []byte(r.reply), nil, nil, payload)
	}
}

// sayJSON answers in the envelope of this server.
func (s *Service) sayJSON(p *core.Publisher, r *claimsRequest, key string, value any) {
	server := json.RawMessage("{}")
	if b := s.broker.Server(); b != nil {
		server = b.AppendJSON(nil, s.broker.NextSeq(), time.Now())
	}
	text, err := json.Marshal(map[string]any{"server": server, key: value})
	if err != nil {
		s.broker.Log().Errorf("Encode answer about claims: %v", err)
		return
	}
	s.say(p, r, text)
}

// updated is what a request about claims has done.
type updated struct {
	Account     string `json:"account,omitempty"`
	Code        int    `json:"code"`
	Message     string `json:"message,omitempty"`
	Description string `json:"description,omitempty"`
}

func (s *Service) refuse(p *core.Publisher, r *claimsRequest, account, what string, err error) {
	if account == "" {
		s.broker.Log().Errorf("%s - %v", what, err)
	} else {
		s.broker.Log().Errorf("%s - %s - %v", what, account, err)
	}
	s.sayJSON(p, r, "error", updated{Account: account, Code: 500, Description: fmt.Sprintf("%s - %v", what, err)})
}
