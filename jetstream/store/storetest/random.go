package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/midge-nats/midge/jetstream/store"
)

// Runner applies random operations to a store and to a model at once.
type Runner struct {
	Rand   *rand.Rand
	Stream store.Stream
	Model  *Model
	// Clock is the time of the next message.
	Clock int64
	// NoAtomic leaves operations out that a test does not want.
	NoAtomic bool
	applied  uint64
}

// NewRunner starts with an empty store.
func NewRunner(seed uint64, s store.Stream, m *Model) *Runner {
	return &Runner{Rand: rand.New(rand.NewPCG(seed, 7)), Stream: s, Model: m, Clock: 1_700_000_000_000_000_000}
}

func (r *Runner) subject() string {
	return fmt.Sprintf("%c.%d", 'a'+rune(r.Rand.IntN(2)), r.Rand.IntN(8))
}

// record makes a random message.
func (r *Runner) record() store.Record {
	var rec store.Record
	header := ""
	if r.Rand.IntN(4) == 0 {
		header = "NATS/1.0\r\nK: " + strings.Repeat("v", r.Rand.IntN(60)) + "\r\n\r\n"
	}
	size := r.Rand.IntN(120)
	if r.Rand.IntN(20) == 0 {
		size = r.Rand.IntN(5000)
	}
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = byte(r.Rand.IntN(4))
	}
	rec.SetBody([]byte(r.subject()), []byte(header), payload)
	r.Clock += int64(r.Rand.IntN(1e6))
	rec.Time = r.Clock
	switch r.Rand.IntN(30) {
	case 0:
		rec.TTL = time.Duration(1+r.Rand.IntN(100)) * time.Second
	case 1:
		rec.TTL = store.TTLNever
	case 2:
		rec.Rollup = store.RollupSubject
	case 3:
		if r.Rand.IntN(5) == 0 {
			rec.Rollup = store.RollupAll
		}
	case 4:
		rec.Seq = r.Model.Next + uint64(r.Rand.IntN(4))
	}
	return rec
}

// Step does one random operation and reports a difference.
func (r *Runner) Step() error {
	switch k := r.Rand.IntN(100); {
	case k < 60:
		return r.append()
	case k < 75:
		return r.remove()
	case k < 78:
		return r.purge()
	case k < 80:
		next := r.Model.Next + uint64(r.Rand.IntN(5))
		r.Model.Next = next
		return r.Stream.Skip(next)
	case k < 82:
		return r.limits()
	default:
		return r.consumer()
	}
}

// Commit commits, and the model remembers the index.
func (r *Runner) Commit() error {
	r.applied++
	r.Model.Applied = r.applied
	return r.Stream.Commit(r.applied)
}

func (r *Runner) append() error {
	recs := make([]store.Record, 1+r.Rand.IntN(6))
	for i := range recs {
		recs[i] = r.record()
		recs[i].Seq = 0
	}
	if r.Rand.IntN(10) == 0 {
		recs = recs[:1]
		recs[0].Seq = r.Model.Next + uint64(r.Rand.IntN(4))
	}
	want := make([]error, len(recs))
	seqs := make([]uint64, len(recs))
	stored := 0
	for i := range recs {
		if want[i] = r.Model.Append(&recs[i]); want[i] == nil {
			seqs[i] = r.Model.Next - 1
			stored++
		}
	}
	n, err := r.Stream.Append(recs, false)
	if err != nil {
		return fmt.Errorf("append: %w", err)
	}
	if n != stored {
		return fmt.Errorf("append stored %d, want %d", n, stored)
	}
	for i := range recs {
		if recs[i].Seq != seqs[i] || !errors.Is(recs[i].Err, want[i]) {
			return fmt.Errorf("append gave %d, %w; want %d, %w", recs[i].Seq, recs[i].Err, seqs[i], want[i])
		}
	}
	return nil
}

