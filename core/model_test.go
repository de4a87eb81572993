package core

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// modelSub is a subscription as the model keeps it: in a list, matched by
// comparing tokens.
type modelSub struct {
	conn             int
	pattern, q, sid  string
	delivered, limit int
}

// model is Core NATS by linear search.
type model struct {
	accounts []string // of each connection
	subs     []*modelSub
}

func (m *model) find(conn int, sid string) *modelSub {
	for _, s := range m.subs {
		if s.conn == conn && s.sid == sid {
			return s
		}
	}
	return nil
}

func (m *model) remove(s *modelSub) {
	m.subs = slices.DeleteFunc(m.subs, func(o *modelSub) bool { return o == s })
}

// matching gives the subscriptions of an account that want a subject.
func (m *model) matching(account, subj string) (plain []*modelSub, groups map[string][]*modelSub) {
	groups = make(map[string][]*modelSub)
	for _, s := range m.subs {
		switch {
		case m.accounts[s.conn] != account || !tokensMatch(strings.Split(subj, "."), strings.Split(s.pattern, ".")):
		case s.q == "":
			plain = append(plain, s)
		default:
			groups[s.q] = append(groups[s.q], s)
		}
	}
	return plain, groups
}

func tokensMatch(subj, pattern []string) bool {
	for i, p := range pattern {
		switch {
		case p == ">":
			return len(subj) > i
		case i >= len(subj) || p != "*" && p != subj[i]:
			return false
		}
	}
	return len(subj) == len(pattern)
}

// count notes a delivery.
func (m *model) count(s *modelSub) {
	if s.delivered++; s.delivered == s.limit {
		m.remove(s)
	}
}

// world runs the same operations in a broker and in the model.
type world struct {
	t       *testing.T
	seed    uint64
	r       *rand.Rand
	model   *model
	members []*member
	step    int
}

// word draws a subject; wild ones have wildcards.
func (w *world) word(wild bool) string {
	tokens := []string{"a", "b", "c"}
	if wild {
		tokens = append(tokens, "*", "*")
	}
	n := 1 + w.r.IntN(3)
	list := make([]string, n)
	for i := range list {
		list[i] = tokens[w.r.IntN(len(tokens))]
	}
	if wild && w.r.IntN(4) == 0 {
		list[n-1] = ">"
	}
	return strings.Join(list, ".")
}

func (w *world) fatalf(format string, v ...any) {
	w.t.Helper()
	w.t.Fatalf("seed %d, step %d: %s", w.seed, w.step, fmt.Sprintf(format, v...))
}

func (w *world) subscribe(conn int) {
	s := &modelSub{conn: conn, pattern: w.word(true), sid: fmt.Sprint(w.r.IntN(12))}
	words := s.pattern + " " + s.sid
	if w.r.IntN(2) == 0 {
		s.q = []string{"q", "r"}[w.r.IntN(2)]
		words = s.pattern + " " + s.q + " " + s.sid
	}
	w.members[conn].sub(words)
	if w.model.find(conn, s.sid) == nil {
		w.model.subs = append(w.model.subs, s)
	}
}

func (w *world) unsubscribe(conn int) {
	sid, max := fmt.Sprint(w.r.IntN(12)), w.r.IntN(6)
	w.members[conn].UnsubscribeSID([]byte(sid), uint64(max))
	if s := w.model.find(conn, sid); s != nil {
		if s.limit = max; s.delivered >= max {
			w.model.remove(s)
		}
	}
}

// publish compares who got the message: each plain subscription once, and
// exactly one member of each group.
func (w *world) publish(conn int) {
	subj := w.word(false)
	plain, groups := w.model.matching(w.model.accounts[conn], subj)
	delivered := w.members[conn].pub(subj, fmt.Sprint(w.step))
	if delivered != (len(plain)+len(groups) > 0) {
		w.fatalf("publish %s: delivered %v to %d plain and %d groups", subj, delivered, len(plain), len(groups))
	}
	var got []*modelSub
	for i, m := range w.members {
		for _, line := range m.got() {
			f := strings.Fields(line)
			s := w.model.find(i, f[0])
			if s == nil || f[1] != subj || f[2] != fmt.Sprint(w.step) {
				w.fatalf("publish %s: connection %d got %q", subj, i, line)
			}
			got = append(got, s)
		}
	}
	for _, s := range plain {
		if i := slices.Index(got, s); i >= 0 {
			got = slices.Delete(got, i, i+1)
		} else {
			w.fatalf("publish %s: %+v did not get it", subj, *s)
		}
		w.model.count(s)
	}
	if len(got) != len(groups) {
		w.fatalf("publish %s: %d queue members got it, there are %d groups", subj, len(got), len(groups))
	}
	for _, s := range got {
		if !slices.Contains(groups[s.q], s) {
			w.fatalf("publish %s: %+v got it", subj, *s)
		}
		delete(groups, s.q)
		w.model.count(s)
	}
}

// leave ends a connection and lets another take its place, in some account.
func (w *world) leave(b *bench, conn int) {
	w.members[conn].Discard(0)
	w.model.subs = slices.DeleteFunc(w.model.subs, func(s *modelSub) bool { return s.conn == conn })
	w.model.accounts[conn] = []string{"ONE", "TWO"}[w.r.IntN(2)]
	w.members[conn] = b.join(KindClient, w.model.accounts[conn])
}

// Any mixture of SUB, UNSUB, PUB, coming and going, in two accounts, with
// wildcards and queue groups, does what a linear search does. [P-14] [P-17]
func TestModel(t *testing.T) {
	steps := 4000
	if testing.Short() {
		steps = 500
	}
	b := newBench(t)
	seed := rand.Uint64()
	w := &world{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 0)), model: &model{}}
	for i := range 6 {
		acc := []string{"ONE", "TWO"}[i%2]
		w.model.accounts = append(w.model.accounts, acc)
		w.members = append(w.members, b.join(KindClient, acc))
	}
	for w.step = range steps {
		conn := w.r.IntN(len(w.members))
		switch op := w.r.IntN(100); {
		case op < 25:
			w.subscribe(conn)
		case op < 45:
			w.unsubscribe(conn)
		case op < 99:
			w.publish(conn)
		default:
			w.leave(b, conn)
		}
		if n := b.broker.Totals().Subscriptions; n != int64(len(w.model.subs)) {
			w.fatalf("%d subscriptions, want %d", n, len(w.model.subs))
		}
	}
}

// The same from many goroutines at once: whatever the order, nothing breaks and
// nothing is left behind.
func TestModelConcurrently(t *testing.T) {
	b := newBench(t)
	seed := rand.Uint64()
	members := make([]*member, 6)
	for i := range members {
		members[i] = b.join(KindClient, []string{"ONE", "TWO"}[i%2])
	}
	for i, m := range members {
		b.group.Go("client", func() {
			w := &world{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, uint64(i)))}
			for range 500 {
				switch w.r.IntN(6) {
				case 0, 1:
					if err := m.trySub(w.word(true) + " " + fmt.Sprint(w.r.IntN(9))); err != nil {
						t.Errorf("seed %d: %v", seed, err)
					}
				case 2:
					m.UnsubscribeSID([]byte(fmt.Sprint(w.r.IntN(9))), uint64(w.r.IntN(4)))
				default:
					m.pub(w.word(false), "x")
				}
			}
		})
	}
	b.settle()
	for _, m := range members {
		messages(t, m.sock.take()) // whole lines only
		m.Discard(0)
	}
	if n := b.broker.Totals().Subscriptions; n != 0 {
		t.Errorf("seed %d: %d subscriptions are left", seed, n)
	}
}
