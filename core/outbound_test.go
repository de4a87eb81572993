package core

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// fill cuts n bytes out of a sea of random ones.
func fill(r *rand.Rand, n int) []byte {
	at := r.IntN(len(sea) - n)
	return sea[at : at+n]
}

var sea = func() []byte {
	b := make([]byte, 0, 1<<20)
	r := rand.NewPCG(1, 2)
	for len(b) < cap(b) {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b
}()

// size draws sizes about the boundaries of blocks, and some that are huge.
func size(r *rand.Rand) int {
	switch r.IntN(8) {
	case 0:
		return 512 - 3 + r.IntN(6)
	case 1:
		return 4096 - 3 + r.IntN(6)
	case 2:
		return blockBytes - 3 + r.IntN(6)
	case 3:
		return 3*blockBytes + r.IntN(5)
	case 4:
		return r.IntN(20_000)
	}
	return r.IntN(200)
}

// Whatever is queued in whatever portions, the same bytes come out in the same
// order, no block is larger than one write, and pending is what is left.
func TestOutboundModel(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	var o Outbound
	o.setLimit(1 << 40)
	var model []byte
	for step := range 500 {
		switch op := r.IntN(10); {
		case op < 4:
			b := fill(r, size(r))
			o.appendLocked(b)
			model = append(model, b...)
		case op < 6: // a control line in the block itself, a payload behind it
			line, wire := fill(r, 1+r.IntN(300)), fill(r, size(r))
			b := o.reserveLocked(len(line) + len(wire))
			before := len(b)
			o.commitLocked(append(b, line...), before, wire)
			model = append(append(model, line...), wire...)
		case op < 9: // the socket takes a block, or a part of it
			b := o.takeLocked()
			if (b == nil) != (len(model) == 0) {
				t.Fatalf("seed %d, step %d: block of %d bytes, %d are queued", seed, step, len(b), len(model))
			}
			if b == nil {
				continue
			}
			if len(b) > blockBytes {
				t.Fatalf("seed %d, step %d: a block of %d bytes", seed, step, len(b))
			}
			n := len(b)
			if r.IntN(2) == 0 {
				n = r.IntN(len(b))
			}
			if !bytes.Equal(b[:n], model[:n]) {
				t.Fatalf("seed %d, step %d: other bytes than were queued", seed, step)
			}
			o.wroteLocked(n)
			if n < len(b) {
				o.putBackLocked(b[n:])
			}
			model = model[n:]
		case r.IntN(20) == 0:
			o.discardLocked()
			model = nil
		}
		if o.pending != int64(len(model)) {
			t.Fatalf("seed %d, step %d: %d bytes pending, %d are queued", seed, step, o.pending, len(model))
		}
	}
}

// A busy connection starts its next block as large as the last one was, and a
// quiet one does not.
func TestOutboundGrowth(t *testing.T) {
	var o Outbound
	steps := []struct{ queue, room int }{
		{10, 512}, {500, 512}, {3, 4096}, {4000, blockBytes}, {60_000, blockBytes},
	}
	for _, s := range steps {
		o.appendLocked(make([]byte, s.queue))
		if cap(o.tail) != s.room {
			t.Errorf("%d more bytes: the tail has room for %d, want %d", s.queue, cap(o.tail), s.room)
		}
	}
	for b := o.takeLocked(); b != nil; b = o.takeLocked() {
		o.wroteLocked(len(b))
	}
	if o.pending != 0 || o.tail != nil {
		t.Fatalf("%d bytes pending after everything was written", o.pending)
	}
	o.appendLocked([]byte("x"))
	if cap(o.tail) != blockBytes {
		t.Errorf("after a large block the tail starts with %d bytes", cap(o.tail))
	}
	o.wroteLocked(len(o.takeLocked()))
	o.appendLocked([]byte("x"))
	if cap(o.tail) != 512 {
		t.Errorf("after a small block the tail starts with %d bytes", cap(o.tail))
	}
}

// A control line longer than a block, as a large max_control_line allows, is
// queued whole.
func TestOutboundLongControlLine(t *testing.T) {
	var o Outbound
	line := bytes.Repeat([]byte("s"), blockBytes+1000)
	o.appendLocked([]byte("before"))
	b := o.reserveLocked(len(line) + 5)
	before := len(b)
	o.commitLocked(append(b, line...), before, []byte("x\r\n"))
	var got []byte
	for b := o.takeLocked(); b != nil; b = o.takeLocked() {
		got = append(got, b...)
		o.wroteLocked(len(b))
	}
	if want := "before" + string(line) + "x\r\n"; string(got) != want || o.pending != 0 {
		t.Errorf("%d bytes came out of %d, %d still count as pending", len(got), len(want), o.pending)
	}
}

// Writes that come back after everything was discarded leave no negative
// figure behind.
func TestOutboundWriteAfterDiscard(t *testing.T) {
	b := newBench(t)
	m := b.join(KindClient, "")
	m.out.mu.Lock()
	m.out.appendLocked(make([]byte, 1000))
	block := m.out.takeLocked()
	m.out.discardLocked()
	m.out.wroteLocked(len(block))
	m.out.mu.Unlock()
	if p := m.Figures().Pending; p != 0 {
		t.Errorf("%d bytes pending", p)
	}
}
