// Package subjects is the subject index that the stores share: a table of
// subjects with their message counts and sequences, and compiled filters over
// it.
//
// Memory is proportional to the number of subjects, not of messages [J-75]: the
// names lie in one byte arena, the entries in one slice without pointers, so
// that a million subjects cost the garbage collector nothing. Nothing here
// locks; a store guards its table with its own mutex.
package subjects

import (
	"bytes"
	"math/bits"
)

// ID numbers a subject within one table, from 0. IDs are given out in order and
// stay until Compact.
type ID uint32

// None is no subject.
const None ID = 1<<32 - 1

// Entry is what is known of one subject. Messages is 0 when its last message
// has gone; such an entry keeps its ID until Compact.
type Entry struct {
	Hash     uint64
	Messages uint64
	// First is the lowest sequence of the subject, or a lower bound of it if
	// FirstStale is set: finding the next one costs a look into the index,
	// which is put off until somebody asks.
	First uint64
	Last  uint64

	nameAt     uint32
	nameBytes  uint16
	FirstStale bool
}

// Table holds the subjects of one stream. The zero Table is empty.
type Table struct {
	// Seed makes the hashes of this stream its own, so that nobody can choose
	// subjects that collide. It is set before the first Intern.
	Seed uint64

	names   []byte
	entries []Entry
	slots   []uint32 // ID+1 by hash, 0 = free; a power of two, at most 3/4 full
	live    int
	epoch   uint32
}

// Live is the number of subjects with at least one message.
func (t *Table) Live() int { return t.live }

// Len is the number of IDs given out: all are below it.
func (t *Table) Len() int { return len(t.entries) }

// Epoch changes when Compact has renumbered the subjects.
func (t *Table) Epoch() uint32 { return t.epoch }

// Entry gives the entry of an ID. The pointer is valid until the next Intern.
func (t *Table) Entry(id ID) *Entry { return &t.entries[id] }

// Name gives the subject of an ID. It must not be changed.
func (t *Table) Name(id ID) []byte {
	e := &t.entries[id]
	return t.names[e.nameAt : e.nameAt+uint32(e.nameBytes)]
}

// Get finds a subject.
func (t *Table) Get(name []byte) (ID, bool) {
	id, _ := t.find(Hash(t.Seed, name), name)
	return id, id != None
}

// find gives the ID of a subject, or None and the slot where it belongs.
func (t *Table) find(hash uint64, name []byte) (ID, int) {
	if len(t.slots) == 0 {
		return None, 0
	}
	mask := len(t.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		slot := t.slots[i]
		if slot == 0 {
			return None, i
		}
		if id := ID(slot - 1); t.entries[id].Hash == hash && bytes.Equal(t.Name(id), name) {
			return id, i
		}
	}
}

// ByHash calls yield for each subject with this hash, practically one, until
// it returns false.
func (t *Table) ByHash(hash uint64, yield func(ID) bool) {
	if len(t.slots) == 0 {
		return
	}
	mask := len(t.slots) - 1
	for i := int(hash) & mask; t.slots[i] != 0; i = (i + 1) & mask {
		if id := ID(t.slots[i] - 1); t.entries[id].Hash == hash && !yield(id) {
			return
		}
	}
}

// Intern finds a subject or gives it the next ID. A new one costs its name and
// 50 bytes.
func (t *Table) Intern(name []byte) ID {
	if 4*(len(t.entries)+1) > 3*len(t.slots) {
		t.grow()
	}
	hash := Hash(t.Seed, name)
	id, slot := t.find(hash, name)
	if id != None {
		return id
	}
	id = ID(len(t.entries))
	t.entries = append(t.entries, Entry{Hash: hash, nameAt: uint32(len(t.names)), nameBytes: uint16(len(name))})
	t.names = append(t.names, name...)
	t.slots[slot] = uint32(id) + 1
	return id
}

func (t *Table) grow() {
	t.slots = make([]uint32, max(64, 2*len(t.slots)))
	mask := len(t.slots) - 1
	for id := range t.entries {
		i := int(t.entries[id].Hash) & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = uint32(id) + 1
	}
}

// Add counts a message of the subject. Sequences only grow.
func (t *Table) Add(id ID, seq uint64) {
	e := &t.entries[id]
	if e.Messages == 0 {
		e.First, e.FirstStale = seq, false
		t.live++
	}
	e.Messages++
	e.Last = seq
}

// Drop counts n messages of the subject as gone and reports whether others are
// left. The caller sets First or FirstStale and Last when they were among them.
func (t *Table) Drop(id ID, n uint64) bool {
	e := &t.entries[id]
	if e.Messages == 0 {
		return false
	}
	e.Messages -= min(n, e.Messages)
	if e.Messages == 0 {
		e.First, e.Last, e.FirstStale = 0, 0, false
		t.live--
		return false
	}
	return true
}

// Wasteful reports that most entries are of subjects without messages and
// Compact is worth its cost, which is that of the whole table.
func (t *Table) Wasteful() bool {
	return len(t.entries) > 1024 && len(t.entries) > 2*t.live
}

// Compact forgets the subjects without messages. It gives the new ID of each
// old one, None for those forgotten.
func (t *Table) Compact() []ID {
	next := Table{Seed: t.Seed, epoch: t.epoch + 1}
	ids := make([]ID, len(t.entries))
	for id := range t.entries {
		e := t.entries[id]
		if e.Messages == 0 {
			ids[id] = None
			continue
		}
		ids[id] = next.Intern(t.Name(ID(id)))
		n := &next.entries[ids[id]]
		e.nameAt, e.nameBytes = n.nameAt, n.nameBytes
		*n = e
	}
	next.live = t.live
	*t = next
	return ids
}

// Restore sets the whole entry of a subject: how a checkpoint is read back.
func (t *Table) Restore(name []byte, messages, first, last uint64, stale bool) {
	id := t.Intern(name)
	e := &t.entries[id]
	if e.Messages == 0 && messages > 0 {
		t.live++
	}
	e.Messages, e.First, e.Last, e.FirstStale = messages, first, last, stale
}

// Reset forgets everything.
func (t *Table) Reset() { *t = Table{Seed: t.Seed, epoch: t.epoch + 1} }

// Hash is the hash that index files hold: it never changes.
func Hash(seed uint64, name []byte) uint64 {
	const (
		k0 = 0xa0761d6478bd642f
		k1 = 0xe7037ed1a0b428db
	)
	h := seed ^ uint64(len(name))*k1
	for len(name) >= 8 {
		v := uint64(name[0]) | uint64(name[1])<<8 | uint64(name[2])<<16 | uint64(name[3])<<24 |
			uint64(name[4])<<32 | uint64(name[5])<<40 | uint64(name[6])<<48 | uint64(name[7])<<56
		hi, lo := bits.Mul64(h^v^k0, k1)
		h = hi ^ lo
		name = name[8:]
	}
	var v uint64
	for i, b := range name {
		v |= uint64(b) << (8 * i)
	}
	hi, lo := bits.Mul64(h^v^k1, k0)
	h = hi ^ lo
	hi, lo = bits.Mul64(h^k1, k0)
	return hi ^ lo
}
