package operator

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/resolver"
	"github.com/nats-io/jwt/v2"
)

// The answers about claims. [accounts.md 10]
const (
	textUpdated   = "jwt updated"
	textError     = "jwt update resulted in error"
	textInvalid   = "jwt validation failed"
	textNoAccount = "n/a" // in the place of an account that cannot be told
)

// lookup answers with an account's token, or with nothing.
func (s *Service) lookup(p *core.Publisher, r *claimsRequest) {
	token, err := s.manager.Store.Load(r.account)
	if err != nil {
		token = ""
	}
	s.say(p, r, []byte(token))
}

// update takes a token that was pushed.
func (s *Service) update(p *core.Publisher, r *claimsRequest) {
	token := strings.TrimSpace(string(r.payload))
	id := r.account
	c, err := resolver.Decode(token)
	if err != nil {
		s.refuse(p, r, textNoAccount, textError, err)
		return
	}
	if id == "" {
		id = c.Subject
	}
	err = s.manager.Update(id, token)
	if _, invalid := errors.AsType[*validationError](err); invalid {
		s.refuse(p, r, id, textInvalid, err)
		return
	}
	if err != nil {
		s.refuse(p, r, id, textError, err)
		return
	}
	s.broker.Log().Debugf("%s - %s", textUpdated, id)
	s.sayJSON(p, r, "data", updated{Account: id, Code: 200, Message: textUpdated})
}

// list answers with all accounts.
func (s *Service) list(p *core.Publisher, r *claimsRequest) { s.sayJSON(p, r, "data", s.dir.List()) }

// delete removes the accounts that an operator signed a list of.
func (s *Service) delete(p *core.Publisher, r *claimsRequest) {
	issuer, ids, err := s.deletable(string(r.payload))
	what := fmt.Sprintf("delete accounts request by %s failed", issuer)
	if err != nil {
		s.refuse(p, r, "", what, err)
		return
	}
	n, err := s.dir.Delete(ids)
	gone := slices.DeleteFunc(ids, func(id string) bool {
		_, e := s.dir.Load(id)
		return e == nil
	})
	s.manager.Drop(gone)
	if err != nil {
		s.refuse(p, r, "", what, err)
		return
	}
	s.sayJSON(p, r, "data", updated{Code: 200, Message: fmt.Sprintf("deleted %d accounts", n)})
}

// deletable reads a list of accounts: a generic token about an operator's key,
// signed by it. issuer is that key, "" when it cannot be told.
func (s *Service) deletable(token string) (issuer string, ids []string, err error) {
	defer resolver.Guard(&err)
	c, err := jwt.DecodeGeneric(strings.TrimSpace(token))
	if err != nil {
		return issuer, nil, err
	}
	issuer = c.Issuer
	if !c.IsSelfSigned() {
		return issuer, nil, errors.New("not self signed")
	}
	if err := s.manager.Trust.judge(issuer); err != nil {
		return issuer, nil, err
	}
	vr, err := validate(c)
	if err != nil {
		return issuer, nil, err
	}
	if vr.IsBlocking(true) {
		return issuer, nil, errors.New(issues(vr))
	}
	list, ok := c.Data["accounts"].([]any)
	if !ok {
		return issuer, nil, errors.New("malformed request: no list of accounts")
	}
	for _, v := range list {
		id, ok := v.(string)
		switch {
		case !ok:
			return issuer, nil, errors.New("malformed request: an account is not a string")
		case id == s.account.Name():
			return issuer, nil, errors.New("not allowed to delete system account")
		}
		ids = append(ids, id)
	}
	return issuer, ids, nil
}

// pack answers who holds other tokens than this server with all it has, and
// then with nothing.
func (s *Service) pack(p *core.Publisher, r *claimsRequest) {
	if hash := s.dir.Hash(); !bytes.Equal(r.payload, hash[:]) {
		for _, id := range s.dir.List() {
			token, err := s.dir.Load(id)
			if err != nil {
				continue // deleted meanwhile
			}
			s.say(p, r, []byte(id+"|"+token))
			p.EndBatch()
		}
	}
	s.say(p, r, nil)
}

// merge takes the tokens of a pack that are newer than those here.
func (s *Service) merge(text string) {
	for line := range strings.Lines(text) {
		id, token, ok := strings.Cut(strings.TrimSpace(line), "|")
		if !ok {
			continue
		}
		c, err := s.manager.check(id, token)
		if err != nil {
			s.broker.Log().Warnf("Account [%s] of another server refused: %v", id, err)
			continue
		}
		newer, err := s.dir.SaveIfNewer(id, token)
		if err != nil {
			s.broker.Log().Errorf("Save account [%s]: %v", id, err)
			continue
		}
		if newer {
			s.manager.changed(id, parsed{token, c})
		}
	}
}
