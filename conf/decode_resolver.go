package conf

import (
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
			d.fail(f.pos, "error parsing account resolver, unknown type %q", v)
		}
	case *tree:
		decodeBlock(d, resolverFields, r, v, unknownTop)
		r.Type = strings.ToLower(r.Type)
		d.checkResolver(r, f.pos)
	default:
		d.fail(f.pos, "error parsing operator resolver, wrong type %s", typeName(v))
	}
}

func (d *decoder) checkResolver(r *Resolver, at Pos) {
	if r.Dir == "" {
		d.fail(at, "dir has no value and needs to point to a directory")
	}
	switch r.Type {
	case "cache":
		if r.Interval != 0 || r.AllowDelete || r.HardDelete {
			d.fail(at, "CACHE does not accept sync|allow_delete|hard_delete")
		}
	case "full":
		if r.TTL != 0 {
			d.fail(at, "FULL does not accept ttl")
		}
		if r.HardDelete && !r.AllowDelete {
			d.fail(at, "hard_delete has no effect without delete")
		}
	default:
		d.fail(at, "error parsing account resolver, unknown type %q", r.Type)
	}
}

func decodePreload(d *decoder, o *Options, f *field) {
	r := o.resolver()
	r.Preload = d.metadata(f)
	for name := range r.Preload {
		if !validAccountKey(name) {
			d.fail(f.pos, "preload account error for %q: not a valid public account key", name)
		}
	}
}

func (o *Options) resolver() *Resolver {
	if o.Resolver == nil {
		o.Resolver = new(Resolver)
	}
	return o.Resolver
}
