package core

import (
	"fmt"

	"github.com/midge-nats/midge/internal/subject"
)

// StreamImport lets the users of one account subscribe to messages of another.
// Immutable.
//
// It costs nothing until somebody subscribes: then a shadow of the subscription
// stands in the exporting account, and publishing there finds it like any
// other.
type StreamImport struct {
	From       *Account // the exporter
	Subject    string   // there
	Local      string   // pattern in the importing account
	AllowTrace bool     // tracing may go on in the importing account [T-49]

	toLocal  *subject.Transform // nil when both subjects are the same
	toRemote *subject.Transform
}

// NewStreamImport makes the import of a subject under a local one; an empty
// local subject means the same.
func NewStreamImport(from *Account, subj, local string, allowTrace bool) (*StreamImport, error) {
	im := &StreamImport{From: from, Subject: subj, Local: subj, AllowTrace: allowTrace}
	if local == "" || local == subj {
		return im, nil
	}
	t, err := subject.NewImportTransform(subj, local)
	if err != nil {
		return nil, fmt.Errorf("failed to create mapping transform for stream import subject from %q to %q: %w", subj, local, err)
	}
	back, err := t.Inverse()
	if err != nil {
		return nil, fmt.Errorf("failed to create mapping transform for stream import subject from %q to %q: %w", subj, local, err)
	}
	im.toLocal, im.toRemote, im.Local = t, back, back.Source()
	return im, nil
}

// remote gives the exporter's subject of which a local subscription wants the
// messages, false when it wants none of them.
func (im *StreamImport) remote(local string) (string, bool) {
	common, ok := subject.Intersect(local, im.Local)
	if !ok || im.toRemote == nil {
		return common, ok
	}
	return im.toRemote.Apply(common)
}

// SetStreamImports replaces what the account imports. Live subscriptions follow.
func (a *Account) SetStreamImports(list []*StreamImport) {
	a.streamImports.Store(&list)
	for _, c := range append(a.Conns(), a.Leafnodes()...) {
		c.renewShadows()
	}
}

// StreamImports gives what the account imports.
func (a *Account) StreamImports() []*StreamImport {
	if l := a.streamImports.Load(); l != nil {
		return *l
	}
	return nil
}

// addShadowsLocked puts shadows of a subscription into the accounts that its
// own imports from. The connection's lock is held, no account's is.
func (c *Conn) addShadowsLocked(s *Subscription) {
	for _, im := range s.acc.StreamImports() {
		remote, ok := im.remote(s.subject)
		if !ok {
			continue
		}
		shadow := newSubscription(im.From, c, []byte(remote), []byte(s.queue), []byte(s.sid), s.created)
		shadow.original, shadow.imported = s, im
		shadow.filtered.Store(c.grant.Load().Permissions.filters(s.subject))
		if err := im.From.insert(shadow); err != nil {
			c.broker.log.Errorf("%s - Import of %q: %v", c, remote, err)
			continue
		}
		s.shadows = append(s.shadows, shadow)
	}
}

// removeShadowsLocked takes them out again.
func (c *Conn) removeShadowsLocked(s *Subscription) {
	for _, shadow := range s.shadows {
		shadow.closed.Store(true)
		shadow.acc.remove(shadow)
	}
	s.shadows = nil
}

// renewShadows follows a change of the account's imports.
func (c *Conn) renewShadows() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.subs {
		c.removeShadowsLocked(s)
		c.addShadowsLocked(s)
	}
}
