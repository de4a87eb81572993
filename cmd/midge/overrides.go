package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/midge-nats/midge/conf"
)

// override puts the flags over what the file said. It does the same at every
// reload, so that a flag stays stronger than the file. [C-10]
func (v flagValues) override(o *conf.Options) error {
	v.overrideValues(o)
	v.overrideLevels(o)
	if err := v.overrideCluster(o); err != nil {
		return err
	}
	return v.overrideTLS(o)
}

// overrideValues are the flags that are one option each.
func (v flagValues) overrideValues(o *conf.Options) {
	for name, to := range map[string]*string{
		"addr": &o.Host, "name": &o.ServerName, "pid": &o.PidFile, "client_advertise": &o.ClientAdvertise,
		"ports_file_dir": &o.PortsFileDir, "log": &o.LogFile, "remote_syslog": &o.RemoteSyslog, "store_dir": &o.StoreDir,
		"user": &o.Username, "pass": &o.Password, "auth": &o.Authorization,
		"cluster_name": &o.Cluster.Name, "cluster_advertise": &o.Cluster.Advertise,
	} {
		if s, ok := v.text(name); ok {
			*to = s
		}
	}
	for name, to := range map[string]*int{
		"port": &o.Port, "http_port": &o.HTTPPort, "https_port": &o.HTTPSPort, "max_traced_msg_len": &o.MaxTracedMsgLen,
		"connect_retries": &o.Cluster.ConnectRetries, "profile": &o.ProfPort,
	} {
		if n, ok := v.number(name); ok {
			*to = n
		}
	}
	for name, to := range map[string]*bool{
		"logtime": &o.Logtime, "logtime_utc": &o.LogtimeUTC, "syslog": &o.Syslog, "debug": &o.Debug, "trace": &o.Trace,
		"jetstream": &o.JetStream, "no_advertise": &o.Cluster.NoAdvertise,
	} {
		if b, ok := v.boolean(name); ok {
			*to = b
		}
	}
	if n, ok := v.number("log_size_limit"); ok {
		o.LogSizeLimit = int64(n)
	}
}

// overrideLevels are the flags that stand for several log levels.
func (v flagValues) overrideLevels(o *conf.Options) {
	if b, ok := v.boolean("VV"); ok {
		o.Trace, o.TraceVerbose = b, b
	}
	if b, ok := v.boolean("DV"); ok {
		o.Debug, o.Trace = b, b
	}
	if b, ok := v.boolean("DVV"); ok {
		o.Debug, o.Trace, o.TraceVerbose = b, b, b
	}
}

// overrideCluster are -cluster, -cluster_listen and -routes.
func (v flagValues) overrideCluster(o *conf.Options) error {
	for _, name := range []string{"cluster", "cluster_listen"} {
		if s, ok := v.text(name); ok && s != "" {
			if err := clusterListen(&o.Cluster, s); err != nil {
				return fmt.Errorf("--%s: %w", name, err)
			}
		}
	}
	s, ok := v.text("routes")
	if !ok {
		return nil
	}
	routes, err := routeURLs(s)
	if err != nil {
		return err
	}
	o.Routes, o.RoutesStr = routes, s
	if len(routes) > 0 && o.Cluster.Port == 0 {
		return errors.New("solicited routes require cluster capabilities, e.g. --cluster")
	}
	return nil
}

// clusterListen reads an address to listen on for routes, such as
// nats://user:password@0.0.0.0:6222.
func clusterListen(c *conf.ClusterOpts, s string) error {
	if !strings.Contains(s, "://") {
		s = "nats://" + s
	}
	u, err := url.Parse(s)
	if err != nil && strings.HasSuffix(s, ":-1") { // a free port, which is no url to Go
		u, err = url.Parse(strings.TrimSuffix(s, "-1") + "0")
		if err == nil {
			u.Host = strings.TrimSuffix(u.Host, "0") + "-1"
		}
	}
	if err != nil {
		return fmt.Errorf("invalid cluster url: %w", errors.Unwrap(err)) // the whole error has the password
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		return errors.New("missing port in address")
	}
	if c.Port, err = strconv.Atoi(port); err != nil || c.Port == 0 || c.Port < -1 || c.Port > 65535 {
		return fmt.Errorf("could not parse port %q", port)
	}
	c.Host = host
	if u.User == nil {
		return nil
	}
	password, ok := u.User.Password()
	if !ok {
		return errors.New("expected cluster password to be set")
	}
	c.Username, c.Password = u.User.Username(), password
	return nil
}

// routeURLs reads a list of servers to connect to.
func routeURLs(s string) ([]*url.URL, error) {
	var list []*url.URL
	for i, one := range strings.Split(s, ",") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		u, err := url.Parse(one)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("--routes: number %d of the list is no url, it looks like nats://host:6222", i+1)
		}
		list = append(list, u)
	}
	return list, nil
}

// overrideTLS are the -tls flags. Without a certificate of the file there must
// be one among them.
func (v flagValues) overrideTLS(o *conf.Options) error {
	given := false
	for name, to := range map[string]*string{"tlscert": &o.TLSCert, "tlskey": &o.TLSKey, "tlscacert": &o.TLSCaCert} {
		if s, ok := v.text(name); ok {
			*to, given = s, true
		}
	}
	for name, to := range map[string]*bool{"tls": &o.TLS, "tlsverify": &o.TLSVerify} {
		if b, ok := v.boolean(name); ok {
			*to, given = b, given || b
		}
	}
	if b, ok := v.boolean("tls"); ok && !b {
		o.TLSConfig = nil
		return nil
	}
	if !given || o.TLSConfig != nil && o.TLSCert == "" {
		return nil
	}
	config, err := serverTLS(o)
	if err != nil {
		return err
	}
	o.TLS, o.TLSConfig = true, config
	return nil
}

// serverTLS reads the files of the -tls flags. The first two texts are the
// reference's.
func serverTLS(o *conf.Options) (*tls.Config, error) {
	if o.TLSCert == "" {
		return nil, errors.New("TLS Server certificate must be present and valid")
	}
	if o.TLSKey == "" {
		return nil, errors.New("TLS Server private key must be present and valid")
	}
	cert, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("error parsing X509 certificate/key pair: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if o.TLSVerify {
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if o.TLSCaCert != "" {
		pem, err := os.ReadFile(o.TLSCaCert)
		if err != nil {
			return nil, fmt.Errorf("certificate authority: %w", err)
		}
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificate authority: %q holds no PEM certificate", o.TLSCaCert)
		}
	}
	return config, nil
}
