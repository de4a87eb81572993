package operator

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/resolver"
	"github.com/midge-nats/midge/internal/subject"
	"github.com/nats-io/jwt/v2"
)

// compileImports makes the imports of an account out of the accounts in use.
// Those that are not allowed are left out and told of. until is when the first
// of the others ends to be allowed, zero for never. Manager.mu is held.
func (m *Manager) compileImports(a *account, now time.Time) (streams []*core.StreamImport, services []*core.ServiceImport, until time.Time, problems []error) {
	for _, im := range a.claims.Imports {
		from := m.accounts[im.Account]
		if from == nil {
			problems = append(problems, fmt.Errorf("import of %q: account %s is unknown", im.Subject, im.Account))
			continue
		}
		remote, local := subjects(im)
		x, ends, err := from.authorize(a.id, im, remote, now)
		if err == nil && im.IsStream() {
			var s *core.StreamImport
			if s, err = core.NewStreamImport(from.core, remote, local, im.AllowTrace); err == nil {
				streams = append(streams, s)
			}
		} else if err == nil {
			var s *core.ServiceImport
			if s, err = core.NewServiceImport(from.core, remote, local, im.Share, x); err == nil {
				if m.cyclic(a.core, s) {
					err = errors.New("import forms a cycle")
				} else {
					services = append(services, s)
				}
			}
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("import of %q from %s: %w", remote, im.Account, err))
			continue
		}
		if !ends.IsZero() && (until.IsZero() || ends.Before(until)) {
			until = ends
		}
	}
	return streams, services, until, problems
}

// subjects gives an import's subject in the exporting account and in its own.
// The deprecated "to" is a prefix of streams, and of services the exporter's
// subject.
func subjects(im *jwt.Import) (remote, local string) {
	remote, local = string(im.Subject), string(im.LocalSubject)
	to := im.GetTo()
	switch {
	case to == "" || local != "":
	case im.IsStream():
		local = to + "." + remote
	default:
		remote, local = to, remote
	}
	return remote, local
}

// authorize finds the export by which another account may import a subject, and
// until when it may.
func (a *account) authorize(importer string, im *jwt.Import, remote string, now time.Time) (*core.Export, time.Time, error) {
	if !subject.Valid(remote) {
		return nil, time.Time{}, errors.New("invalid subject")
	}
	err := errors.New("not exported")
	for _, e := range a.exports {
		if e.claim.Type != im.Type || !subject.IsSubset(remote, e.core.Subject) {
			continue
		}
		if p := int(e.claim.AccountTokenPosition); p > 0 {
			if tokens := strings.Split(remote, "."); p > len(tokens) || tokens[p-1] != importer {
				err = errors.New("not authorized: the account's key is not in its place")
				continue
			}
		}
		if !e.claim.TokenReq {
			return e.core, time.Time{}, nil
		}
		ends, bad := a.activated(importer, e.claim, im, remote, now)
		if bad == nil {
			return e.core, ends, nil
		}
		err = bad
	}
	return nil, time.Time{}, err
}

// activated checks the token by which a private export may be imported: by this
// account, signed by the exporter, for this subject, in time and not revoked.
func (a *account) activated(importer string, e *jwt.Export, im *jwt.Import, remote string, now time.Time) (ends time.Time, err error) {
	defer resolver.Guard(&err)
	if im.Token == "" {
		return ends, errors.New("not authorized: an activation token is required")
	}
	act, err := jwt.DecodeActivationClaims(im.Token)
	if err != nil {
		return ends, fmt.Errorf("activation token: %w", err)
	}
	ends = unix(act.Expires)
	switch {
	case act.Subject != importer:
		err = errors.New("activation token is another account's")
	case !a.signed(act.Issuer, act.IssuerAccount):
		err = errors.New("activation token is not signed by the exporter")
	case act.ImportType != e.Type:
		err = errors.New("activation token is for another type")
	case !subject.Valid(string(act.ImportSubject)) || !subject.IsSubset(remote, string(act.ImportSubject)):
		err = fmt.Errorf("activation token is for %q", act.ImportSubject)
	case now.Before(unix(act.NotBefore)):
		err = errors.New("activation token is not yet valid")
	case !ends.IsZero() && !now.Before(ends):
		err = errors.New("activation token is expired")
	case e.Revocations.IsRevoked(act.Subject, time.Unix(act.IssuedAt, 0)):
		err = errors.New("activation token is revoked")
	}
	return ends, err
}

// cyclic tells whether a request by a service import could come back to it
// through the imports that count already.
func (m *Manager) cyclic(importer *core.Account, im *core.ServiceImport) bool {
	seen := make(map[*core.ServiceImport]bool)
	var reaches func(acc *core.Account, subj string) bool
	reaches = func(acc *core.Account, subj string) bool {
		if acc == importer && subject.Overlaps(subj, im.Local) {
			return true
		}
		at := m.accounts[acc.Name()]
		if at == nil {
			return false
		}
		for _, next := range at.services {
			if !seen[next] && subject.Overlaps(subj, next.Local) {
				seen[next] = true
				if reaches(next.From, next.Subject) {
					return true
				}
			}
		}
		return false
	}
	return reaches(im.From, im.Subject)
}
