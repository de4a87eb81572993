package callout

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/internal/auth"
	"github.com/midge-nats/midge/internal/resolver"
	"github.com/midge-nats/midge/protocol"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// Config is what an asker needs to know of its server.
type Config struct {
	Broker *core.Broker
	Keys   nkeys.KeyPair       // sign requests
	Curve  nkeys.KeyPair       // seals them
	Server func() jwt.ServerID // describes the server
	// Timeout is how long an answer may take.
	Timeout func() time.Duration
}

// Asker asks authorization services. Any goroutine may use it.
type Asker struct {
	Config
	id      string // the server's public key
	xkey    string
	inbox   string // prefix of reply subjects
	context context.Context
	cancel  context.CancelFunc

	mu      sync.Mutex // guards the fields below
	inboxes map[*core.Account]*core.Subscription
	waiting map[string]chan []byte // answers by reply subject
}

// NewAsker makes one.
func NewAsker(c Config) (*Asker, error) {
	k := &Asker{
		Config: c, inbox: "$SYS._INBOX." + rand.Text()[:8] + ".",
		inboxes: make(map[*core.Account]*core.Subscription), waiting: make(map[string]chan []byte),
	}
	var err error
	if k.id, err = c.Keys.PublicKey(); err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	if k.xkey, err = c.Curve.PublicKey(); err != nil {
		return nil, fmt.Errorf("server curve key: %w", err)
	}
	k.context, k.cancel = context.WithCancel(context.Background())
	return k, nil
}

// Stop ends what waits for an answer.
func (k *Asker) Stop() {
	k.cancel()
	k.mu.Lock()
	defer k.mu.Unlock()
	for acc, sub := range k.inboxes {
		acc.Unhandle(sub)
	}
	clear(k.inboxes)
}

// Target is a service to ask.
type Target struct {
	Account *core.Account // where it listens
	Issuer  string        // the account's public key, the subject of the request
	XKey    string        // the public key to seal requests for, "" for none
	// Signed tells whether a key may sign the answer.
	Signed func(issuer, issuerAccount string) bool
}

// audience is whom requests are for.
const audience = "nats-authorization-request"

// xkeyHeader tells the service by which key the server sealed the request.
const xkeyHeader = "Nats-Server-Xkey"

// errNobody says that the service does not run.
var errNobody = errors.New("no authorization service listens")

// Ask has a service tell who a client is. It blocks its caller, the client's
// read loop. The claims are those of the key that was made up for this request;
// who signed them, and what they allow, is for the caller to judge.
func (k *Asker) Ask(c *core.Conn, req *protocol.Connect, t Target) (*jwt.UserClaims, error) {
	user, err := nkeys.CreateUser()
	if err != nil {
		return nil, fmt.Errorf("authorization request: %w", err)
	}
	key, err := user.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("authorization request: %w", err)
	}
	header, payload, err := k.request(c, req, t, key)
	if err != nil {
		return nil, fmt.Errorf("authorization request: %w", err)
	}
	answer, err := k.exchange(t.Account, header, payload)
	if err != nil {
		return nil, fmt.Errorf("authorization request: %w", err)
	}
	claims, err := k.read(answer, t, key)
	if err != nil {
		return nil, fmt.Errorf("authorization response: %w", err)
	}
	return claims, nil
}

// request writes what the service is asked.
func (k *Asker) request(c *core.Conn, req *protocol.Connect, t Target, userKey string) (header, payload []byte, err error) {
	claims := jwt.NewAuthorizationRequestClaims(t.Issuer)
	claims.Audience = audience
	claims.Expires = time.Now().Add(k.Timeout()).Unix()
	claims.UserNkey = userKey
	claims.Server = k.Server()
	claims.Server.XKey = k.xkey
	describe(&claims.AuthorizationRequest, c, req)
	token, err := claims.Encode(k.Keys)
	if err != nil {
		return nil, nil, err
	}
	if t.XKey == "" {
		return nil, []byte(token), nil
	}
	sealed, err := k.Curve.Seal([]byte(token), t.XKey)
	if err != nil {
		return nil, nil, err
	}
	return protocol.AppendWithHeader(nil, nil, xkeyHeader, k.xkey), sealed, nil
}

