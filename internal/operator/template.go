package operator

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/midge-nats/midge/internal/subject"
	"github.com/nats-io/jwt/v2"
)

// template fills the subjects that a scoped signing key gives to its users with
// what is known of one of them. [accounts.md 10]
type template struct {
	user    *jwt.UserClaims
	account *jwt.AccountClaims
}

// maxExpanded bounds what one subject may become: tags with several values
// multiply.
const maxExpanded = 4096

var (
	braces = regexp.MustCompile(`\{\{([^{}]*)\}\}`)
	call   = regexp.MustCompile(`^\s*([a-z-]+)\(\s*([^()]*?)\s*\)\s*$`)
)

// permissions fills a template. What is undefined makes an allowed subject go,
// and with the last one everything is denied; in a denied one it refuses the
// user.
func (t *template) permissions(p *jwt.Permissions) (jwt.Permissions, error) {
	out := jwt.Permissions{Resp: p.Resp}
	for _, pair := range []struct{ from, to *jwt.Permission }{{&p.Pub, &out.Pub}, {&p.Sub, &out.Sub}} {
		for _, s := range pair.from.Allow {
			filled, err := t.fill(s)
			if err != nil {
				return out, err
			}
			pair.to.Allow = append(pair.to.Allow, filled...)
		}
		for _, s := range pair.from.Deny {
			filled, err := t.fill(s)
			if err != nil {
				return out, err
			}
			if len(filled) == 0 {
				return out, fmt.Errorf("template %q of a denied subject is not defined", s)
			}
			pair.to.Deny = append(pair.to.Deny, filled...)
		}
		if len(pair.from.Allow) > 0 && len(pair.to.Allow) == 0 {
			pair.to.Deny = append(pair.to.Deny, ">")
		}
	}
	return out, nil
}

// fill gives the subjects that an entry becomes, none when a value in it is not
// defined. A value that would change what the subject matches is an error:
// whoever names users must not widen what they may.
func (t *template) fill(entry string) ([]string, error) {
	at := braces.FindStringSubmatchIndex(entry)
	if at == nil {
		return []string{entry}, nil
	}
	values, err := t.values(entry[at[2]:at[3]])
	if err != nil {
		return nil, err
	}
	rest, err := t.fill(entry[at[1]:])
	if err != nil {
		return nil, err
	}
	if len(values)*len(rest) > maxExpanded {
		return nil, fmt.Errorf("template %q has more than %d values", entry, maxExpanded)
	}
	var list []string
	for _, v := range values {
		if v == "" || !subject.ValidLiteral(v) || strings.ContainsAny(v, " \t") {
			return nil, fmt.Errorf("template %q: value %q is not fit for a subject", entry, v)
		}
		for _, r := range rest {
			list = append(list, entry[:at[0]]+v+r)
		}
	}
	return list, nil
}

// values gives what a function stands for.
func (t *template) values(text string) ([]string, error) {
	f := call.FindStringSubmatch(strings.ToLower(text))
	if f == nil {
		return nil, fmt.Errorf("template operation in %q is not defined", text)
	}
	name, arg := f[1], f[2]
	switch {
	case name == "name" && arg == "":
		return defined(t.user.Name), nil
	case name == "subject" && arg == "":
		return defined(t.user.Subject), nil
	case name == "account-name" && arg == "":
		return defined(t.account.Name), nil
	case name == "account-subject" && arg == "":
		return defined(accountOf(t.user)), nil
	case name == "tag" && arg != "":
		return tagged(t.user.Tags, arg), nil
	case name == "account-tag" && arg != "":
		return tagged(t.account.Tags, arg), nil
	}
	return nil, fmt.Errorf("template operation in %q is not defined", text)
}

func defined(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}

// tagged gives the values of a tag, which is written key:value.
func tagged(tags jwt.TagList, key string) []string {
	var list []string
	for _, t := range tags {
		if k, v, ok := strings.Cut(t, ":"); ok && strings.EqualFold(k, key) {
			list = append(list, v)
		}
	}
	return list
}
