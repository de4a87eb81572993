package netx

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// HostPort splits "host:port", "[v6]:port", ":port" or, when defaultPort is
// not negative, a host alone. The host comes without brackets and may be
// empty. A port is -1 (any) to 65535.
func HostPort(addr string, defaultPort int) (host string, port int, err error) {
	addr = strings.TrimSpace(addr)
	if defaultPort >= 0 {
		if bare, ok := bareHost(addr); ok {
			return bare, defaultPort, nil
		}
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("address %q: %w", addr, err)
	}
	if strings.ContainsFunc(host, unicode.IsSpace) {
		return "", 0, fmt.Errorf("address %q: a host has no spaces", addr)
	}
	port, err = strconv.Atoi(strings.TrimSpace(text))
	if err != nil || port < -1 || port > 65535 {
		return "", 0, fmt.Errorf("address %q: could not parse port %q", addr, text)
	}
	return host, port, nil
}

// bareHost tells whether addr is a host without a port: a name, an IPv4 or a
// whole IPv6 address with or without brackets.
func bareHost(addr string) (string, bool) {
	if inner, ok := strings.CutPrefix(addr, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok {
			addr = inner
			return addr, addr != "" && !strings.ContainsFunc(addr, unicode.IsSpace)
		}
		return "", false
	}
	if !strings.Contains(addr, ":") {
		return addr, addr != "" && !strings.ContainsFunc(addr, unicode.IsSpace)
	}
	_, err := netip.ParseAddr(addr)
	return addr, err == nil
}

// Join gives "host:port", with brackets around an IPv6 host.
func Join(host string, port int) string {
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// Normalise gives addr in the form in which equal addresses are equal texts:
// lower case, no leading zeros, the shortest form of an IPv6 address, an IPv4
// address that is mapped into IPv6 as IPv4. What is no address comes back as
// it is.
func Normalise(addr string) string {
	host, port, err := HostPort(addr, -1)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return Join(strings.ToLower(host), port)
}

// Wildcard tells whether a listener on host takes connections on every
// address of the machine.
func Wildcard(host string) bool {
	if host == "" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsUnspecified()
}

// NonLocal lists the hosts under which others reach a listener on host: itself,
// or for a wildcard all addresses of the machine that are neither loopback nor
// link-local, IPv4 first. When the machine has none, loopback addresses are
// better than nothing. [P-27]
func NonLocal(host string) []string {
	if !Wildcard(host) {
		return []string{host}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return []string{host}
	}
	return pick(host, addrs, false)
}

// AllLocal lists all addresses of the machine, loopback included, for a
// wildcard host; any other host alone. The ports file wants it. [C-13]
func AllLocal(host string) []string {
	if !Wildcard(host) {
		return []string{host}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return []string{host}
	}
	return pick(host, addrs, true)
}

// pick chooses from the machine's addresses, of both families: a Go listener
// on either wildcard answers on both, and the reference lists both.
func pick(host string, addrs []net.Addr, loopback bool) []string {
	var reachable, local []netip.Addr
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		ip := prefix.Addr().Unmap()
		switch {
		case ip.IsLoopback():
			local = append(local, ip)
		case ip.IsLinkLocalUnicast(), ip.IsMulticast(), ip.IsUnspecified():
		default:
			reachable = append(reachable, ip)
		}
	}
	if loopback || len(reachable) == 0 {
		reachable = append(reachable, local...)
	}
	if len(reachable) == 0 {
		return []string{host}
	}
	slices.SortStableFunc(reachable, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	var list []string
	for _, ip := range slices.Compact(reachable) {
		list = append(list, ip.String())
	}
	return list
}

// SetTCP prepares a TCP connection: small writes leave at once, and a peer that
// is gone is noticed after about three keep-alive periods; a period of zero
// leaves keep-alive as it is, a negative one turns it off. Other connections
// are left alone.
func SetTCP(nc net.Conn, keepAlive time.Duration) error {
	tc, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	if err := tc.SetNoDelay(true); err != nil {
		return fmt.Errorf("set no delay: %w", err)
	}
	if keepAlive == 0 {
		return nil
	}
	err := tc.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: keepAlive > 0, Idle: keepAlive, Interval: keepAlive, Count: 3,
	})
	if err != nil {
		return fmt.Errorf("set keep-alive: %w", err)
	}
	return nil
}
