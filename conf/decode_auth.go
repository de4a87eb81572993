package conf

import "slices"

// authBlock is an authorization map while it is decoded.
type authBlock struct {
	user, password, token string
	timeout               float64
	users                 []*User
	nkeys                 []*NkeyUser
	hasUsers              bool
	defaults              *Permissions
	callout               *AuthCallout
	account, nkey         string // leafnodes only
}

// The authorization blocks: each listener has its own fields.
var (
	authFields     block[authBlock] // of clients
	linkAuthFields block[authBlock] // of routes and gateways
	leafAuthFields block[authBlock]
	webAuthFields  block[authBlock] // of websocket and mqtt
)

func init() {
	type A = authBlock
	authFields = block[A]{
		"user":     text(func(a *A) *string { return &a.user }),
		"password": text(func(a *A) *string { return &a.password }),
		"token":    text(func(a *A) *string { return &a.token }),
		"timeout":  decodeAuthTimeout,
		"users": func(d *decoder, a *A, f *field) {
			a.hasUsers = true
			a.users, a.nkeys = d.userList(f, nil)
		},
		"default_permissions": func(d *decoder, a *A, f *field) { a.defaults = d.permissions(f) },
		"auth_callout":        func(d *decoder, a *A, f *field) { a.callout = d.callout(f) },
		"proxy_required":      ignored[A](whyLater),
	}
	authFields.alias("user", "username")
	authFields.alias("password", "pass")
	authFields.alias("default_permissions", "default_permission", "permissions")
	authFields.alias("auth_callout", "auth_hook")
	linkAuthFields = authFields.only("user", "username", "password", "pass", "token", "timeout", "users",
		"default_permissions", "default_permission", "permissions")
	webAuthFields = authFields.only("user", "username", "password", "pass", "token", "timeout")
	leafAuthFields = authFields.only("user", "username", "password", "pass", "timeout", "proxy_required")
	leafAuthFields["account"] = text(func(a *A) *string { return &a.account })
	leafAuthFields["nkey"] = decodeLeafKey
	leafAuthFields["users"] = func(d *decoder, a *A, f *field) { a.hasUsers, a.users = true, d.leafUsers(f) }
}

// longAuthTimeout is the time from which people are warned, in seconds.
const longAuthTimeout = 60

func decodeAuthTimeout(d *decoder, a *authBlock, f *field) {
	seconds(func(a *authBlock) *float64 { return &a.timeout })(d, a, f)
	if a.timeout > longAuthTimeout {
		d.warn(f.pos, "invalid use of field %q: timeout of %v (%f seconds) is high, consider keeping it below 60 seconds", f.key, f.node.value, a.timeout)
	}
}

// authorization decodes an authorization map of the fields given, nil if it is
// none.
func (d *decoder) authorization(f *field, fields block[authBlock]) *authBlock {
	t, ok := f.node.value.(*tree)
	if !ok {
		d.fail(f.pos, "Expected authorization to be a map, got %s", typeName(f.node.value))
		return nil
	}
	a := new(authBlock)
	decodeBlock(d, fields, a, t, unknownTop)
	return a
}

// linkAuthorization decodes the single user that another server comes with; who
// is Cluster or Gateway.
func (d *decoder) linkAuthorization(f *field, who string) *authBlock {
	a := d.authorization(f, linkAuthFields)
	if a == nil {
		return nil
	}
	switch {
	case a.hasUsers:
		d.fail(f.pos, "%s authorization does not allow multiple users", who)
	case a.token != "":
		d.fail(f.pos, "%s authorization does not support tokens", who)
	}
	if a.defaults != nil {
		d.warn(f.pos, "invalid use of field %q: setting \"permissions\" within cluster authorization block is deprecated", f.key)
	}
	return a
}

// applyDefaults gives users without permissions of their own the default ones.
func applyDefaults(users []*User, nkeys []*NkeyUser, p *Permissions) {
	for _, u := range users {
		if u.Permissions == nil {
			u.Permissions = p
		}
	}
	for _, u := range nkeys {
		if u.Permissions == nil {
			u.Permissions = p
		}
	}
}

func decodeAuthorization(d *decoder, o *Options, f *field) {
	a := d.authorization(f, authFields)
	if a == nil {
		return
	}
	switch {
	case a.user != "" && a.token != "":
		d.fail(f.pos, "Cannot have a user/pass and token")
	case a.user != "" && a.hasUsers:
		d.fail(f.pos, "Can not have a single user/pass and a users array")
	case a.token != "" && a.hasUsers:
		d.fail(f.pos, "Can not have a token and a users array")
	}
	applyDefaults(a.users, a.nkeys, a.defaults)
	o.Username, o.Password, o.Authorization, o.AuthTimeout = a.user, a.password, a.token, a.timeout
	o.DefaultPermissions, o.AuthCallout = a.defaults, a.callout
	o.Users = append(a.users, o.Users...)
	o.Nkeys = append(a.nkeys, o.Nkeys...)
	d.unique(f.pos, a.users, a.nkeys)
}

// unique refuses users that are defined twice, in all accounts together.
func (d *decoder) unique(at Pos, users []*User, nkeys []*NkeyUser) {
	if d.users == nil {
		d.users, d.nkeys = make(map[string]bool), make(map[string]bool)
	}
	for _, u := range users {
		if d.users[u.Username] {
			d.fail(at, "Duplicate user %q detected", u.Username)
		}
		d.users[u.Username] = true
	}
	for _, u := range nkeys {
		if d.nkeys[u.Nkey] {
			d.fail(at, "Duplicate nkey %q detected", u.Nkey)
		}
		d.nkeys[u.Nkey] = true
	}
}

// callout decodes the delegation of authentication.
func (d *decoder) callout(f *field) *AuthCallout {
	t, ok := typed[*tree](d, f)
	if !ok {
		return nil
	}
	c := &AuthCallout{Account: "$G"}
	decodeBlock(d, calloutFields, c, t, unknownTop)
	if c.Issuer == "" {
		d.fail(f.pos, "Authorization callouts require an issuer to be specified")
	}
	if len(c.AuthUsers) == 0 {
		d.fail(f.pos, "Authorization callouts require authorized users to be specified")
	}
	return c
}

var calloutFields block[AuthCallout]

func init() {
	type C = AuthCallout
	calloutFields = block[C]{
		"issuer":           text(func(c *C) *string { return &c.Issuer }),
		"account":          text(func(c *C) *string { return &c.Account }),
		"auth_users":       texts(func(c *C) *[]string { return &c.AuthUsers }),
		"xkey":             text(func(c *C) *string { return &c.XKey }),
		"allowed_accounts": texts(func(c *C) *[]string { return &c.AllowedAccounts }),
	}
	calloutFields.alias("account", "acc")
	calloutFields.alias("auth_users", "users")
	calloutFields.alias("xkey", "key")
}

// finish checks what can be told only when everything is decoded.
func (d *decoder) finish() {
	o := d.o
	if !d.brokenAccounts {
		for _, text := range CheckImports(o.Accounts) {
			d.fail(d.accounts, "%s", text)
		}
	}
	switch {
	case d.accountUsers.Line == 0:
	case o.Username != "":
		d.fail(d.accountUsers, "Can not have a single user/pass and accounts")
	case o.Authorization != "":
		d.fail(d.accountUsers, "Can not have a token and accounts")
	}
	for _, u := range o.LeafNode.Users {
		i := slices.IndexFunc(o.Accounts, func(a *Account) bool { return a.Name == u.AccountName })
		if i >= 0 {
			u.Account = o.Accounts[i]
		}
	}
}
