package group

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestGroupWaitsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		stop := make(chan struct{})
		for range 3 {
			g.Go("read", func() { <-stop })
		}
		g.Go("accept", func() {
			<-stop
			g.Go("late", func() { <-time.After(time.Hour) }) // fake time
		})
		synctest.Wait()
		if got, want := g.Running(), []string{"accept", "read x 3"}; !slices.Equal(got, want) {
			t.Errorf("Running() = %q, want %q", got, want)
		}
		if got := g.Len(); got != 4 {
			t.Errorf("Len() = %d, want 4", got)
		}
		begin := time.Now()
		close(stop)
		g.Wait()
		if got := time.Since(begin); got != time.Hour {
			t.Errorf("waited %v, want the hour of the goroutine started meanwhile", got)
		}
		if got := g.String(); got != "nothing running" {
			t.Errorf("afterwards: %s", got)
		}
	})
}

func TestGroupCountsAbortedGoroutines(t *testing.T) {
	g := New()
	g.Go("aborted", func() { runtime.Goexit() })
	g.Wait()
	if got := g.Running(); len(got) != 0 {
		t.Errorf("Running() = %q, want none", got)
	}
}

// An accept loop starts goroutines while the shutdown waits: neither a data
// race nor a panic.
func TestGroupGoDuringWait(t *testing.T) {
	g := New()
	var starters sync.WaitGroup
	for range 4 {
		starters.Go(func() {
			for range 200 {
				g.Go("x", func() {})
			}
		})
	}
	for range 50 {
		g.Wait()
	}
	starters.Wait()
	g.Wait()
	if g.Len() != 0 {
		t.Errorf("left: %v", g)
	}
}

// journal records what stages do.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	j.lines = append(j.lines, line)
	j.mu.Unlock()
}

func (j *journal) part(name string, startErr, stopErr error) Part {
	return Part{
		Name:  name,
		Start: func(context.Context) error { j.add("start " + name); return startErr },
		Stop:  func(context.Context) error { j.add("stop " + name); return stopErr },
	}
}

func TestStagesStopInReverse(t *testing.T) {
	var j journal
	var s Stages
	for _, name := range []string{"store", "links", "clients"} {
		if err := s.Start(t.Context(), j.part(name, nil, nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"start store", "start links", "start clients", "stop clients", "stop links", "stop store"}
	if !slices.Equal(j.lines, want) {
		t.Errorf("got %q, want %q", j.lines, want)
	}
	if err := s.Stop(t.Context()); err != nil || len(j.lines) != len(want) {
		t.Errorf("a second Stop did something: %q, %v", j.lines[len(want):], err)
	}
}

func TestStagesUndoRefusedStage(t *testing.T) {
	var j journal
	var s Stages
	if err := s.Start(t.Context(), j.part("store", nil, nil)); err != nil {
		t.Fatal(err)
	}
	inUse := errors.New("address already in use")
	err := s.Start(t.Context(), j.part("route", nil, nil), j.part("gateway", inUse, nil), Part{Name: "nothing"})
	if !errors.Is(err, inUse) || !strings.HasPrefix(err.Error(), "gateway: ") {
		t.Errorf("error is %v", err)
	}
	if !slices.Contains(j.lines, "stop route") || slices.Contains(j.lines, "stop gateway") {
		t.Errorf("the refused stage was not undone: %q", j.lines)
	}
	if slices.Contains(j.lines, "stop store") {
		t.Error("the stage before it was stopped")
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last := j.lines[len(j.lines)-1]; last != "stop store" {
		t.Errorf("last was %q", last)
	}
}

func TestStagesStopGoesOnAfterErrors(t *testing.T) {
	var j journal
	var s Stages
	one, two := errors.New("one"), errors.New("two")
	for _, p := range []Part{j.part("a", nil, one), j.part("b", nil, nil), j.part("c", nil, two)} {
		if err := s.Start(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Stop(t.Context())
	if !errors.Is(err, one) || !errors.Is(err, two) {
		t.Errorf("error is %v, want both", err)
	}
	if got := j.lines[3:]; !slices.Equal(got, []string{"stop c", "stop b", "stop a"}) {
		t.Errorf("got %q", got)
	}
}

func TestStagesCancelTheOthers(t *testing.T) {
	var s Stages
	refused := errors.New("refused")
	err := s.Start(t.Context(),
		Part{Name: "waits", Start: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		Part{Name: "fails", Start: func(context.Context) error { return refused }},
	)
	if !errors.Is(err, refused) {
		t.Errorf("error is %v", err)
	}
}

func BenchmarkGo(b *testing.B) {
	g := New()
	b.ReportAllocs()
	for b.Loop() {
		g.Go("bench", func() {})
	}
	g.Wait()
}
