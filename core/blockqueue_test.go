package core

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever the order of calls, blocks come out as from a plain list, and a
// queue that never runs empty does not grow.
func TestBlockQueue(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	var q blockQueue
	var model [][]byte
	for i := range 20_000 {
		switch b := []byte{byte(i)}; r.IntN(4) {
		case 0, 1:
			if len(model) < 50 {
				q.push(b)
				model = append(model, b)
			}
		case 2:
			got := q.pop()
			var want []byte
			if len(model) > 0 {
				want, model = model[0], model[1:]
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, step %d: pop gave %v, want %v", seed, i, got, want)
			}
		case 3:
			q.unpop(b)
			model = append([][]byte{b}, model...)
			if len(model) > 60 {
				q.pop()
				model = model[1:]
			}
		}
	}
	if cap(q.list) > 256 {
		t.Errorf("seed %d: the queue holds room for %d blocks, at most 61 were in it", seed, cap(q.list))
	}
}
