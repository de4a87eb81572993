// Package memory is the store of a stream that does not outlive the process: the
// same behaviour as store/file, tested by the same suite, without its promises
// about a disk. [J-76]
//
// Messages lie in blocks of a fixed number of sequences, each message one slice
// of bytes; a subject has the sorted list of its sequences. Blocks and lists give
// up their memory as their front is removed. One mutex guards everything: no
// call waits for anything.
package memory

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/expiry"
	"github.com/midge-nats/midge/jetstream/store/subjects"
)

// blockMessages is how many sequences a block holds.
const blockMessages = 1024

// Store is the memory store of one stream. It implements store.Stream.
type Store struct {
	// Guarded by mu.
	mu        sync.RWMutex
	closed    bool
	limits    store.Limits
	first     uint64 // configured first sequence
	blocks    map[uint64]*block
	table     subjects.Table
	posts     []postings // by subject ID
	totals    store.Totals
	next      uint64
	floor     uint64
	lastTime  int64
	applied   uint64
	used      bool
	ttls      expiry.Heap
	ageFrom   uint64
	consumers map[string]*consumer
}

// block holds the messages of blockMessages sequences.
type block struct {
	live int
	msgs [blockMessages]message
}

// message is one message; data is nil if there is none.
type message struct {
	data    []byte // subject, header, payload
	time    int64
	ttl     time.Duration
	id      subjects.ID
	subject uint16
	header  uint32
}

// postings are the live sequences of one subject. Those before head are gone.
type postings struct {
	seqs []uint64
	head int
}

// Open makes an empty stream. firstSeq 0 is 1.
func Open(limits store.Limits, firstSeq uint64) *Store {
	firstSeq = max(firstSeq, 1)
	return &Store{
		limits: limits, first: firstSeq, next: firstSeq, floor: firstSeq,
		blocks: map[uint64]*block{}, consumers: map[string]*consumer{},
	}
}

// at gives the place of a sequence, nil if it holds nothing.
func (s *Store) at(seq uint64) *message {
	b := s.blocks[seq/blockMessages]
	if b == nil {
		return nil
	}
	if m := &b.msgs[seq%blockMessages]; m.data != nil {
		return m
	}
	return nil
}

func (m *message) size() uint64 { return 16 + uint64(len(m.data)) }

// fill copies a message into a record.
func (s *Store) fill(m *message, seq uint64, into *store.Record) {
	h := int(m.subject) + int(m.header)
	into.SetBody(m.data[:m.subject], m.data[m.subject:h], m.data[h:])
	into.Seq, into.Time, into.TTL, into.Rollup, into.Err = seq, m.time, m.ttl, store.RollupNone, nil
}

// Append implements store.Stream.
func (s *Store) Append(recs []store.Record, atomic bool) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	if atomic {
		have := s.totals
		for i := range recs {
			size, err := s.admit(&recs[i], have)
			if err != nil {
				for j := range recs {
					recs[j].Seq, recs[j].Err = 0, err
				}
				return 0, err
			}
			have.Messages++
			have.Bytes += size
		}
	}
	stored := 0
	for i := range recs {
		if recs[i].Err = s.append(&recs[i]); recs[i].Err != nil {
			recs[i].Seq = 0
			continue
		}
		stored++
	}
	return stored, nil
}

// admit checks one message against the limits and gives its accounted size.
func (s *Store) admit(r *store.Record, have store.Totals) (uint64, error) {
	if len(r.Subject)+len(r.Header)+len(r.Payload) > store.MaxRecordBytes || len(r.Subject) > 1<<16-1 {
		return 0, store.ErrTooLarge
	}
	if r.Seq != 0 && r.Seq < s.next {
		return 0, store.ErrSequence
	}
	size := store.MemoryMsgBytes(len(r.Subject), len(r.Header), len(r.Payload))
	var count, oldest uint64
	if id, ok := s.table.Get(r.Subject); ok && s.limits.DiscardNew {
		if e := s.table.Entry(id); e.Messages > 0 {
			count, oldest = e.Messages, s.at(e.First).size()
		}
	}
	return size, s.limits.Refuse(have, size, count, oldest, r.Rollup)
}

