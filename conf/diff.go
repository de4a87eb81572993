package conf

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Changes are what a reload changes, in the words of its log. [C-20]
type Changes struct{ Lines []string }

// fixed are the options that a running server cannot change, by the names that
// the refusal gives. [C-19]
var fixed = []string{
	"Port", "Host", "ServerName", "HTTPHost", "HTTPPort", "HTTPSPort", "HTTPBasePath", "MaxSubs", "MaxSubTokens", "MaxPending",
	"MaxClosedClients", "SystemAccount", "NoSystemAccount", "LameDuckDuration", "LameDuckGracePeriod", "AllowNonTLS",
	"NoHeaderSupport", "WriteTimeout", "LogSizeLimit", "LogMaxFiles", "Operators", "TrustedKeys", "FeatureFlags", "ProfPort",
	"NoSublistCache", "AlwaysEnableNonce", "DontListen", "DefaultJSDomain",
}

// fixedStreams are those that JetStream keeps while it runs.
var fixedStreams = []string{
	"JetStreamDomain", "JetStreamStrict", "JetStreamLimits", "JetStreamUniqueTag", "JetStreamKey", "JetStreamOldKey", "JetStreamCipher",
	"SyncInterval", "SyncAlways",
}

// fixedBlocks are the blocks that a running server cannot change, except for
// the fields named.
var fixedBlocks = map[string][]string{
	"Gateway":   {"TLSConfig", "TLSTimeout", "TLSBlock", "Gateways"},
	"LeafNode":  {"TLSConfig", "TLSTimeout", "TLSBlock", "Compression", "CompressionRTT", "Remotes"},
	"Websocket": {"TLSConfig", "TLSTimeout", "TLSBlock"},
	"MQTT": {"TLSConfig", "TLSTimeout", "TLSBlock", "AckWait", "MaxAckPending", "StreamReplicas", "MemoryStorage", "InactiveThreshold",
		"APITimeout", "RejectQoS2Publish", "DowngradeQoS2Subs"},
}

// secrets are the fields that no message shows.
var secrets = []string{"Password", "Token", "Nkey", "JetStreamKey", "JetStreamOldKey"}

// Diff tells what changes between two sets of options, or why they cannot
// follow each other on a running server. Both have their defaults.
func Diff(old, next *Options) (*Changes, error) {
	was, is := reflect.ValueOf(old).Elem(), reflect.ValueOf(next).Elem()
	if err := keep(was, is, fixed); err != nil {
		return nil, err
	}
	if err := old.keepNoAuthUser(next); err != nil {
		return nil, err
	}
	if err := keepLinks(old, next); err != nil {
		return nil, err
	}
	if old.JetStream && next.JetStream {
		if err := keep(was, is, fixedStreams); err != nil {
			return nil, err
		}
		if err := keepStore(old, next); err != nil {
			return nil, err
		}
	}
	return changes(old, next), nil
}

// refusal is the reference's text for an option that cannot change.
func refusal(name string, old, next any) error {
	return fmt.Errorf("config reload not supported for %s: old=%v, new=%v", name, old, next)
}

// keep refuses a change of the options named.
func keep(was, is reflect.Value, names []string) error {
	for _, name := range names {
		a, b := was.FieldByName(name), is.FieldByName(name)
		switch {
		case same(a, b):
		case slices.Contains(secrets, name):
			return refusal(name, "[REDACTED]", "[REDACTED]")
		default:
			return refusal(name, a, b)
		}
	}
	return nil
}

// keepNoAuthUser allows only that the name goes together with the user.
func (o *Options) keepNoAuthUser(next *Options) error {
	if o.NoAuthUser == next.NoAuthUser || next.NoAuthUser == "" && !next.hasUser(o.NoAuthUser) {
		return nil
	}
	return refusal("NoAuthUser", o.NoAuthUser, next.NoAuthUser)
}

func (o *Options) hasUser(name string) bool {
	return slices.ContainsFunc(o.Users, func(u *User) bool { return u.Username == name }) ||
		slices.ContainsFunc(o.Nkeys, func(u *NkeyUser) bool { return u.Nkey == name })
}

// keepLinks refuses what cannot change in the blocks of links.
func keepLinks(old, next *Options) error {
	a, b := &old.Cluster, &next.Cluster
	switch {
	case a.Host != b.Host:
		return refusal("cluster host", a.Host, b.Host)
	case a.Port != b.Port:
		return refusal("cluster port", a.Port, b.Port)
	case a.Name != b.Name:
		return refusal("cluster name", a.Name, b.Name)
	case (old.Resolver == nil) != (next.Resolver == nil):
		return errors.New("config reload does not support moving to or from an account resolver")
	}
	for _, name := range []string{"Gateway", "LeafNode", "Websocket", "MQTT"} {
		if err := keepBlock(name, reflect.ValueOf(old).Elem(), reflect.ValueOf(next).Elem()); err != nil {
			return err
		}
	}
	return nil
}

// keepBlock refuses a change of a block. The reference shows the whole of it,
// with passwords; the fields that differ say more.
func keepBlock(name string, was, is reflect.Value) error {
	a, b := was.FieldByName(name), is.FieldByName(name)
	fields := changed(a, b)
	if name == "Gateway" && slices.Contains(fields, "Gateways") && !sameGateways(a, b) {
		return refusal(name, fmt.Sprintf("{Gateways:%d}", a.FieldByName("Gateways").Len()), fmt.Sprintf("{Gateways:%d}", b.FieldByName("Gateways").Len()))
	}
	fields = slices.DeleteFunc(fields, func(f string) bool { return slices.Contains(fixedBlocks[name], f) })
	if len(fields) == 0 {
		return nil
	}
	return refusal(name, show(a, fields), show(b, fields))
}

// show gives the fields named of a struct, without what is secret.
func show(v reflect.Value, fields []string) string {
	parts := make([]string, len(fields))
	for i, name := range fields {
		f := v.FieldByName(name)
		switch {
		case slices.Contains(secrets, name):
			parts[i] = name + ":[REDACTED]"
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Pointer:
			parts[i] = fmt.Sprintf("%s:%d", name, f.Len()) // users, whose passwords nobody wants to read
		default:
			parts[i] = fmt.Sprintf("%s:%v", name, f)
		}
	}
	return "{" + strings.Join(parts, " ") + "}"
}

// sameGateways reports whether the other clusters are the same but for TLS.
func sameGateways(a, b reflect.Value) bool {
	x, y := a.FieldByName("Gateways").Interface().([]*RemoteGatewayOpts), b.FieldByName("Gateways").Interface().([]*RemoteGatewayOpts)
	return slices.EqualFunc(x, y, func(x, y *RemoteGatewayOpts) bool {
		return x.Name == y.Name && slices.EqualFunc(x.URLs, y.URLs, sameURL)
	})
}

// keepStore refuses what JetStream cannot give up while it runs. Limits that
// were not set are found at the start; they cannot become set ones, nor the
// other way.
func keepStore(old, next *Options) error {
	const not = "config reload not supported for "
	switch {
	case old.StoreDir != next.StoreDir:
		return errors.New(not + "jetstream storage directory")
	case (old.JetStreamMaxMemory == 0) != (next.JetStreamMaxMemory == 0), (old.JetStreamMaxStore == 0) != (next.JetStreamMaxStore == 0):
		return errors.New(not + "jetstream dynamic max memory and store")
	case next.JetStreamMaxMemory < old.JetStreamMaxMemory, next.JetStreamMaxStore < old.JetStreamMaxStore:
		return errors.New(not + "decreasing jetstream max memory and store")
	}
	return nil
}
