package conf

import "time"

// Account is one configured account.
type Account struct {
	Name               string
	Nkey               string
	Mappings           []*Mapping
	Exports            []*Export
	Imports            []*Import
	Limits             *AccountLimits
	DefaultPermissions *Permissions
	TraceDest          string
	TraceSampling      int // percent
	JetStream          *JetStreamLimits
	Pos                Pos
}

// AccountLimits are what an account may have; -1 means any number.
type AccountLimits struct {
	MaxConn    int
	MaxLeafs   int
	MaxSubs    int   // of one connection
	MaxPayload int64 // bytes
}

// JetStreamLimits are what an account may store; -1 means any number.
type JetStreamLimits struct {
	MaxMemory            int64 // bytes
	MaxStore             int64 // bytes
	MaxStreams           int
	MaxConsumers         int
	MaxAckPending        int
	MemoryMaxStreamBytes int64
	StoreMaxStreamBytes  int64
	MaxBytesRequired     bool
	ClusterTraffic       string
}

// Mapping sends messages for one subject to others.
type Mapping struct {
	Source       string
	Destinations []MapDest
	Pos          Pos
}

// MapDest is one destination of a mapping. Cluster is empty for all clusters.
type MapDest struct {
	Subject string
	Weight  uint8 // percent
	Cluster string
}

// Export is what other accounts may import.
type Export struct {
	Stream, Service   string // one of them is set
	Accounts          []string
	TokenPosition     int // 0 means none
	ResponseType      string
	ResponseThreshold time.Duration
	Latency           *Latency
	AllowTrace        bool
	Pos               Pos
}

// Latency asks for figures about a service's answers.
type Latency struct {
	Sampling int // percent; 0 means by header
	Subject  string
}

// Import is what an account takes from another.
type Import struct {
	Stream, Service string // the exporter's subject; one of them is set
	Account         string // the exporter
	To              string
	Prefix          string
	Share           bool
	AllowTrace      bool
	Pos             Pos
}

// User is a user with a name and a password.
type User struct {
	Username               string
	Password               string
	Account                *Account // nil for the global one
	AccountName            string   // of a leafnode's user; its account may be missing
	Permissions            *Permissions
	AllowedConnectionTypes []string
	ProxyRequired          bool
	Pos                    Pos
}

// NkeyUser is a user with a key.
type NkeyUser struct {
	Nkey                   string
	Account                *Account // nil for the global one
	Permissions            *Permissions
	AllowedConnectionTypes []string
	ProxyRequired          bool
	Pos                    Pos
}

// Permissions are what a user may publish and subscribe to.
type Permissions struct {
	Publish   *SubjectPermission
	Subscribe *SubjectPermission
	Response  *ResponsePermission
}

// SubjectPermission lists subjects; for subscriptions an entry may name a queue
// behind its subject.
type SubjectPermission struct {
	Allow []string
	Deny  []string
}

// ResponsePermission allows answers to messages received. 0 means the default,
// negative any number or never.
type ResponsePermission struct {
	MaxMsgs int
	Expires time.Duration
}
