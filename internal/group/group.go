// Package group starts goroutines whose end is known and waits for them.
//
// Everything that a server starts goes through one Group, so a shutdown can
// wait for all of it and name what does not end. Nothing here lives at package
// level, so a server works inside a testing/synctest bubble. Stages starts and
// stops the parts of a server in order.
package group

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Group is a set of running goroutines. It costs one small allocation for each
// goroutine and one map entry for each name, since a server has two goroutines
// per connection. All methods may be called by any goroutine.
//
// It does not stop anything: whoever calls Go arranges how fn ends.
type Group struct {
	// Guarded by mu.
	mu      sync.Mutex
	idle    sync.Cond // running has become 0
	running int
	names   map[string]*int // how many run under each name
}

// New gives an empty group.
func New() *Group {
	g := &Group{names: make(map[string]*int)}
	g.idle.L = &g.mu
	return g
}

// Go runs fn in a goroutine of its own. The name says which loop it is
// ("accept client", "stream"), not which instance: names are kept for good.
//
// Unlike the Add of a sync.WaitGroup it may be called while another goroutine
// waits, as an accept loop does that races with the shutdown.
func (g *Group) Go(name string, fn func()) {
	g.mu.Lock()
	g.running++
	count := g.names[name]
	if count == nil {
		count = new(int)
		g.names[name] = count
	}
	*count++
	g.mu.Unlock()

	go func() {
		defer g.done(count)
		fn()
	}()
}

// done counts a goroutine out.
func (g *Group) done(count *int) {
	g.mu.Lock()
	*count--
	g.running--
	if g.running == 0 {
		g.idle.Broadcast()
	}
	g.mu.Unlock()
}

// Wait returns when nothing is running. What is started meanwhile is waited
// for too.
func (g *Group) Wait() {
	g.mu.Lock()
	for g.running > 0 {
		g.idle.Wait()
	}
	g.mu.Unlock()
}

// Len says how many goroutines are running.
func (g *Group) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.running
}

// Running lists what has not ended, sorted by name, as "stream" or
// "read x 3": the words of a message about a leak.
func (g *Group) Running() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []string
	for name, count := range g.names {
		switch {
		case *count == 1:
			list = append(list, name)
		case *count > 1:
			list = append(list, fmt.Sprintf("%s x %d", name, *count))
		}
	}
	slices.Sort(list)
	return list
}

// String describes the group for a log line.
func (g *Group) String() string {
	if list := g.Running(); len(list) > 0 {
		return strings.Join(list, ", ")
	}
	return "nothing running"
}
