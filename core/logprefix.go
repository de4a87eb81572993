package core

import (
	"fmt"
	"net"
)

// logPrefix is how log lines name a connection. [C-14]
func logPrefix(c *Conn) string {
	remote := "pipe"
	if c.nc != nil && c.nc.RemoteAddr() != nil {
		remote = c.nc.RemoteAddr().String()
	}
	return fmt.Sprintf("%s - %s:%d", remote, kindInfo[c.kind].prefix, c.id)
}

// RemoteHost gives the peer's address and port; "" and 0 for a connection
// within the process.
func (c *Conn) RemoteHost() (host string, port int) {
	if a, ok := c.Transport().RemoteAddr().(*net.TCPAddr); ok {
		return a.IP.String(), a.Port
	}
	return "", 0
}
