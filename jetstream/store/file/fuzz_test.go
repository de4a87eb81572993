package file

import (
	"bytes"
	"testing"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// FuzzMessageFrame: a message comes back as it was encoded, and with any byte
// changed the frame does not verify.
func FuzzMessageFrame(f *testing.F) {
	f.Add("a.b", []byte("NATS/1.0\r\n\r\n"), []byte("payload"), uint64(1), int64(2), int64(0), 0)
	f.Add("", []byte{}, []byte{}, uint64(1)<<63, int64(-1), int64(-1), 40)
	f.Fuzz(func(t *testing.T, subject string, header, payload []byte, seq uint64, at, ttl int64, flip int) {
		if seq == 0 || len(subject) > 1000 || len(header)+len(payload) > 10000 {
			return
		}
		g := &segment{seed: 77, file: &handle{}}
		s := &Store{opt: Options{Compress: true}}
		s.active = g
		g.end, s.tail.off = 500, 500
		in := store.Record{Seq: seq, Time: at, TTL: ttlDuration(ttl), Subject: []byte(subject), Header: header, Payload: payload}
		off := s.encodeMessage(&in)
		frame := checkFrame(s.tail.buf, g.seed, off)
		if frame == nil {
			t.Fatal("a frame just encoded does not verify")
		}
		var out store.Record
		b := out.Bytes(len(frame))
		copy(b, frame)
		if err := decodeMessage(g, b, off, &out); err != nil || !out.Equal(&in) {
			t.Fatalf("%+v came back as %+v, %v", in, out, err)
		}
		flipped := bytes.Clone(frame)
		flipped[uint(flip)%uint(len(flipped))] ^= 1 << (uint(flip) % 8)
		if checkFrame(flipped, g.seed, off) != nil {
			t.Error("a flipped bit was not noticed")
		}
		if checkFrame(frame, g.seed, off+1) != nil {
			t.Error("a frame verifies at another offset")
		}
	})
}

// FuzzDecode: whatever the bytes are, no decoder panics or allocates beyond its
// input.
func FuzzDecode(f *testing.F) {
	h := header{id: 1, last: 1, base: 1}
	f.Add(h.encode())
	f.Add(bytes.Repeat([]byte{10, 0, 0, 0, 1, 0}, 20))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _ = decodeHeader(b)
		_, _ = decodeIndexHeader(b)
		_, _, _ = openCheckpoint(b, nil)
		_ = eachRange(b, func(_, _ uint64) bool { return true })
		_, _, _ = parsePurge(b)
		_, _ = parseCommit(b)
		v := &varints{b: b}
		s := &Store{}
		s.consumers = map[string]*consumer{}
		s.decodeTotals(v)
		decodeSegments(v)
		s.decodeRest(v)
		s.replayConsumer(kindConsumer, b)
		s.replayConsumer(kindSnapshot, b)
		sc := scanRegion(b, 0, 0)
		for _, fr := range sc.frames {
			var r store.Record
			_ = decodeMessage(&segment{}, bytes.Clone(b[fr.off:fr.off+int64(fr.size)]), fr.off, &r)
		}
	})
}

// FuzzHeader: a header comes back as it was encoded.
func FuzzHeader(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint64(3), uint32(4), int64(5))
	f.Fuzz(func(t *testing.T, id, base, stream uint64, generation uint32, end int64) {
		in := header{id: max(id, 1), last: max(id, 1), base: max(base, 1), stream: stream, generation: generation, end: max(end, 0), cipher: ChaCha, salt: [saltBytes]byte{1, 2}, room: 9}
		out, healthy, err := decodeHeader(in.encode())
		if err != nil || !healthy || out != in {
			t.Fatalf("%+v came back as %+v, %v, %v", in, out, healthy, err)
		}
	})
}

// FuzzOpen: a stream directory with hostile files opens or is refused, and what
// opens can be read and written.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("x"), []byte("y"), []byte("z"))
	f.Fuzz(func(t *testing.T, seg, idx, cp []byte) {
		disk := vfs.NewMem()
		if err := disk.MkdirAll("x"); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{segmentName(1): seg, indexName(1): idx, checkpointName: cp} {
			if err := writeNew(disk, "x/"+name, data); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(Options{FS: disk, Dir: "x", SegmentBytes: 4096})
		if err != nil {
			return
		}
		recs := []store.Record{{Time: 1, Subject: []byte("a"), Payload: []byte("b")}}
		if n, err := s.Append(recs, false); n != 1 || err != nil {
			t.Fatalf("append: %v", err)
		}
		var r store.Record
		if err := s.Load(recs[0].Seq, &r); err != nil {
			t.Fatalf("load: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	})
}
