package trace

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Server describes the server that publishes. Set the fields once, before the
// first use: the part that never changes is encoded only once. A reload that
// changes something makes a new Server. It must not be copied. [T-21]
type Server struct {
	Name         string // the server id if unnamed
	Host         string // the client listen host, as configured
	ID           string // public key, N...
	Cluster      string
	Domain       string
	Version      string
	Tags         []string
	Metadata     map[string]string
	FeatureFlags map[string]bool
	JetStream    bool

	// Flags: bit 0 JetStream, bit 1 binary stream snapshots, bit 2 account
	// scoped replication traffic. 0 without JetStream.
	Flags int

	once     sync.Once
	constant []byte
}

// AppendJSON appends the server block, as trace messages and all other
// server-stamped messages have it. seq counts all of those. [trace.md 4]
func (s *Server) AppendJSON(dst []byte, seq uint64, now time.Time) []byte {
	s.once.Do(s.encode)
	dst = append(dst, s.constant...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, `,"time":"`...)
	dst = now.UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}`...)
}

// encode writes the constant part, up to the value of seq.
func (s *Server) encode() {
	b := appendString([]byte(`{"name":`), s.Name)
	b = appendString(append(b, `,"host":`...), s.Host)
	b = appendString(append(b, `,"id":`...), s.ID)
	b = appendOptional(b, `,"cluster":`, s.Cluster)
	b = appendOptional(b, `,"domain":`, s.Domain)
	b = appendString(append(b, `,"ver":`...), s.Version)
	if len(s.Tags) > 0 {
		b = appendStrings(append(b, `,"tags":`...), s.Tags)
	}
	if len(s.Metadata) > 0 {
		b = append(b, `,"metadata":{`...)
		for i, k := range slices.Sorted(maps.Keys(s.Metadata)) {
			b = appendKey(b, i, k)
			b = appendString(b, s.Metadata[k])
		}
		b = append(b, '}')
	}
	if len(s.FeatureFlags) > 0 {
		b = append(b, `,"feature_flags":{`...)
		for i, k := range slices.Sorted(maps.Keys(s.FeatureFlags)) {
			b = appendKey(b, i, k)
			b = strconv.AppendBool(b, s.FeatureFlags[k])
		}
		b = append(b, '}')
	}
	b = strconv.AppendBool(append(b, `,"jetstream":`...), s.JetStream)
	b = strconv.AppendInt(append(b, `,"flags":`...), int64(s.Flags), 10)
	s.constant = append(b, `,"seq":`...)
}
