package sublist

// Hot path.

import (
	"hash/maphash"
	"math/rand/v2"
)

const (
	// ways is the number of slots in which one subject may be. With two, a table
	// four times the subjects in use still had one in ten out of place.
	ways = 4
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
	// sparsely is the share of new subjects, one of so many, that a Cache takes in
	// while most are new.
	sparsely = 32
	// reportEvery is the number of matches between two reports to the Sublist.
	reportEvery = 64
)

// Cache remembers the answers that one publisher got from the index of one
// account. It takes no lock and must be used by one goroutine at a time. The
// zero Cache is ready and holds nothing.
//
// It is a table of sets of a few slots: the hash of a subject picks a set, the
// slot used last stands first in it and the last one is replaced. A slot keeps
// its buffer, so taking in a new subject allocates nothing once the table has its
// size. A Go map was the obvious choice, but allocates a key for each subject it
// takes in, which a publisher with a new reply subject for each message would pay
// each time.
//
// The table grows while hits in the second half of a set, which half the size
// would have missed, are frequent enough to promise more. When most subjects are
// new it takes in only few of them: that is cheaper, and lets those that do come
// back live long enough to show, also when they come round and round.
type Cache[T comparable] struct {
	list  *Sublist[T]
	last  *slot[T]  // memo of the last answer, in slots
	slots []slot[T] // sets of ways

	// The window of lookups that the next decision about the size is based on.
	lookups, hits, lateHits, evictions int
	sparse                             bool

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
		c.list, c.slots, c.reportAt = s, make([]slot[T], ways), 1
	}
	if len(subj) > cacheSubject {
		return c.ask(subj)
	}
	hash := maphash.Bytes(seed, subj)
	version := s.version(hash)
	set := c.set(hash)
	c.lookups++
	for i := range set {
		if set[i].hash == hash && set[i].result != nil && string(set[i].subject) == string(subj) {
			if i > 0 {
				set[0], set[i] = set[i], set[0]
			}
			return c.found(&set[0], i, version)
		}
	}
	return c.take(set, hash, version, subj)
}

// found answers from a slot that stood at position i of its set, asking again
// first if the answer is out of date.
func (c *Cache[T]) found(m *slot[T], i int, version uint64) *Result[T] {
	c.last = m
	c.hits++
	if i >= ways/2 {
		c.lateHits++
	}
	if m.version == version {
		c.count(1)
		return m.result
	}
	m.result, m.version = c.ask(m.subject), version
	return m.result
}

// take asks for subj, and keeps the answer unless the table is better off
// without it.
func (c *Cache[T]) take(set []slot[T], hash, version uint64, subj []byte) *Result[T] {
	r := c.ask(subj)
	if last := &set[ways-1]; last.result != nil && last.version == c.list.version(last.hash) {
		if c.sparse && rand.Uint32()%sparsely != 0 {
			return r
		}
		if c.evictions++; c.evictions >= len(c.slots) {
			c.resize(r)
			set = c.set(hash)
		}
	}
	buffer := set[ways-1].subject
	copy(set[1:], set)
	set[0] = slot[T]{hash, version, r, append(buffer[:0], subj...)}
	c.last = &set[0]
	return r
}

// resize decides, after as many evictions as there are slots, what the window of
// lookups since the last decision calls for. Where few miss, they are subjects
// that happen to share a set. r is taken as a typical answer.
func (c *Cache[T]) resize(r *Result[T]) {
	few := (c.lookups-c.hits)*16 < c.lookups
	pays := !few && (len(c.slots) < cacheAlways || c.lateHits*64 >= c.lookups)
	if pays && len(c.slots) < cacheMax && len(c.slots)*r.members() <= cacheMembers {
		c.grow()
		c.sparse = false
	} else {
		c.sparse = c.hits*2 < c.lookups
	}
	c.lookups, c.hits, c.lateHits, c.evictions = 0, 0, 0, 0
}

// grow doubles the table. A set becomes two, so everything finds a place.
func (c *Cache[T]) grow() {
	old := c.slots
	c.slots = make([]slot[T], 2*len(old))
	for i := range old {
		if old[i].result == nil {
			continue
		}
		set := c.set(old[i].hash)
		for free := range set {
			if set[free].result == nil {
				set[free] = old[i]
				break
			}
		}
	}
}

// set returns the slots in which an answer with that hash may be. The low bits
// of the hash are the shard's.
func (c *Cache[T]) set(hash uint64) []slot[T] {
	i := int(hash>>32) & (len(c.slots) - ways)
	return c.slots[i : i+ways : i+ways]
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
