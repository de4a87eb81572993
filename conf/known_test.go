package conf

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// knownKeys gives the keys of the specification, with all their other names. [config.md 2]
func knownKeys() map[string]knownBlock {
	return map[string]knownBlock{
		"top level": {keys(topLevel), `listen port host net client_advertise server_name server_tags server_metadata feature_flags debug trace
		trace_verbose trace_headers logtime logtime_utc logfile log_file logfile_size_limit log_size_limit logfile_max_num log_max_num
		max_traced_msg_len syslog remote_syslog pid_file pidfile ports_file_dir prof_port prof_block_rate http https http_port monitor_port
		https_port http_base_path authorization accounts mappings maps no_auth_user system_account system no_system_account no_system
		no_sys_acc default_sentinel operator operators root roots root_operator root_operators trusted_keys trusted resolver account_resolver
		accounts_resolver resolver_tls resolver_preload resolver_pinned_accounts tls allow_non_tls ocsp ocsp_cache max_connections max_conn
		max_subscriptions max_subs max_sub_tokens max_subscription_tokens max_control_line max_payload max_pending max_closed_clients
		ping_interval ping_max write_deadline write_timeout lame_duck_duration lame_duck_grace_period connect_error_reports
		reconnect_error_reports no_header_support disable_sublist_cache no_sublist_cache no_fast_producer_stall proxy_protocol proxies
		store_dir storedir default_js_domain cluster gateway leafnodes leaf jetstream websocket ws mqtt`},
		"authorization": {keys(authFields), `user username password pass token timeout users default_permissions default_permission permissions
		auth_callout auth_hook proxy_required`},
		"leafnode authorization": {keys(leafAuthFields), "user username password pass nkey users account timeout"},
		"tls": {keys(tlsFields), `cert_file key_file ca_file certs certificates verify verify_and_map verify_cert_and_check_known_urls insecure timeout
		handshake_first first immediate cipher_suites curve_preferences allow_insecure_cipher_suites min_version pinned_certs
		connection_rate_limit cert_store cert_match cert_match_by ca_certs_match cert_match_skip_invalid ocsp_peer`},
		"cluster": {keys(clusterBlock), `name listen port host net routes authorization permissions tls advertise cluster_advertise no_advertise
		connect_retries connect_backoff pool_size accounts compression ping_interval ping_max write_deadline write_timeout`},
		"gateway": {keys(gatewayBlock), `name listen port host authorization tls advertise connect_retries connect_backoff reject_unknown_cluster
		reject_unknown write_deadline write_timeout gateways`},
		"remote gateway": {keys(remoteGates), "name url urls tls"},
		"leafnodes": {keys(leafBlock), `listen port host net authorization tls advertise leafnode_advertise no_advertise remotes reconnect reconnect_delay
		reconnect_interval dial_timeout min_version minimum_version compression isolate_leafnode_interest isolate write_deadline write_timeout`},
		"remote leafnode": {keys(leafRemotes), `url urls account credentials creds nkey seed tls hub deny_imports deny_import deny_exports deny_export
		no_randomize dont_randomize compression first_info_timeout dial_timeout disabled isolate_leafnode_interest isolate request_isolation
		ignore_discovered_servers jetstream_cluster_migrate js_cluster_migrate ws_compression ws_compress websocket_compress
		websocket_compression ws_no_masking websocket_no_masking proxy`},
		"jetstream": {keys(jetStreamFields), `store_dir store storedir max_memory_store max_mem_store max_mem max_file_store max_file domain sync_interval
		sync enabled strict unique_tag limits key ek encryption_key prev_key cipher tpm extension_hint no_extend will_extend
		max_outstanding_catchup max_buffered_size max_buffered_msgs request_queue_limit info_queue_limit meta_compact meta_compact_size
		meta_compact_sync max_concurrent_io`},
		"jetstream of an account": {keys(jsLimitFields), `max_mem memory max_file disk store max_streams streams max_consumers consumers
		max_bytes_required max_bytes memory_max_stream_bytes store_max_stream_bytes max_ack_pending cluster_traffic`},
		"websocket": {keys(websocketBlock), `listen port host advertise no_tls tls same_origin allowed_origins allow_origin allow_origins allowed_origin
		origin origins handshake_timeout compression compress authorization jwt_cookie user_cookie pass_cookie token_cookie no_auth_user
		headers ping_interval`},
		"mqtt": {keys(mqttBlock), `listen port host tls authorization no_auth_user ack_wait js_api_timeout api_timeout max_ack_pending max_pending
		max_inflight js_domain stream_replicas consumer_memory_storage consumer_inactive_threshold consumer_auto_cleanup
		reject_qos2_publish downgrade_qos2_subscribe consumer_replicas`},
		"account":     {keys(accountFields), "nkey users default_permissions imports exports jetstream mappings maps limits msg_trace trace_dest"},
		"user":        {keys(userFields), "user username password pass nkey permissions permission authorization allowed_connection_types connection_types clients proxy_required"},
		"permissions": {keys(permissionFields), "publish pub import subscribe sub export allow_responses publish_allow_responses"},
		"responses":   {keys(responseFields), "max max_msgs max_messages max_responses expires expiration ttl"},
		"limits":      {keys(limitFields), "max_connections max_conn max_leafnodes max_leafs max_subscriptions max_subs max_payload max_pay"},
		"export": {keys(exportFields), `stream service accounts response_type response response_threshold threshold response_max_time response_time latency
		account_token_position allow_trace`},
		"import":       {keys(importFields), "stream service prefix to share allow_trace"},
		"resolver":     {keys(resolverFields), "type dir allow_delete hard_delete interval limit timeout ttl"},
		"auth_callout": {keys(calloutFields), "issuer auth_users users account acc xkey key allowed_accounts"},
	}
}

