package conf

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/midge-nats/midge/internal/subject"
)

// Validate checks options against each other: what -t lets pass and a start
// does not. The texts are the reference's. [C-8] [C-22]
func (o *Options) Validate() error {
	for _, check := range []func() error{
		o.checkLimits, o.checkAccounts, o.checkOperators, o.checkNoAuthUsers,
		o.checkCluster, o.checkGateway, o.checkLeafs, o.checkStreams, o.checkWebsocket, o.checkMQTT,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) checkLimits() error {
	switch {
	case strings.Contains(o.ServerName, " "):
		return errors.New("server name cannot contain spaces")
	case int64(o.MaxPayload) > o.MaxPending:
		return fmt.Errorf("max_payload (%v) cannot be higher than max_pending (%v)", o.MaxPayload, o.MaxPending)
	case o.LameDuckDuration < MinLameDuckDuration && o.ConfigFile != "":
		return fmt.Errorf("invalid lame_duck_duration of %v, minimum is 30 seconds", o.LameDuckDuration)
	case o.LameDuckGracePeriod >= o.LameDuckDuration:
		return fmt.Errorf("lame duck grace period (%v) should be strictly lower than lame duck duration (%v)", o.LameDuckGracePeriod, o.LameDuckDuration)
	}
	return nil
}

func (o *Options) checkAccounts() error {
	if problems := CheckImports(o.Accounts); len(problems) > 0 {
		return errors.New(problems[0])
	}
	switch name := o.SystemAccount; {
	case o.NoSystemAccount, name == "", name == DefaultSystemAccount, o.operated(), o.account(name) != nil:
		return nil
	}
	return errors.New("error resolving system account: account missing")
}

// checkOperators refuses what cannot be beside operators, who give accounts and
// users.
func (o *Options) checkOperators() error {
	if len(o.Operators) == 0 {
		return nil
	}
	switch {
	case o.Resolver == nil || o.Resolver.Type == "":
		return errors.New("operators require an account resolver to be configured")
	case len(o.Accounts) > 0:
		return errors.New("operators do not allow Accounts to be configured directly")
	case len(o.Users) > 0 || len(o.Nkeys) > 0:
		return errors.New("operators do not allow users to be configured directly")
	case o.AuthCallout != nil:
		return errors.New("operators do not allow authorization callouts to be configured directly")
	case len(o.TrustedKeys) > 0:
		return errors.New("conflicting options for 'TrustedKeys' and 'TrustedOperators'")
	}
	return nil
}

// operated tells whether accounts and users come from operators.
func (o *Options) operated() bool { return len(o.Operators) > 0 || len(o.TrustedKeys) > 0 }

func (o *Options) account(name string) *Account {
	for _, a := range o.Accounts {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// hasAccount tells whether an account that a leafnode names exists, or may.
func (o *Options) hasAccount(name string) bool {
	return name == "" || name == reservedAccount || name == o.SystemAccount || o.operated() || o.account(name) != nil
}

// checkNoAuthUsers looks for the users that clients without credentials become.
func (o *Options) checkNoAuthUsers() error {
	if err := o.checkNoAuthUser(o.NoAuthUser); err != nil {
		return err
	}
	if o.Websocket.Port != 0 {
		if err := o.checkNoAuthUser(o.Websocket.NoAuthUser); err != nil {
			return err
		}
	}
	if o.MQTT.Port != 0 {
		return o.checkNoAuthUser(o.MQTT.NoAuthUser)
	}
	return nil
}

func (o *Options) checkNoAuthUser(user string) error {
	switch {
	case user == "":
		return nil
	case len(o.Operators) > 0:
		return errors.New("no_auth_user not compatible with Trusted Operator")
	case len(o.Users) == 0 && len(o.Nkeys) == 0:
		return fmt.Errorf("no_auth_user: %q present, but users/nkeys are not defined", user)
	case slices.ContainsFunc(o.Users, func(u *User) bool { return u.Username == user }),
		slices.ContainsFunc(o.Nkeys, func(u *NkeyUser) bool { return u.Nkey == user }):
		return nil
	}
	return fmt.Errorf("no_auth_user: %q not present as user or nkey in authorization block or account configuration", user)
}

func (o *Options) checkCluster() error {
	switch {
	case strings.Contains(o.Cluster.Name, " "):
		return errors.New("cluster name cannot contain spaces")
	case o.Gateway.Name != "" && o.Cluster.Name != "" && o.Gateway.Name != o.Cluster.Name:
		return errors.New("cluster name conflicts between cluster and gateway definitions")
	case len(o.Routes) > 0 && o.Cluster.Port == 0:
		return errors.New("solicited routes require cluster capabilities, e.g. --cluster")
	}
	return nil
}

func (o *Options) checkGateway() error {
	g := &o.Gateway
	switch {
	case g.Name == "" && g.Port == 0:
		return nil
	case g.Name == "":
		return errors.New("gateway has no name")
	case strings.Contains(g.Name, " "):
		return errors.New("gateway name cannot contain spaces")
	case g.Port == 0:
		return fmt.Errorf("gateway %q has no port specified (select -1 for random port)", g.Name)
	}
	for i, r := range g.Gateways {
		if r.Name == "" {
			return fmt.Errorf("gateway in the list %d has no name", i)
		}
		if len(r.URLs) == 0 {
			return fmt.Errorf("gateway %q has no URL", r.Name)
		}
	}
	return nil
}

// checkLeafs refuses leafnodes of unknown accounts and remotes that are there
// twice. [spec L-33]
func (o *Options) checkLeafs() error {
	l := &o.LeafNode
	for _, name := range append([]string{l.Account}, accountNames(l.Users)...) {
		if !o.hasAccount(name) {
			return fmt.Errorf("cannot find local account %q specified in leafnode authorization", name)
		}
	}
	seen := make(map[string]bool)
	for _, r := range l.Remotes {
		urls, err := r.urls()
		if err != nil {
			return err
		}
		switch {
		case o.operated() && r.LocalAccount == "":
			return errors.New("operator mode requires account nkeys in remotes. Please add an `account` key to each remote " +
				"in your `leafnodes` section, to assign it to an account. Each account value should be a 56 character public key, starting with the letter 'A'")
		case !o.hasAccount(r.LocalAccount):
			return fmt.Errorf("cannot find local account %q specified in leafnode remote", r.LocalAccount)
		}
		key := fmt.Sprintf("%q %q %q %q", urls, r.LocalAccount, r.Credentials, r.Nkey)
		if seen[key] {
			return fmt.Errorf("duplicate remote urls=%q, account=%q", urls, r.LocalAccount)
		}
		seen[key] = true
	}
	if (l.Port != 0 || len(l.Remotes) > 0) && o.Gateway.Name != "" && !o.hasSystem() {
		return errors.New("leaf nodes and gateways (both being defined) require a system account to also be configured")
	}
	return nil
}

// hasSystem tells whether a system account was asked for: the one that is there
// by default is not enough for leafnodes with gateways.
func (o *Options) hasSystem() bool {
	return !o.NoSystemAccount && (o.SystemAccount != DefaultSystemAccount && o.SystemAccount != "" || o.account(DefaultSystemAccount) != nil)
}

func accountNames(users []*User) []string {
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = u.AccountName
	}
	return names
}

// urls gives a remote's URLs as text, if they are of one kind. They are shown:
// passwords are not in them.
func (r *RemoteLeafOpts) urls() ([]string, error) {
	websockets := 0
	list := make([]string, len(r.URLs))
	for i, u := range r.URLs {
		list[i] = u.Redacted()
		if u.Scheme == "ws" || u.Scheme == "wss" {
			websockets++
		}
	}
	if websockets > 0 && websockets < len(list) {
		return nil, fmt.Errorf("remote leaf node configuration cannot have a mix of websocket and non-websocket urls: %q", list)
	}
	return list, nil
}

func (o *Options) checkStreams() error {
	if !o.JetStream {
		return nil
	}
	if domain := o.JetStreamDomain; domain != "" {
		api := "$JS." + domain + ".API.>"
		switch {
		case strings.ContainsAny(domain, ".*>"):
			return errors.New("invalid domain name: may not contain ., * or >")
		case !subject.Valid(api):
			return fmt.Errorf("invalid domain name: derived %q is not a valid subject", api)
		}
	}
	switch {
	case o.Cluster.Port == 0:
	case o.ServerName == "":
		return errors.New("jetstream cluster requires `server_name` to be set")
	case o.Cluster.Name == "" && o.Gateway.Name == "":
		return errors.New("jetstream cluster requires `cluster.name` to be set")
	}
	return nil
}

func (o *Options) checkWebsocket() error {
	w := &o.Websocket
	switch {
	case w.Port == 0:
		return nil
	case !w.NoTLS && w.TLSConfig == nil:
		return errors.New("websocket requires TLS configuration")
	case w.JWTCookie != "" && !o.operated():
		return fmt.Errorf("trusted operators or trusted keys configuration is required for JWT authentication via cookie %q", w.JWTCookie)
	}
	for _, origin := range w.AllowedOrigins {
		if _, err := url.Parse(origin); err != nil {
			return fmt.Errorf("unable to parse allowed origin: %w", err)
		}
	}
	return nil
}

func (o *Options) checkMQTT() error {
	switch {
	case o.MQTT.Port == 0:
	case !o.JetStream:
		return errors.New("mqtt requires JetStream to be enabled if running in standalone mode")
	case o.ServerName == "":
		return errors.New("mqtt requires server name to be explicitly set")
	}
	return nil
}
