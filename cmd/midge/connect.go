package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/pflag"
)

// connectFlags say how a tool connects to a NATS system as a client.
type connectFlags struct {
	server, user, password, token string
	creds, nkey                   string // files
	tls, tlsFirst                 bool
	tlsCert, tlsKey, tlsCA        string // files
}

// register adds the flags to a command. A flag falls back to a variable that
// the server reads too where it means the same, so that a tool inside a
// server's container needs no flags.
func (c *connectFlags) register(flags *pflag.FlagSet, getenv func(string) string) {
	text := func(v *string, name, variable, fallback, help string) {
		if env := getenv(variable); env != "" {
			fallback = env
		}
		flags.StringVar(v, name, fallback, help+" ($"+variable+")")
		if f := flags.Lookup(name); name == "password" || name == "token" {
			f.DefValue = "" // help must not show secrets
		}
	}
	text(&c.server, "server", "MIDGE_SERVER", nats.DefaultURL, "NATS server `url`, several with commas")
	text(&c.user, "user", "MIDGE_USER", "", "user `name`")
	text(&c.password, "password", "MIDGE_PASS", "", "`password` of the user")
	text(&c.token, "token", "MIDGE_AUTH", "", "authorization `token`")
	text(&c.creds, "creds", "MIDGE_CREDS", "", "credentials `file` of the user")
	text(&c.nkey, "nkey", "MIDGE_NKEY", "", "`file` with the nkey seed of the user")
	flags.BoolVar(&c.tls, "tls", false, "require TLS")
	flags.BoolVar(&c.tlsFirst, "tlsfirst", false, "begin with the TLS handshake, before INFO")
	flags.StringVar(&c.tlsCert, "tlscert", "", "client certificate `file`")
	flags.StringVar(&c.tlsKey, "tlskey", "", "private key `file` of the client certificate")
	flags.StringVar(&c.tlsCA, "tlscacert", "", "`file` of the authority that signed the server's certificate")
}

// options are the client library's. The password of a user comes from a file or
// a flag, never from a prompt: tools run in scripts.
func (c *connectFlags) options(name string, timeout time.Duration) ([]nats.Option, error) {
	o := []nats.Option{nats.Name(name), nats.Timeout(timeout), nats.NoReconnect()}
	if c.user != "" {
		o = append(o, nats.UserInfo(c.user, c.password))
	}
	if c.token != "" {
		o = append(o, nats.Token(c.token))
	}
	if c.creds != "" {
		o = append(o, nats.UserCredentials(c.creds))
	}
	if c.nkey != "" {
		opt, err := nats.NkeyOptionFromSeed(c.nkey)
		if err != nil {
			return nil, withRemedy(fmt.Errorf("nkey file %q: %w", c.nkey, err), "the file holds one line that starts with SU")
		}
		o = append(o, opt)
	}
	if c.tls || c.tlsFirst {
		o = append(o, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if c.tlsFirst {
		o = append(o, nats.TLSHandshakeFirst())
	}
	if c.tlsCA != "" {
		o = append(o, nats.RootCAs(c.tlsCA))
	}
	if (c.tlsCert == "") != (c.tlsKey == "") {
		return nil, withRemedy(errors.New("a client certificate needs its key"), "give both --tlscert and --tlskey")
	}
	if c.tlsCert != "" {
		o = append(o, nats.ClientCert(c.tlsCert, c.tlsKey))
	}
	return o, nil
}

// connect opens a connection; the caller closes it.
func (c *connectFlags) connect(name string, timeout time.Duration, more ...nats.Option) (*nats.Conn, error) {
	o, err := c.options(name, timeout)
	if err != nil {
		return nil, err
	}
	nc, err := nats.Connect(c.server, append(o, more...)...)
	if err != nil {
		return nil, c.explain(err)
	}
	return nc, nil
}

// explain adds to a refused connection what would help.
func (c *connectFlags) explain(err error) error {
	failed := fmt.Errorf("connect to %q: %w", withoutPassword(c.server), err)
	var dial *net.OpError
	switch {
	case errors.Is(err, nats.ErrNoServers), errors.As(err, &dial):
		return withRemedy(failed, "is a server running there? --server says where, such as --server nats://10.0.0.5:4222")
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired):
		return withRemedy(failed, "give the user's credentials: --user and --password, --token, --creds or --nkey")
	case errors.Is(err, nats.ErrSecureConnRequired):
		return withRemedy(failed, "the server wants TLS: add --tls, and --tlscacert FILE if its certificate is signed by your own authority")
	case errors.Is(err, nats.ErrSecureConnWanted):
		return withRemedy(failed, "the server has no TLS: leave out --tls")
	case errors.Is(err, os.ErrNotExist):
		return withRemedy(failed, "check the path of the file")
	case strings.Contains(err.Error(), "x509:"):
		return withRemedy(failed, "give the authority that signed the server's certificate: --tlscacert FILE")
	}
	return failed
}

// withoutPassword hides what stands before the @ of server urls.
func withoutPassword(urls string) string {
	list := strings.Split(urls, ",")
	for i, u := range list {
		scheme, rest, ok := strings.Cut(u, "://")
		if !ok {
			scheme, rest = "", u
		} else {
			scheme += "://"
		}
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			rest = rest[at+1:]
		}
		list[i] = scheme + rest
	}
	return strings.Join(list, ",")
}
