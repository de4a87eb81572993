package system

import (
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/internal/queue"
	"github.com/midge-nats/midge/trace"
)

// Server is what the system account can have done to a server.
type Server interface {
	// Reload reads the configuration again.
	Reload() error
}

// System is the system account's side of a server.
type System struct {
	// Immutable after construction.
	broker  *core.Broker
	account *core.Account
	monitor *monitor.Monitor
	server  Server
	id      string

	jobs              *queue.Queue[job]
	stop              chan struct{}
	done              chan struct{}
	subs              []handled
	started, stopping atomic.Bool

	mu sync.Mutex // guards the field below
}

// job is work for the system's goroutine.
type job func(p *core.Publisher)

// handled is a subscription of the system's, to be ended with it.
type handled struct {
	acc *core.Account
	sub *core.Subscription
}

// maxJobs bounds the work that waits. Events beyond it are not told: a storm of
// connections must not fill the memory with news of it.
const maxJobs = 64 << 10

// New makes the system side of a server. id is the server's public key.
func New(b *core.Broker, account *core.Account, m *monitor.Monitor, server Server, id string) *System {
	return &System{
		broker: b, account: account, monitor: m, server: server, id: id,
		jobs: queue.New[job](maxJobs), stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// Account is the system account.
func (s *System) Account() *core.Account { return s.account }

// Start answers requests and begins to tell events.
func (s *System) Start() error {
	if err := s.subscribe(); err != nil {
		return err
	}
	s.started.Store(true)
	s.broker.Go("system", s.loop)
	return nil
}

// Stop tells that the server shuts down, finishes what is queued and ends.
func (s *System) Stop() {
	if s.stopping.Swap(true) || !s.started.Load() {
		return
	}
	s.publish("$SYS.SERVER."+s.id+".SHUTDOWN", s.serverOnly)
	close(s.stop)
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.subs {
		h.acc.Unhandle(h.sub)
	}
	s.subs = nil
}

// LameDuck tells that the server sends its clients away.
func (s *System) LameDuck() { s.publish("$SYS.SERVER."+s.id+".LAMEDUCK", s.serverOnly) }

// loop does the queued work, and tells statistics now and then. [M-9]
func (s *System) loop() {
	defer close(s.done)
	p := s.broker.NewPublisher(core.KindSystem)
	wait := statszFirst
	statsz := time.NewTimer(wait)
	defer statsz.Stop()
	var batch []job
	for stopping := false; !stopping; {
		select {
		case <-s.jobs.Ready():
		case <-statsz.C:
			s.tellStatsz(p)
			wait = min(2*wait, statszInterval)
			statsz.Reset(wait)
		case <-s.stop:
			stopping = true
		}
		batch = s.jobs.PopAll(batch[:0])
		for _, do := range batch {
			do(p)
		}
		clear(batch)
		p.EndBatch()
	}
}

// envelope is what the system publishes: a server block and something else.
type envelope map[string]any

// publish queues an event for the system account, if anybody listens.
func (s *System) publish(subject string, make func() any) {
	if !s.listening(subject) {
		return
	}
	s.jobs.Push(func(p *core.Publisher) { s.send(p, s.account, subject, "", nil, make()) })
}

// listening tells whether somebody may hear of a subject.
func (s *System) listening(subject string) bool { return s.account.HasInterest([]byte(subject)) }

// send publishes a body as JSON.
func (s *System) send(p *core.Publisher, acc *core.Account, subject, accept string, header []byte, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		s.broker.Log().Errorf("Encode %s: %v", subject, err)
		return
	}
	if accept != "" {
		header, text = trace.Compress(accept, text)
	}
	p.PublishInternal(acc, []byte(subject), nil, header, text)
}

// serverBlock is the block that stamps what this server says. [M-16]
func (s *System) serverBlock() json.RawMessage {
	block := s.broker.Server()
	if block == nil {
		return json.RawMessage("{}")
	}
	return block.AppendJSON(nil, s.broker.NextSeq(), time.Now())
}

func (s *System) serverOnly() any { return s.serverBlock() }

// keep notes a subscription that ends with the system.
func (s *System) keep(acc *core.Account, sub *core.Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs = append(s.subs, handled{acc, sub})
}

// accountOf finds the account token behind a prefix in a subject.
func accountOf(subject, prefix string) (account, rest string) {
	account, rest, _ = strings.Cut(strings.TrimPrefix(subject, prefix), ".")
	return account, rest
}
