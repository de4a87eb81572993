// Package storetest is the test suite of both stores: scenarios, and a random
// comparison with a model so simple that it is right by looking at it.
package storetest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/jetstream/store"
)

// Message is one message of the model.
type Message struct {
	Seq     uint64
	Time    int64
	TTL     time.Duration
	Subject string
	Header  string
	Payload string
}

// Model is a stream as a slice of messages.
type Model struct {
	Limits   store.Limits
	Msgs     []Message // by sequence
	Next     uint64
	LastTime int64
	Applied  uint64
	// Size is the accounting formula of the store under test.
	Size      func(subject, header, payload int) uint64
	Consumers map[string]*store.ConsumerState
}

// NewModel gives an empty stream that begins at sequence first.
func NewModel(first uint64, size func(subject, header, payload int) uint64) *Model {
	return &Model{Next: first, Size: size, Consumers: map[string]*store.ConsumerState{}}
}

// Clone gives an independent copy.
func (m *Model) Clone() *Model {
	c := *m
	c.Msgs = slices.Clone(m.Msgs)
	c.Consumers = map[string]*store.ConsumerState{}
	for name, s := range m.Consumers {
		n := s.Clone()
		c.Consumers[name] = &n
	}
	return &c
}

func (m *Model) size(x *Message) uint64 {
	return m.Size(len(x.Subject), len(x.Header), len(x.Payload))
}

// Totals adds up.
func (m *Model) Totals() (t store.Totals) {
	for i := range m.Msgs {
		t.Messages++
		t.Bytes += m.size(&m.Msgs[i])
	}
	return t
}

// Matching gives the messages that one of the filters matches; all without one.
func (m *Model) Matching(filters ...string) (list []Message) {
	for _, x := range m.Msgs {
		if len(filters) == 0 || slices.ContainsFunc(filters, func(f string) bool { return subject.Matches(x.Subject, f) }) {
			list = append(list, x)
		}
	}
	return list
}

func (m *Model) deleteFunc(del func(*Message) bool) {
	m.Msgs = slices.DeleteFunc(m.Msgs, func(x Message) bool { return del(&x) })
}

func (m *Model) onSubject(name string) (list []Message) {
	for _, x := range m.Msgs {
		if x.Subject == name {
			list = append(list, x)
		}
	}
	return list
}

// Append stores one message or says why not.
func (m *Model) Append(r *store.Record) error {
	x := Message{Seq: r.Seq, Time: r.Time, TTL: r.TTL, Subject: string(r.Subject), Header: string(r.Header), Payload: string(r.Payload)}
	if x.Seq == 0 {
		x.Seq = m.Next
	}
	if x.Seq < m.Next {
		return store.ErrSequence
	}
	same := m.onSubject(x.Subject)
	oldest := uint64(0)
	if len(same) > 0 {
		oldest = m.size(&same[0])
	}
	if err := m.Limits.Refuse(m.Totals(), m.size(&x), uint64(len(same)), oldest, r.Rollup); err != nil {
		return err
	}
	m.Msgs = append(m.Msgs, x)
	m.Next, m.LastTime = x.Seq+1, x.Time
	switch r.Rollup {
	case store.RollupSubject:
		m.deleteFunc(func(o *Message) bool { return o.Subject == x.Subject && o.Seq < x.Seq })
	case store.RollupAll:
		m.deleteFunc(func(o *Message) bool { return o.Seq < x.Seq })
	}
	m.trimSubject(x.Subject)
	m.trim()
	return nil
}

func (m *Model) trimSubject(name string) {
	if m.Limits.MaxMsgsPerSubject <= 0 {
		return
	}
	same := m.onSubject(name)
	for len(same) > int(m.Limits.MaxMsgsPerSubject) {
		m.Remove(same[0].Seq)
		same = same[1:]
	}
}

func (m *Model) trim() {
	for m.Limits.Exceeded(m.Totals()) {
		m.Msgs = m.Msgs[1:]
	}
}

