package conf

// accountEntry is one account while it is decoded: its users stand apart.
type accountEntry struct {
	*Account
	users   []*User
	nkeys   []*NkeyUser
	usersAt Pos
}

var accountFields block[accountEntry]

func init() {
	type A = accountEntry
	accountFields = block[A]{
		"nkey": func(d *decoder, a *A, f *field) {
			if v, ok := typed[string](d, f); ok {
				if !validAccountKey(v) {
					d.fail(f.pos, "Not a valid public nkey for an account: %q", v)
				}
				a.Nkey = v
			}
		},
		"users": func(d *decoder, a *A, f *field) {
			a.usersAt = f.pos
			a.users, a.nkeys = d.userList(f, a.Account)
		},
		"default_permissions": func(d *decoder, a *A, f *field) { a.DefaultPermissions = d.permissions(f) },
		"imports":             func(d *decoder, a *A, f *field) { a.Imports = d.imports(f) },
		"exports":             func(d *decoder, a *A, f *field) { a.Exports = d.exports(f) },
		"jetstream":           func(d *decoder, a *A, f *field) { a.JetStream = d.accountJetStream(f) },
		"mappings":            func(d *decoder, a *A, f *field) { a.Mappings = d.mappings(f) },
		"limits":              func(d *decoder, a *A, f *field) { a.Limits = d.accountLimits(f) },
		"msg_trace":           func(d *decoder, a *A, f *field) { d.msgTrace(a.Account, f) },
	}
	accountFields.alias("mappings", "maps")
	accountFields.alias("msg_trace", "trace_dest")
}

// reservedAccount is the global account's name, which nobody may define.
const reservedAccount = "$G"

// decodeAccounts decodes a list of names, or a map of accounts.
func decodeAccounts(d *decoder, o *Options, f *field) {
	d.accounts = f.pos
	before := len(d.problems)
	defer func() { d.brokenAccounts = len(d.problems) > before }()
	switch v := f.node.value.(type) {
	case []*node:
		for _, w := range d.words(f) {
			d.addAccount(o, w.pos, w.text)
		}
	case *tree:
		for _, e := range v.last() {
			t, ok := e.node.value.(*tree)
			if !ok {
				if !e.used {
					d.fail(e.pos, "Expected map entries for accounts")
				}
				continue
			}
			a := d.addAccount(o, e.pos, e.key)
			if a == nil {
				continue
			}
			entry := &accountEntry{Account: a}
			decodeBlock(d, accountFields, entry, t, unknownTop)
			applyDefaults(entry.users, entry.nkeys, a.DefaultPermissions)
			d.unique(entry.usersAt, entry.users, entry.nkeys)
			if len(entry.users)+len(entry.nkeys) > 0 && d.accountUsers.Line == 0 {
				d.accountUsers = entry.usersAt
			}
			o.Users = append(o.Users, entry.users...)
			o.Nkeys = append(o.Nkeys, entry.nkeys...)
		}
	default:
		d.fail(f.pos, "Expected accounts to be a map or an array, got %s", typeName(v))
	}
}

func (d *decoder) addAccount(o *Options, at Pos, name string) *Account {
	switch {
	case name == reservedAccount:
		d.fail(at, "%q is a Reserved Account", name)
		return nil
	case d.names[name]:
		d.fail(at, "Duplicate Account Entry: %s", name)
		return nil
	}
	if d.names == nil {
		d.names = make(map[string]bool)
	}
	d.names[name] = true
	a := &Account{Name: name, Pos: at}
	o.Accounts = append(o.Accounts, a)
	return a
}

var limitFields block[AccountLimits]

func init() {
	type L = AccountLimits
	limitFields = block[L]{
		"max_connections":   number(func(l *L) *int { return &l.MaxConn }),
		"max_subscriptions": number(func(l *L) *int { return &l.MaxSubs }),
		"max_payload":       number(func(l *L) *int64 { return &l.MaxPayload }),
		"max_leafnodes":     number(func(l *L) *int { return &l.MaxLeafs }),
	}
	limitFields.alias("max_connections", "max_conn")
	limitFields.alias("max_subscriptions", "max_subs")
	limitFields.alias("max_payload", "max_pay")
	limitFields.alias("max_leafnodes", "max_leafs")
}

// accountLimits decodes limits; what is not set is unlimited.
func (d *decoder) accountLimits(f *field) *AccountLimits {
	t, ok := f.node.value.(*tree)
	if !ok {
		d.fail(f.pos, "Expected account limits to be a map/struct, got %v", f.node.plain())
		return nil
	}
	l := &AccountLimits{MaxConn: -1, MaxLeafs: -1, MaxSubs: -1, MaxPayload: -1}
	decodeBlock(d, limitFields, l, t, unknownLimits)
	return l
}

