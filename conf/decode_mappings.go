package conf

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/midge-nats/midge/internal/subject"
)

func literal(s string) bool { return subject.ValidLiteral(s) }

// percent reads a percentage with or without its sign.
func percent(s string) (int, error) {
	return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(s), "%"))
}

// mappings decodes subject mappings.
func (d *decoder) mappings(f *field) []*Mapping {
	t, ok := f.node.value.(*tree)
	if !ok {
		d.fail(f.pos, "Expected account mappings to be a map/struct, got %v", f.node.plain())
		return nil
	}
	var list []*Mapping
	for _, e := range t.last() {
		if !subject.Valid(e.key) {
			d.fail(e.pos, "Subject %q is not a valid subject", e.key)
			continue
		}
		m := &Mapping{Source: e.key, Pos: e.pos}
		switch v := e.node.value.(type) {
		case string:
			m.Destinations = []MapDest{{Subject: v, Weight: 100}}
		case []*node:
			for _, n := range v {
				t, ok := n.value.(*tree)
				if !ok {
					d.fail(n.at(), "Expected an entry for the mapping destination")
					continue
				}
				d.mapDest(m, t, e)
			}
		case *tree:
			d.mapDest(m, v, e)
		default:
			d.fail(e.pos, "Expected an entry for the mapping destination")
			continue
		}
		d.checkMapping(m, e.pos)
		list = append(list, m)
	}
	return list
}

// mapDest decodes one destination of a map form, which must have a weight.
func (d *decoder) mapDest(m *Mapping, t *tree, e *field) {
	dest, weighted := MapDest{}, false
	decodeBlock(d, block[MapDest]{
		"destination": text(func(m *MapDest) *string { return &m.Subject }),
		"dest":        text(func(m *MapDest) *string { return &m.Subject }),
		"cluster":     text(func(m *MapDest) *string { return &m.Cluster }),
		"weight": func(d *decoder, m *MapDest, f *field) {
			weighted = true
			w, err := weight(f.node.value)
			if err != nil {
				d.fail(f.pos, "Invalid weight %v for mapping destination", err)
			}
			m.Weight = w
		},
	}, &dest, t, "Unknown field %q for mapping destination")
	if !weighted {
		d.fail(e.pos, "Missing weight for mapping destination %q", dest.Subject)
		return
	}
	m.Destinations = append(m.Destinations, dest)
}

// weight reads a percentage; the error names what cannot be one.
func weight(v any) (uint8, error) {
	n := int64(-1)
	switch v := v.(type) {
	case int64:
		n = v
	case string:
		p, err := percent(v)
		if err != nil {
			return 0, fmt.Errorf("%q", v)
		}
		n = int64(p)
	default:
		return 0, errors.New(typeName(v))
	}
	if n < 0 || n > 100 {
		return 0, fmt.Errorf("%d", n)
	}
	return uint8(n), nil
}

// checkMapping refuses destinations that cannot be, in the order in which the
// reference looks.
func (d *decoder) checkMapping(m *Mapping, at Pos) {
	one := func(err string) {
		to := ""
		if len(m.Destinations) == 1 {
			to = fmt.Sprintf(" to %q", m.Destinations[0].Subject)
		}
		d.fail(at, "Error adding mapping for %q%s : %s", m.Source, to, err)
	}
	type key struct{ subject, cluster string }
	seen := make(map[key]bool)
	total := make(map[string]int)
	for _, dest := range m.Destinations {
		k := key{dest.Subject, dest.Cluster}
		if seen[k] {
			one(fmt.Sprintf("duplicate entry for %q", dest.Subject))
			return
		}
		seen[k] = true
		if total[dest.Cluster] += int(dest.Weight); total[dest.Cluster] > 100 {
			one("total weight needs to be <= 100")
			return
		}
		if _, err := subject.NewTransform(m.Source, dest.Subject); err != nil {
			one(err.Error())
			return
		}
	}
}
