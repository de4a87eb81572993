package queue

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

func TestPushRefusesWhenFull(t *testing.T) {
	q := New[int](2)
	if !q.Push(1) || !q.Push(2) {
		t.Fatal("refused below the limit")
	}
	if q.Push(3) {
		t.Error("took more than the limit")
	}
	if got := q.PopAll(nil); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("popped %v", got)
	}
	if !q.Push(3) {
		t.Error("refused after a pop")
	}
}

func TestLimitIsAtLeastOne(t *testing.T) {
	q := New[int](0)
	if !q.Push(1) || q.Push(2) {
		t.Error("want a limit of 1")
	}
}

func TestReadySignalsOncePerBatch(t *testing.T) {
	q := New[string](10)
	q.Push("a")
	q.Push("b")
	<-q.Ready()
	select {
	case <-q.Ready():
		t.Error("signalled twice for one batch")
	default:
	}
	batch := q.PopAll(nil)
	if q.Len() != 0 || len(batch) != 2 {
		t.Errorf("popped %q, %d left", batch, q.Len())
	}
	q.Push("c")
	<-q.Ready()
	if got := q.PopAll(batch); !slices.Equal(got, []string{"c"}) {
		t.Errorf("popped %q", got)
	}
}

func TestPopAllForgetsUsedValues(t *testing.T) {
	q := New[*int](10)
	q.Push(new(int))
	batch := q.PopAll(nil)
	q.PopAll(batch)
	if batch[:1][0] != nil {
		t.Error("a used value is kept alive")
	}
}

func TestCloseKeepsWhatWaits(t *testing.T) {
	q := New[int](10)
	q.Push(1)
	q.Close()
	q.Close()
	if q.Push(2) {
		t.Error("took a value after Close")
	}
	var got []int
	for range q.Ready() {
		got = append(got, q.PopAll(nil)...)
	}
	if !slices.Equal(got, []int{1}) {
		t.Errorf("popped %v", got)
	}
}

// Every value arrives once, those of one producer in order, and the consumer
// ends.
func TestManyProducers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const producers, each = 4, 1000
		type value struct{ producer, n int }
		q := New[value](producers * each)
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for n := range each {
					if !q.Push(value{p, n}) {
						t.Error("refused")
					}
				}
			})
		}
		var next [producers]int
		total := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			var batch []value
			for range q.Ready() {
				batch = q.PopAll(batch)
				total += len(batch)
				for _, v := range batch {
					if v.n != next[v.producer] {
						t.Errorf("producer %d: got %d, want %d", v.producer, v.n, next[v.producer])
					}
					next[v.producer] = v.n + 1
				}
			}
		}()
		wg.Wait()
		q.Close()
		<-done
		if total != producers*each {
			t.Errorf("got %d values, want %d", total, producers*each)
		}
	})
}

func TestAllocs(t *testing.T) {
	q := New[[]byte](64)
	var batch [][]byte
	v := []byte("x")
	round := func() {
		for range 64 {
			q.Push(v)
		}
		<-q.Ready()
		batch = q.PopAll(batch)
	}
	round()
	round() // both buffers have grown
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Errorf("%v allocations per batch, want 0", n)
	}
}

func BenchmarkPushPop(b *testing.B) {
	q := New[int](64)
	var batch []int
	b.ReportAllocs()
	for b.Loop() {
		for i := range 64 {
			q.Push(i)
		}
		<-q.Ready()
		batch = q.PopAll(batch)
	}
}
