package expiry

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHeapSorts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	var h Heap
	var want []int64
	for i := range 1000 {
		e := int64(rng.IntN(300))
		h.Add(e, uint64(i))
		want = append(want, e)
	}
	slices.Sort(want)
	last := Entry{}
	for i, w := range want {
		got := h.Pop()
		if got.Expires != w || i > 0 && got.Expires == last.Expires && got.Seq < last.Seq {
			t.Fatalf("entry %d is %+v after %+v, want expiry %d", i, got, last, w)
		}
		last = got
	}
}
