package file

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/midge-nats/midge/jetstream/store"
)

// maxConsumerName is the longest name a consumer may have. [C 3]
const maxConsumerName = 255

var errConsumerName = errors.New("consumer name must have 1 to 255 bytes")

// consumer is the state of one consumer and what has become of it since the
// last commit.
//
// Frames about consumers, in the bodies of which the name comes first:
//
//	consumer  | len 1 | name | delivered consumer seq | delivered stream seq | changes |
//	snapshot  | len 1 | name | whole state |
//	forget    | len 1 | name |
//	consumers | (empty) |
//
// The changes are those of store.ConsumerOp, relative to the two uvarints before
// them: if the frame before was damaged, this one still means what it says.
type consumer struct {
	s     *Store
	name  string
	state store.ConsumerState
	from  store.SeqPair // delivered when the first change was staged
	log   []byte
	gone  bool
}

// Name implements store.Consumer.
func (c *consumer) Name() string { return c.name }

// State implements store.Consumer.
func (c *consumer) State() *store.ConsumerState { return &c.state }

// Consumer implements store.Stream.
func (s *Store) Consumer(name string) (store.Consumer, error) {
	if name == "" || len(name) > maxConsumerName {
		return nil, errConsumerName
	}
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if c := s.consumers[name]; c != nil {
		return c, nil
	}
	if err := s.prepare(batchSlack); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &consumer{s: s, name: name}
	s.consumers[name] = c
	s.closeFrame(c.state.AppendState(appendName(s.openFrame(kindSnapshot, 0), name)))
	return c, nil
}

// RemoveConsumer implements store.Stream.
func (s *Store) RemoveConsumer(name string) error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	if err := s.prepare(batchSlack); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.consumers[name]
	if c == nil {
		return store.ErrConsumer
	}
	c.gone, c.log = true, nil
	delete(s.consumers, name)
	s.closeFrame(appendName(s.openFrame(kindForget, 0), name))
	return nil
}

// change runs one change of the state under the locks. A change that cannot be
// staged because the stream has failed is not made: Commit will say so.
func (c *consumer) change(fn func()) {
	c.s.wmu.Lock()
	defer c.s.wmu.Unlock()
	if c.gone || c.s.writable() != nil {
		return
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if len(c.log) == 0 {
		c.from = c.state.Delivered
		c.s.changed = append(c.s.changed, c)
	}
	fn()
}

// Deliver implements store.Consumer.
func (c *consumer) Deliver(d store.Delivery, noAck bool) {
	c.change(func() { c.log = c.state.AppendDeliver(c.log, d, noAck) })
}

// Ack implements store.Consumer.
func (c *consumer) Ack(streamSeq uint64, all bool) (found bool) {
	c.change(func() { c.log, found = c.state.AppendAck(c.log, streamSeq, all) })
	return found
}

// GiveUp implements store.Consumer.
func (c *consumer) GiveUp(streamSeq uint64, keep bool) (found bool) {
	c.change(func() { c.log, found = c.state.AppendGiveUp(c.log, streamSeq, keep) })
	return found
}

// Reset implements store.Consumer.
func (c *consumer) Reset(n store.ConsumerState) {
	c.change(func() { c.log = c.state.AppendReset(c.log, n) })
}

func appendName(b []byte, name string) []byte {
	return append(append(b, byte(len(name))), name...)
}

// cutName splits a name off the front of a body.
func cutName(b []byte) (name string, rest []byte, ok bool) {
	if len(b) < 1 || len(b) < 1+int(b[0]) || b[0] == 0 {
		return "", nil, false
	}
	n := 1 + int(b[0])
	return string(b[1:n]), b[n:], true
}

// stageConsumersLocked puts the changes of all consumers into the batch.
func (s *Store) stageConsumersLocked() {
	for _, c := range s.changed {
		if len(c.log) == 0 || c.gone {
			continue
		}
		b := appendName(s.openFrame(kindConsumer, 0), c.name)
		b = binary.AppendUvarint(b, c.from.Consumer)
		b = binary.AppendUvarint(b, c.from.Stream)
		s.closeFrame(append(b, c.log...))
		c.log = c.log[:0]
	}
	s.changed = s.changed[:0]
}

// snapshotConsumers puts the whole state of every consumer at the front of a new
// segment, so that what older segments say about them is not needed any more:
// they can be dropped with their messages. With many consumers it waits until
// the log has grown to four times the size of that. REQUIRES: wmu, a segment
// just started.
func (s *Store) snapshotConsumers() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(0)
	for _, c := range s.consumers {
		size += int64(40 + len(c.name) + 12*c.state.NumPending())
	}
	if s.snapshotAt != 0 && 4*size > s.logged {
		return nil
	}
	s.closeFrame(s.openFrame(kindConsumers, 0))
	for _, name := range slices.Sorted(maps.Keys(s.consumers)) {
		c := s.consumers[name]
		s.closeFrame(c.state.AppendState(appendName(s.openFrame(kindSnapshot, 0), name)))
		c.log = c.log[:0] // it is in the snapshot
	}
	s.snapshotAt, s.logged = s.active.id, 0
	s.raiseFloorLocked(s.floor)
	return nil
}

// replayConsumer applies one frame about a consumer.
func (s *Store) replayConsumer(k kind, b []byte) bool {
	if k == kindConsumers {
		for name := range s.consumers {
			s.consumers[name].state = store.ConsumerState{}
			delete(s.consumers, name)
		}
		return true
	}
	name, rest, ok := cutName(b)
	if !ok {
		return false
	}
	if k == kindForget {
		delete(s.consumers, name)
		return len(rest) == 0
	}
	c := s.consumers[name]
	if c == nil {
		c = &consumer{s: s, name: name}
		s.consumers[name] = c
	}
	if k == kindSnapshot {
		rest, err := c.state.Decode(rest)
		return err == nil && len(rest) == 0
	}
	dc, n := binary.Uvarint(rest)
	if n <= 0 {
		return false
	}
	ds, m := binary.Uvarint(rest[n:])
	if m <= 0 {
		return false
	}
	c.state.Delivered = store.SeqPair{Consumer: dc, Stream: ds}
	return c.state.Replay(rest[n+m:]) == nil
}