// SetLimits changes and enforces the limits.
func (m *Model) SetLimits(l store.Limits) {
	m.Limits = l
	names := map[string]bool{}
	for _, x := range m.Msgs {
		names[x.Subject] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		m.trimSubject(name)
	}
	m.trim()
}

// Remove deletes one message.
func (m *Model) Remove(seq uint64) bool {
	n := len(m.Msgs)
	m.deleteFunc(func(o *Message) bool { return o.Seq == seq })
	return len(m.Msgs) < n
}

// Purge deletes what a purge names and says how many.
func (m *Model) Purge(p store.Purge) uint64 {
	before := len(m.Msgs)
	var filters []string
	if p.Filter != "" {
		filters = []string{p.Filter}
	}
	list := m.Matching(filters...)
	if p.Keep > 0 {
		list = list[:max(0, len(list)-int(p.Keep))]
	}
	for _, x := range list {
		if p.Seq == 0 || x.Seq < p.Seq {
			m.Remove(x.Seq)
		}
	}
	return uint64(before - len(m.Msgs))
}

// Check compares a store with the model and describes the first difference.
func (m *Model) Check(s store.Stream) error {
	if err := m.checkState(s); err != nil {
		return err
	}
	if err := m.checkLoads(s); err != nil {
		return err
	}
	for _, filters := range [][]string{nil, {"a.*"}, {"a.1"}, {"*.2", "b.3"}, {"nothing.here"}, {"b.>"}} {
		if err := m.checkFilter(s, filters); err != nil {
			return fmt.Errorf("filters %q: %w", filters, err)
		}
	}
	return m.checkConsumers(s)
}

func (m *Model) checkState(s store.Stream) error {
	st, want := s.State(), m.Totals()
	if st.Messages != want.Messages || st.Bytes != want.Bytes || st.LastSeq != m.Next-1 {
		return fmt.Errorf("state has %d messages, %d bytes, last %d; want %d, %d, %d", st.Messages, st.Bytes, st.LastSeq,
			want.Messages, want.Bytes, m.Next-1)
	}
	if len(m.Msgs) > 0 {
		if first := m.Msgs[0]; st.FirstSeq != first.Seq || st.FirstTime.UnixNano() != first.Time {
			return fmt.Errorf("state begins at %d (%d), want %d (%d)", st.FirstSeq, st.FirstTime.UnixNano(), first.Seq, first.Time)
		}
		if want := st.LastSeq - st.FirstSeq + 1 - uint64(len(m.Msgs)); st.Deleted != want {
			return fmt.Errorf("state has %d deleted, want %d", st.Deleted, want)
		}
	} else if m.LastTime != 0 && st.FirstSeq != m.Next {
		return fmt.Errorf("empty stream begins at %d, want %d", st.FirstSeq, m.Next)
	}
	if m.LastTime != 0 && st.LastTime.UnixNano() != m.LastTime {
		return fmt.Errorf("last time is %d, want %d", st.LastTime.UnixNano(), m.LastTime)
	}
	names := map[string]store.SubjectState{}
	for _, x := range m.Msgs {
		n, ok := names[x.Subject]
		if !ok {
			n = store.SubjectState{Subject: x.Subject, First: x.Seq}
		}
		n.Messages++
		n.Last = x.Seq
		names[x.Subject] = n
	}
	if st.Subjects != len(names) {
		return fmt.Errorf("state has %d subjects, want %d", st.Subjects, len(names))
	}
	for name, want := range names {
		if got := s.SubjectState(name); got != want {
			return fmt.Errorf("subject %q is %+v, want %+v", name, got, want)
		}
	}
	return nil
}

