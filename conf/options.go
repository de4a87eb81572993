package conf

import (
	"crypto/tls"
	"net/url"
	"time"
)

// Options are everything that a server can be told: by its configuration file,
// by flags and environment, or by a program that embeds it. Zero means the
// default, which SetDefaults fills in. Field names are those that users of the
// reference's embeddable server know, where both have them.
type Options struct {
	ConfigFile  string    // the file that was loaded, for reloads
	CheckConfig bool      // only check the file
	Digest      string    // of the file; empty without one
	Notes       []Problem // of what the file has and is not used
	// Override puts what flags and environment said over what the file says, at
	// each reload; nil for nothing.
	Override func(*Options)

	// Clients.
	Host                  string
	Port                  int // 0 means 4222, -1 a free one
	DontListen            bool
	ClientAdvertise       string
	ServerName            string
	Tags                  []string
	Metadata              map[string]string
	FeatureFlags          map[string]bool
	MaxConn               int // connections; negative for any number
	MaxSubs               int // subscriptions of one connection; 0 for any number
	MaxSubTokens          uint8
	MaxControlLine        int32 // bytes
	MaxPayload            int32 // bytes
	MaxPending            int64 // bytes
	MaxClosedClients      int
	PingInterval          time.Duration
	MaxPingsOut           int
	DisableShortFirstPing bool
	WriteDeadline         time.Duration
	WriteTimeout          string // default, close or retry
	NoHeaderSupport       bool
	NoFastProducerStall   bool
	NoSublistCache        bool
	AlwaysEnableNonce     bool
	LameDuckDuration      time.Duration
	LameDuckGracePeriod   time.Duration
	ConnectErrorReports   int
	ReconnectErrorReports int

	// Accounts and users.
	Username           string
	Password           string
	Authorization      string  // token
	AuthTimeout        float64 // seconds
	Users              []*User
	Nkeys              []*NkeyUser
	DefaultPermissions *Permissions
	NoAuthUser         string
	Accounts           []*Account
	Mappings           []*Mapping // of the global account
	SystemAccount      string
	NoSystemAccount    bool
	AuthCallout        *AuthCallout
	TrustedKeys        []string
	Operators          []string // operator JWTs
	Resolver           *Resolver
	ResolverTLS        *tls.Config // towards a URL resolver
	DefaultSentinel    string
	PinnedAccounts     []string

	// TLS of the client listener.
	TLS                       bool
	TLSVerify                 bool
	TLSMap                    bool
	TLSCert                   string
	TLSKey                    string
	TLSCaCert                 string
	TLSTimeout                float64 // seconds
	TLSConfig                 *tls.Config
	TLSBlock                  *TLS
	TLSHandshakeFirst         bool
	TLSHandshakeFirstFallback time.Duration
	AllowNonTLS               bool

	// Log.
	NoLog           bool
	NoSigs          bool
	Debug           bool
	Trace           bool
	TraceVerbose    bool
	TraceHeaders    bool
	Logtime         bool
	LogtimeUTC      bool
	LogJSON         bool
	LogFile         string
	LogSizeLimit    int64
	LogMaxFiles     int64
	MaxTracedMsgLen int // bytes; 0 for all
	Syslog          bool
	RemoteSyslog    string
	PidFile         string
	PortsFileDir    string
	ProfPort        int
	ProfBlockRate   int

	// Monitoring.
	HTTPHost     string
	HTTPPort     int // 0 means off, -1 a free one
	HTTPBasePath string
	HTTPSPort    int

	// Links, streams and other protocols.
	Cluster            ClusterOpts
	Routes             []*url.URL
	RoutesStr          string
	Gateway            GatewayOpts
	LeafNode           LeafNodeOpts
	JetStream          bool
	JetStreamMaxMemory int64
	JetStreamMaxStore  int64
	JetStreamDomain    string
	DefaultJSDomain    map[string]string // by account
	JetStreamStrict    bool
	JetStreamLimits    JSLimitOpts
	JetStreamUniqueTag string
	JetStreamKey       string
	JetStreamOldKey    string
	JetStreamCipher    string
	StoreDir           string
	SyncInterval       time.Duration
	SyncAlways         bool
	Websocket          WebsocketOpts
	MQTT               MQTTOpts
}
