package file

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
	"slices"
	"sync/atomic"

	"github.com/midge-nats/midge/jetstream/store/subjects"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// Index file of a sealed segment, little endian: pages of 4096 bytes, so that a
// lookup reads one or two of them and not the index.
//
//	page 0     header
//	then       entries   position of each message, by sequence
//	then       rows      subjects by hash, each with its run of posts
//	then       posts     positions again, grouped by subject
//
// Every section starts on a page. A page ends with the CRC-32C of its number and
// contents; in an encrypted stream its contents are sealed first.
//
//	header:  0 magic 8 "MIDGEIDX" | 8 version 2 | 10 cipher 1 | 11 zero 1 | 12 generation 4 | 16 stream 8
//	        24 segment 8 | 32 end 8 | 40 base 8 | 48 entries 4 | 52 rows 4 | 56 posts 4 | 60 zero 4
//	        64 salt 16 | 80 check 32
//	entry and post: 0 offset 4 | 4 sequence - base 4
//	row:            0 hash 8   | 8 first post 4 | 12 posts 4
//
// The file is written without a sync: it belongs to a segment by generation,
// stream, number and end, and what does not verify is built again.
const (
	pageBytes = 4096
	pageData  = pageBytes - tagBytes - frameSum
	entBytes  = 8
	rowBytes  = 16
	entsPage  = pageData / entBytes
	rowsPage  = pageData / rowBytes
)

var (
	indexMagic = [8]byte{'M', 'I', 'D', 'G', 'E', 'I', 'D', 'X'}
	errIndex   = errors.New("segment index is damaged")

	indexCount atomic.Uint64
)

// position packs where a message is: sequence relative to the segment's base in
// the upper half, offset in the lower. Sorting positions sorts by sequence.
type position uint64

func makePosition(delta uint32, off int64) position {
	return position(uint64(delta)<<32 | uint64(uint32(off)))
}

func (p position) delta() uint32 { return uint32(p >> 32) }
func (p position) off() int64    { return int64(uint32(p)) }

// index reads the index file of one segment through the page cache. It is
// immutable after construction.
type index struct {
	unique  uint64 // identity in the page cache
	file    *handle
	files   *handles
	cache   *pageCache
	aead    cipher.AEAD
	entries int
	rows    int
	posts   int
}

func pagesFor(n, perPage int) int { return (n + perPage - 1) / perPage }

// page reads one page's contents.
func (x *index) page(n int) ([]byte, error) {
	key := pageKey{x.unique, uint32(n)}
	if p := x.cache.get(key); p != nil {
		return p, nil
	}
	b := make([]byte, pageBytes)
	if _, err := x.files.readAt(x.file, b, int64(n)*pageBytes); err != nil {
		return nil, fmt.Errorf("%w: page %d: %w", errIndex, n, err)
	}
	p, err := openPage(b, n, x.aead)
	if err != nil {
		return nil, err
	}
	x.cache.put(key, p)
	return p, nil
}

func pageSum(b []byte, n int) uint32 {
	return crc32.Update(uint32(n)*0x9E3779B1, castagnoli, b[:pageBytes-frameSum])
}

func openPage(b []byte, n int, a cipher.AEAD) ([]byte, error) {
	if binary.LittleEndian.Uint32(b[pageBytes-frameSum:]) != pageSum(b, n) {
		return nil, fmt.Errorf("%w: page %d", errIndex, n)
	}
	if a == nil {
		return b[:pageData], nil
	}
	var nonce [nonceBytes]byte
	p, err := a.Open(b[:0], nonceAt(&nonce, uint64(n)), b[:pageData+tagBytes], nil)
	if err != nil {
		return nil, fmt.Errorf("%w: page %d does not open", errIndex, n)
	}
	return p, nil
}

// sealPage finishes the page b[:pageData] as page n.
func sealPage(b []byte, n int, a cipher.AEAD) {
	if a != nil {
		var nonce [nonceBytes]byte
		a.Seal(b[:0], nonceAt(&nonce, uint64(n)), b[:pageData], nil)
	}
	binary.LittleEndian.PutUint32(b[pageBytes-frameSum:], pageSum(b, n))
}

// entry gives the ith position.
func (x *index) entry(i int) (position, error) {
	p, err := x.page(1 + i/entsPage)
	if err != nil {
		return 0, err
	}
	return position(binary.LittleEndian.Uint64(p[i%entsPage*entBytes:])), nil
}

// post gives the ith post.
func (x *index) post(i int) (position, error) {
	p, err := x.page(1 + pagesFor(x.entries, entsPage) + pagesFor(x.rows, rowsPage) + i/entsPage)
	if err != nil {
		return 0, err
	}
	return position(binary.LittleEndian.Uint64(p[i%entsPage*entBytes:])), nil
}

