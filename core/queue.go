package core

// Hot path.

import "github.com/midge-nats/midge/internal/sublist"

// publishQueues gives m to one member of each queue group. A group is its name
// alone, over all patterns that match. [P-17]
func (p *Publisher) publishQueues(groups []sublist.Group[*Subscription], m *Msg, first int) (delivered bool) {
	remote := m.Account.remoteMembers.Load() > 0
	for i := range groups {
		g := &groups[i]
		if m.QueuesOnly && !names(m.Queues, g.Name) {
			continue
		}
		if remote && p.offerCluster(g, m, first) || !remote && p.offerGroup(g.Members, m) {
			delivered = true
			if p.broker.gateways != nil {
				p.served = append(p.served, g.Name)
			}
		}
	}
	return delivered
}

// offerGroup tries the members from a random one on until one takes m: each
// gets its share, and one that is closed, denied or its own publisher is
// passed over. All of them are this server's own. [P-16]
func (p *Publisher) offerGroup(members []*Subscription, m *Msg) bool {
	n := len(members)
	at := 0
	if n > 1 {
		at = p.below(n)
	}
	for range n {
		if p.offerMember(members[at], m) {
			return true
		}
		if at++; at == n {
			at = 0
		}
	}
	return false
}

// below draws a number from 0 to n-1.
func (p *Publisher) below(n int) int {
	return int(uint64(uint32(p.random.Uint64())) * uint64(n) >> 32)
}

// offerMember hands m to a member on this server.
func (p *Publisher) offerMember(sub *Subscription, m *Msg) bool {
	if sub.conn == nil {
		return sub.handler(p, sub, m)
	}
	if m.imported && sub.imported != nil {
		return false
	}
	return p.offerClient(sub, m)
}

// offerCluster chooses among members here and on other servers, where one
// subscription stands for as many members as its weight says: nobody is
// preferred for being near. A server of the cluster that is chosen takes the
// message for sure; members behind leafnodes are a last resort. [P-18]
func (p *Publisher) offerCluster(g *sublist.Group[*Subscription], m *Msg, first int) bool {
	total := 0
	for _, sub := range g.Members {
		if p.eligible(sub, m) && !sub.lastResort() {
			total += int(sub.weight.Load())
		}
	}
	if total > 0 && p.walk(g, m, first, p.below(total), false) {
		return true
	}
	leafs := 0
	for _, sub := range g.Members {
		if p.eligible(sub, m) && sub.lastResort() {
			leafs += int(sub.weight.Load())
		}
	}
	return leafs > 0 && p.walk(g, m, first, p.below(leafs), true)
}

// walk begins at the member on which a draw falls and goes on until one takes m.
func (p *Publisher) walk(g *sublist.Group[*Subscription], m *Msg, first, draw int, leafs bool) bool {
	start := 0
	for i, sub := range g.Members {
		if !p.eligible(sub, m) || sub.lastResort() != leafs {
			continue
		}
		if draw -= int(sub.weight.Load()); draw < 0 {
			start = i
			break
		}
	}
	for k := range g.Members {
		sub := g.Members[(start+k)%len(g.Members)]
		if !p.eligible(sub, m) || sub.lastResort() != leafs {
			continue
		}
		if sub.conn != nil && sub.conn.kind.IsLink() {
			p.addLink(first, sub, g.Name)
			return true
		}
		if p.offerMember(sub, m) {
			return true
		}
	}
	return false
}

// eligible tells whether a member may get m at all.
func (p *Publisher) eligible(sub *Subscription, m *Msg) bool {
	if c := sub.conn; c != nil && c.kind.IsLink() {
		return !(m.imported && sub.imported != nil) && p.mayCross(sub, m)
	}
	return sub.conn == nil || reaches(m.From, sub.conn.kind)
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
