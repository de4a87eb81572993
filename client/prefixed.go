package client

import "net"

// prefixed is a socket of which some bytes were read already; they are read
// again first.
type prefixed struct {
	net.Conn
	rest []byte
}

// Read gives the bytes read before, then what the socket has.
func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.rest) > 0 {
		n := copy(b, p.rest)
		p.rest = p.rest[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}
