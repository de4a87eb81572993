package file

import (
	"testing"
	"testing/cryptotest"

	"github.com/midge-nats/midge/jetstream/store"
)

// TestCheckAndRepair: check finds a flipped bit in any segment and says so
// without touching anything; repair leaves a store that checks as healthy, with
// the lost sequences on record and the damaged file beside it. [J-66]
func TestCheckAndRepair(t *testing.T) {
	for _, clean := range []bool{true, false} {
		cryptotest.SetGlobalRandom(t, 2)
		disk, m := smallStore(t, Options{}, clean)
		opt := Options{FS: disk, Dir: "x", SegmentBytes: 4096}
		report, err := Check(opt, nil)
		if err != nil || !report.Healthy() || report.Messages == 0 {
			t.Fatalf("healthy store: %+v, %v", report, err)
		}
		name := "x/" + segmentName(2)
		repairs := 0
		for at := dataStart; at < used(disk.Bytes(name)); at += 97 {
			d := disk.Clone()
			d.Bytes(name)[at] ^= 4
			opt.FS = d
			var steps int
			report, err := Check(opt, func(done, total int64) { steps++ })
			if err != nil || report.Healthy() && report.Torn == nil || steps != report.Segments {
				t.Fatalf("byte %d: %+v, %v, %d steps", at, report, err, steps)
			}
			if report.Healthy() {
				continue // in the last batch: a torn tail
			}
			repairs++
			repaired, err := Repair(opt, nil)
			if err != nil || len(repaired.Kept) == 0 {
				t.Fatalf("byte %d: repair %+v, %v", at, repaired, err)
			}
			if report, err := Check(opt, nil); err != nil || !report.Healthy() {
				t.Fatalf("byte %d: after repair %+v, %v", at, report, err)
			}
			s, err := Open(opt)
			if err != nil {
				t.Fatal(err)
			}
			var r store.Record
			lost := 0
			for _, x := range m.Msgs {
				if err := s.Load(x.Seq, &r); err == store.ErrLost {
					lost++
				} else if err != nil || string(r.Payload) != x.Payload {
					t.Fatalf("byte %d: message %d after repair: %v", at, x.Seq, err)
				}
			}
			if n := s.State().Lost.Count; n < uint64(lost) || lost > 1 {
				t.Errorf("byte %d: %d lost messages, on record %d", at, lost, n)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if repairs < 10 {
			t.Errorf("only %d repairs in %d bytes", repairs, used(disk.Bytes(name)))
		}
	}
}