func (r *Runner) remove() error {
	if len(r.Model.Msgs) == 0 {
		return nil
	}
	seq := r.Model.Msgs[r.Rand.IntN(len(r.Model.Msgs))].Seq
	if r.Rand.IntN(10) == 0 {
		seq = uint64(r.Rand.IntN(int(r.Model.Next) + 2))
	}
	want := r.Model.Remove(seq)
	got, err := r.Stream.Remove(seq, r.Rand.IntN(4) == 0)
	if err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	if got != want {
		return fmt.Errorf("remove %d: %v; want %v", seq, got, want)
	}
	return nil
}

func (r *Runner) purge() error {
	var p store.Purge
	switch r.Rand.IntN(4) {
	case 0:
		p.Filter = r.subject()
	case 1:
		p.Filter = []string{"a.*", "b.>", "*.3", ">"}[r.Rand.IntN(4)]
	}
	switch r.Rand.IntN(3) {
	case 0:
		p.Keep = uint64(r.Rand.IntN(10))
	case 1:
		p.Seq = uint64(r.Rand.IntN(int(r.Model.Next) + 1))
	default:
		if p.Filter == "" && r.Rand.IntN(3) > 0 {
			return nil
		}
	}
	want := r.Model.Purge(p)
	got, err := r.Stream.Purge(p)
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	if got != want {
		return fmt.Errorf("purge %+v: %d; want %d", p, got, want)
	}
	return nil
}

func (r *Runner) limits() error {
	var l store.Limits
	if r.Rand.IntN(2) == 0 {
		l.MaxMsgs = int64(20 + r.Rand.IntN(200))
	}
	if r.Rand.IntN(3) == 0 {
		l.MaxBytes = int64(2000 + r.Rand.IntN(20000))
	}
	if r.Rand.IntN(2) == 0 {
		l.MaxMsgsPerSubject = int64(1 + r.Rand.IntN(20))
	}
	l.DiscardNew = r.Rand.IntN(4) == 0
	l.DiscardNewPerSubject = l.DiscardNew && l.MaxMsgsPerSubject > 0 && r.Rand.IntN(2) == 0
	r.Model.SetLimits(l)
	return r.Stream.SetLimits(l)
}

func (r *Runner) consumer() error {
	name := fmt.Sprintf("c%d", r.Rand.IntN(3))
	m := r.Model.Consumers[name]
	if m == nil {
		m = &store.ConsumerState{}
		r.Model.Consumers[name] = m
	}
	if r.Rand.IntN(40) == 0 {
		delete(r.Model.Consumers, name)
		if _, err := r.Stream.Consumer(name); err != nil {
			return err
		}
		return r.Stream.RemoveConsumer(name)
	}
	c, err := r.Stream.Consumer(name)
	if err != nil {
		return err
	}
	for range 1 + r.Rand.IntN(4) {
		r.consumerStep(c, m)
	}
	if !c.State().Equal(m) {
		return fmt.Errorf("consumer %s is %+v, want %+v", name, c.State(), m)
	}
	return nil
}

func (r *Runner) consumerStep(c store.Consumer, m *store.ConsumerState) {
	var open []uint64
	m.EachPending(func(p store.Pending) bool {
		open = append(open, p.StreamSeq)
		return true
	})
	k := r.Rand.IntN(10)
	if len(open) == 0 && k > 4 {
		k = 0
	}
	switch {
	case k < 5:
		if m.Delivered.Stream+1 >= r.Model.Next {
			return
		}
		d := store.Delivery{ConsumerSeq: m.Delivered.Consumer + 1, StreamSeq: m.Delivered.Stream + 1, Time: r.Clock, Count: 1}
		m.Deliver(d, false)
		c.Deliver(d, false)
	case k == 5:
		d := store.Delivery{ConsumerSeq: m.Delivered.Consumer + 1, StreamSeq: open[r.Rand.IntN(len(open))], Time: r.Clock, Count: 2}
		m.Deliver(d, false)
		c.Deliver(d, false)
	case k < 9:
		seq, all := open[r.Rand.IntN(len(open))], r.Rand.IntN(4) == 0
		m.Ack(seq, all)
		c.Ack(seq, all)
	default:
		seq := open[0]
		m.GiveUp(seq, true)
		c.GiveUp(seq, true)
	}
}
