package protocol

// Connect is what a client says with CONNECT. [client.md 3]
type Connect struct {
	Verbose      bool   `json:"verbose"`
	Pedantic     bool   `json:"pedantic"`
	Echo         bool   `json:"echo"`
	TLSRequired  bool   `json:"tls_required"`
	Headers      bool   `json:"headers"`
	NoResponders bool   `json:"no_responders,omitempty"`
	Protocol     int    `json:"protocol,omitempty"`
	Name         string `json:"name,omitempty"`
	Lang         string `json:"lang,omitempty"`
	Version      string `json:"version,omitempty"`

	// Credentials. An empty one counts as absent. [client.md 10]
	User     string `json:"user,omitempty"`
	Pass     string `json:"pass,omitempty"`
	Token    string `json:"auth_token,omitempty"`
	NKey     string `json:"nkey,omitempty"`
	Sig      string `json:"sig,omitempty"`
	JWT      string `json:"jwt,omitempty"`
	ProxySig string `json:"proxy_sig,omitempty"`

	// Account and NewAccount are relics; see NamesAccount.
	Account    string `json:"account,omitempty"`
	NewAccount bool   `json:"new_account,omitempty"`
}

// DefaultConnect is how a client is treated before its CONNECT and where
// CONNECT is silent. [P-5]
func DefaultConnect() Connect {
	return Connect{Verbose: true, Pedantic: true, Echo: true}
}

// NamesAccount says that the client tries to choose its account, which is
// answered with ErrAuthorization. Null, an empty name and false are no
// attempt. [P-7]
func (c *Connect) NamesAccount() bool { return c.Account != "" || c.NewAccount }

// ParseConnect reads the argument of a client's CONNECT. Keys match in any
// case, the last one wins, unknown ones are ignored. Invalid JSON, a value of
// the wrong type and an empty argument are ErrBadArguments. The values of
// Protocol, NoResponders and the account keys are the caller's to judge.
func ParseConnect(arg []byte) (*Connect, error) { return DefaultConnect().Parse(arg) }

// Parse reads a CONNECT over what an earlier one said: what the later one does
// not name stays. [P-28]
func (c Connect) Parse(arg []byte) (*Connect, error) {
	if err := unmarshal(arg, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// LinkConnect is what the dialing side of a link says with CONNECT.
// [route.md 3.2, gateway.md 2.2, leafnode.md 2.2]
type LinkConnect struct {
	Connect

	ServerID string `json:"server_id,omitempty"`
	Cluster  string `json:"cluster,omitempty"`
	Dynamic  bool   `json:"cluster_dynamic,omitempty"`
	Domain   string `json:"domain,omitempty"`

	// Routes: what the dialer can do with leafnode origins.
	LeafOrigin      bool `json:"lnoc,omitempty"`
	LeafOriginUnsub bool `json:"lnocu,omitempty"`
	LeafNoOrigin    bool `json:"ln,omitempty"`

	// Gateway is the dialer's gateway name; on other ports a reason to refuse.
	Gateway string `json:"gateway,omitempty"`

	// Leafnodes.
	IsHub         bool     `json:"is_hub,omitempty"`
	JetStream     bool     `json:"jetstream,omitempty"`
	DenyPub       []string `json:"deny_pub,omitempty"`
	Isolate       bool     `json:"isolate,omitempty"`
	Compression   string   `json:"compress_mode,omitempty"`
	RemoteAccount string   `json:"remote_account,omitempty"` // the dialer's own account
}

// ParseLinkConnect reads the argument of CONNECT on a link. It differs from
// ParseConnect in the keys it knows and in the defaults: a link is never
// verbose or pedantic unless it says so, and leafnodes do not say. Errors are
// as there.
func ParseLinkConnect(arg []byte) (*LinkConnect, error) {
	c := LinkConnect{Connect: Connect{Echo: true}}
	if err := unmarshal(arg, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// Marshal returns the whole line, CONNECT {...} CRLF.
func (c *LinkConnect) Marshal() []byte {
	return jsonLine("CONNECT ", c, "\r\n")
}
