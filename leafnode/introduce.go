package leafnode

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
	"github.com/midge-nats/midge/trace"
)

// Identity is how the server proves to a hub who it is: by a key, with or without
// a JWT. It is asked at each connection. Nil proves nothing.
type Identity func(nonce []byte) (jwt, nkey, sig string, err error)

// introduce says who the server is. A hub that gives no INFO after that has all
// it needs now. [L-3] [L-4]
func (c *Conn) introduce(info *protocol.Info, u *url.URL) error {
	m, r := c.manager, c.remote
	acc := m.deps.Broker.LookupAccount(r.Account)
	if acc == nil {
		return fmt.Errorf("no local account %q", r.Account)
	}
	own := m.deps.Info()
	said := protocol.LinkConnect{
		ServerID: own.ServerID, Cluster: m.settings.Cluster, IsHub: r.Hub, DenyPub: r.DenyImports,
		Isolate: r.RequestIsolation, Compression: "off", RemoteAccount: r.Account,
	}
	if info.Compression == "" {
		said.Compression = "not supported"
	}
	said.Name, said.Version, said.Headers, said.Protocol = own.ServerName, own.Version, true, trace.Level
	if err := c.prove(&said, info, u); err != nil {
		return err
	}
	if err := c.conn.Bind(&core.Grant{Account: acc}); err != nil {
		return err
	}
	c.account, c.cluster, c.isolated = acc, info.Cluster, r.Isolate
	c.conn.SetName(info.ServerName)
	c.conn.SetLink(protocol.AppendLeafMsg, info.Headers, info.Proto >= trace.Level)
	c.conn.Send(said.Marshal())
	if !info.InfoOnConnect {
		return c.permitted(info)
	}
	c.timer.Store(time.AfterFunc(connectInfoTimeout, func() {
		c.log().Errorf("%s - Stale Leaf Node Connection - Closing", c.conn)
		c.conn.Close(protocol.StaleConnection)
	}))
	return nil
}

// prove puts the credentials into CONNECT: those of the address in addition to
// a key. [L-5]
func (c *Conn) prove(said *protocol.LinkConnect, info *protocol.Info, u *url.URL) error {
	if id := c.remote.Identity; id != nil {
		var err error
		if said.JWT, said.NKey, said.Sig, err = id([]byte(info.Nonce)); err != nil {
			return err
		}
	}
	user := u.User
	for _, known := range c.remote.URLs {
		if user == nil {
			user = known.User // for an address that the hub told of
		}
	}
	if user == nil {
		return nil
	}
	said.User = user.Username()
	var with bool
	if said.Pass, with = user.Password(); !with {
		said.Token = said.User
	}
	return nil
}

// handleInfo takes the hub's answer to CONNECT, and later ones with other
// permissions. A spoke's INFO says nothing. [L-15]
func (c *Conn) handleInfo(arg []byte) error {
	if c.remote == nil {
		return nil
	}
	info, err := protocol.ParseInfo(arg)
	if err != nil {
		return err
	}
	if c.registered && info.Import == nil && info.Export == nil {
		return nil
	}
	if strings.Contains(info.Cluster, " ") {
		return refuse(protocol.ProtocolViolation, "cluster name cannot contain spaces")
	}
	return c.permitted(info)
}

// permitted makes the hub's permissions and the remote's own denials count, and
// registers the connection the first time.
func (c *Conn) permitted(info *protocol.Info) error {
	var r core.Rules
	if info.Import != nil {
		r.SubscribeAllow, r.SubscribeDeny = info.Import.Allow, info.Import.Deny
	}
	if info.Export != nil {
		r.PublishAllow, r.PublishDeny = info.Export.Allow, info.Export.Deny
	}
	r.SubscribeDeny = append(r.SubscribeDeny, c.remote.DenyImports...)
	r.PublishDeny = append(r.PublishDeny, c.remote.DenyExports...)
	p, err := core.NewPermissions(r)
	if err != nil {
		c.log().Errorf("%s - Permissions of the hub: %v", c.conn, err)
		return protocol.ErrBadArguments
	}
	c.may.Store(p)
	c.conn.SetSending(p)
	if c.registered {
		return nil
	}
	c.stopTimer()
	c.foreign = info.RemoteAccount
	return c.manager.register(c)
}