// traceSampling is what is traced unless a percentage is given.
const traceSampling = 100

// msgTrace decodes where an account's sampled messages are traced to. [T-12]
func (d *decoder) msgTrace(a *Account, f *field) {
	switch v := f.node.value.(type) {
	case string:
		d.traceDest(a, f, v)
		a.TraceSampling = traceSampling
	case *tree:
		sampled := false
		decodeBlock(d, block[Account]{
			"dest": func(d *decoder, a *Account, f *field) {
				if s, ok := f.node.value.(string); ok {
					d.traceDest(a, f, s)
				} else {
					d.fail(f.pos, "Field %q should be a string, got %s", f.key, typeName(f.node.value))
				}
			},
			"sampling": func(d *decoder, a *Account, f *field) {
				sampled = true
				a.TraceSampling = d.traceSampling(f)
			},
		}, a, v, unknownTrace)
		switch {
		case a.TraceDest == "" && sampled:
			d.warn(f.pos, "Trace destination sampling ignored since no destination was set")
			a.TraceSampling = 0
		case a.TraceDest != "" && !sampled:
			a.TraceSampling = traceSampling
		}
	default:
		d.fail(f.pos, "Expected account message trace %q to be a string or a map/struct, got %s", f.key, typeName(v))
	}
}

func (d *decoder) traceDest(a *Account, f *field, dest string) {
	if !literal(dest) {
		d.fail(f.pos, "Trace destination %q is not valid", dest)
		return
	}
	a.TraceDest = dest
}

func (d *decoder) traceSampling(f *field) int {
	n := int64(0)
	switch v := f.node.value.(type) {
	case int64:
		n = v
	case string:
		p, err := percent(v)
		if err != nil {
			d.fail(f.pos, "Invalid trace destination sampling value %q", v)
			return 0
		}
		n = int64(p)
	default:
		d.fail(f.pos, "Trace destination sampling field %q should be an integer or a percentage, got %s", f.key, typeName(v))
		return 0
	}
	if n <= 0 || n > traceSampling {
		// The spelling is the reference's.
		d.fail(f.pos, "Ttrace destination sampling value %d is invalid, needs to be [1..100]", n)
		return 0
	}
	return int(n)
}

// accountJetStream decodes what an account may store, or that it may not.
func (d *decoder) accountJetStream(f *field) *JetStreamLimits {
	l := &JetStreamLimits{MaxMemory: -1, MaxStore: -1, MaxStreams: -1, MaxConsumers: -1, MaxAckPending: -1, MemoryMaxStreamBytes: -1, StoreMaxStreamBytes: -1}
	switch v := f.node.value.(type) {
	case bool:
		if !v {
			return nil
		}
	case string:
		switch v {
		case "enabled", "enable":
		case "disabled", "disable":
			return nil
		default:
			d.fail(f.pos, "Expected 'enabled' or 'disabled' for string value, got '%s'", v)
		}
	case *tree:
		decodeBlock(d, jsLimitFields, l, v, unknownTop)
	default:
		d.fail(f.pos, "Expected map, bool or string to define JetStream, got %s", typeName(v))
	}
	return l
}

var jsLimitFields block[JetStreamLimits]

func init() {
	type L = JetStreamLimits
	jsLimitFields = block[L]{
		"max_memory":              size(func(l *L) *int64 { return &l.MaxMemory }),
		"max_store":               size(func(l *L) *int64 { return &l.MaxStore }),
		"max_streams":             number(func(l *L) *int { return &l.MaxStreams }),
		"max_consumers":           number(func(l *L) *int { return &l.MaxConsumers }),
		"max_bytes_required":      flag(func(l *L) *bool { return &l.MaxBytesRequired }),
		"memory_max_stream_bytes": size(func(l *L) *int64 { return &l.MemoryMaxStreamBytes }),
		"store_max_stream_bytes":  size(func(l *L) *int64 { return &l.StoreMaxStreamBytes }),
		"max_ack_pending":         number(func(l *L) *int { return &l.MaxAckPending }),
		"cluster_traffic":         text(func(l *L) *string { return &l.ClusterTraffic }),
	}
	jsLimitFields.alias("max_memory", "max_mem", "mem", "memory")
	jsLimitFields.alias("max_store", "max_file", "max_disk", "store", "disk")
	jsLimitFields.alias("max_streams", "streams")
	jsLimitFields.alias("max_consumers", "consumers")
	jsLimitFields.alias("max_bytes_required", "max_stream_bytes", "max_bytes")
	jsLimitFields.alias("memory_max_stream_bytes", "mem_max_stream_bytes", "memory_stream_bytes")
	jsLimitFields.alias("store_max_stream_bytes", "disk_max_stream_bytes", "disk_stream_bytes")
}