func (s *Store) append(r *store.Record) error {
	size, err := s.admit(r, s.totals)
	if err != nil {
		return err
	}
	if r.Seq == 0 {
		r.Seq = s.next
	}
	id := s.table.Intern(r.Subject)
	s.table.Add(id, r.Seq)
	for int(id) >= len(s.posts) {
		s.posts = append(s.posts, postings{})
	}
	s.posts[id].seqs = append(s.posts[id].seqs, r.Seq)
	b := s.blocks[r.Seq/blockMessages]
	if b == nil {
		b = &block{}
		s.blocks[r.Seq/blockMessages] = b
	}
	b.live++
	data := make([]byte, 0, len(r.Subject)+len(r.Header)+len(r.Payload))
	data = append(append(append(data, r.Subject...), r.Header...), r.Payload...)
	b.msgs[r.Seq%blockMessages] = message{data: data, time: r.Time, ttl: r.TTL, id: id, subject: uint16(len(r.Subject)), header: uint32(len(r.Header))}
	if s.totals.Messages == 0 {
		s.floor = r.Seq
	}
	s.totals.Messages++
	s.totals.Bytes += size
	s.next, s.lastTime, s.used = r.Seq+1, r.Time, true
	if e := r.Expires(); e != 0 {
		s.ttls.Add(e, r.Seq)
	}
	switch r.Rollup {
	case store.RollupSubject:
		s.purgeID(id, r.Seq)
	case store.RollupAll:
		s.dropBelow(r.Seq)
	}
	s.enforceSubject(id)
	s.enforce()
	return nil
}

// remove takes one message out.
func (s *Store) remove(seq uint64) bool {
	m := s.at(seq)
	if m == nil {
		return false
	}
	s.totals.Messages--
	s.totals.Bytes -= m.size()
	p := &s.posts[m.id]
	if i, ok := slices.BinarySearch(p.seqs[p.head:], seq); ok && i == 0 {
		p.head++
		if p.head > 64 && 2*p.head > len(p.seqs) {
			p.seqs = append(p.seqs[:0], p.seqs[p.head:]...)
			p.head = 0
		}
	} else if ok {
		p.seqs = slices.Delete(p.seqs, p.head+i, p.head+i+1)
	}
	if s.table.Drop(m.id, 1) {
		e := s.table.Entry(m.id)
		e.First, e.Last = p.seqs[p.head], p.seqs[len(p.seqs)-1]
	} else {
		*p = postings{}
	}
	*m = message{}
	if b := s.blocks[seq/blockMessages]; b != nil {
		if b.live--; b.live == 0 {
			delete(s.blocks, seq/blockMessages)
		}
	}
	if seq == s.floor {
		s.floor = s.firstLive(seq + 1)
	}
	return true
}

// firstLive finds the first message at or after seq, next if there is none.
func (s *Store) firstLive(seq uint64) uint64 {
	if s.totals.Messages == 0 {
		return s.next
	}
	for seq < s.next {
		b := s.blocks[seq/blockMessages]
		if b == nil {
			seq = s.nextBlock(seq)
			continue
		}
		if b.msgs[seq%blockMessages].data != nil {
			return seq
		}
		seq++
	}
	return s.next
}

// nextBlock gives the first sequence of the next block that exists. After a long
// gap asking for each would take longer than looking at those that are there.
func (s *Store) nextBlock(seq uint64) uint64 {
	next := (seq/blockMessages + 1) * blockMessages
	if s.blocks[next/blockMessages] != nil {
		return next
	}
	best := s.next
	for n := range maps.Keys(s.blocks) {
		if at := n * blockMessages; at > seq && at < best {
			best = at
		}
	}
	return best
}

