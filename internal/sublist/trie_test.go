package sublist

import (
	"bytes"
	"strings"
	"sync"
)

// cachedTrie is what the benchmarks compare with: a tree of tokens with a map of
// answers in front, both shared and locked. Matching only.
type cachedTrie struct {
	mu      sync.RWMutex
	root    trieNode
	answers map[string][]*subscription
}

type trieNode struct {
	next map[string]*trieNode
	subs []*subscription
}

// trieAnswers is the number of answers kept; of more, some are dropped.
const trieAnswers = 1024

func newCachedTrie() *cachedTrie {
	return &cachedTrie{answers: make(map[string][]*subscription)}
}

func (t *cachedTrie) insert(sub *subscription) {
	n := &t.root
	for token := range strings.SplitSeq(sub.subject, ".") {
		if n.next == nil {
			n.next = make(map[string]*trieNode)
		}
		if n.next[token] == nil {
			n.next[token] = &trieNode{}
		}
		n = n.next[token]
	}
	n.subs = append(n.subs, sub)
}

func (t *cachedTrie) match(subj []byte) []*subscription {
	t.mu.RLock()
	answer, ok := t.answers[string(subj)]
	t.mu.RUnlock()
	if ok {
		return answer
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	answer = t.root.match(bytes.Split(subj, []byte(".")), nil)
	if len(t.answers) > trieAnswers {
		for subj := range t.answers {
			if delete(t.answers, subj); len(t.answers) < trieAnswers*3/4 {
				break
			}
		}
	}
	t.answers[string(subj)] = answer
	return answer
}

func (n *trieNode) match(tokens [][]byte, answer []*subscription) []*subscription {
	if len(tokens) == 0 {
		return append(answer, n.subs...)
	}
	if full := n.next[">"]; full != nil {
		answer = append(answer, full.subs...)
	}
	if star := n.next["*"]; star != nil {
		answer = star.match(tokens[1:], answer)
	}
	if next := n.next[string(tokens[0])]; next != nil {
		answer = next.match(tokens[1:], answer)
	}
	return answer
}
