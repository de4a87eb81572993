package system

import "time"

// UserInfo is what a user may know about itself. [M-13]
type UserInfo struct {
	User        string           `json:"user"`
	Account     string           `json:"account"`
	AccountName string           `json:"account_name"`
	UserName    string           `json:"user_name,omitempty"`
	Permissions *UserPermissions `json:"permissions,omitempty"`
	Expires     time.Duration    `json:"expires,omitempty"`
}

// UserPermissions are a user's rules as they were written.
type UserPermissions struct {
	Publish   *AllowDeny `json:"publish,omitempty"`
	Subscribe *AllowDeny `json:"subscribe,omitempty"`
}

// AllowDeny is a pair of subject lists.
type AllowDeny struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// userInfo answers on the server that the requester is connected to.
func (s *System) userInfo(r *request) (any, error) {
	if r.conn == nil || r.conn.Grant() == nil {
		return nil, errNoAnswer
	}
	g := r.conn.Grant()
	u := &UserInfo{User: g.User, Account: g.Account.Name(), AccountName: g.Account.DisplayName(), UserName: g.UserName}
	if g.Permissions != nil {
		rules := g.Permissions.Rules()
		u.Permissions = &UserPermissions{
			Publish:   allowDeny(rules.PublishAllow, rules.PublishDeny),
			Subscribe: allowDeny(rules.SubscribeAllow, rules.SubscribeDeny),
		}
	}
	if !g.Expires.IsZero() {
		u.Expires = time.Until(g.Expires)
	}
	return u, nil
}

func allowDeny(allow, deny []string) *AllowDeny {
	if len(allow) == 0 && len(deny) == 0 {
		return nil
	}
	return &AllowDeny{allow, deny}
}
