package file

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/cryptotest"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/storetest"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// crashSeeds is how many random logs are crashed; MIDGE_CRASH_SEEDS changes it,
// and MIDGE_CRASH_SEED runs a single one.
func crashSeeds(t *testing.T, def int) (from, to uint64) {
	if one, err := strconv.ParseUint(os.Getenv("MIDGE_CRASH_SEED"), 10, 64); err == nil {
		return one, one + 1
	}
	if n, err := strconv.Atoi(os.Getenv("MIDGE_CRASH_SEEDS")); err == nil {
		def = n
	}
	if testing.Short() {
		def /= 10
	}
	return 0, uint64(def)
}

// crashOptions are small enough that a short log crosses every border.
func crashOptions(seed uint64, fs vfs.FS) Options {
	o := Options{FS: fs, Dir: "streams/x", SegmentBytes: 4096, TailBytes: 512, CacheBytes: 1, CheckpointBytes: 12000}
	switch seed % 5 {
	case 1:
		o.Compress = true
	case 2:
		o.Cipher, o.Key = AESGCM, testKey
	case 3:
		o.Cipher, o.Key, o.Compress = ChaCha, testKey, true
	}
	return o
}

// TestCrashAnywhere: for random operations, whatever call to the disk a loss of
// power follows, and whatever became of what had not been synced, the stream
// recovers to the last committed batch or to the one under way, whole; every
// acknowledged operation is there, nothing else is, and nothing is damaged.
// [J-60] [J-63] [J-65] [J-71] [J-72] [J-73]
func TestCrashAnywhere(t *testing.T) {
	from, to := crashSeeds(t, 300)
	for seed := from; seed < to; seed++ {
		cryptotest.SetGlobalRandom(t, seed)
		if err := crashOnce(seed); err != nil {
			t.Fatalf("seed %d: %v (MIDGE_CRASH_SEED=%d runs it alone)", seed, err, seed)
		}
	}
}

// errPower is the fault after which everything fails: the power is off.
var errPower = errors.New("power is off")

func crashOnce(seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 11))
	disk := vfs.NewMem()
	model := storetest.NewModel(1, store.FileMsgBytes)
	runner := storetest.NewRunner(seed, nil, model)
	// Several lives, each ended by a crash during one of its disk calls.
	for life := range 3 {
		faults := &vfs.Faults{FS: disk}
		off := 1 + rng.IntN(250)
		var wreck *vfs.Mem
		faults.Hook = func(n int, _ vfs.Op, _ string) error {
			if n < off {
				return nil
			}
			if wreck == nil {
				wreck = disk.Crash(rng)
			}
			return errPower
		}
		committed, pending, err := liveUntil(faults, seed, runner, model)
		if err != nil {
			return fmt.Errorf("life %d: %w", life, err)
		}
		if wreck == nil {
			wreck = disk.Crash(rng)
		}
		disk = wreck
		model, err = recovered(disk, seed, committed, pending)
		if err != nil {
			return fmt.Errorf("life %d, power off at call %d: %w", life, off, err)
		}
		runner.Model = model
	}
	return nil
}

// liveUntil runs random operations until the disk fails or enough were done. It
// gives the model as of the last acknowledged commit and, if one was under way,
// as of that.
func liveUntil(fs vfs.FS, seed uint64, runner *storetest.Runner, model *storetest.Model) (committed, pending *storetest.Model, err error) {
	committed = model.Clone()
	o := crashOptions(seed, fs)
	o.Limits = model.Limits
	s, err := Open(o)
	if err != nil {
		return committed, nil, offOr(err)
	}
	runner.Stream = s
	for range 60 {
		if err := runner.Step(); err != nil {
			// Consumers cannot say that the stream has failed; Sync can.
			if serr := s.Sync(); serr != nil {
				err = serr
			}
			return committed, model, offOr(err)
		}
		if runner.Rand.IntN(3) > 0 {
			continue
		}
		if err := runner.Commit(); err != nil {
			return committed, model, offOr(err)
		}
		committed = model.Clone()
		if runner.Rand.IntN(6) == 0 {
			if _, err := s.Maintain(0); err != nil {
				return committed, nil, offOr(err)
			}
		}
	}
	if runner.Rand.IntN(2) == 0 {
		err := s.Close() // commits what is staged
		if err == nil {
			return model.Clone(), nil, nil
		}
		return committed, model, offOr(err)
	}
	return committed, model, nil
}

