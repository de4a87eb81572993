package leafnode

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// nonceBytes is the length of a nonce.
const nonceBytes = 15

// accept serves a connection that another server made. [L-1]
func (m *Manager) accept(nc net.Conn) {
	c := m.newConn(nc, nil)
	c.nonce = rand.Text()[:nonceBytes]
	if err := c.greet(nc); err != nil {
		c.log().Errorf("%s - TLS leafnode handshake error: %v", c.conn, err)
		c.conn.Discard(protocol.TLSHandshakeFailure)
		return
	}
	c.conn.Parser.ConnectFirst = true
	c.timer.Store(time.AfterFunc(or(m.settings.AuthTimeout, defaultAuthTimeout), func() { c.conn.Fail(protocol.ErrAuthTimeout) }))
	c.conn.Serve()
}

// greet sends INFO and has TLS started, in the order that the settings say.
func (c *Conn) greet(nc net.Conn) error {
	s := c.manager.settings
	info := c.manager.info()
	info.ClientID, info.Nonce, info.Compression = c.conn.ID(), c.nonce, "off"
	line := info.Marshal()
	if s.TLS == nil || !s.HandshakeFirst {
		if err := writeAll(nc, line, or(s.WriteDeadline, defaultAuthTimeout)); err != nil {
			return err
		}
	}
	if s.TLS == nil {
		return nil
	}
	tc := tls.Server(nc, s.TLS)
	if err := shake(tc, or(s.TLSTimeout, defaultTLSTimeout)); err != nil {
		return err
	}
	c.conn.SetTransport(tc)
	if s.HandshakeFirst {
		return writeAll(tc, line, or(s.WriteDeadline, defaultAuthTimeout))
	}
	return nil
}

// writeAll writes before a connection is served, so nothing can be in its way.
func writeAll(nc net.Conn, line []byte, limit time.Duration) error {
	if err := nc.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if _, err := nc.Write(line); err != nil {
		return err
	}
	return nc.SetWriteDeadline(time.Time{})
}

func shake(tc *tls.Conn, limit time.Duration) error {
	if err := tc.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if err := tc.Handshake(); err != nil {
		return err
	}
	return tc.SetDeadline(time.Time{})
}

// sameCluster ends connections between parts of one cluster.
var sameCluster = &protocol.Error{Text: "remote leafnode has same cluster name", Close: true, Reason: protocol.ClusterNamesIdentical}

// handleConnect checks who dials, and answers with INFO and all interest. [L-2]
// [L-19]
func (c *Conn) handleConnect(arg []byte) error {
	if c.remote != nil || c.registered {
		return nil
	}
	said, err := protocol.ParseLinkConnect(arg)
	if err != nil {
		return err
	}
	own := c.manager.settings
	switch {
	case said.Lang != "":
		return protocol.ErrWrongPortLeaf
	case said.Gateway != "":
		return refuse(protocol.WrongGateway, "Rejecting connection from gateway %q on the leafnode port", said.Gateway)
	case strings.Contains(said.Cluster, " "):
		return refuse(protocol.ProtocolViolation, "cluster name cannot contain spaces")
	case said.IsHub:
		return refuse(protocol.ProtocolViolation, "this server is the hub of its leafnode connections")
	}
	c.stopTimer()
	c.conn.SetName(said.Name)
	grant, err := c.manager.deps.Authenticate(c.conn, said)
	if err != nil {
		c.log().Errorf("%s - authentication error: %v", c.conn, err)
		if e, ok := errors.AsType[*protocol.Error](err); ok {
			return e
		}
		return protocol.ErrAuthorization
	}
	if own.Cluster != "" && said.Cluster == own.Cluster {
		return sameCluster
	}
	if err := c.conn.Bind(grant); err != nil {
		return err
	}
	c.said, c.account, c.cluster, c.foreign = said, grant.Account, said.Cluster, said.RemoteAccount
	c.isolated = own.Isolate || said.Isolate
	c.conn.Parser.ConnectFirst = false
	if err := c.limit(grant.Permissions, said.DenyPub); err != nil {
		return err
	}
	c.conn.SetLink(protocol.AppendLeafMsg, said.Headers, said.Protocol >= trace.Level)
	info := c.connectInfo(grant)
	c.conn.Send(info.Marshal())
	if old(said.Version, own.MinVersion) {
		return refuse(protocol.MinimumVersionRequired, "connection rejected since minimum version required is %q", own.MinVersion)
	}
	c.manager.replace(c)
	return c.manager.register(c)
}

// connectInfo is the answer to CONNECT: the account, and what the spoke may.
func (c *Conn) connectInfo(g *core.Grant) protocol.Info {
	info := c.manager.info()
	info.ClientID, info.ConnectInfo, info.RemoteAccount = c.conn.ID(), true, g.Account.Name()
	info.IsSystem = c.manager.deps.System() == g.Account
	if p := g.Permissions; p != nil {
		r := p.Rules()
		info.Import = &protocol.SubjectPermission{Allow: plain(r.SubscribeAllow), Deny: plain(r.SubscribeDeny)}
		info.Export = &protocol.SubjectPermission{Allow: r.PublishAllow, Deny: r.PublishDeny}
	}
	return info
}

// plain gives the subjects of rules that name no queue group.
func plain(rules []string) []string {
	var list []string
	for _, r := range rules {
		if f := strings.Fields(r); len(f) == 1 {
			list = append(list, f[0])
		}
	}
	return list
}

// limit makes a user's permissions count for the connection, and what the spoke
// does not want to be sent. [L-14] [L-16]
func (c *Conn) limit(p *core.Permissions, denied []string) error {
	if p == nil && len(denied) == 0 {
		return nil
	}
	rules := core.Rules{PublishDeny: denied}
	if p != nil {
		rules.PublishAllow = plain(p.Rules().SubscribeAllow)
	}
	sending, err := core.NewPermissions(rules)
	if err != nil {
		return protocol.ErrBadArguments
	}
	c.may.Store(p)
	c.conn.SetSending(sending)
	return nil
}

// old tells whether a version is lower than the lowest that is wanted.
func old(version, lowest string) bool {
	return lowest != "" && slices.Compare(numbers(version), numbers(lowest)) < 0
}

// numbers splits a version: what is no number counts as 0.
func numbers(version string) []int {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	var list []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			n = 0
		}
		list = append(list, n)
	}
	return list
}
