package conf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Validate checks options against each other: what -t lets pass and a start
// does not. The texts are the reference's. [C-8] [C-22]
func (o *Options) Validate() error {
	for _, check := range []func() error{
		o.checkLimits, o.checkUsers, o.checkAccounts, o.checkLinks, o.checkStreams, o.checkOthers,
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

func (o *Options) checkUsers() error {
	if o.NoAuthUser == "" {
		return nil
	}
	switch {
	case len(o.Operators) > 0 || len(o.TrustedKeys) > 0:
		return errors.New("no_auth_user not compatible with Trusted Operator")
	case len(o.Users) == 0 && len(o.Nkeys) == 0:
		return fmt.Errorf("no_auth_user: %q present, but users/nkeys are not defined", o.NoAuthUser)
	case slices.ContainsFunc(o.Users, func(u *User) bool { return u.Username == o.NoAuthUser }),
		slices.ContainsFunc(o.Nkeys, func(u *NkeyUser) bool { return u.Nkey == o.NoAuthUser }):
		return nil
	}
	return fmt.Errorf("no_auth_user: %q not present as user or nkey in authorization block or account configuration", o.NoAuthUser)
}

func (o *Options) checkAccounts() error {
	if problems := CheckImports(o.Accounts); len(problems) > 0 {
		return errors.New(problems[0])
	}
	if o.operated() {
		switch {
		case len(o.Accounts) > 0:
			return errors.New("operators do not allow Accounts to be configured directly")
		case len(o.Users) > 0 || len(o.Nkeys) > 0:
			return errors.New("operators do not allow users to be configured directly")
		case o.AuthCallout != nil:
			return errors.New("operators do not allow authorization callouts to be configured directly")
		case o.Resolver == nil || o.Resolver.Type == "":
			return errors.New("operators require an account resolver to be configured")
		}
		return nil
	}
	if o.SystemAccount != "" && o.SystemAccount != DefaultSystemAccount && !o.NoSystemAccount && o.account(o.SystemAccount) == nil {
		return errors.New("error resolving system account: account missing")
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

func (o *Options) checkLinks() error {
	for _, r := range o.LeafNode.Remotes {
		ws, other := 0, 0
		var list []string
		for _, u := range r.URLs {
			list = append(list, fmt.Sprintf("%q", u.String()))
			if u.Scheme == "ws" || u.Scheme == "wss" {
				ws++
			} else {
				other++
			}
		}
		if ws > 0 && other > 0 {
			return fmt.Errorf("remote leaf node configuration cannot have a mix of websocket and non-websocket urls: [%s]", strings.Join(list, " "))
		}
		if a := r.LocalAccount; a != "" && a != reservedAccount && a != o.SystemAccount && !o.operated() && o.account(a) == nil {
			return fmt.Errorf("cannot find local account %q specified in leafnode remote", a)
		}
	}
	if a := o.LeafNode.Account; a != "" && !o.operated() && a != reservedAccount && o.account(a) == nil {
		return fmt.Errorf("cannot find local account %q specified in leafnode authorization", a)
	}
	switch {
	case o.Gateway.Name != "" && o.Cluster.Name != "" && o.Gateway.Name != o.Cluster.Name:
		return errors.New("cluster name conflicts between cluster and gateway definitions")
	case len(o.Routes) > 0 && o.Cluster.Port == 0:
		return errors.New("solicited routes require cluster capabilities, e.g. --cluster")
	}
	return nil
}

func (o *Options) checkStreams() error {
	if !o.JetStream {
		return nil
	}
	switch {
	case strings.ContainsAny(o.JetStreamDomain, ".*>"):
		return errors.New("invalid domain name: may not contain ., * or >")
	case len(o.Routes) > 0 && o.ServerName == "":
		return errors.New("jetstream cluster requires `server_name` to be set")
	case len(o.Routes) > 0 && o.Cluster.Name == "":
		return errors.New("jetstream cluster requires `cluster.name` to be set")
	}
	return nil
}

func (o *Options) checkOthers() error {
	switch {
	case o.Websocket.Port != 0 && !o.Websocket.NoTLS && o.Websocket.TLSConfig == nil:
		return errors.New("websocket requires TLS configuration")
	case o.MQTT.Port != 0 && !o.JetStream:
		return errors.New("mqtt requires JetStream to be enabled if running in standalone mode")
	}
	return nil
}
