package conf

import (
	"fmt"
	"slices"
	"strings"
)

// userEntry is one entry of a users list while it is decoded.
type userEntry struct {
	user, password, nkey string
	permissions          *Permissions
	types                []string
	proxied              bool
	nkeyAt               Pos
}

// entryPos is where something about a whole map is said to be: at its last
// field, or behind an empty one.
func entryPos(n *node, t *tree) Pos {
	if len(t.fields) == 0 {
		return n.end
	}
	return t.fields[len(t.fields)-1].pos
}

var userFields block[userEntry]

func init() {
	type U = userEntry
	userFields = block[U]{
		"user":     text(func(u *U) *string { return &u.user }),
		"password": text(func(u *U) *string { return &u.password }),
		"nkey": func(d *decoder, u *U, f *field) {
			u.nkeyAt = f.pos
			text(func(u *U) *string { return &u.nkey })(d, u, f)
		},
		"permissions":              func(d *decoder, u *U, f *field) { u.permissions = d.permissions(f) },
		"allowed_connection_types": func(d *decoder, u *U, f *field) { u.types = d.connectionTypes(f) },
		"proxy_required":           flag(func(u *U) *bool { return &u.proxied }),
	}
	userFields.alias("user", "username")
	userFields.alias("password", "pass")
	userFields.alias("permissions", "permission", "authorization")
	userFields.alias("allowed_connection_types", "connection_types", "clients")
}

// userList decodes users, by name and by key, of an account (nil for none).
func (d *decoder) userList(f *field, acc *Account) (users []*User, nkeys []*NkeyUser) {
	list, ok := f.node.value.([]*node)
	if !ok {
		d.fail(f.pos, "Expected users field to be an array, got %v", f.node.plain())
		return nil, nil
	}
	for _, n := range list {
		t, ok := n.value.(*tree)
		if !ok {
			d.fail(n.at(), "Expected user entry to be a map/struct, got %v", n.plain())
			continue
		}
		e, before := new(userEntry), len(d.problems)
		decodeBlock(d, userFields, e, t, unknownTop)
		switch {
		case len(d.problems) > before:
		case e.nkey != "" && (e.user != "" || e.password != ""):
			d.fail(entryPos(n, t), "Nkey users do not take usernames or passwords")
		case e.nkey != "" && !validUserKey(e.nkey):
			d.fail(e.nkeyAt, "Not a valid public nkey for a user")
		case e.nkey != "":
			nkeys = append(nkeys, &NkeyUser{Nkey: e.nkey, Account: acc, Permissions: e.permissions, AllowedConnectionTypes: e.types, ProxyRequired: e.proxied, Pos: n.pos})
		case e.user == "":
			d.fail(entryPos(n, t), "User entry requires a user")
		default:
			users = append(users, &User{Username: e.user, Password: e.password, Account: acc, Permissions: e.permissions, AllowedConnectionTypes: e.types, ProxyRequired: e.proxied, Pos: n.pos})
		}
	}
	return users, nkeys
}

// connectionTypes are the ways in which a user may come.
var connectionTypes = []string{"STANDARD", "WEBSOCKET", "LEAFNODE", "LEAFNODE_WS", "MQTT", "MQTT_WS", "IN_PROCESS"}

func (d *decoder) connectionTypes(f *field) []string {
	var types, unknown []string
	for _, s := range d.strings(f) {
		if u := strings.ToUpper(s); slices.Contains(connectionTypes, u) {
			types = append(types, u)
		} else {
			unknown = append(unknown, u)
		}
	}
	if len(unknown) > 0 {
		d.fail(f.pos, "invalid connection types %s", quotedList(unknown))
	}
	return types
}

func quotedList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(quoted, " ") + "]"
}
