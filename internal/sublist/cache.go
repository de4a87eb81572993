package sublist

// Hot path.

import "hash/maphash"

const (
	// cacheAlways is the number of answers a Cache may grow to without showing
	// that more of them pay; cacheMax is the most it keeps.
	cacheAlways = 512
	cacheMax    = 8192
	// cacheMembers bounds the subscriptions that all kept answers name together,
	// roughly: 8 MiB of pointers when every answer is a list of its own.
	cacheMembers = 1 << 20
	// cacheSubject is the longest subject kept, in bytes. It bounds what a hostile
	// publisher can make a Cache hold to 2 MiB of subjects.
	cacheSubject = 256
	// reportEvery is the number of matches between two reports to the Sublist.
	reportEvery = 64
)

// Cache remembers the answers that one publisher got from the index of one
// account. It takes no lock and must be used by one goroutine at a time. The
// zero Cache is ready and holds nothing.
//
// It is a table of pairs: the hash of a subject picks a pair, the one used last
// stands first and the other one is replaced. A slot keeps its buffer, so taking
// in a new subject allocates nothing once the table has its size. A Go map was
// the obvious choice, but allocates a key for each subject it takes in, which a
// publisher with a new reply subject for each message would pay each time.
//
// The table grows while hits on the second of a pair, which half the size would
// have missed, are frequent enough to promise more. When most subjects are new it
// takes in only every eighth: that is cheaper, and lets those that do come back
// live long enough to show.
type Cache[T comparable] struct {
	list  *Sublist[T]
	last  *slot[T]  // memo of the last answer, in slots
	slots []slot[T] // pairs

	// The window of lookups that the next decision about the size is based on.
	lookups, hits, secondHits, evictions int
	sparse                               bool

	// Not reported to list yet.
	unreported counts
	reportAt   uint64
}

// slot is one answer. A zero result marks it free.
type slot[T comparable] struct {
	hash    uint64
	version uint64 // of the index when it was asked, see Sublist.version
	result  *Result[T]
	subject []byte
}

// counts are matches not yet counted in the index.
type counts struct {
	matches, hits     uint64
	fanout, maxFanout int
}

// Match returns what s.Match does, without asking s when it has done so for subj
// and nothing concerning subj has changed. It keeps no reference to subj. A hit
// allocates nothing and takes no lock.
func (c *Cache[T]) Match(s *Sublist[T], subj []byte) *Result[T] {
	m := c.last
	if m == nil || c.list != s || string(m.subject) != string(subj) || m.version != s.version(m.hash) {
		return c.lookup(s, subj)
	}
	c.count(1)
	return m.result
}

// lookup is Match for another subject than the last one.
func (c *Cache[T]) lookup(s *Sublist[T], subj []byte) *Result[T] {
	if c.list != s {
		c.Reset()
		c.list, c.slots, c.reportAt = s, make([]slot[T], 2), 1
	}
	if len(subj) > cacheSubject {
		return c.ask(subj)
	}
	hash := maphash.Bytes(seed, subj)
	version := s.version(hash)
	first, second := c.pair(hash)
	c.lookups++
	switch {
	case first.holds(hash, subj):
		c.hits++
	case second.holds(hash, subj):
		*first, *second = *second, *first
		c.hits++
		c.secondHits++
	default:
		return c.take(hash, version, subj)
	}
	c.last = first
	if first.version == version {
		c.count(1)
		return first.result
	}
	first.result, first.version = c.ask(subj), version
	return first.result
}

// take asks for subj, and keeps the answer unless the table is better off
// without it.
func (c *Cache[T]) take(hash, version uint64, subj []byte) *Result[T] {
	r := c.ask(subj)
	first, second := c.pair(hash)
	if second.result != nil && second.version == c.list.version(second.hash) {
		if c.sparse && c.lookups%8 != 0 {
			return r
		}
		if c.evictions++; c.evictions >= len(c.slots) {
			c.resize(r)
			first, second = c.pair(hash)
		}
	}
	*first, *second = *second, *first
	first.hash, first.version, first.result = hash, version, r
	first.subject = append(first.subject[:0], subj...)
	c.last = first
	return r
}

// resize decides, after as many evictions as there are slots, what the window of
// lookups since the last decision calls for. r is taken as a typical answer.
func (c *Cache[T]) resize(r *Result[T]) {
	pays := len(c.slots) < cacheAlways || c.secondHits*64 >= c.lookups
	if pays && len(c.slots) < cacheMax && len(c.slots)*r.members() <= cacheMembers {
		c.grow()
		c.sparse = false
	} else {
		c.sparse = c.hits*2 < c.lookups
	}
	c.lookups, c.hits, c.secondHits, c.evictions = 0, 0, 0, 0
}

// grow doubles the table. A pair becomes two, so everything finds a place.
func (c *Cache[T]) grow() {
	old := c.slots
	c.slots = make([]slot[T], 2*len(old))
	for i := range old {
		if old[i].result == nil {
			continue
		}
		at, second := c.pair(old[i].hash)
		if at.result != nil {
			at = second
		}
		*at = old[i]
	}
}

// pair returns the slots in which an answer with that hash may be. The low bits
// of the hash are the shard's.
func (c *Cache[T]) pair(hash uint64) (first, second *slot[T]) {
	i := int(hash>>32) & (len(c.slots) - 2)
	return &c.slots[i], &c.slots[i+1]
}

func (s *slot[T]) holds(hash uint64, subj []byte) bool {
	return s.hash == hash && s.result != nil && string(s.subject) == string(subj)
}

// ask asks the index.
func (c *Cache[T]) ask(subj []byte) *Result[T] {
	r := c.list.match(subj)
	fanout := r.fanout()
	c.unreported.fanout += fanout
	c.unreported.maxFanout = max(c.unreported.maxFanout, fanout)
	c.count(0)
	return r
}

// count notes a match, and reports to the index now and then; soon at first, so
// that the numbers of a quiet server are exact.
func (c *Cache[T]) count(hit uint64) {
	c.unreported.hits += hit
	if c.unreported.matches++; c.unreported.matches >= c.reportAt {
		c.report()
	}
}

func (c *Cache[T]) report() {
	u := &c.unreported
	c.list.counters.matched(u.matches, u.hits, u.fanout, u.maxFanout)
	*u = counts{}
	c.reportAt = min(2*c.reportAt, reportEvery)
}

// Reset forgets everything and reports what has not been. A Cache that will
// not be used for long should not keep subscriptions alive that are gone.
func (c *Cache[T]) Reset() {
	if c.list != nil && c.unreported.matches > 0 {
		c.report()
	}
	*c = Cache[T]{}
}
