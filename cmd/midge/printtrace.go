package main

import (
	"fmt"

	"github.com/midge-nats/midge/trace/render"
)

// printTrace shows the tree of a traced message, with the time each step took,
// and says when it is not the whole.
func (p *program) printTrace(r traceRequest, s *traced) error {
	how := "traced only, not delivered"
	if r.deliver {
		how = "delivered"
	}
	fmt.Fprintf(p.stdout, "Message on %q, %d bytes, %s\n\n", r.subject, len(r.payload), how)
	err := render.Text(p.stdout, s.collector.Root(), render.Options{Timestamps: true, Unlinked: len(s.collector.Unlinked())})
	if err != nil {
		return fmt.Errorf("write trace: %w", err)
	}
	if !s.collector.Complete() {
		fmt.Fprint(p.stdout, "\nThe trace is not complete: some servers did not answer in time. Those marked as missing have\n"+
			"no interest path back to this client yet, or lost the trace; --timeout waits longer.\n")
	}
	return nil
}
