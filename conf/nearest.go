package conf

import "strings"

// nearest finds the known word that an unknown one is most like, "" if it is
// like none.
func nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, bestCost := "", max(len(word)/2, 1)+1
	for _, k := range known {
		if c := distance(word, k, bestCost); c < bestCost {
			best, bestCost = k, c
		}
	}
	return best
}

// distance counts the letters to insert, remove or replace to make one word of
// the other; limit is as good as any higher number.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
