package bufpool

import "testing"

func TestGetGivesTheClass(t *testing.T) {
	for _, c := range []struct{ size, capacity int }{
		{0, Small}, {1, Small}, {Small, Small},
		{Small + 1, Medium}, {Medium, Medium},
		{Medium + 1, Large}, {Large, Large},
		{Large + 1, Large + 1}, {1 << 20, 1 << 20},
	} {
		b := Get(c.size)
		if len(b) != c.size || cap(b) != c.capacity {
			t.Errorf("Get(%d): len %d cap %d, want cap %d", c.size, len(b), cap(b), c.capacity)
		}
		Put(b)
	}
}

func TestPutIgnoresStrangers(t *testing.T) {
	Put(nil)
	Put(make([]byte, 0, 100))
	Put(Get(Small)[10:]) // the rest of a block starts elsewhere
	for range 10 {
		if b := Get(1); cap(b) != Small {
			t.Fatalf("got a block of %d bytes", cap(b))
		}
	}
}

func TestPutTakesEmptiedBlocks(t *testing.T) {
	b := append(Get(0), "PING\r\n"...)
	Put(b[:0])
	if got := Get(Small); len(got) != Small {
		t.Errorf("len %d", len(got))
	}
}

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool drop blocks at random")
	}
	for _, size := range []int{Small, Medium, Large} {
		Put(Get(size))
		if n := testing.AllocsPerRun(100, func() { Put(Get(size)) }); n != 0 {
			t.Errorf("%d bytes: %v allocations, want 0", size, n)
		}
	}
}

func BenchmarkGetPut(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Put(Get(Medium))
	}
}
