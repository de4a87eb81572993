package core

import "sync/atomic"

// Traffic counts messages and their bytes: header block and payload.
type Traffic struct{ Msgs, Bytes int64 }

func (t *Traffic) add(bytes int) {
	t.Msgs++
	t.Bytes += int64(bytes)
}

// traffic is Traffic that many goroutines add to.
type traffic struct{ msgs, bytes atomic.Int64 }

func (t *traffic) add(d Traffic) {
	t.msgs.Add(d.Msgs)
	t.bytes.Add(d.Bytes)
}

func (t *traffic) load() Traffic { return Traffic{t.msgs.Load(), t.bytes.Load()} }

// flow counts both directions, seen from this server.
type flow struct{ in, out traffic }

// batchStats gathers what one publisher did since its batch began, so that a
// batch costs a few atomic operations and not one per message.
type batchStats struct {
	in     Traffic // received by this publisher
	out    Traffic // delivered to anybody
	client Traffic // the part of out that went to clients
}

// commit adds the batch to the totals and starts anew.
func (p *Publisher) commit() {
	st := &p.stats
	if st.in.Msgs != 0 {
		p.broker.traffic.in.add(st.in)
		if p.conn != nil {
			p.conn.received.add(st.in)
			if p.conn.kind.IsClient() {
				p.broker.clients.in.add(st.in)
			}
		}
		if p.acc != nil {
			p.acc.traffic.in.add(st.in)
		}
	}
	if st.out.Msgs != 0 {
		p.broker.traffic.out.add(st.out)
		p.broker.clients.out.add(st.client)
		if p.acc != nil {
			p.acc.traffic.out.add(st.out)
		}
	}
	*st = batchStats{}
}

// Received counts a message in: the publisher's connection and account sent it.
func (p *Publisher) Received(acc *Account, size int) {
	if acc != p.acc {
		p.useAccount(acc)
	}
	p.stats.in.add(size)
}
