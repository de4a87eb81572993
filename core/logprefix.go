package core

import (
	"fmt"
	"net"
)

// setLogPrefix says how log lines name the connection: by its address and id,
// and by its account and user once it has told who it is. [C-14]
func (c *Conn) setLogPrefix() {
	remote := "pipe"
	if c.nc != nil && c.nc.RemoteAddr() != nil {
		remote = c.nc.RemoteAddr().String()
	}
	prefix := fmt.Sprintf("%s - %s:%d", remote, kindInfo[c.kind].prefix, c.id)
	if g := c.grant.Load(); g != nil && g.User != "" {
		prefix += fmt.Sprintf(" - %q", g.Account.name+"/user:"+g.User)
	}
	c.log.Store(&prefix)
}

// RemoteHost gives the peer's address and port; "" and 0 for a connection
// within the process.
func (c *Conn) RemoteHost() (host string, port int) {
	if a, ok := c.Transport().RemoteAddr().(*net.TCPAddr); ok {
		return a.IP.String(), a.Port
	}
	return "", 0
}