func (m *Model) checkLoads(s store.Stream) error {
	have := map[uint64]*Message{}
	for i := range m.Msgs {
		have[m.Msgs[i].Seq] = &m.Msgs[i]
	}
	var r store.Record
	for seq := max(1, min(m.Next, m.Next-min(m.Next, 500))); seq <= m.Next; seq++ {
		err := s.Load(seq, &r)
		if x := have[seq]; x == nil {
			if err == nil {
				return fmt.Errorf("message %d exists: %q", seq, r.Subject)
			}
		} else if err != nil {
			return fmt.Errorf("load %d: %w", seq, err)
		} else if err := x.equal(&r); err != nil {
			return err
		}
	}
	at := uint64(0)
	if len(m.Msgs) > 0 {
		at = m.Msgs[0].Seq
	}
	for gap := range s.Deleted() {
		for seq := gap.First; seq <= gap.Last; seq++ {
			if have[seq] != nil || seq < at {
				return fmt.Errorf("sequence %d is listed as deleted in %v", seq, gap)
			}
		}
	}
	return nil
}

func (x *Message) equal(r *store.Record) error {
	if r.Seq != x.Seq || r.Time != x.Time || r.TTL != x.TTL || string(r.Subject) != x.Subject || string(r.Header) != x.Header ||
		!bytes.Equal(r.Payload, []byte(x.Payload)) {
		return fmt.Errorf("message %d is (%d %d %v %q %q %d bytes), want %d %v %q %q %d bytes", x.Seq, r.Seq, r.Time, r.TTL,
			r.Subject, r.Header, len(r.Payload), x.Time, x.TTL, x.Subject, x.Header, len(x.Payload))
	}
	return nil
}

func (m *Model) checkFilter(s store.Stream, filters []string) error {
	f := store.NewFilter(filters...)
	list := m.Matching(filters...)
	var r store.Record
	at := uint64(0)
	for i := range list {
		if n := s.NumPending(f, at); i%5 == 0 && n != uint64(len(list)-i) {
			return fmt.Errorf("%d pending from %d, want %d", n, at, len(list)-i)
		}
		seq, err := s.Next(f, at, &r)
		if err != nil || seq != list[i].Seq {
			return fmt.Errorf("next from %d is %d, %w; want %d", at, seq, err, list[i].Seq)
		}
		if err := list[i].equal(&r); err != nil {
			return err
		}
		at = seq + 1
	}
	if seq, err := s.Next(f, at, &r); err == nil {
		return fmt.Errorf("next from %d is %d, want the end", at, seq)
	}
	last := map[string]uint64{}
	for _, x := range list {
		last[x.Subject] = x.Seq
	}
	seqs, ok := s.LastSeqs(f, 0, 1<<30)
	if want := slices.Sorted(maps.Values(last)); !ok || !slices.Equal(seqs, want) {
		return fmt.Errorf("last sequences are %v, want %v", seqs, want)
	}
	if len(filters) != 1 {
		return nil
	}
	return m.checkLast(s, filters[0], list)
}

func (m *Model) checkLast(s store.Stream, filter string, list []Message) error {
	var r store.Record
	for _, upTo := range []uint64{0, m.Next / 2} {
		want := uint64(0)
		for _, x := range list {
			if upTo == 0 || x.Seq <= upTo {
				want = x.Seq
			}
		}
		err := s.LastFor(filter, upTo, &r)
		if want == 0 && err == nil || want != 0 && (err != nil || r.Seq != want) {
			return fmt.Errorf("last up to %d is %d, %v; want %d", upTo, r.Seq, err, want)
		}
	}
	return nil
}

func (m *Model) checkConsumers(s store.Stream) error {
	names := s.Consumers()
	if want := slices.Sorted(maps.Keys(m.Consumers)); !slices.Equal(names, want) {
		return fmt.Errorf("consumers are %q, want %q", names, want)
	}
	for _, name := range names {
		c, err := s.Consumer(name)
		if err != nil {
			return err
		}
		if !c.State().Equal(m.Consumers[name]) {
			return fmt.Errorf("consumer %s is %+v, want %+v", name, c.State(), m.Consumers[name])
		}
	}
	return nil
}