// offOr keeps an error unless it comes from the power being off.
func offOr(err error) error {
	if errors.Is(err, errPower) || errors.Is(err, store.ErrFailed) {
		return nil
	}
	return err
}

// recovered opens what a crash has left and says which model it is.
func recovered(disk *vfs.Mem, seed uint64, committed, pending *storetest.Model) (*storetest.Model, error) {
	s, err := Open(crashOptions(seed, disk))
	if err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	if d := s.Recovery().Damage; len(d) > 0 {
		return nil, fmt.Errorf("a crash was taken for damage: %v", d)
	}
	if l := s.State().Lost; l.Count > 0 {
		return nil, fmt.Errorf("a crash has lost messages: %+v", l)
	}
	var result error
	for _, m := range []*storetest.Model{committed, pending} {
		if m == nil {
			continue
		}
		m := m.Clone()
		// Sequences of an unfinished batch may be skipped.
		if t := s.Recovery().Torn; t != nil {
			m.Next += t.Skipped
		}
		err := m.Check(s)
		if err == nil {
			return m, s.Close()
		}
		result = errors.Join(result, err)
	}
	return nil, result
}

// TestCrashAtLowerLevels: at the levels that acknowledge early, a loss of power
// may cost messages; but the stream opens, what it holds is right, what is gone
// is not given to other messages, and after a mere kill nothing that was written
// is gone. [J-62] [J-67]
func TestCrashAtLowerLevels(t *testing.T) {
	from, to := crashSeeds(t, 200)
	for seed := from; seed < to; seed++ {
		cryptotest.SetGlobalRandom(t, seed)
		for _, level := range []SyncLevel{SyncInterval, SyncAsync} {
			if err := crashLow(seed, level); err != nil {
				t.Fatalf("seed %d, level %d: %v (MIDGE_CRASH_SEED=%d runs it alone)", seed, level, err, seed)
			}
		}
	}
}

func crashLow(seed uint64, level SyncLevel) error {
	rng := rand.New(rand.NewPCG(seed, 13))
	disk := vfs.NewMem()
	o := crashOptions(seed, disk)
	o.Sync = level
	s, err := Open(o)
	if err != nil {
		return err
	}
	payloads := map[uint64]string{}
	for i := range 150 {
		recs := make([]store.Record, 1+rng.IntN(5))
		for k := range recs {
			recs[k] = store.Record{Time: int64(i), Subject: fmt.Appendf(nil, "a.%d", k), Payload: fmt.Appendf(nil, "%d.%d%60s", i, k, "")}
		}
		if _, err := s.Append(recs, false); err != nil {
			return err
		}
		if err := s.Commit(uint64(i)); err != nil {
			return err
		}
		for k := range recs {
			payloads[recs[k].Seq] = string(recs[k].Payload)
		}
		if rng.IntN(50) == 0 {
			if err := s.Sync(); err != nil {
				return err
			}
		}
	}
	next := s.State().LastSeq + 1
	if err := s.Flush(); err != nil {
		return err
	}
	for _, kill := range []bool{true, false} {
		wreck := disk.Clone()
		if !kill {
			wreck = disk.Crash(rng)
		}
		if err := checkLow(wreck, o, payloads, next, kill); err != nil {
			return fmt.Errorf("kill %v: %w", kill, err)
		}
	}
	return s.Close()
}

func checkLow(wreck *vfs.Mem, o Options, payloads map[uint64]string, next uint64, kill bool) error {
	o.FS = wreck
	s, err := Open(o)
	if err != nil {
		return err
	}
	var r store.Record
	for seq, want := range payloads {
		err := s.Load(seq, &r)
		if err == nil && string(r.Payload) != want {
			return fmt.Errorf("message %d has another payload", seq)
		}
		if err != nil && kill {
			return fmt.Errorf("message %d: %w", seq, err)
		}
	}
	if got := s.State().LastSeq + 1; got < next || kill && got != next {
		return fmt.Errorf("next sequence is %d, %d were acknowledged", got, next-1)
	}
	return s.Close()
}
