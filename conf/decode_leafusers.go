package conf

import "strings"

// leafUser is one entry of the leafnodes' users while it is decoded. It names
// its account: it does not stand in one.
var leafUserFields block[User]

func init() {
	type U = User
	leafUserFields = block[U]{
		"user":     text(func(u *U) *string { return &u.Username }),
		"password": text(func(u *U) *string { return &u.Password }),
		"account":  text(func(u *U) *string { return &u.AccountName }),

		"proxy_required": flag(func(u *U) *bool { return &u.ProxyRequired }),
	}
	leafUserFields.alias("user", "username")
	leafUserFields.alias("password", "pass")
}

// leafUsers decodes who may come as a leafnode.
func (d *decoder) leafUsers(f *field) []*User {
	list, ok := f.node.value.([]*node)
	if !ok {
		d.fail(f.pos, "Expected users field to be an array, got %v", f.node.plain())
		return nil
	}
	var users []*User
	for _, n := range list {
		t, ok := n.value.(*tree)
		if !ok {
			d.fail(n.at(), "Expected user entry to be a map/struct, got %v", n.plain())
			continue
		}
		u, before := &User{Pos: n.pos}, len(d.problems)
		decodeBlock(d, leafUserFields, u, t, unknownTop)
		switch {
		case len(d.problems) > before:
		case u.Username == "":
			d.fail(entryPos(n, t), "User entry requires a user")
		default:
			users = append(users, u)
		}
	}
	return users
}

func decodeLeafKey(d *decoder, a *authBlock, f *field) {
	v, ok := typed[string](d, f)
	if ok && !validUserKey(v) {
		d.fail(f.pos, "Not a valid public nkey for a user")
	}
	a.nkey = v
}

// decodeLeafAuth decodes the authorization of the leafnode listener.
func decodeLeafAuth(d *decoder, l *LeafNodeOpts, f *field) {
	a := d.authorization(f, leafAuthFields)
	if a == nil {
		return
	}
	if a.user != "" && len(a.users) > 0 {
		d.fail(f.pos, "can not have a single user/pass and a users array")
	}
	seen := make(map[string]bool)
	for _, u := range a.users {
		if seen[u.Username] {
			d.fail(f.pos, "duplicate user %q detected in leafnode authorization", u.Username)
		}
		seen[u.Username] = true
	}
	l.Username, l.Password, l.AuthTimeout, l.Account, l.Nkey, l.Users = a.user, a.password, a.timeout, a.account, a.nkey, a.users
}

// leafVersions are the oldest releases that a leafnode can be made to have.
const oldestLeaf = 2<<20 | 8<<10 // 2.8.0

// decodeLeafVersion decodes the oldest release that may come as a leafnode.
func decodeLeafVersion(d *decoder, l *LeafNodeOpts, f *field) {
	v, ok := typed[string](d, f)
	if !ok {
		return
	}
	number, ok := version(v)
	switch {
	case !ok:
		d.fail(f.pos, "invalid leafnode's minimum version: invalid semver")
	case number < oldestLeaf:
		d.fail(f.pos, "the minimum version should be at least 2.8.0")
	}
	l.MinVersion = v
}

// version reads major.minor.patch into one number that compares as they do.
func version(s string) (number int, ok bool) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "-")
	s, _, _ = strings.Cut(s, "+")
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return 0, false
	}
	for _, p := range parts {
		n := 0
		for _, c := range []byte(p) {
			if c < '0' || c > '9' || n > 999 {
				return 0, false
			}
			n = n*10 + int(c-'0')
		}
		if p == "" || n > 1023 {
			return 0, false
		}
		number = number<<10 | n
	}
	return number, true
}
