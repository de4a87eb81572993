package core

import (
	"strings"
	"testing"
)

// outcomes maps a subject n times and counts what becomes of it; a lost message
// is "lost", one that no rule touches is "none".
func outcomes(m *Mappings, subj string, n int) map[string]int {
	counts := make(map[string]int)
	for range n {
		to, matched, lost := m.Map(nil, []byte(subj))
		switch {
		case !matched:
			counts["none"]++
		case lost:
			counts["lost"]++
		default:
			counts[string(to)]++
		}
	}
	return counts
}

func mappings(t *testing.T, cluster string, list ...Mapping) *Mappings {
	t.Helper()
	m, err := NewMappings(list, cluster)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// to is a destination without cluster.
func to(subj string, percent int) MappingDest { return MappingDest{Subject: subj, Percent: percent} }

// Weights are shares; what is missing to 100 % keeps its subject, unless the
// source itself is a destination: then it is lost.
func TestMappingWeights(t *testing.T) {
	const total = 10_000
	for name, row := range map[string]struct {
		dests []MappingDest
		want  map[string]float64
	}{
		"all":       {[]MappingDest{to("b", 100)}, map[string]float64{"b": 1}},
		"two":       {[]MappingDest{to("b", 20), to("c", 80)}, map[string]float64{"b": .2, "c": .8}},
		"remainder": {[]MappingDest{to("b", 30)}, map[string]float64{"b": .3, "a": .7}},
		"loss":      {[]MappingDest{to("a", 60), to("b", 10)}, map[string]float64{"a": .6, "b": .1, "lost": .3}},
		"all lost":  {[]MappingDest{to("a", 0)}, map[string]float64{"lost": 1}},
		"nothing":   {nil, map[string]float64{"a": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got := outcomes(mappings(t, "", Mapping{"a", row.dests}), "a", total)
			for subj, share := range row.want {
				if share < 1 && !fair(got[subj], total, share) || share == 1 && got[subj] != total {
					t.Errorf("%s got %d of %d, want a share of %v", subj, got[subj], total, share)
				}
			}
			if len(got) != len(row.want) {
				t.Errorf("outcomes %v", got)
			}
		})
	}
}

// Destinations of this cluster count alone, where there are any.
func TestMappingClusters(t *testing.T) {
	list := []Mapping{{"a", []MappingDest{to("all", 100), {"east", 50, "EAST"}, {"east2", 50, "EAST"}, {"west", 100, "WEST"}}}}
	for cluster, want := range map[string]string{"": "all", "NORTH": "all", "WEST": "west", "EAST": "east east2"} {
		for subj := range outcomes(mappings(t, cluster, list...), "a", 200) {
			if !strings.Contains(want, subj) {
				t.Errorf("cluster %q: went to %s", cluster, subj)
			}
		}
	}
}

// The first rule that matches counts, whether literal or pattern, once.
//
func TestMappingFirstMatch(t *testing.T) {
	m := mappings(t, "",
		Mapping{"a.b", []MappingDest{to("one", 100)}},
		Mapping{"a.*", []MappingDest{to("two.$1", 100)}},
		Mapping{"a.c", []MappingDest{to("three", 100)}},
		Mapping{"a.b", []MappingDest{to("four", 100)}},
		Mapping{"one", []MappingDest{to("five", 100)}},
		Mapping{"t.>", []MappingDest{to("u.>", 100)}},
	)
	for subj, want := range map[string]string{
		"a.b": "one", "a.c": "two.c", "a.x": "two.x", "one": "five", "t.x.y": "u.x.y", "other": "none", "a": "none",
	} {
		if got := outcomes(m, subj, 1); got[want] != 1 {
			t.Errorf("%s became %v, want %s", subj, got, want)
		}
	}
}

// Mappings that cannot be are refused.
func TestBadMappings(t *testing.T) {
	for _, list := range [][]Mapping{
		{{"a", []MappingDest{to("b", 60), to("c", 50)}}},
		{{"a", []MappingDest{to("b..c", 100)}}},
		{{"a.*", []MappingDest{to("b.$2", 100)}}},
		{{"a..b", []MappingDest{to("c", 100)}}},
	} {
		if _, err := NewMappings(list, ""); err == nil {
			t.Errorf("%v was taken", list)
		}
	}
	if m, err := NewMappings(nil, ""); m != nil || err != nil {
		t.Errorf("no mappings are %v, %v", m, err)
	}
}

// Mapping allocates nothing, whatever it decides.
func TestMappingAllocs(t *testing.T) {
	m := mappings(t, "", Mapping{"lit", []MappingDest{to("b", 50)}}, Mapping{"a.*", []MappingDest{to("b.$1", 50)}})
	dst := make([]byte, 0, 64)
	for _, subj := range []string{"lit", "a.b", "none"} {
		s := []byte(subj)
		if n := testing.AllocsPerRun(100, func() { m.Map(dst, s) }); n != 0 {
			t.Errorf("%s: %v allocations", subj, n)
		}
	}
}