// exchange publishes a request and waits for the answer.
func (k *Asker) exchange(acc *core.Account, header, payload []byte) ([]byte, error) {
	if err := k.listen(acc); err != nil {
		return nil, err
	}
	reply := k.inbox + rand.Text()[:8]
	ch := make(chan []byte, 1)
	k.mu.Lock()
	k.waiting[reply] = ch
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.waiting, reply)
	}()
	p := k.Broker.NewPublisher(core.KindSystem)
	sent := p.PublishInternal(acc, []byte(auth.CalloutSubject), []byte(reply), header, payload)
	p.EndBatch()
	if !sent {
		return nil, errNobody
	}
	timeout := time.NewTimer(k.Timeout())
	defer timeout.Stop()
	select {
	case answer := <-ch:
		return answer, nil
	case <-timeout.C:
		return nil, errors.New("no answer in time")
	case <-k.context.Done():
		return nil, errors.New("server is shutting down")
	}
}

// listen takes up the account's reply subjects, once.
func (k *Asker) listen(acc *core.Account) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.inboxes[acc] != nil {
		return nil
	}
	if k.context.Err() != nil {
		return k.context.Err()
	}
	sub, err := acc.Handle(k.inbox+"*", "", k.replied)
	if err != nil {
		return err
	}
	k.inboxes[acc] = sub
	return nil
}

func (k *Asker) replied(_ *core.Publisher, _ *core.Subscription, m *core.Msg) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	ch := k.waiting[string(m.Subject)]
	if ch == nil {
		return true // too late
	}
	select {
	case ch <- append([]byte(nil), m.Payload()...):
	default: // the first answer counts
	}
	return true
}

// jwtPrefix begins every JWT that is not sealed.
const jwtPrefix = "eyJ"

// read checks an answer: from the service, for this server, about this request.
func (k *Asker) read(answer []byte, t Target, userKey string) (claims *jwt.UserClaims, err error) {
	defer resolver.Guard(&err)
	if len(answer) == 0 {
		return nil, errors.New("empty")
	}
	if !strings.HasPrefix(string(answer), jwtPrefix) {
		if t.XKey == "" {
			return nil, errors.New("sealed, but no xkey is configured")
		}
		if answer, err = k.Curve.Open(answer, t.XKey); err != nil {
			return nil, fmt.Errorf("open: %w", err)
		}
	}
	r, err := jwt.DecodeAuthorizationResponseClaims(string(answer))
	if err != nil {
		return nil, err
	}
	vr := jwt.CreateValidationResults()
	r.Validate(vr)
	switch {
	case r.Subject != userKey:
		return nil, errors.New("subject does not match the request")
	case r.Audience != k.id:
		return nil, errors.New("audience is another server")
	case !t.Signed(r.Issuer, r.IssuerAccount):
		return nil, errors.New("issuer is not the service's account")
	case r.Error != "":
		return nil, fmt.Errorf("refused: %q", r.Error)
	case vr.IsBlocking(true):
		return nil, fmt.Errorf("not valid: %v", vr.Issues[0])
	}
	if claims, err = jwt.DecodeUserClaims(r.Jwt); err != nil {
		return nil, fmt.Errorf("user JWT: %w", err)
	}
	vr = jwt.CreateValidationResults()
	claims.Validate(vr)
	switch {
	case claims.Subject != userKey:
		return nil, errors.New("user JWT: subject does not match the request")
	case vr.IsBlocking(true):
		return nil, fmt.Errorf("user JWT: not valid: %v", vr.Issues[0])
	}
	return claims, nil
}
