package core

import "iter"

// GlobalAccount is the account of whoever names none.
const GlobalAccount = "$G"

// Account gives the account of a name and makes it if need be.
func (b *Broker) Account(name string) *Account {
	if a := b.LookupAccount(name); a != nil {
		return a
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.LookupAccount(name); a != nil {
		return a
	}
	a := newAccount(b, name)
	b.accounts.Store(name, a)
	return a
}

// LookupAccount gives the account of a name, nil if there is none.
func (b *Broker) LookupAccount(name string) *Account {
	if a, ok := b.accounts.Load(name); ok {
		return a.(*Account)
	}
	return nil
}

// RemoveAccount forgets an account. Its connections must have been closed.
func (b *Broker) RemoveAccount(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accounts.Delete(name)
}

// Accounts lists the accounts in no order.
func (b *Broker) Accounts() iter.Seq[*Account] {
	return func(yield func(*Account) bool) {
		b.accounts.Range(func(_, a any) bool { return yield(a.(*Account)) })
	}
}
