package store

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// ConsumerOp numbers the changes of a consumer's state in the log.
//
// A change is one byte and varints; deliveries are relative to what was
// delivered last, so most of the usual one is its time:
//
//	deliver  | 1 | consumer seq +Δ | stream seq ±Δ | time | count |    time and count follow as
//	no ack   | 2 | consumer seq +Δ | stream seq ±Δ |                   varint nanoseconds and uvarint
//	ack      | 3 | stream seq |
//	ack all  | 4 | stream seq |
//	give up  | 5 | stream seq | keep 0/1 |
//	reset    | 6 | whole state, see AppendState |
type ConsumerOp byte

// The changes.
const (
	ConsumerDeliver ConsumerOp = 1 + iota
	ConsumerDeliverNoAck
	ConsumerAck
	ConsumerAckAll
	ConsumerGiveUp
	ConsumerReset
)

var errConsumerCodec = errors.New("consumer state is malformed")

// AppendDeliver applies a delivery and appends its encoding.
func (s *ConsumerState) AppendDeliver(b []byte, d Delivery, noAck bool) []byte {
	op := ConsumerDeliver
	if noAck {
		op = ConsumerDeliverNoAck
	}
	b = append(b, byte(op))
	b = binary.AppendVarint(b, int64(d.ConsumerSeq-s.Delivered.Consumer))
	b = binary.AppendVarint(b, int64(d.StreamSeq-s.Delivered.Stream))
	if !noAck {
		b = binary.AppendVarint(b, d.Time)
		b = binary.AppendUvarint(b, d.Count)
	}
	s.Deliver(d, noAck)
	return b
}

// AppendAck applies an acknowledgement and appends its encoding, if there was
// something to acknowledge.
func (s *ConsumerState) AppendAck(b []byte, streamSeq uint64, all bool) ([]byte, bool) {
	if !s.Ack(streamSeq, all) {
		return b, false
	}
	op := ConsumerAck
	if all {
		op = ConsumerAckAll
	}
	return binary.AppendUvarint(append(b, byte(op)), streamSeq), true
}

// AppendGiveUp applies GiveUp and appends its encoding.
func (s *ConsumerState) AppendGiveUp(b []byte, streamSeq uint64, keep bool) ([]byte, bool) {
	if !s.GiveUp(streamSeq, keep) {
		return b, false
	}
	k := byte(0)
	if keep {
		k = 1
	}
	return append(binary.AppendUvarint(append(b, byte(ConsumerGiveUp)), streamSeq), k), true
}

// AppendReset replaces the state and appends the encoding of that.
func (s *ConsumerState) AppendReset(b []byte, n ConsumerState) []byte {
	*s = n.Clone()
	return s.AppendState(append(b, byte(ConsumerReset)))
}

// AppendState appends the whole state: six uvarints, then the pending messages
// by stream sequence and the redelivery counts, all differences to the one
// before.
func (s *ConsumerState) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, s.Delivered.Consumer)
	b = binary.AppendUvarint(b, s.Delivered.Stream)
	b = binary.AppendUvarint(b, s.AckFloor.Consumer)
	b = binary.AppendUvarint(b, s.AckFloor.Stream)
	b = binary.AppendUvarint(b, uint64(s.open))
	b = binary.AppendUvarint(b, uint64(len(s.Redelivered)))
	var last Pending
	s.EachPending(func(p Pending) bool {
		b = binary.AppendUvarint(b, p.StreamSeq-last.StreamSeq)
		b = binary.AppendVarint(b, int64(p.ConsumerSeq-last.ConsumerSeq))
		b = binary.AppendVarint(b, p.Time-last.Time)
		last = p
		return true
	})
	prev := uint64(0)
	for _, seq := range slices.Sorted(maps.Keys(s.Redelivered)) {
		b = binary.AppendUvarint(b, seq-prev)
		b = binary.AppendUvarint(b, s.Redelivered[seq])
		prev = seq
	}
	return b
}

// varints reads varints until the bytes end; afterwards bad is set for good.
type varints struct {
	b   []byte
	bad bool
}

func (v *varints) uint() uint64 {
	x, n := binary.Uvarint(v.b)
	if n <= 0 {
		v.bad = true
		return 0
	}
	v.b = v.b[n:]
	return x
}

func (v *varints) int() int64 {
	x, n := binary.Varint(v.b)
	if n <= 0 {
		v.bad = true
		return 0
	}
	v.b = v.b[n:]
	return x
}

func (v *varints) byte() byte {
	if len(v.b) == 0 {
		v.bad = true
		return 0
	}
	c := v.b[0]
	v.b = v.b[1:]
	return c
}

// Decode reads a whole state from the front of b and returns the rest. On an
// error the state is unchanged.
func (s *ConsumerState) Decode(b []byte) ([]byte, error) {
	v := varints{b: b}
	var n ConsumerState
	n.Delivered = SeqPair{v.uint(), v.uint()}
	n.AckFloor = SeqPair{v.uint(), v.uint()}
	pending, redelivered := v.uint(), v.uint()
	// Each entry takes at least two bytes: a hostile count allocates nothing.
	if v.bad || pending > uint64(len(v.b)) || redelivered > uint64(len(v.b)) {
		return b, errConsumerCodec
	}
	var last Pending
	n.pending = make([]Pending, 0, pending)
	for range pending {
		last.StreamSeq += v.uint()
		last.ConsumerSeq += uint64(v.int())
		last.Time += v.int()
		if k := len(n.pending); v.bad || last.ConsumerSeq == 0 || k > 0 && n.pending[k-1].StreamSeq >= last.StreamSeq {
			return b, errConsumerCodec
		}
		n.pending = append(n.pending, last)
	}
	n.open = len(n.pending)
	if redelivered > 0 {
		n.Redelivered = make(map[uint64]uint64, redelivered)
	}
	seq := uint64(0)
	for range redelivered {
		seq += v.uint()
		n.Redelivered[seq] = v.uint()
	}
	if v.bad || uint64(len(n.Redelivered)) != redelivered {
		return b, errConsumerCodec
	}
	*s = n
	return v.b, nil
}

// Replay applies encoded changes, as they were appended.
func (s *ConsumerState) Replay(b []byte) error {
	v := varints{b: b}
	for len(v.b) > 0 {
		switch op := ConsumerOp(v.byte()); op {
		case ConsumerDeliver, ConsumerDeliverNoAck:
			d := Delivery{ConsumerSeq: s.Delivered.Consumer + uint64(v.int()), StreamSeq: s.Delivered.Stream + uint64(v.int())}
			if op == ConsumerDeliver {
				d.Time, d.Count = v.int(), v.uint()
			}
			if !v.bad {
				s.Deliver(d, op == ConsumerDeliverNoAck)
			}
		case ConsumerAck, ConsumerAckAll:
			if seq := v.uint(); !v.bad {
				s.Ack(seq, op == ConsumerAckAll)
			}
		case ConsumerGiveUp:
			if seq, keep := v.uint(), v.byte(); !v.bad {
				s.GiveUp(seq, keep == 1)
			}
		case ConsumerReset:
			rest, err := s.Decode(v.b)
			if err != nil {
				return err
			}
			v.b = rest
		default:
			return errConsumerCodec
		}
		if v.bad {
			return errConsumerCodec
		}
	}
	return nil
}
