package conf

import (
	"crypto/tls"
	"net/url"
	"time"
)

// TLS is a tls block as written. [C-24]
type TLS struct {
	CertFile, KeyFile, CaFile string
	Verify, Map               bool
	Insecure                  bool
	Timeout                   float64
	KnownURLs                 bool // verify_cert_and_check_known_urls
	Pinned                    []string
	RateLimit                 int64
	HandshakeFirst            bool
	Fallback                  time.Duration
	Pos                       Pos
}

// ClusterOpts are the cluster block.
type ClusterOpts struct {
	Name           string
	Host           string
	Port           int
	Username       string
	Password       string
	AuthTimeout    float64
	TLSConfig      *tls.Config
	TLSTimeout     float64
	TLSBlock       *TLS // what TLSConfig has no place for
	Advertise      string
	NoAdvertise    bool
	ConnectRetries int
	PoolSize       int
	PinnedAccounts []string
	Compression    string          // off, accept, s2_auto, s2_fast, s2_better, s2_best or not supported; empty for the default
	CompressionRTT []time.Duration // where s2_auto changes its level
	PingInterval   time.Duration
	PingMax        int
	WriteDeadline  time.Duration
	WriteTimeout   string
	ConnectBackoff bool
	Permissions    *Permissions
}

// GatewayOpts are the gateway block.
type GatewayOpts struct {
	Name           string
	Host           string
	Port           int
	Username       string
	Password       string
	AuthTimeout    float64
	TLSConfig      *tls.Config
	TLSTimeout     float64
	TLSBlock       *TLS // what TLSConfig has no place for
	Advertise      string
	ConnectRetries int
	ConnectBackoff bool
	WriteDeadline  time.Duration
	WriteTimeout   string
	RejectUnknown  bool
	Gateways       []*RemoteGatewayOpts
}

// RemoteGatewayOpts is one other cluster.
type RemoteGatewayOpts struct {
	Name       string
	TLSConfig  *tls.Config
	TLSTimeout float64
	TLSBlock   *TLS // what TLSConfig has no place for
	URLs       []*url.URL
}

// LeafNodeOpts are the leafnodes block.
type LeafNodeOpts struct {
	Host             string
	Port             int
	Username         string
	Password         string
	Account          string
	Users            []*User
	AuthTimeout      float64
	TLSConfig        *tls.Config
	TLSTimeout       float64
	TLSBlock         *TLS // what TLSConfig has no place for
	Advertise        string
	NoAdvertise      bool
	Nkey             string
	ReconnectSeconds float64
	DialTimeout      time.Duration
	WriteDeadline    time.Duration
	WriteTimeout     string
	Isolate          bool
	MinVersion       string
	Compression      string          // off, accept, s2_auto, s2_fast, s2_better, s2_best or not supported; empty for the default
	CompressionRTT   []time.Duration // where s2_auto changes its level
	Remotes          []*RemoteLeafOpts
}

// RemoteLeafOpts is one hub to connect to.
type RemoteLeafOpts struct {
	LocalAccount   string
	URLs           []*url.URL
	Credentials    string
	Nkey           string
	TLSConfig      *tls.Config
	TLSTimeout     float64
	TLSBlock       *TLS // what TLSConfig has no place for
	Hub            bool
	DenyImports    []string
	DenyExports    []string
	NoRandomize    bool
	Compression    string          // off, accept, s2_auto, s2_fast, s2_better, s2_best or not supported; empty for the default
	CompressionRTT []time.Duration // where s2_auto changes its level
	Disabled       bool

	FirstInfoTimeout time.Duration
	DialTimeout      time.Duration
	Isolate          bool
	RequestIsolation bool
	IgnoreDiscovered bool
	WSCompression    bool
	WSNoMasking      bool
}

// WebsocketOpts are the websocket block.
type WebsocketOpts struct {
	Host             string
	Port             int
	Advertise        string
	NoTLS            bool
	TLSConfig        *tls.Config
	TLSTimeout       float64
	TLSBlock         *TLS // what TLSConfig has no place for
	Username         string
	Password         string
	Token            string
	AuthTimeout      float64
	JWTCookie        string
	UserCookie       string
	PassCookie       string
	TokenCookie      string
	NoAuthUser       string
	Headers          map[string]string
	PingInterval     time.Duration
	SameOrigin       bool
	AllowedOrigins   []string
	HandshakeTimeout time.Duration
	Compression      bool
}

// MQTTOpts are the mqtt block: read and checked, so that a configuration is
// told apart from a broken one, though nothing listens. [C-9]
type MQTTOpts struct {
	Host              string
	Port              int
	Username          string
	Password          string
	Token             string
	AuthTimeout       float64
	NoAuthUser        string
	TLSConfig         *tls.Config
	TLSTimeout        float64
	TLSBlock          *TLS // what TLSConfig has no place for
	AckWait           time.Duration
	APITimeout        time.Duration
	MaxAckPending     uint16
	JSDomain          string
	StreamReplicas    int
	MemoryStorage     bool
	InactiveThreshold time.Duration
	RejectQoS2Publish bool
	DowngradeQoS2Subs bool
}

// JSLimitOpts are the limits of streams and consumers, whatever their account.
// Zero means the default.
type JSLimitOpts struct {
	MaxAckPending             int
	MaxHAAssets               int
	MaxRequestBatch           int // messages that one pull may ask for
	Duplicates                time.Duration
	DefaultMaxConsumers       int // of a stream that does not say
	MaxBatchInflightPerStream int
	MaxBatchInflightTotal     int
	MaxBatchSize              int // messages of one batch
	MaxBatchTimeout           time.Duration
}

// AuthCallout delegates authentication to a service.
type AuthCallout struct {
	Issuer          string
	Account         string
	AuthUsers       []string
	XKey            string
	AllowedAccounts []string
}

// Resolver says where account JWTs come from.
type Resolver struct {
	Type        string // memory, url, full or cache
	URL         string
	Dir         string
	AllowDelete bool
	HardDelete  bool
	Interval    time.Duration
	TTL         time.Duration
	Timeout     time.Duration
	Limit       int64
	Preload     map[string]string
}