func (s *Store) enforce() {
	for s.limits.Exceeded(s.totals) && s.remove(s.floor) {
	}
}

func (s *Store) enforceSubject(id subjects.ID) {
	if s.limits.MaxMsgsPerSubject <= 0 {
		return
	}
	for s.table.Entry(id).Messages > uint64(s.limits.MaxMsgsPerSubject) {
		s.remove(s.table.Entry(id).First)
	}
}

func (s *Store) purgeID(id subjects.ID, below uint64) {
	for e := s.table.Entry(id); e.Messages > 0 && e.First < below; {
		s.remove(e.First)
	}
}

func (s *Store) dropBelow(below uint64) {
	for s.totals.Messages > 0 && s.floor < below {
		s.remove(s.floor)
	}
}

// Skip implements store.Stream.
func (s *Store) Skip(next uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	if next < s.next {
		return store.ErrSequence
	}
	s.used = s.used || next > s.next
	s.next = next
	if s.totals.Messages == 0 {
		s.floor = next
	}
	return nil
}

// Remove implements store.Stream. Memory that is not referenced any more is all
// the erasing that there is.
func (s *Store) Remove(seq uint64, _ bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, store.ErrClosed
	}
	return s.remove(seq), nil
}

// Purge implements store.Stream.
func (s *Store) Purge(p store.Purge) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	before := s.totals.Messages
	below := s.next
	if p.Seq > 0 {
		below = min(p.Seq, s.next)
	}
	all := p.Filter == "" || p.Filter == ">"
	ids := subjects.NewMatch(filters(p.Filter)).Resolve(&s.table)
	if p.Keep > 0 {
		seqs := s.sequences(ids, 0)
		if uint64(len(seqs)) <= p.Keep {
			return 0, nil
		}
		below = seqs[uint64(len(seqs))-p.Keep]
	}
	if all {
		s.dropBelow(below)
	} else {
		for _, id := range ids {
			s.purgeID(id, below)
		}
	}
	return before - s.totals.Messages, nil
}

func filters(filter string) []string {
	if filter == "" {
		return nil
	}
	return []string{filter}
}

// sequences merges the sequences of subjects at or after from.
func (s *Store) sequences(ids []subjects.ID, from uint64) (seqs []uint64) {
	for _, id := range ids {
		if int(id) >= len(s.posts) {
			continue
		}
		p := &s.posts[id]
		i, _ := slices.BinarySearch(p.seqs[p.head:], from)
		seqs = append(seqs, p.seqs[p.head+i:]...)
	}
	slices.Sort(seqs)
	return seqs
}

// SetLimits implements store.Stream.
func (s *Store) SetLimits(l store.Limits) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.limits = l
	for id := range s.posts {
		s.enforceSubject(subjects.ID(id))
	}
	s.enforce()
	return nil
}

// Commit implements store.Stream.
func (s *Store) Commit(applied uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.applied = applied
	return nil
}

// Sync implements store.Stream: there is nothing to sync.
func (s *Store) Sync() error { return nil }

// Maintain implements store.Stream: it forgets subjects without messages.
func (s *Store) Maintain(int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.table.Wasteful() {
		return false, nil
	}
	ids := s.table.Compact()
	posts := make([]postings, s.table.Len())
	for old, id := range ids {
		if id != subjects.None && old < len(s.posts) {
			posts[id] = s.posts[old]
		}
	}
	s.posts = posts
	for _, b := range s.blocks {
		for i := range b.msgs {
			if b.msgs[i].data != nil {
				b.msgs[i].id = ids[b.msgs[i].id]
			}
		}
	}
	return false, nil
}

// Close implements store.Stream.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.blocks, s.posts, s.ttls = nil, nil, nil
	s.table.Reset()
	return nil
}

// Delete implements store.Stream.
func (s *Store) Delete() error { return s.Close() }
