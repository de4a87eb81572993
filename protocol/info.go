package protocol

import "encoding/json"

// Info is what INFO carries, on every kind of port. The fields without
// omitempty are always present, as zero values too: peers expect them even in
// the command INFOs of gateways, where they mean nothing. [client.md 2, P-4]
type Info struct {
	ServerID      string   `json:"server_id"`
	ServerName    string   `json:"server_name"`
	Version       string   `json:"version"`
	Proto         int      `json:"proto"` // 1 for clients; on links the level of route.md 1
	GitCommit     string   `json:"git_commit,omitempty"`
	Go            string   `json:"go"`
	Host          string   `json:"host"`
	Port          int      `json:"port"`
	Headers       bool     `json:"headers"`
	AuthRequired  bool     `json:"auth_required,omitempty"`
	TLSRequired   bool     `json:"tls_required,omitempty"`
	TLSVerify     bool     `json:"tls_verify,omitempty"`
	TLSAvailable  bool     `json:"tls_available,omitempty"`
	MaxPayload    int64    `json:"max_payload"` // bytes, -1 unlimited
	JetStream     bool     `json:"jetstream,omitempty"`
	IP            string   `json:"ip,omitempty"` // links: see route.md 3.1
	ClientID      uint64   `json:"client_id,omitempty"`
	ClientIP      string   `json:"client_ip,omitempty"`
	Nonce         string   `json:"nonce,omitempty"`
	Cluster       string   `json:"cluster,omitempty"`
	Dynamic       bool     `json:"cluster_dynamic,omitempty"`
	Domain        string   `json:"domain,omitempty"`
	ConnectURLs   []string `json:"connect_urls,omitempty"`
	WSConnectURLs []string `json:"ws_connect_urls,omitempty"`
	LameDuck      bool     `json:"ldm,omitempty"`
	Compression   string   `json:"compression,omitempty"`
	ConnectInfo   bool     `json:"connect_info,omitempty"`
	RemoteAccount string   `json:"remote_account,omitempty"`
	IsSystem      bool     `json:"acc_is_sys,omitempty"`
	APILevel      int      `json:"api_lvl,omitempty"`
	XKey          string   `json:"xkey,omitempty"`

	// Permissions of the sender (routes) or of the leafnode's user.
	Import *SubjectPermission `json:"import,omitempty"`
	Export *SubjectPermission `json:"export,omitempty"`

	// Routes. [route.md 3.1]
	LeafOrigin      bool   `json:"lnoc,omitempty"`
	LeafOriginUnsub bool   `json:"lnocu,omitempty"`
	LeafNoOrigin    bool   `json:"ln,omitempty"`
	RoutePoolSize   int    `json:"route_pool_size,omitempty"`
	RoutePoolIdx    int    `json:"route_pool_idx,omitempty"`
	RouteAccount    string `json:"route_account,omitempty"`
	RouteAccReqID   string `json:"route_acc_add_reqid,omitempty"`
	GossipMode      int    `json:"gossip_mode,omitempty"`

	// Gateways. [gateway.md 2.1, 3]
	Gateway           string   `json:"gateway,omitempty"`
	GatewayURLs       []string `json:"gateway_urls,omitempty"`
	GatewayURL        string   `json:"gateway_url,omitempty"`
	GatewayCmd        int      `json:"gateway_cmd,omitempty"`
	GatewayCmdPayload []byte   `json:"gateway_cmd_payload,omitempty"` // base64 of the account name
	GatewayNewReply   bool     `json:"gateway_nrp,omitempty"`
	GatewayIOM        bool     `json:"gateway_iom,omitempty"` // every account is interest-only

	// Leafnodes. [leafnode.md 2.1]
	LeafURLs      []string `json:"leafnode_urls,omitempty"`
	InfoOnConnect bool     `json:"info_on_connect,omitempty"`
}

// SubjectPermission is a pair of subject lists as INFO carries it.
type SubjectPermission struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// Marshal returns the whole line, INFO {...} CRLF, with the one blank before
// CRLF that servers write. The "<", ">" and "&" of subjects are escaped, as
// real servers do. It allocates; INFO is not on the hot path.
func (i *Info) Marshal() []byte {
	return jsonLine("INFO ", i, " \r\n")
}

// ParseInfo reads the argument of INFO. Unknown keys are ignored and missing
// ones are zero; anything but a JSON object of the right types is
// ErrBadArguments. [R-5, L-26]
func ParseInfo(arg []byte) (*Info, error) {
	info := new(Info)
	if err := unmarshal(arg, info); err != nil {
		return nil, err
	}
	return info, nil
}

// jsonLine renders a control line with JSON. The structures of this package hold
// strings, numbers and lists of them, which always have a JSON form.
func jsonLine(verb string, v any, end string) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte("{}") // keeps the stream in order should that ever change
	}
	dst := make([]byte, 0, len(verb)+len(text)+len(end))
	return append(append(append(dst, verb...), text...), end...)
}

// unmarshal decodes with the leniency that the protocol asks for and that
// encoding/json has: keys match in any case, the last one wins, null leaves the
// default. Depth is limited to 10,000 levels by encoding/json. [client.md 3]
func unmarshal(arg []byte, into any) error {
	if err := json.Unmarshal(arg, into); err != nil {
		return ErrBadArguments
	}
	return nil
}
