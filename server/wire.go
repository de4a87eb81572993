package server

import (
	"time"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/internal/operator"
	"github.com/midge-nats/midge/internal/system"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// wire builds the parts of a server and introduces them to each other, once:
// what a part is told here does not change any more.
func (s *Server) wire(opts *Options, trust *operator.Trust) error {
	s.broker = core.New(s.goroutines, s.log)
	s.broker.SetNoStall(opts.NoFastProducerStall)
	setup, err := s.build(opts)
	if err != nil {
		return err
	}
	s.auth = auth.New(setup.rules)
	authenticator, err := s.authenticator(opts, trust)
	if err != nil {
		return err
	}
	s.clients = client.NewServer(s.broker, authenticator, s.baseInfo, s.systemAccount, clientSettings(opts, setup.rules))
	s.monitor = monitor.New(monitor.Source{
		Broker: s.broker, Started: s.started, Options: s.getOpts, Loaded: s.loadedAt, Digest: s.configDigest,
		Info: s.baseInfo, System: s.systemAccount, HTTPPort: s.httpPort, Ready: s.isReady,
		Routes: s.routeList, Cluster: s.clusterInfo, Gateways: s.gatewayState, Leafnodes: s.leafnodeList, Leaf: s.leafInfo,
	})
	if s.routes, err = s.newRoutes(opts); err != nil {
		return err
	}
	if s.routes != nil {
		s.broker.Observe(s.routes)
	}
	if s.gateways = s.newGateways(opts); s.gateways != nil {
		s.broker.SetGateways(s.gateways)
		s.broker.Watch(s.gateways)
	}
	if s.leafnodes, err = s.newLeafnodes(opts, setup.rules, authenticator); err != nil {
		return err
	}
	if s.leafnodes != nil {
		s.broker.Watch(s.leafnodes)
	}
	events := observers{s.monitor}
	if !opts.NoSystemAccount {
		s.system = system.New(s.broker, s.broker.Account(opts.SystemAccount), s.monitor, s, s.ID())
		s.broker.SetServer(s.serverBlock(opts))
		s.broker.SetDescribe(s.system.RequestInfo)
		events = append(events, s.system)
	}
	if s.operators != nil {
		events = append(events, s.operators.manager)
	}
	s.broker.SetEvents(events)
	return s.install(setup)
}

// observers hear of connections one after the other.
type observers []core.Events

// Opened tells all of them.
func (l observers) Opened(c *core.Conn) {
	for _, o := range l {
		o.Opened(c)
	}
}

// Closed tells all of them.
func (l observers) Closed(c *core.Conn, reason protocol.CloseReason) {
	for _, o := range l {
		o.Closed(c, reason)
	}
}

// systemAccount is the system account, nil without one.
func (s *Server) systemAccount() *core.Account {
	if s.system == nil {
		return nil
	}
	return s.system.Account()
}

// serverBlock describes this server in what it publishes. [T-21]
func (s *Server) serverBlock(opts *Options) *trace.Server {
	return &trace.Server{
		Name: s.Name(), Host: opts.Host, ID: s.ID(), Version: Version, Cluster: s.leafCluster(opts),
		Tags: opts.Tags, Metadata: opts.Metadata,
		FeatureFlags: map[string]bool{
			"js_ack_fc_v2": false, "js_api_reply_v2": false, "js_raft_delete_range": true, "js_snapshot_sources": false,
		},
	}
}

// clientSettings is what the options say about clients.
func clientSettings(opts *Options, rules *auth.Rules) *client.Settings {
	_, nkeyDefault := rules.NKeys[opts.NoAuthUser]
	return &client.Settings{
		MaxPayload: int64(opts.MaxPayload), MaxControlLine: int(opts.MaxControlLine), MaxPending: opts.MaxPending,
		MaxSubs: opts.MaxSubs, MaxSubTokens: int(opts.MaxSubTokens), WriteDeadline: opts.WriteDeadline,
		PingInterval: opts.PingInterval, PingMax: opts.MaxPingsOut, NoEarlyPing: opts.DisableShortFirstPing,
		NoHeaders: opts.NoHeaderSupport, AuthRequired: rules.Required() || hasOperators(opts), DefaultUser: rules.Default != nil || opts.DefaultSentinel != "",
		AuthTimeout: seconds(opts.AuthTimeout), Nonce: len(rules.NKeys) > 0 || hasOperators(opts) || opts.AuthCallout != nil || nkeyDefault || opts.AlwaysEnableNonce,
		TLS: opts.TLSConfig, TLSTimeout: seconds(opts.TLSTimeout), AllowNonTLS: opts.AllowNonTLS,
		HandshakeFirst: opts.TLSHandshakeFirst, TLSFallback: opts.TLSHandshakeFirstFallback,
		LineTrace: lineTrace(opts),
	}
}

// lineTrace says how operations are logged, nil for not at all.
func lineTrace(opts *Options) *core.LineTrace {
	if !opts.Trace {
		return nil
	}
	return &core.LineTrace{HeadersOnly: opts.TraceHeaders, MaxBytes: opts.MaxTracedMsgLen}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
