package subjects

import "github.com/midge-nats/midge/internal/subject"

// Match is a set of filters resolved against one table: which IDs they match.
// It catches up by itself with subjects that have been added, testing each once,
// and starts over after Compact. It is used by one goroutine at a time.
type Match struct {
	patterns []string
	literals int // how many of them, from the front, have no wildcard
	all      bool

	epoch uint32
	seen  int // IDs below have been tested
	bits  []uint64
	ids   []ID
}

// NewMatch compiles filters, which must be valid; without any, everything
// matches.
func NewMatch(patterns []string) *Match {
	m := &Match{all: len(patterns) == 0}
	for _, p := range patterns {
		if p == ">" || p == "" {
			m.all = true
		}
		if !subject.HasWildcard(p) {
			m.patterns = append(m.patterns, p)
		}
	}
	m.literals = len(m.patterns)
	for _, p := range patterns {
		if subject.HasWildcard(p) {
			m.patterns = append(m.patterns, p)
		}
	}
	return m
}

// All reports that every subject matches: nothing needs to be resolved.
func (m *Match) All() bool { return m.all }

// Has reports whether the filters match a subject by its name.
func (m *Match) Has(name []byte) bool {
	if m.all {
		return true
	}
	for _, p := range m.patterns {
		if subject.Matches(name, p) {
			return true
		}
	}
	return false
}

// Update catches up with the table and gives the matching IDs, in order of
// appearance. Subjects without messages may be among them.
func (m *Match) Update(t *Table) []ID {
	if m.epoch != t.epoch || m.seen > t.Len() {
		m.epoch, m.seen, m.ids = t.epoch, 0, m.ids[:0]
		clear(m.bits)
	}
	if m.literals == len(m.patterns) && !m.all {
		return m.updateLiterals(t)
	}
	for ; m.seen < t.Len(); m.seen++ {
		if id := ID(m.seen); m.Has(t.Name(id)) {
			m.add(id)
		}
	}
	return m.ids
}

// Resolve is Update for filters that match everything too: then it lists all IDs.
func (m *Match) Resolve(t *Table) []ID {
	if !m.all {
		return m.Update(t)
	}
	ids := make([]ID, t.Len())
	for i := range ids {
		ids[i] = ID(i)
	}
	return ids
}

// updateLiterals looks the filters up instead of testing every subject.
func (m *Match) updateLiterals(t *Table) []ID {
	if m.seen < t.Len() && len(m.ids) < len(m.patterns) {
		for _, p := range m.patterns {
			if id, ok := t.GetString(p); ok && !m.HasID(id) {
				m.add(id)
			}
		}
	}
	m.seen = t.Len()
	return m.ids
}

func (m *Match) add(id ID) {
	for int(id>>6) >= len(m.bits) {
		m.bits = append(m.bits, 0)
	}
	m.bits[id>>6] |= 1 << (id & 63)
	m.ids = append(m.ids, id)
}

// HasID reports whether an ID that Update has seen matches.
func (m *Match) HasID(id ID) bool {
	return m.all || int(id>>6) < len(m.bits) && m.bits[id>>6]&(1<<(id&63)) != 0
}

// GetString finds a subject by a string, without allocating.
func (t *Table) GetString(name string) (ID, bool) {
	var buf [256]byte
	if len(name) > len(buf) {
		return t.Get([]byte(name))
	}
	return t.Get(buf[:copy(buf[:], name)])
}
