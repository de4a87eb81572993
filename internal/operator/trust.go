package operator

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/midge-nats/midge/internal/resolver"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// Trust is whom a server believes.
type Trust struct {
	// Operators are the claims of the operators, none with plain trusted
	// keys.
	Operators []*jwt.OperatorClaims
	// SystemAccount is the one that operators name, "" for none.
	SystemAccount string
	// ServerURL is where an operator's accounts can be fetched, "" for
	// nowhere.
	ServerURL string

	keys   map[string]bool // public keys that may sign accounts
	strict map[string]bool // identities of operators that sign only by signing keys
}

// The refusals of an issuer. [accounts.md 10]
var (
	errSigningKey = errors.New("operator requires issuer to be a signing key")
	errUntrusted  = errors.New("account not signed by a trusted operator")
)

// NewTrust reads operators, each a JWT or the name of a file with one, or takes
// plain keys. version is this server's, which operators may demand.
func NewTrust(operators, keys []string, version string) (*Trust, error) {
	t := &Trust{keys: make(map[string]bool), strict: make(map[string]bool)}
	if len(operators) > 0 && len(keys) > 0 {
		return nil, errors.New("conflicting options for 'TrustedKeys' and 'TrustedOperators'")
	}
	for _, k := range keys {
		if !nkeys.IsValidPublicOperatorKey(k) {
			return nil, fmt.Errorf("trusted key %q is not a valid public operator key", k)
		}
		t.keys[k] = true
	}
	for _, text := range operators {
		c, err := readOperator(text)
		if err != nil {
			return nil, err
		}
		if err := t.add(c, version); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// jwtPrefix begins every JWT: the JSON of its header begins so.
const jwtPrefix = "eyJ"

func readOperator(text string) (c *jwt.OperatorClaims, err error) {
	defer resolver.Guard(&err)
	if !strings.HasPrefix(text, jwtPrefix) {
		b, err := os.ReadFile(text)
		if err != nil {
			return nil, fmt.Errorf("error parsing operator JWT: %w", err)
		}
		if text, err = jwt.ParseDecoratedJWT(b); err != nil {
			return nil, fmt.Errorf("error parsing operator JWT: %w", err)
		}
	}
	if c, err = jwt.DecodeOperatorClaims(strings.TrimSpace(text)); err != nil {
		return nil, fmt.Errorf("error parsing operator JWT: %w", err)
	}
	vr := jwt.CreateValidationResults()
	c.Validate(vr)
	if vr.IsBlocking(true) {
		return nil, fmt.Errorf("invalid operator JWT: %s", issues(vr))
	}
	return c, nil
}

func (t *Trust) add(c *jwt.OperatorClaims, version string) error {
	if err := assertVersion(c, version); err != nil {
		return err
	}
	if c.SystemAccount != "" {
		if t.SystemAccount != "" && t.SystemAccount != c.SystemAccount {
			return errors.New("operators name different system accounts")
		}
		t.SystemAccount = c.SystemAccount
	}
	if t.ServerURL == "" {
		t.ServerURL = c.AccountServerURL
	}
	t.Operators = append(t.Operators, c)
	if c.StrictSigningKeyUsage {
		t.strict[c.Subject] = true
	} else {
		t.keys[c.Subject] = true
	}
	for _, k := range c.SigningKeys {
		t.keys[k] = true
	}
	return nil
}

// assertVersion compares this server with the oldest that an operator accepts.
func assertVersion(c *jwt.OperatorClaims, version string) error {
	var want [3]int
	var err error
	if want[0], want[1], want[2], err = jwt.ParseServerVersion(c.AssertServerVersion); err != nil {
		return err
	}
	have := strings.SplitN(version, ".", len(want))
	for i, part := range []string{"major", "minor", "update"} {
		n := 0
		if i < len(have) {
			if n, err = strconv.Atoi(have[i]); err != nil {
				return fmt.Errorf("server version %q: %w", version, err)
			}
		}
		switch {
		case want[i] > n:
			return fmt.Errorf("operator %s expected %s version %d > server %s version %d", c.Subject, part, want[i], part, n)
		case want[i] < n:
			return nil
		}
	}
	return nil
}

// judge tells whether a key may sign accounts; nil if it may.
func (t *Trust) judge(issuer string) error {
	switch {
	case t.keys[issuer]:
		return nil
	case t.strict[issuer]:
		return errSigningKey
	}
	return errUntrusted
}

// Describe gives the lines that a start logs.
func (t *Trust) Describe() []string {
	if len(t.Operators) == 0 {
		return nil
	}
	lines := []string{"Trusted Operators"}
	for _, c := range t.Operators {
		expires := "Never"
		if c.Expires > 0 {
			expires = time.Unix(c.Expires, 0).String()
		}
		lines = append(lines,
			fmt.Sprintf("  System  : %q", c.Audience),
			fmt.Sprintf("  Operator: %q", c.Name),
			fmt.Sprintf("  Issued  : %v", time.Unix(c.IssuedAt, 0)),
			fmt.Sprintf("  Expires : %s", expires))
	}
	return lines
}

// issues writes what a validation found.
func issues(vr *jwt.ValidationResults) string {
	var list []string
	for _, i := range vr.Issues {
		if i.Blocking || i.TimeCheck {
			list = append(list, i.Description)
		}
	}
	return strings.Join(list, ", ")
}
