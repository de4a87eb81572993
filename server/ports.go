package server

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/midge-nats/midge/internal/netx"
)

// Ports are the URLs under which a server can be reached, by what it speaks
// there: what the ports file holds. [C-13]
type Ports struct {
	Nats       []string `json:"nats,omitempty"`
	Monitoring []string `json:"monitoring,omitempty"`
	Cluster    []string `json:"cluster,omitempty"`
	Profile    []string `json:"profile,omitempty"`
	WebSocket  []string `json:"websocket,omitempty"`
	LeafNodes  []string `json:"leafnodes,omitempty"`
}

// PortsInfo gives the URLs of the listeners that are open.
func (s *Server) PortsInfo() Ports {
	opts := s.getOpts()
	s.mu.Lock()
	defer s.mu.Unlock()
	var p Ports
	scheme := "nats"
	if opts.TLSConfig != nil {
		scheme = "tls"
	}
	p.Nats = listenURLs(scheme, opts.Host, s.clientL)
	p.Cluster = listenURLs("nats", opts.Cluster.Host, s.clusterListener())
	p.LeafNodes = listenURLs("nats", opts.LeafNode.Host, s.leafListener())
	if s.http != nil {
		p.Monitoring = listenURLs(s.http.scheme, s.http.host, s.http.listener)
	}
	return p
}

// listenURLs gives the URLs of a listener; a wildcard host stands for all
// addresses of the machine.
func listenURLs(scheme, host string, l net.Listener) []string {
	port, ok := addrPort(l)
	if !ok {
		return nil
	}
	hosts := []string{host}
	if netx.Wildcard(host) {
		hosts = netx.AllLocal(host)
	}
	var urls []string
	for _, h := range hosts {
		urls = append(urls, scheme+"://"+netx.Join(h, port))
	}
	return urls
}

// portsFile is the name of this process's ports file in a folder.
func portsFile(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("%s_%s.ports", filepath.Base(os.Args[0]), pid()))
}

// writePortsFile writes the ports file under a temporary name first: whoever
// waits for it never reads half of it.
func (s *Server) writePortsFile(opts *Options) error {
	if opts.PortsFileDir == "" {
		return nil
	}
	text, err := json.Marshal(s.PortsInfo())
	if err != nil {
		return fmt.Errorf("ports file: %w", err)
	}
	name := portsFile(opts.PortsFileDir)
	if err := os.WriteFile(name+".tmp", text, 0o644); err != nil {
		return fmt.Errorf("ports file: %w", err)
	}
	return os.Rename(name+".tmp", name)
}

func (s *Server) removePortsFile(dir string) {
	if dir == "" {
		return
	}
	if err := os.Remove(portsFile(dir)); err != nil && !os.IsNotExist(err) {
		s.log.Errorf("Remove ports file: %v", err)
	}
}

func pid() string { return strconv.Itoa(os.Getpid()) }
