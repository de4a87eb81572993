package memory

import "github.com/midge-nats/midge/jetstream/store"

// consumer is the state of one consumer. It is the stream goroutine's alone.
type consumer struct {
	name  string
	state store.ConsumerState
}

// Consumer implements store.Stream.
func (s *Store) Consumer(name string) (store.Consumer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	c := s.consumers[name]
	if c == nil {
		c = &consumer{name: name}
		s.consumers[name] = c
	}
	return c, nil
}

// RemoveConsumer implements store.Stream.
func (s *Store) RemoveConsumer(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.consumers[name] == nil {
		return store.ErrConsumer
	}
	delete(s.consumers, name)
	return nil
}

// Name implements store.Consumer.
func (c *consumer) Name() string { return c.name }

// State implements store.Consumer.
func (c *consumer) State() *store.ConsumerState { return &c.state }

// Deliver implements store.Consumer.
func (c *consumer) Deliver(d store.Delivery, noAck bool) { c.state.Deliver(d, noAck) }

// Ack implements store.Consumer.
func (c *consumer) Ack(streamSeq uint64, all bool) bool { return c.state.Ack(streamSeq, all) }

// GiveUp implements store.Consumer.
func (c *consumer) GiveUp(streamSeq uint64, keep bool) bool { return c.state.GiveUp(streamSeq, keep) }

// Reset implements store.Consumer.
func (c *consumer) Reset(n store.ConsumerState) { c.state = n.Clone() }