// row gives the ith subject: its hash and its run of posts.
func (x *index) row(i int) (hash uint64, first, count int, err error) {
	p, err := x.page(1 + pagesFor(x.entries, entsPage) + i/rowsPage)
	if err != nil {
		return 0, 0, 0, err
	}
	r := p[i%rowsPage*rowBytes:]
	first, count = int(binary.LittleEndian.Uint32(r[8:])), int(binary.LittleEndian.Uint32(r[12:]))
	if first > x.posts || count > x.posts-first {
		return 0, 0, 0, errIndex
	}
	return binary.LittleEndian.Uint64(r), first, count, nil
}

// find gives the run of posts of a subject, count 0 if it has none here.
// Hashes are spread evenly, so the row is guessed first; the search goes on from
// there in growing steps until it has passed the place, then by halves.
func (x *index) find(hash uint64) (first, count int, err error) {
	lo, hi := 0, x.rows
	mid := min(int(float64(hash)/(1<<64)*float64(x.rows)), x.rows-1)
	for step := 8; lo < hi; step *= 2 {
		h, f, c, err := x.row(mid)
		if err != nil {
			return 0, 0, err
		}
		switch {
		case h == hash:
			return f, c, nil
		case h < hash:
			lo = mid + 1
			mid += step
		default:
			hi = mid
			mid -= step
		}
		if mid < lo || mid >= hi {
			mid = (lo + hi) / 2
		}
	}
	return 0, 0, nil
}

// indexHeader describes which segment an index belongs to.
type indexHeader struct {
	cipher     Cipher
	generation uint32
	stream     uint64
	segment    uint64
	end        int64
	base       uint64
	entries    int
	rows       int
	posts      int
	salt       [saltBytes]byte
	check      [checkBytes]byte
}

func (h *indexHeader) encode() []byte {
	b := make([]byte, 0, pageBytes)
	b = append(b, indexMagic[:]...)
	b = binary.LittleEndian.AppendUint16(b, formatV1)
	b = append(b, byte(h.cipher), 0)
	b = binary.LittleEndian.AppendUint32(b, h.generation)
	for _, v := range [...]uint64{h.stream, h.segment, uint64(h.end), h.base} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	for _, v := range [...]int{h.entries, h.rows, h.posts, 0} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	b = append(b, h.salt[:]...)
	b = append(b, h.check[:]...)
	b = b[:pageBytes]
	sealPage(b, 0, nil)
	return b
}

