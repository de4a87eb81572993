package store

import (
	"math/rand/v2"
	"testing"
)

// TestConsumerStateReplays: the encoded changes, replayed, give the same state,
// and so does its whole encoding. [J-71]
func TestConsumerStateReplays(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 5))
	for range 200 {
		var live, replayed ConsumerState
		var log []byte
		for range 200 {
			log = log[:0]
			switch seq := 1 + rng.Uint64N(live.Delivered.Stream+1); rng.IntN(8) {
			case 0, 1, 2, 3:
				d := Delivery{ConsumerSeq: live.Delivered.Consumer + 1, StreamSeq: live.Delivered.Stream + 1 + rng.Uint64N(3), Time: rng.Int64(), Count: 1}
				log = live.AppendDeliver(log, d, rng.IntN(20) == 0)
			case 4:
				if _, ok := live.GetPending(seq); ok {
					log = live.AppendDeliver(log, Delivery{ConsumerSeq: live.Delivered.Consumer + 1, StreamSeq: seq, Time: 5, Count: 2}, false)
				}
			case 5:
				log, _ = live.AppendGiveUp(log, seq, rng.IntN(2) == 0)
			default:
				log, _ = live.AppendAck(log, seq, rng.IntN(10) == 0)
			}
			if err := replayed.Replay(log); err != nil {
				t.Fatal(err)
			}
			if !live.Equal(&replayed) {
				t.Fatalf("live %+v, replayed %+v", live, replayed)
			}
			checkInvariant(t, &live)
		}
		var decoded ConsumerState
		if rest, err := decoded.Decode(live.AppendState(nil)); err != nil || len(rest) != 0 || !decoded.Equal(&live) {
			t.Fatalf("decoded %+v, %v; want %+v", decoded, err, live)
		}
		if live.Delivered.Stream > 10 {
			live.Clamp(live.Delivered.Stream / 2)
			checkInvariant(t, &live)
		}
	}
}

func checkInvariant(t *testing.T, s *ConsumerState) {
	t.Helper()
	n, last := 0, s.AckFloor.Stream
	s.EachPending(func(p Pending) bool {
		if p.StreamSeq <= last || p.StreamSeq > s.Delivered.Stream {
			t.Fatalf("pending %+v in %+v", p, s)
		}
		last = p.StreamSeq
		n++
		return true
	})
	if n != s.NumPending() {
		t.Fatalf("%d pending, counted %d", n, s.NumPending())
	}
}

// TestAckFloor follows the definition of the floor. [J-44]
func TestAckFloor(t *testing.T) {
	var s ConsumerState
	for i := range uint64(5) {
		s.Deliver(Delivery{ConsumerSeq: i + 1, StreamSeq: 10 * (i + 1), Count: 1}, false)
	}
	for _, step := range []struct {
		ack   uint64
		floor SeqPair
	}{{20, SeqPair{0, 0}}, {10, SeqPair{2, 29}}, {50, SeqPair{2, 29}}, {30, SeqPair{3, 39}}, {40, SeqPair{5, 50}}} {
		if !s.Ack(step.ack, false) {
			t.Errorf("%d was not pending", step.ack)
		}
		if s.AckFloor != step.floor {
			t.Errorf("after %d the floor is %+v, want %+v", step.ack, s.AckFloor, step.floor)
		}
	}
	if s.Ack(20, false) {
		t.Error("acknowledged twice")
	}
}

// TestAckAllocs: a consumer that keeps up allocates nothing.
func TestAckAllocs(t *testing.T) {
	var s ConsumerState
	log := make([]byte, 0, 1024)
	seq := uint64(0)
	run := func() {
		log = log[:0]
		for range 10 {
			seq++
			log = s.AppendDeliver(log, Delivery{ConsumerSeq: seq, StreamSeq: seq, Time: 1, Count: 1}, false)
		}
		for i := range uint64(10) {
			log, _ = s.AppendAck(log, seq-i, false)
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// FuzzConsumerState: hostile bytes are refused or decode to a state that encodes
// to the same.
func FuzzConsumerState(f *testing.F) {
	var s ConsumerState
	s.Deliver(Delivery{ConsumerSeq: 1, StreamSeq: 1, Count: 2}, false)
	f.Add(s.AppendState(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d, again ConsumerState
		if _, err := d.Decode(b); err == nil {
			if _, err := again.Decode(d.AppendState(nil)); err != nil || !again.Equal(&d) {
				t.Fatalf("%+v, %v; want %+v", again, err, d)
			}
		}
		_ = d.Replay(b)
	})
}
