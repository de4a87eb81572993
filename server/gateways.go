package server

import (
	"net"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/gateway"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/protocol"
)

// newGateways makes the server's side of its gateways, nil when it has none.
func (s *Server) newGateways(opts *Options) *gateway.Manager {
	g := &opts.Gateway
	if g.Name == "" {
		return nil
	}
	set := &gateway.Settings{
		Name: g.Name, Host: g.Host, Port: g.Port, Advertise: g.Advertise,
		Username: g.Username, Password: g.Password, AuthTimeout: seconds(g.AuthTimeout),
		TLS: g.TLSConfig, TLSTimeout: seconds(g.TLSTimeout), ConnectRetries: g.ConnectRetries, ConnectBackoff: g.ConnectBackoff,
		RejectUnknown: g.RejectUnknown, PingInterval: opts.PingInterval, PingMax: opts.MaxPingsOut,
		MaxControlLine: int(opts.MaxControlLine), MaxPending: opts.MaxPending, WriteDeadline: opts.WriteDeadline,
	}
	if set.Host == "" {
		set.Host = opts.Host
	}
	if g.WriteDeadline > 0 {
		set.WriteDeadline = g.WriteDeadline
	}
	if set.AuthTimeout == 0 {
		set.AuthTimeout = routeAuthTimeout
	}
	if set.TLSTimeout == 0 {
		set.TLSTimeout = routeAuthTimeout
	}
	for _, r := range g.Gateways {
		set.Remotes = append(set.Remotes, gateway.Remote{Name: r.Name, URLs: r.URLs, TLS: r.TLSConfig, TLSTimeout: seconds(r.TLSTimeout)})
	}
	return gateway.New(gateway.Deps{
		Broker: s.broker, Info: s.baseInfo, ClusterURLs: s.gatewayURLs, InCluster: s.inCluster,
		RouteTo: s.routeTo, TellRoutes: s.tellRoutes,
		Authorize: func(user, password string) bool { return auth.SameUser(g.Username, g.Password, user, password) },
	}, set)
}

// routeInfo is this server's INFO on routes: with the address of its gateway.
func (s *Server) routeInfo() protocol.Info {
	i := s.baseInfo()
	if s.gateways != nil {
		i.GatewayURL = s.gateways.URL()
	}
	return i
}

// routeJoined tells a new route of the gateways.
func (s *Server) routeJoined(c *core.Conn) {
	if s.gateways != nil {
		s.gateways.Joined(c)
	}
}

// routeGossip takes what a route tells of gateways.
func (s *Server) routeGossip(info *protocol.Info) {
	if s.gateways != nil {
		s.gateways.Gossip(info)
	}
}

// gatewayURLs are the gateway addresses of the other servers of the cluster.
func (s *Server) gatewayURLs() (urls []string) {
	if s.routes == nil {
		return nil
	}
	for _, c := range s.routes.Peers() {
		if u := c.Info().GatewayURL; u != "" {
			urls = append(urls, u)
		}
	}
	return urls
}

// inCluster tells whether a server of the cluster has a name.
func (s *Server) inCluster(name string) bool {
	if name == s.Name() {
		return true
	}
	if s.routes != nil {
		for _, c := range s.routes.Peers() {
			if c.Info().ServerName == name {
				return true
			}
		}
	}
	return false
}

// routeTo gives the route to the server whose id has a hash, nil without one.
func (s *Server) routeTo(hash string) *core.Conn {
	if s.routes != nil {
		for _, c := range s.routes.Peers() {
			if gateway.Hash(c.Info().ServerID) == hash {
				return c.Core()
			}
		}
	}
	return nil
}

// tellRoutes sends a line to the other servers of the cluster.
func (s *Server) tellRoutes(line []byte) {
	if s.routes != nil {
		for _, c := range s.routes.Peers() {
			c.Core().Send(line)
		}
	}
}

// NumOutboundGateways is the number of clusters that this server is connected to.
func (s *Server) NumOutboundGateways() int {
	if s.gateways == nil {
		return 0
	}
	return len(s.gateways.Outbound())
}

// NumInboundGateways is the number of connections that servers of other clusters
// have made.
func (s *Server) NumInboundGateways() int {
	if s.gateways == nil {
		return 0
	}
	return len(s.gateways.Inbound())
}

// GatewayAddr is the address of the gateway port, nil when there is none.
func (s *Server) GatewayAddr() *net.TCPAddr {
	if s.gateways == nil || s.gateways.Listener() == nil {
		return nil
	}
	a, _ := s.gateways.Listener().Addr().(*net.TCPAddr)
	return a
}

// gatewayState describes the gateways for monitoring, nil without them.
func (s *Server) gatewayState() *monitor.GatewayState {
	if s.gateways == nil {
		return nil
	}
	opts := s.getOpts()
	g := &opts.Gateway
	st := &monitor.GatewayState{Info: monitor.GatewayInfo{
		Name: g.Name, Host: g.Host, Port: s.gateways.Port(), AuthTimeout: g.AuthTimeout, TLSTimeout: g.TLSTimeout,
		TLSRequired: g.TLSConfig != nil, TLSVerify: g.TLSConfig != nil, Advertise: g.Advertise,
		ConnectRetries: g.ConnectRetries, RejectUnknown: g.RejectUnknown,
	}}
	for _, r := range g.Gateways {
		remote := monitor.RemoteGatewayInfo{Name: r.Name, TLSTimeout: r.TLSTimeout}
		for _, u := range r.URLs {
			remote.URLs = append(remote.URLs, u.Host)
		}
		st.Info.Gateways = append(st.Info.Gateways, remote)
	}
	for _, c := range s.gateways.Outbound() {
		link := monitor.GatewayLink{Name: c.Info().Gateway, Conn: c.Core(), Configured: c.Configured()}
		for _, a := range c.Wants() {
			link.Accounts = append(link.Accounts, monitor.GatewayAccount{Name: a.Name, Mode: a.Mode, NumSubs: a.Plain, NumQueueSubs: a.Queues})
		}
		st.Outbound = append(st.Outbound, link)
	}
	for _, c := range s.gateways.Inbound() {
		st.Inbound = append(st.Inbound, monitor.GatewayLink{Name: c.Info().Gateway, Conn: c.Core(), Configured: c.Configured()})
	}
	return st
}
