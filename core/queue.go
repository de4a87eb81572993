package core

// Hot path.

import "github.com/midge-nats/midge/internal/sublist"

// publishQueues gives m to one member of each queue group. A group is its name
// alone, over all patterns that match. [P-17]
func (p *Publisher) publishQueues(groups []sublist.Group[*Subscription], m *Msg) (delivered bool) {
	for i := range groups {
		g := &groups[i]
		if m.QueuesOnly && !names(m.Queues, g.Name) {
			continue
		}
		if p.offerGroup(g.Members, m) {
			delivered = true
		}
	}
	return delivered
}

// offerGroup tries the members from a random one on until one takes m: each
// gets its share, and one that is closed, denied or its own publisher is
// passed over. [P-16]
func (p *Publisher) offerGroup(members []*Subscription, m *Msg) bool {
	n := len(members)
	at := 0
	if n > 1 {
		at = int(uint64(uint32(p.random.Uint64())) * uint64(n) >> 32)
	}
	for range n {
		if p.offer(members[at], m) {
			return true
		}
		if at++; at == n {
			at = 0
		}
	}
	return false
}

// names tells whether a list has a queue group's name.
func names(queues [][]byte, name string) bool {
	for _, q := range queues {
		if string(q) == name {
			return true
		}
	}
	return false
}
