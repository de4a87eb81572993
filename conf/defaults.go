package conf

import "time"

// The defaults. [C-9]
const (
	DefaultPort                = 4222
	DefaultHost                = "0.0.0.0"
	DefaultMaxConn             = 64 << 10
	DefaultMaxControlLine      = 4096
	DefaultMaxPayload          = 1 << 20
	DefaultMaxPending          = 64 << 20
	DefaultPingInterval        = 2 * time.Minute
	DefaultPingMax             = 2
	DefaultWriteDeadline       = 10 * time.Second
	DefaultAuthTimeout         = 2.0 // seconds
	DefaultTLSTimeout          = 2.0 // seconds
	DefaultMaxClosed           = 10_000
	DefaultLameDuckDuration    = 2 * time.Minute
	DefaultLameDuckGracePeriod = 10 * time.Second
	DefaultSystemAccount       = "$SYS"

	DefaultConnectErrorReports   = 3600 // one in so many failed attempts is told
	DefaultReconnectErrorReports = 1
)

// SetDefaults puts the default in place of each zero.
func (o *Options) SetDefaults() {
	def(&o.Host, DefaultHost)
	def(&o.Port, DefaultPort)
	def(&o.MaxConn, DefaultMaxConn)
	def(&o.MaxControlLine, DefaultMaxControlLine)
	def(&o.MaxPayload, DefaultMaxPayload)
	def(&o.MaxPending, DefaultMaxPending)
	def(&o.PingInterval, DefaultPingInterval)
	def(&o.MaxPingsOut, DefaultPingMax)
	def(&o.WriteDeadline, DefaultWriteDeadline)
	def(&o.TLSTimeout, DefaultTLSTimeout)
	if o.TLSConfig != nil {
		def(&o.AuthTimeout, o.TLSTimeout+1)
	}
	def(&o.AuthTimeout, DefaultAuthTimeout)
	def(&o.MaxClosedClients, DefaultMaxClosed)
	def(&o.LameDuckDuration, DefaultLameDuckDuration)
	def(&o.LameDuckGracePeriod, DefaultLameDuckGracePeriod)
	def(&o.SystemAccount, DefaultSystemAccount)
	def(&o.ConnectErrorReports, DefaultConnectErrorReports)
	def(&o.ReconnectErrorReports, DefaultReconnectErrorReports)
}

// def sets what is zero.
func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// MinLameDuckDuration is the shortest time over which clients are sent away.
const MinLameDuckDuration = 30 * time.Second
