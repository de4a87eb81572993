package conf

import (
	"strings"
	"time"

	"github.com/midge-nats/midge/internal/subject"
)

var permissionFields block[Permissions]

func init() {
	type P = Permissions
	permissionFields = block[P]{
		"publish":         func(d *decoder, p *P, f *field) { p.Publish = d.subjects(f, false) },
		"subscribe":       func(d *decoder, p *P, f *field) { p.Subscribe = d.subjects(f, true) },
		"allow_responses": func(d *decoder, p *P, f *field) { p.Response = d.responses(f) },
	}
	permissionFields.alias("publish", "pub", "import")
	permissionFields.alias("subscribe", "sub", "export")
	permissionFields.alias("allow_responses", "publish_allow_responses")
}

// permissions decodes what a user may do.
func (d *decoder) permissions(f *field) *Permissions {
	t, ok := f.node.value.(*tree)
	if !ok {
		d.fail(f.pos, "Expected permissions to be a map/struct, got %v", f.node.plain())
		return nil
	}
	p := new(Permissions)
	decodeBlock(d, permissionFields, p, t, unknownPerms)
	return p
}

// subjects decodes a subject, a list of them, or what is allowed and denied.
func (d *decoder) subjects(f *field, queues bool) *SubjectPermission {
	t, ok := f.node.value.(*tree)
	if !ok {
		return &SubjectPermission{Allow: d.subjectList(f, queues)}
	}
	p := new(SubjectPermission)
	decodeBlock(d, block[SubjectPermission]{
		"allow": func(d *decoder, p *SubjectPermission, f *field) { p.Allow = d.subjectList(f, queues) },
		"deny":  func(d *decoder, p *SubjectPermission, f *field) { p.Deny = d.subjectList(f, queues) },
	}, p, t, unknownSubj)
	return p
}

func (d *decoder) subjectList(f *field, queues bool) []string {
	switch f.node.value.(type) {
	case string, []*node:
	default:
		d.fail(f.pos, "Expected subject permissions to be a subject, or array of subjects, got %s", typeName(f.node.value))
		return nil
	}
	list := d.strings(f)
	for _, s := range list {
		words := strings.Fields(s)
		switch {
		case len(words) == 1 && s == words[0] && subject.Valid(s):
		case queues && len(words) == 2 && subject.Valid(words[0]):
			if !subject.Valid(words[1]) {
				d.fail(f.pos, "queue %q is not a valid queue", words[1])
			}
		default:
			d.fail(f.pos, "subject %q is not a valid subject", s)
		}
	}
	return list
}

// responses decodes the permission to answer.
func (d *decoder) responses(f *field) *ResponsePermission {
	switch v := f.node.value.(type) {
	case bool:
		if !v {
			return nil
		}
		return new(ResponsePermission)
	case *tree:
		r := new(ResponsePermission)
		decodeBlock(d, responseFields, r, v, unknownPerms)
		return r
	default:
		d.fail(f.pos, "error parsing response permissions, expected a boolean or a map")
		return nil
	}
}

var responseFields block[ResponsePermission]

func init() {
	type R = ResponsePermission
	responseFields = block[R]{
		"max":     number(func(r *R) *int { return &r.MaxMsgs }),
		"expires": duration(func(r *R) *time.Duration { return &r.Expires }),
	}
	responseFields.alias("max", "max_msgs", "max_messages", "max_responses")
	responseFields.alias("expires", "expiration", "ttl")
}
