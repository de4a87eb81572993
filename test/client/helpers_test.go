package client_test

import (
	"slices"
	"strings"
	"testing"
)

// replaceOnce puts a part into a configuration that holds percent signs.
func replaceOnce(text, mark, part string) string { return strings.Replace(text, mark, part, 1) }

// countLines counts the lines of a log that hold a word.
func countLines(log, word string) (n int) {
	for line := range strings.Lines(log) {
		if strings.Contains(line, word) {
			n++
		}
	}
	return n
}

// hasKeys checks that a JSON object has at least these keys.
func hasKeys(t *testing.T, what string, object map[string]any, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, ok := object[key]; !ok {
			t.Errorf("%s lacks %q; it has %q", what, key, sortedKeys(object))
		}
	}
}

func sortedKeys(object map[string]any) []string {
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// object is the JSON object below a key, empty if there is none.
func object(m map[string]any, key string) map[string]any {
	o, _ := m[key].(map[string]any)
	return o
}
