package conf

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"time"
)

var resolverURL = regexp.MustCompile(`(?i)^url\(\s*"?([^")]+)"?\s*\)?$`)

var resolverFields block[Resolver]

func init() {
	type R = Resolver
	resolverFields = block[R]{
		"type":         text(func(r *R) *string { return &r.Type }),
		"dir":          text(func(r *R) *string { return &r.Dir }),
		"allow_delete": flag(func(r *R) *bool { return &r.AllowDelete }),
		"hard_delete":  flag(func(r *R) *bool { return &r.HardDelete }),
		"interval":     duration(func(r *R) *time.Duration { return &r.Interval }),
		"ttl":          duration(func(r *R) *time.Duration { return &r.TTL }),
		"timeout":      duration(func(r *R) *time.Duration { return &r.Timeout }),
		"limit":        number(func(r *R) *int64 { return &r.Limit }),
	}
}

// decodeResolver decodes where account JWTs come from.
func decodeResolver(d *decoder, o *Options, f *field) {
	r := o.resolver()
	switch v := f.node.value.(type) {
	case string:
		switch u := resolverURL.FindStringSubmatch(v); {
		case strings.EqualFold(v, "MEMORY"), strings.EqualFold(v, "MEM"):
			r.Type = "memory"
		case u != nil:
			r.Type, r.URL = "url", u[1]
		default:
			d.fail(f.pos, "%s", unknownResolver)
		}
	case *tree:
		before := len(d.problems)
		decodeBlock(d, resolverFields, r, v, unknownTop)
		r.Type = strings.ToLower(r.Type)
		if len(d.problems) == before {
			d.checkResolver(r, f.pos)
		}
	default:
		d.fail(f.pos, "error parsing operator resolver, wrong type %s", typeName(v))
	}
}

// unknownResolver is the reference's refusal of a kind of resolver.
const unknownResolver = `error parsing account resolver, should be MEM or  URL("url") or a map containing dir and type state=[FULL|CACHE])`

func (d *decoder) checkResolver(r *Resolver, at Pos) {
	if r.Dir == "" {
		d.fail(at, "dir has no value and needs to point to a directory")
		return
	}
	if info, err := os.Stat(r.Dir); err == nil && !info.IsDir() {
		d.fail(at, "dir needs to point to an accessible directory")
	}
	switch r.Type {
	case "cache":
		switch {
		case r.Interval != 0:
			d.fail(at, "CACHE does not accept sync")
		case r.AllowDelete:
			d.fail(at, "CACHE does not accept allow_delete")
		case r.HardDelete:
			d.fail(at, "CACHE does not accept hard_delete")
		}
	case "full":
		if r.TTL != 0 {
			d.fail(at, "FULL does not accept ttl")
		}
		if r.HardDelete && !r.AllowDelete {
			d.fail(at, "hard_delete has no effect without delete")
		}
	default:
		d.fail(at, "%s", unknownResolver)
	}
}

func decodePreload(d *decoder, o *Options, f *field) {
	r := o.resolver()
	t, ok := f.node.value.(*tree)
	if !ok {
		d.fail(f.pos, "preload should be a map of account_public_key:account_jwt")
		return
	}
	r.Preload = make(map[string]string)
	for _, e := range t.last() {
		jwt, ok := e.node.value.(string)
		switch {
		case e.used:
			continue
		case !ok:
			d.fail(e.pos, "preload map value should be a string JWT")
		case checkJWT(jwt) != nil:
			d.fail(e.pos, "invalid account JWT")
		case !validAccountKey(e.key):
			d.fail(e.pos, "preload account error for %q: not a valid public account key", e.key)
		}
		r.Preload[e.key] = strings.TrimSpace(jwt)
	}
}

// checkJWT tells what is wrong with the form of a JWT. Whose it is and what it
// says is for whoever can verify it.
func checkJWT(jwt string) error {
	chunks := strings.Split(strings.TrimSpace(jwt), ".")
	if len(chunks) != 3 {
		return errors.New("expected 3 chunks")
	}
	claims, err := base64.RawURLEncoding.DecodeString(chunks[1])
	if err != nil {
		return err
	}
	return json.Unmarshal(claims, new(map[string]any))
}

// jwtLines are the lines around a JWT in a file.
var jwtLines = regexp.MustCompile(`(?s)-{3,}[^\n]*BEGIN[^\n]*-{3,}\r?\n(.+?)-{3,}[^\n]*END`)

// decodeOperators decodes JWTs of operators, given as such or in files.
func decodeOperators(d *decoder, o *Options, f *field) {
	for _, w := range d.words(f) {
		jwt := strings.TrimSpace(w.text)
		if !strings.HasPrefix(jwt, "eyJ") {
			text, err := readFile(jwt)
			if err != nil {
				d.fail(w.pos, "error parsing operator JWT: %v", err)
				continue
			}
			if m := jwtLines.FindStringSubmatch(text); m != nil {
				text = m[1]
			}
			jwt = strings.TrimSpace(text)
		}
		if err := checkJWT(jwt); err != nil {
			d.fail(w.pos, "error parsing operator JWT: %v", err)
			continue
		}
		o.Operators = append(o.Operators, jwt)
	}
}

// decodeTrustedKeys decodes the public keys of operators.
func decodeTrustedKeys(d *decoder, o *Options, f *field) {
	for _, w := range d.words(f) {
		if !validOperatorKey(w.text) {
			d.fail(w.pos, "trust key %q required to be a valid public operator nkey", w.text)
		}
		o.TrustedKeys = append(o.TrustedKeys, w.text)
	}
}

func (o *Options) resolver() *Resolver {
	if o.Resolver == nil {
		o.Resolver = new(Resolver)
	}
	return o.Resolver
}
