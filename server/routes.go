package server

import (
	"crypto/rand"
	"net"
	"slices"
	"time"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/internal/netx"
	"github.com/midge-nats/midge/route"
)

// newRoutes makes the server's side of its cluster, nil when it is in none.
func (s *Server) newRoutes(opts *Options) (*route.Manager, error) {
	c := &opts.Cluster
	if c.Port == 0 {
		return nil, nil
	}
	set := &route.Settings{
		Name: c.Name, Host: c.Host, Port: c.Port, Advertise: c.Advertise, NoAdvertise: c.NoAdvertise,
		Username: c.Username, Password: c.Password, AuthTimeout: seconds(c.AuthTimeout),
		TLS: c.TLSConfig, TLSTimeout: seconds(c.TLSTimeout), Routes: opts.Routes, ConnectRetries: c.ConnectRetries,
		PingInterval: opts.PingInterval, PingMax: opts.MaxPingsOut, MaxControlLine: int(opts.MaxControlLine),
		MaxPending: opts.MaxPending, WriteDeadline: opts.WriteDeadline,
	}
	if set.Host == "" {
		set.Host = opts.Host
	}
	if set.Name == "" {
		set.Name = opts.Gateway.Name
	}
	if set.Name == "" {
		set.Name, set.Dynamic = rand.Text()[:clusterNameBytes], true
	}
	if c.PingInterval > 0 {
		set.PingInterval = c.PingInterval
	}
	if set.AuthTimeout == 0 {
		set.AuthTimeout = routeAuthTimeout
	}
	if set.TLSTimeout == 0 {
		set.TLSTimeout = routeAuthTimeout
	}
	if c.Permissions != nil {
		var err error
		if set.Import, err = linkPermissions(c.Permissions.Publish); err != nil {
			return nil, err
		}
		if set.Export, err = linkPermissions(c.Permissions.Subscribe); err != nil {
			return nil, err
		}
	}
	return route.New(route.Deps{
		Broker: s.broker, Info: s.routeInfo, ClientURLs: s.clientAddrs, Changed: s.clusterChanged,
		Joined: s.routeJoined, Gossip: s.routeGossip,
		Authorize: func(user, password string) bool { return auth.SameUser(c.Username, c.Password, user, password) },
	}, set), nil
}

// linkPermissions compiles one direction of a link's permissions, nil of none.
func linkPermissions(p *conf.SubjectPermission) (*core.Permissions, error) {
	if p == nil {
		return nil, nil
	}
	return core.NewPermissions(core.Rules{
		PublishAllow: p.Allow, PublishDeny: p.Deny, SubscribeAllow: p.Allow, SubscribeDeny: p.Deny,
	})
}

const (
	clusterNameBytes = 22 // of a name that is made up
	routeAuthTimeout = 2 * time.Second
)

// clusterChanged tells clients where else they could connect.
func (s *Server) clusterChanged() {
	if s.gateways != nil && s.Running() {
		s.gateways.ClusterChanged()
	}
	if s.Running() && !s.getOpts().Cluster.NoAdvertise {
		s.clients.SendInfo()
	}
}

// clientAddrs are the addresses under which clients reach this server: the one
// that is advertised, or those of the listener.
func (s *Server) clientAddrs() []string {
	opts := s.getOpts()
	s.mu.Lock()
	port, ok := addrPort(s.clientL)
	s.mu.Unlock()
	if !ok {
		return nil
	}
	if opts.ClientAdvertise != "" {
		if host, p, err := netx.HostPort(opts.ClientAdvertise, port); err == nil {
			return []string{netx.Join(host, p)}
		}
	}
	if !netx.Wildcard(opts.Host) {
		return []string{netx.Join(opts.Host, port)}
	}
	var urls []string
	for _, h := range netx.NonLocal(opts.Host) {
		urls = append(urls, netx.Join(h, port))
	}
	return urls
}

// routeList describes the routes for monitoring.
func (s *Server) routeList() []*monitor.RouteInfo {
	if s.routes == nil {
		return nil
	}
	var list []*monitor.RouteInfo
	for _, c := range s.routes.Peers() {
		info := c.Info()
		r := s.monitor.DescribeRoute(c.Core())
		r.RemoteID, r.RemoteName = info.ServerID, info.ServerName
		r.DidSolicit, r.IsConfigured = c.Solicited()
		list = append(list, r)
	}
	return list
}

// clusterInfo describes the cluster for monitoring, nil without one.
func (s *Server) clusterInfo() *monitor.ClusterInfo {
	if s.routes == nil {
		return nil
	}
	opts := s.getOpts()
	i := &monitor.ClusterInfo{
		Name: s.routes.Name(), Addr: opts.Cluster.Host, Port: s.routes.Port(), AuthTimeout: opts.Cluster.AuthTimeout,
		TLSTimeout: opts.Cluster.TLSTimeout, TLSRequired: opts.Cluster.TLSConfig != nil, TLSVerify: opts.Cluster.TLSConfig != nil,
	}
	for _, u := range opts.Routes {
		i.URLs = append(i.URLs, u.Host)
	}
	slices.Sort(i.URLs)
	return i
}

// clusterListener is the cluster port's listener, nil without one.
func (s *Server) clusterListener() net.Listener {
	if s.routes == nil {
		return nil
	}
	return s.routes.Listener()
}
