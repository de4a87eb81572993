package file

import (
	"slices"
	"sort"

	"github.com/midge-nats/midge/jetstream/store"
)

// seqSet is a set of sequences as sorted, separate ranges: few of them.
type seqSet struct {
	ranges []store.SeqRange
	count  uint64
}

// at finds the first range that ends at or after seq.
func (s *seqSet) at(seq uint64) int {
	return sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].Last >= seq })
}

func (s *seqSet) has(seq uint64) bool {
	i := s.at(seq)
	return i < len(s.ranges) && s.ranges[i].First <= seq
}

// add puts in a range; what is there already is not counted again.
func (s *seqSet) add(first, last uint64) {
	if first > last || first == 0 {
		return
	}
	i := s.at(first - 1)
	j := i
	for j < len(s.ranges) && (last == ^uint64(0) || s.ranges[j].First <= last+1) {
		first, last = min(first, s.ranges[j].First), max(last, s.ranges[j].Last)
		s.count -= s.ranges[j].Last - s.ranges[j].First + 1
		j++
	}
	s.ranges = slices.Replace(s.ranges, i, j, store.SeqRange{First: first, Last: last})
	s.count += last - first + 1
}

// remove takes a range out.
func (s *seqSet) remove(first, last uint64) {
	for i := s.at(first); i < len(s.ranges) && s.ranges[i].First <= last; {
		r := s.ranges[i]
		var keep []store.SeqRange
		if r.First < first {
			keep = append(keep, store.SeqRange{First: r.First, Last: first - 1})
		}
		if r.Last > last {
			keep = append(keep, store.SeqRange{First: last + 1, Last: r.Last})
		}
		s.count -= min(r.Last, last) - max(r.First, first) + 1
		s.ranges = slices.Replace(s.ranges, i, i+1, keep...)
		i += len(keep)
	}
}

// list enumerates at most n sequences.
func (s *seqSet) list(n int) (seqs []uint64) {
	for _, r := range s.ranges {
		for seq := r.First; len(seqs) < n; seq++ {
			seqs = append(seqs, seq)
			if seq == r.Last {
				break
			}
		}
	}
	return seqs
}
