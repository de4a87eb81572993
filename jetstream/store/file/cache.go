package file

import "sync"

// pageCache keeps index pages, the recently used ones: a second chance clock
// over a fixed number of slots. Pages are immutable, so a reader may go on using
// one that has been evicted.
type pageCache struct {
	mu    sync.Mutex
	slots []cacheSlot
	where map[pageKey]int
	hand  int
}

type pageKey struct {
	index uint64 // see index.unique
	page  uint32
}

type cacheSlot struct {
	key  pageKey
	data []byte
	used bool
}

func newPageCache(bytes int) *pageCache {
	return &pageCache{slots: make([]cacheSlot, 0, max(16, bytes/pageBytes)), where: map[pageKey]int{}}
}

func (c *pageCache) get(k pageKey) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, ok := c.where[k]
	if !ok {
		return nil
	}
	c.slots[i].used = true
	return c.slots[i].data
}

func (c *pageCache) put(k pageKey, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.where[k]; ok {
		return
	}
	if len(c.slots) < cap(c.slots) {
		c.where[k] = len(c.slots)
		c.slots = append(c.slots, cacheSlot{key: k, data: data})
		return
	}
	for c.slots[c.hand].used {
		c.slots[c.hand].used = false
		c.hand = (c.hand + 1) % len(c.slots)
	}
	delete(c.where, c.slots[c.hand].key)
	c.slots[c.hand] = cacheSlot{key: k, data: data}
	c.where[k] = c.hand
	c.hand = (c.hand + 1) % len(c.slots)
}

// drop releases all pages.
func (c *pageCache) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.where)
	clear(c.slots)
	c.slots = c.slots[:0]
	c.hand = 0
}
