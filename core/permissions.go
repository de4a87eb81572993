package core

import (
	"fmt"
	"strings"
	"time"

	"github.com/midge-nats/midge/internal/subject"
	"github.com/midge-nats/midge/internal/sublist"
	"github.com/midge-nats/midge/protocol"
)

// Permissions are compiled rules of what a user may publish and subscribe to.
// Immutable; nil allows everything. [P-19]
type Permissions struct {
	rules        Rules
	publishAllow *sublist.Sublist[int] // nil: everything
	publishDeny  *sublist.Sublist[int] // nil: nothing
	subAllow     []subjectRule
	subDeny      []subjectRule
	deliverDeny  *sublist.Sublist[int] // the plain entries of subDeny
	responses    *Responses
	denyAll      bool // responses without any publish allow: only replies
}

// Rules are permissions as written: subjects, and for subscriptions
// "subject queue" for one queue group. An empty allow list allows everything.
type Rules struct {
	PublishAllow, PublishDeny     []string
	SubscribeAllow, SubscribeDeny []string
	Responses                     *Responses
}

// Responses allow publishing to the reply subject of a message received.
type Responses struct {
	Max     int           // publishes for each; 0 means 1, negative any number
	Expires time.Duration // from delivery; 0 means two minutes, negative never
}

// The defaults of allow_responses.
const (
	defaultResponses       = 1
	defaultResponseExpires = 2 * time.Minute
)

// subjectRule is one entry of a subscribe list.
type subjectRule struct{ subject, queue string }

// NewPermissions compiles rules; invalid subjects are refused.
func NewPermissions(r Rules) (*Permissions, error) {
	p := &Permissions{rules: r}
	var err error
	if p.publishAllow, err = index(r.PublishAllow); err != nil {
		return nil, err
	}
	if p.publishDeny, err = index(r.PublishDeny); err != nil {
		return nil, err
	}
	if p.subAllow, err = subjectRules(r.SubscribeAllow); err != nil {
		return nil, err
	}
	if p.subDeny, err = subjectRules(r.SubscribeDeny); err != nil {
		return nil, err
	}
	var plain []string
	for _, d := range p.subDeny {
		if d.queue == "" {
			plain = append(plain, d.subject)
		}
	}
	if p.deliverDeny, err = index(plain); err != nil {
		return nil, err
	}
	if r.Responses != nil {
		p.responses = &Responses{Max: r.Responses.Max, Expires: r.Responses.Expires}
		if p.responses.Max == 0 {
			p.responses.Max = defaultResponses
		}
		if p.responses.Expires == 0 {
			p.responses.Expires = defaultResponseExpires
		}
		p.denyAll = p.publishAllow == nil
	}
	return p, nil
}

// Rules gives the permissions as they were written.
func (p *Permissions) Rules() Rules { return p.rules }

// index makes a subject index of patterns, nil of none.
func index(patterns []string) (*sublist.Sublist[int], error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	s := sublist.New[int]()
	for i, p := range patterns {
		if err := s.Insert(p, "", i); err != nil {
			return nil, fmt.Errorf("subject %q is not a valid subject", p)
		}
	}
	return s, nil
}

func subjectRules(entries []string) ([]subjectRule, error) {
	rules := make([]subjectRule, 0, len(entries))
	for _, e := range entries {
		f := strings.Fields(e)
		if len(f) == 0 || len(f) > 2 || !subject.Valid(f[0]) {
			return nil, fmt.Errorf("subject %q is not a valid subject", e)
		}
		r := subjectRule{subject: f[0]}
		if len(f) == 2 {
			if !subject.Valid(f[1]) {
				return nil, fmt.Errorf("queue %q is not a valid queue", f[1])
			}
			r.queue = f[1]
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// MayPublish tells whether the rules let a message be published to a subject,
// replies to received messages aside.
func (p *Permissions) MayPublish(subj []byte) bool {
	if p == nil {
		return true
	}
	if p.denyAll || p.publishAllow != nil && !p.publishAllow.HasInterest(subj) {
		return false
	}
	return p.publishDeny == nil || !p.publishDeny.HasInterest(subj)
}

// MaySubscribe tells whether the rules let somebody subscribe.
func (p *Permissions) MaySubscribe(subj, queue string) bool {
	return p.refusesSubscription([]byte(subj), []byte(queue)) == nil
}

// sysQueue is a queue group name that no client may use. [client.md 5]
const sysQueue = "_sys_"

// refusesSubscription gives the refusal of a subscription, nil if it is
// allowed. A wildcard must be a subset of an entry that allows it; one that
// merely overlaps a denied subject is allowed and filtered at delivery.
func (p *Permissions) refusesSubscription(subj, queue []byte) *protocol.Error {
	if string(queue) == sysQueue {
		return protocol.SubscribeViolation(subj, queue)
	}
	if p == nil {
		return nil
	}
	s, q := string(subj), string(queue)
	if len(p.subAllow) > 0 && !allowed(p.subAllow, s, q) || denied(p.subDeny, s, q) {
		return protocol.SubscribeViolation(s, q)
	}
	return nil
}

// allowed tells whether one of the rules covers a subscription. A member of a
// queue group needs an entry that names its queue as soon as any entry that
// covers the subject names one.
func allowed(rules []subjectRule, subj, queue string) bool {
	plain, named := false, false
	for _, r := range rules {
		switch {
		case !subject.IsSubset(subj, r.subject):
		case r.queue == "":
			plain = true
		case queue != "" && subject.Matches(queue, r.queue):
			return true
		default:
			named = true
		}
	}
	return plain && (queue == "" || !named)
}

// denied tells whether one of the rules forbids a subscription. The
// subscription's tokens are taken literally here: a.> is covered by a.*, while
// > alone is not. [P-19]
func denied(rules []subjectRule, subj, queue string) bool {
	for _, r := range rules {
		if r.queue != "" && (queue == "" || !subject.Matches(queue, r.queue)) {
			continue
		}
		if subject.Matches(subj, r.subject) {
			return true
		}
	}
	return false
}

// filters tells whether a subscription's messages must be looked at one by one.
func (p *Permissions) filters(subj string) bool {
	if p == nil || p.deliverDeny == nil || !subject.HasWildcard(subj) {
		return false
	}
	for _, d := range p.subDeny {
		if d.queue == "" && subject.Overlaps(subj, d.subject) {
			return true
		}
	}
	return false
}

// mayReceive tells whether the connection's rules let a message of this
// subject be delivered to it.
func (c *Conn) mayReceive(subj []byte) bool {
	g := c.grant.Load()
	return g == nil || g.Permissions == nil || g.Permissions.deliverDeny == nil || !g.Permissions.deliverDeny.HasInterest(subj)
}

// violation describes a refused subscription in the words of the log.
func violation(g *Grant, subj, queue, sid []byte) string {
	user := ""
	if g.User != "" {
		user = fmt.Sprintf("User %q, ", g.User)
	}
	if len(queue) > 0 {
		return fmt.Sprintf("%sSubject %q, Queue: %q, SID %s", user, subj, queue, sid)
	}
	return fmt.Sprintf("%sSubject %q, SID %s", user, subj, sid)
}
