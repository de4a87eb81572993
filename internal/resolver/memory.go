package resolver

import "sync"

// Memory holds tokens as long as the server runs.
type Memory struct {
	mu     sync.RWMutex // guards the field below
	tokens map[string]string
}

// NewMemory makes an empty one.
func NewMemory() *Memory { return &Memory{tokens: make(map[string]string)} }

// Load gives an account's token, or ErrUnknown.
func (m *Memory) Load(id string) (string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if t, ok := m.tokens[id]; ok {
		return t, nil
	}
	return "", ErrUnknown
}

// Save replaces an account's token.
func (m *Memory) Save(id, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens[id] = token
	return nil
}
