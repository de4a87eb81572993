package core

import (
	"fmt"
	"math/rand/v2"

	"github.com/midge-nats/midge/internal/subject"
)

// Mapping is one entry of an account's subject mappings as written: messages
// to a source subject go to one of several destinations by weight.
type Mapping struct {
	Source string
	Dests  []MappingDest
}

// MappingDest is one destination of a mapping. Those with a cluster count on
// servers of that cluster only, and there alone.
type MappingDest struct {
	Subject string
	Percent int
	Cluster string
}

// Mappings are an account's compiled subject mappings. Immutable.
type Mappings struct {
	list     []Mapping // as written
	rules    []mappingRule
	literals map[string]int // sources without wildcards -> index in rules
	patterns []int          // the other rules, in order
}

// mappingRule sends a source's messages to destinations; what is missing to
// 100 % keeps its subject, or is lost if the source itself is a destination.
type mappingRule struct {
	source string
	dests  []weighted
	loses  bool
}

// weighted is a destination with the upper bound of its share, 1 to 100.
type weighted struct {
	upTo      int
	transform *subject.Transform
}

// NewMappings compiles mappings for a server of a cluster ("" for none).
// A message is mapped by the first rule that matches, once.
func NewMappings(list []Mapping, cluster string) (*Mappings, error) {
	if len(list) == 0 {
		return nil, nil
	}
	m := &Mappings{list: list, literals: make(map[string]int)}
	for _, entry := range list {
		r, err := newMappingRule(entry, cluster)
		if err != nil {
			return nil, err
		}
		i := len(m.rules)
		m.rules = append(m.rules, r)
		if subject.HasWildcard(r.source) {
			m.patterns = append(m.patterns, i)
		} else if _, there := m.literals[r.source]; !there {
			m.literals[r.source] = i
		}
	}
	return m, nil
}

func newMappingRule(entry Mapping, cluster string) (mappingRule, error) {
	r := mappingRule{source: entry.Source}
	dests := meantFor(entry.Dests, cluster)
	if len(dests) == 0 {
		dests = meantFor(entry.Dests, "")
	}
	total := 0
	for _, d := range dests {
		t, err := subject.NewTransform(entry.Source, d.Subject)
		if err != nil {
			return r, fmt.Errorf("mapping %q to %q: %w", entry.Source, d.Subject, err)
		}
		if d.Subject == entry.Source {
			r.loses = true
		}
		total += d.Percent
		if total > 100 {
			return r, fmt.Errorf("mapping %q: total weight needs to be <= 100", entry.Source)
		}
		r.dests = append(r.dests, weighted{upTo: total, transform: t})
	}
	return r, nil
}

// meantFor gives the destinations that are meant for one cluster.
func meantFor(dests []MappingDest, cluster string) []MappingDest {
	var list []MappingDest
	for _, d := range dests {
		if d.Cluster == cluster {
			list = append(list, d)
		}
	}
	return list
}

// List gives the mappings as they were written, none of nil.
func (m *Mappings) List() []Mapping {
	if m == nil {
		return nil
	}
	return m.list
}

// Map appends the subject that subj is mapped to. matched is false when no
// rule applies; lost is true when the message goes nowhere.
func (m *Mappings) Map(dst, subj []byte) (to []byte, matched, lost bool) {
	r := m.find(subj)
	if r == nil {
		return subj, false, false
	}
	draw := 0
	if len(r.dests) != 1 || r.dests[0].upTo < 100 {
		draw = rand.IntN(100)
	}
	for _, d := range r.dests {
		if draw < d.upTo {
			return d.transform.Append(dst, subj), true, false
		}
	}
	return subj, true, r.loses
}

func (m *Mappings) find(subj []byte) *mappingRule {
	at, found := m.literals[string(subj)]
	for _, i := range m.patterns {
		if found && i > at {
			break
		}
		if subject.Matches(subj, m.rules[i].source) {
			return &m.rules[i]
		}
	}
	if found {
		return &m.rules[at]
	}
	return nil
}