func decodeIndexHeader(b []byte) (h indexHeader, err error) {
	if len(b) < pageBytes || [8]byte(b[:8]) != indexMagic || binary.LittleEndian.Uint16(b[8:]) != formatV1 {
		return h, errIndex
	}
	if _, err := openPage(b, 0, nil); err != nil {
		return h, err
	}
	u4 := func(off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
	u8 := func(off int) uint64 { return binary.LittleEndian.Uint64(b[off:]) }
	return indexHeader{
		cipher: Cipher(b[10]), generation: u4(12), stream: u8(16), segment: u8(24), end: int64(u8(32)), base: u8(40),
		entries: int(u4(48)), rows: int(u4(52)), posts: int(u4(56)),
		salt: [saltBytes]byte(b[64:80]), check: [checkBytes]byte(b[80:112]),
	}, nil
}

// openIndex opens the index of a segment if it is the right one.
func (s *Store) openIndex(g *segment) (*index, error) {
	h := &handle{name: indexName(g.id)}
	b := make([]byte, pageBytes)
	if _, err := s.files.readAt(h, b, 0); err != nil {
		return nil, fmt.Errorf("%w: %w", errIndex, err)
	}
	ih, err := decodeIndexHeader(b)
	if err == nil && (ih.generation != g.head.generation || ih.stream != g.head.stream || ih.segment != g.id ||
		ih.end != g.end || ih.base != g.base) {
		err = fmt.Errorf("%w: belongs to another state of the segment", errIndex)
	}
	x := &index{unique: indexCount.Add(1), file: h, files: s.files, cache: s.cache, entries: ih.entries, rows: ih.rows, posts: ih.posts}
	if err == nil && ih.cipher != NoCipher {
		if x.aead, err = openAEAD(ih.cipher, s.opt.keys(), ih.salt[:], ih.check[:], "index"); err != nil {
			err = fmt.Errorf("%w: %w", errIndex, err)
		}
	}
	if err != nil {
		s.files.retire(h)
		return nil, err
	}
	return x, nil
}

// indexBuilder sorts the positions of a segment by subject. It is kept for its
// scratch space.
type indexBuilder struct {
	rowOf []uint32 // by subject ID: row+1
	ids   []subjects.ID
	rows  []indexRow
	posts []position
	page  [pageBytes]byte
}

type indexRow struct {
	hash         uint64
	first, count uint32
}

// build fills rows and posts. Messages without a subject (ID None) are left
// out: they were removed before the segment was sealed.
func (w *indexBuilder) build(ents []position, ids []subjects.ID, t *subjects.Table) {
	if len(w.rowOf) < t.Len() {
		w.rowOf = make([]uint32, t.Len())
	}
	clear(w.rowOf)
	w.ids, w.rows = w.ids[:0], w.rows[:0]
	n := 0
	for _, id := range ids {
		if id == subjects.None {
			continue
		}
		n++
		if w.rowOf[id] == 0 {
			w.ids = append(w.ids, id)
		}
		w.rowOf[id]++ // a count for now
	}
	slices.SortFunc(w.ids, func(a, b subjects.ID) int {
		ha, hb := t.Entry(a).Hash, t.Entry(b).Hash
		switch {
		case ha < hb:
			return -1
		case ha > hb:
			return 1
		}
		return int(a) - int(b)
	})
	start := uint32(0)
	for _, id := range w.ids {
		hash, count := t.Entry(id).Hash, w.rowOf[id]
		if k := len(w.rows); k > 0 && w.rows[k-1].hash == hash {
			w.rows[k-1].count += count // two subjects, one hash: readers check names
		} else {
			w.rows = append(w.rows, indexRow{hash: hash, first: start, count: count})
		}
		start += count
		w.rowOf[id] = uint32(len(w.rows))
	}
	if cap(w.posts) < n {
		w.posts = make([]position, n, n+n/4)
	}
	w.posts = w.posts[:n]
	for i := range w.rows {
		w.rows[i].count = 0
	}
	for i, id := range ids {
		if id == subjects.None {
			continue
		}
		r := &w.rows[w.rowOf[id]-1]
		w.posts[r.first+r.count] = ents[i]
		r.count++
	}
}

// write makes the index file of a segment from what build has sorted.
func (s *Store) writeIndex(g *segment, w *indexBuilder, ents []position) error {
	h := indexHeader{
		cipher: s.opt.Cipher, generation: g.head.generation, stream: g.head.stream, segment: g.id, end: g.end, base: g.base,
		entries: len(ents), rows: len(w.rows), posts: len(w.posts),
	}
	var a cipher.AEAD
	if h.cipher != NoCipher {
		var err error
		h.salt = newSalt()
		if a, err = newAEAD(h.cipher, s.opt.Key, h.salt[:], "index"); err != nil {
			return err
		}
		copy(h.check[:], keyCheck(a))
	}
	out := bytes.NewBuffer(make([]byte, 0, pageBytes*(1+pagesFor(len(ents), entsPage)+pagesFor(len(w.rows), rowsPage)+
		pagesFor(len(w.posts), entsPage))))
	out.Write(h.encode())
	n := 1
	flush := func(p []byte) {
		clear(w.page[len(p):])
		sealPage(w.page[:], n, a)
		out.Write(w.page[:])
		n++
	}
	writePositions := func(list []position) {
		for len(list) > 0 {
			p := w.page[:0]
			k := min(len(list), entsPage)
			for _, e := range list[:k] {
				p = binary.LittleEndian.AppendUint64(p, uint64(e))
			}
			flush(p)
			list = list[k:]
		}
	}
	writePositions(ents)
	for rows := w.rows; len(rows) > 0; {
		p := w.page[:0]
		k := min(len(rows), rowsPage)
		for _, r := range rows[:k] {
			p = binary.LittleEndian.AppendUint64(p, r.hash)
			p = binary.LittleEndian.AppendUint32(p, r.first)
			p = binary.LittleEndian.AppendUint32(p, r.count)
		}
		flush(p)
		rows = rows[k:]
	}
	writePositions(w.posts)
	return writeWhole(s.opt.FS, path.Join(s.opt.Dir, indexName(g.id)), out.Bytes(), false)
}

// writeWhole replaces a file. With sync the new one is durable afterwards, and
// the old one stays complete until then.
func writeWhole(fs vfs.FS, name string, data []byte, sync bool) error {
	tmp := name + tempSuffix
	if err := fs.Remove(tmp); err != nil && !errors.Is(err, vfs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", tmp, err)
	}
	f, err := fs.Create(tmp)
	if err != nil {
		return fmt.Errorf("create %s: %w", tmp, err)
	}
	_, err = f.WriteAt(data, 0)
	if err == nil && sync {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = fs.Rename(tmp, name)
	}
	if err == nil && sync {
		err = fs.SyncDir(path.Dir(name))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