// knownBlock is what a block knows, and what it must.
type knownBlock struct {
	known []string
	words string
}

func keys[T any](b block[T]) []string { return slices.Sorted(maps.Keys(b)) }

// Every option of the specification is known under all its names. [C-9]
func TestKnownKeys(t *testing.T) {
	for name, b := range knownKeys() {
		for _, key := range strings.Fields(b.words) {
			if !slices.Contains(b.known, key) {
				t.Errorf("%s: %q is not known", name, key)
			}
		}
	}
}

// Whatever type a value has that an option does not expect, it is refused or
// accepted, and nothing falls over.
func TestWrongTypes(t *testing.T) {
	values := []string{`"x"`, "5", "-1", "1.5", "true", "[]", `["x", 5, {}]`, "{}", "{x: {y: [{}]}}", "2006-01-02T15:04:05Z", `[{user: 5}, [[]]]`}
	try := func(format string, words string) {
		for _, key := range strings.Fields(words) {
			for _, v := range values {
				text := fmt.Sprintf(format, key+": "+v)
				o, _, err := Parse(text, "t.conf")
				if (o == nil) == (err == nil) {
					t.Errorf("%s: options %v and error %v", text, o, err)
				}
			}
		}
	}
	for name, format := range map[string]string{
		"top level": "%s", "authorization": "authorization { %s }", "leafnode authorization": "leafnodes { authorization { %s } }", "tls": "tls { %s }",
		"cluster": "cluster { %s }", "gateway": "gateway { %s }", "remote gateway": "gateway { gateways: [ { %s } ] }", "leafnodes": "leafnodes { %s }",
		"remote leafnode": "leafnodes { remotes: [ { %s } ] }", "jetstream": "jetstream { %s }", "websocket": "websocket { %s }", "mqtt": "mqtt { %s }",
		"account": "accounts { A { %s } }", "user": "authorization { users: [ { %s } ] }", "permissions": "authorization { permissions { %s } }",
		"export": "accounts { A { exports: [ { %s } ] } }", "import": "accounts { A { imports: [ { %s } ] } }", "resolver": "resolver { %s }",
		"responses": "authorization { permissions { allow_responses { %s } } }", "limits": "accounts { A { limits { %s } } }",
		"jetstream of an account": "accounts { A { jetstream { %s } } }", "auth_callout": "authorization { auth_callout { %s } }",
	} {
		try(format, knownKeys()[name].words)
	}
	try("accounts { A { mappings { a { %s } } } }", "dest destination weight cluster")
	try("accounts { A { msg_trace { %s } } }", "dest sampling")
	try("accounts { A { exports: [ { service: a, latency { %s } } ] } }", "subject sampling")
}
