package file

import (
	"testing"

	"github.com/midge-nats/midge/jetstream/store"
	"github.com/midge-nats/midge/jetstream/store/storetest"
	"github.com/midge-nats/midge/jetstream/store/vfs"
)

// testKey is a key for encrypted test streams.
var testKey = []byte("a key for tests")

// variants are the ways to store a stream that the suite runs through.
var variants = map[string]Options{
	"always":   {},
	"interval": {Sync: SyncInterval},
	"async":    {Sync: SyncAsync},
	"s2":       {Compress: true},
	"aes":      {Cipher: AESGCM, Key: testKey},
	"chacha":   {Cipher: ChaCha, Key: testKey, Compress: true},
}

// TestSuite runs the common suite over every way to store a stream, with
// segments and caches so small that the random operations cross all borders.
func TestSuite(t *testing.T) {
	for name, opt := range variants {
		t.Run(name, func(t *testing.T) {
			disk := vfs.NewMem()
			opt.FS, opt.SegmentBytes, opt.TailBytes, opt.CacheBytes, opt.CheckpointBytes = disk, 4096, 1024, 1, 20000
			storetest.Run(t, storetest.Options{
				Size: store.FileMsgBytes,
				Open: func(t testing.TB, place string, limits store.Limits, first uint64) store.Stream {
					t.Helper()
					o := opt
					o.Dir, o.Limits, o.FirstSeq = "streams/"+place, limits, first
					s, err := Open(o)
					if err != nil {
						t.Fatalf("open: %v", err)
					}
					if d := s.Recovery().Damage; len(d) > 0 {
						t.Fatalf("damage on a healthy disk: %v", d)
					}
					return s
				},
			})
		})
	}
}
