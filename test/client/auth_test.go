package client_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/bcrypt"

	"github.com/midge-nats/midge/test/harness"
)

// refused checks that the credentials do not let a client in, and that the
// closed connection says why. [P-21]
func refused(t *testing.T, srv harness.Server, what string, options ...nats.Option) {
	t.Helper()
	nc, err := harness.Dial(srv, append(options, nats.Name("refused "+what))...)
	if err == nil {
		nc.Close()
		t.Errorf("%s: let in", what)
		return
	}
	if !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("%s: %v, want %v", what, err, nats.ErrAuthorization)
	}
	if reason := harness.ClosedFor(t, srv, "refused "+what, 0); reason != "Authentication Failure" {
		t.Errorf("%s: closed because of %q", what, reason)
	}
}

// admitted checks that the credentials let a client in and that it can talk.
func admitted(t *testing.T, srv harness.Server, options ...nats.Option) *nats.Conn {
	t.Helper()
	nc := harness.Connect(t, srv, options...)
	sub := harness.Subscribe(t, nc, "talk")
	harness.Publish(t, nc, "talk", "hello")
	harness.Expect(t, sub, "talk", "hello")
	return nc
}

// hashed makes a bcrypt hash at the lowest cost.
func hashed(t *testing.T, secret string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

func TestSingleUser(t *testing.T) {
	harness.Everywhere(t, `authorization { user: ann, password: "s3cr3t" }`, func(t *testing.T, srv harness.Server) {
		nc := admitted(t, srv, nats.UserInfo("ann", "s3cr3t"))
		if !nc.AuthRequired() {
			t.Error("INFO does not ask for credentials")
		}
		refused(t, srv, "no credentials")
		refused(t, srv, "wrong password", nats.UserInfo("ann", "secret"))
		refused(t, srv, "wrong user", nats.UserInfo("bob", "s3cr3t"))
		refused(t, srv, "password as token", nats.Token("s3cr3t"))
	})
}

// Users of a list, with plain and bcrypt passwords.
func TestUsersAndBcrypt(t *testing.T) {
	config := fmt.Sprintf(`authorization { users: [
		{user: plain, password: "a b:c@d"}
		{user: hash, password: %q}
	]}`, hashed(t, "deep secret"))
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		admitted(t, srv, nats.UserInfo("plain", "a b:c@d"))
		admitted(t, srv, nats.UserInfo("hash", "deep secret"))
		refused(t, srv, "wrong", nats.UserInfo("hash", "shallow secret"))
		refused(t, srv, "empty", nats.UserInfo("hash", ""))
	})
}

// Credentials in the URL, and from a callback.
func TestUserInURL(t *testing.T) {
	harness.Everywhere(t, `authorization { user: ann, password: "p@ss/w" }`, func(t *testing.T, srv harness.Server) {
		u := url.URL{Scheme: "nats", User: url.UserPassword("ann", "p@ss/w"), Host: srv.Addr()}
		nc, err := nats.Connect(u.String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		harness.Flush(t, nc)
		admitted(t, srv, nats.UserInfoHandler(func() (string, string) { return "ann", "p@ss/w" }))
	})
}

func TestToken(t *testing.T) {
	harness.Everywhere(t, `authorization { token: "open sesame" }`, func(t *testing.T, srv harness.Server) {
		admitted(t, srv, nats.Token("open sesame"))
		admitted(t, srv, nats.TokenHandler(func() string { return "open sesame" }))
		refused(t, srv, "wrong token", nats.Token("open sesam"))
		refused(t, srv, "no token")
	})
}

func TestBcryptToken(t *testing.T) {
	config := fmt.Sprintf(`authorization { token: %q }`, hashed(t, "open sesame"))
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		admitted(t, srv, nats.Token("open sesame"))
		refused(t, srv, "the hash itself", nats.Token(hashed(t, "open sesame")))
	})
}

// An nkey signs the server's nonce. [P-22]
func TestNkey(t *testing.T) {
	user, public := newUser(t)
	_, stranger := newUser(t)
	harness.Everywhere(t, fmt.Sprintf(`authorization { users: [{nkey: %s}] }`, public), func(t *testing.T, srv harness.Server) {
		if nonce := harness.ReadInfo(t, srv).Nonce; len(nonce) != 15 {
			t.Errorf("nonce %q, want 15 characters", nonce)
		}
		admitted(t, srv, nats.Nkey(public, user.Sign))
		refused(t, srv, "unknown key", nats.Nkey(stranger, user.Sign))
		refused(t, srv, "signature of something else", nats.Nkey(public, func([]byte) ([]byte, error) {
			return user.Sign([]byte("something else!"))
		}))
		refused(t, srv, "no key")
	})
}

func newUser(t *testing.T) (nkeys.KeyPair, string) {
	t.Helper()
	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := user.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return user, public
}

// Who gives no credentials is the no_auth_user; wrong ones are wrong. [P-21]
func TestNoAuthUser(t *testing.T) {
	const config = `
		authorization { users: [
			{user: guest, password: x, permissions: {publish: "talk", subscribe: "talk"}}
			{user: boss, password: pw}
		]}
		no_auth_user: guest`
	harness.Everywhere(t, config, func(t *testing.T, srv harness.Server) {
		guest := admitted(t, srv)
		if guest.AuthRequired() {
			// Only the first INFO leaves it out; the second one says it.
			t.Log("the library has taken over auth_required from the second INFO")
		}
		if harness.ReadInfo(t, srv).AuthRequired {
			t.Error("the first INFO asks for credentials in spite of no_auth_user")
		}
		boss := admitted(t, srv, nats.UserInfo("boss", "pw"))
		sub := harness.Subscribe(t, boss, "secret")
		harness.Publish(t, guest, "secret", "x")
		harness.Nothing(t, boss, sub)
		refused(t, srv, "unknown user", nats.UserInfo("nobody", "pw"))
		refused(t, srv, "wrong password", nats.UserInfo("boss", "no"))
	})
}

// Who says nothing in time is sent away. [P-21]
func TestAuthTimeout(t *testing.T) {
	harness.Everywhere(t, `authorization { user: ann, password: pw, timeout: 0.2 }`, func(t *testing.T, srv harness.Server) {
		w := harness.OpenWire(t, srv)
		w.Want(t, "-ERR 'Authentication Timeout'")
		if rest := w.Rest(t); len(rest) != 0 {
			t.Errorf("then %q", rest)
		}
		if reason := harness.ClosedFor(t, srv, "", w.Info.ClientID); reason != "Authentication Timeout" {
			t.Errorf("reason %q", reason)
		}
	})
}
