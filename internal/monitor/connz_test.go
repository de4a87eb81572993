package monitor_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/midge-nats/midge/internal/monitor"
	"github.com/midge-nats/midge/protocol"
)

// Connections are sorted as asked: the biggest first but for cid, start and
// reason; stop and reason need closed ones. [M-3]
func TestConnzSort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		step := func() { <-time.After(time.Second) }
		one := b.join("A", "one", "x", "y")
		step()
		two := b.join("A", "two", "a", "b", "c")
		step()
		three := b.join("A", "three", "z")
		b.publish(one, "z", 1)   // three: 1 message
		b.publish(two, "x", 2)   // one: 2
		b.publish(three, "a", 3) // two: 3
		for by, want := range map[string]string{
			"": "[one two three]", "cid": "[one two three]", "start": "[one two three]", "uptime": "[one two three]",
			"subs": "[two one three]", "pending": "[two one three]",
			"msgs_to": "[two one three]", "bytes_to": "[two one three]",
			"msgs_from": "[three two one]", "bytes_from": "[three two one]",
			"last": "[three two one]", "idle": "[one two three]", "rtt": "[one two three]",
		} {
			if got := b.names(monitor.ConnzOptions{Sort: by}); got != want {
				t.Errorf("by %q: %s, want %s", by, got, want)
			}
		}
		two.Discard(protocol.StaleConnection)
		step()
		three.Discard(protocol.ClientClosed)
		step()
		one.Discard(protocol.Kicked)
		for by, want := range map[string]string{"": "[one two three]", "stop": "[one three two]", "reason": "[three one two]"} {
			if got := b.names(monitor.ConnzOptions{Sort: by, State: monitor.StateClosed}); got != want {
				t.Errorf("closed, by %q: %s, want %s", by, got, want)
			}
		}
		for _, o := range []monitor.ConnzOptions{{Sort: "zzz"}, {Sort: "stop"}, {Sort: "reason", State: monitor.StateAll}, {Subject: "a"}} {
			if _, err := b.monitor.Connz(o); err == nil {
				t.Errorf("%+v was answered", o)
			}
		}
	})
}

// Which connections: open, closed or all, by id, user, account and subject.
// [M-3]
func TestConnzFilters(t *testing.T) {
	b := newBench(t)
	one := b.join("A", "one", "a.b", "c")
	b.join("A", "two", "a.*")
	b.join("B", "three", "a.b")
	b.join("B", "gone").Discard(protocol.ClientClosed)
	for want, o := range map[string]monitor.ConnzOptions{
		"[one two three]":      {},
		"[gone]":               {State: monitor.StateClosed},
		"[one two three gone]": {State: monitor.StateAll},
		"[one]":                {CID: one.ID()},
		"[two]":                {User: "two"},
		"[one two]":            {Account: "A"},
		"[three]":              {Account: "B"},
		"[three gone]":         {Account: "B", State: monitor.StateAll},
		"[]":                   {Account: "A", User: "three"},
	} {
		if got := b.names(o); got != want {
			t.Errorf("%+v: %s, want %s", o, got, want)
		}
	}
	for subject, want := range map[string]string{"c": "[one]", "a.b": "[one two]", "a.>": "[one two]", "x": "[]"} {
		if got := b.names(monitor.ConnzOptions{Account: "A", Subject: subject}); got != want {
			t.Errorf("subject %s: %s, want %s", subject, got, want)
		}
	}
	if got := b.names(monitor.ConnzOptions{MQTTClient: "x"}); got != "[]" {
		t.Errorf("an MQTT client: %s", got)
	}
}

// Pages: total counts all that match, num_connections those given. [M-3]
func TestConnzPaging(t *testing.T) {
	b := newBench(t)
	for i := range 5 {
		b.join("A", fmt.Sprint(i))
	}
	for _, row := range []struct {
		offset, limit int
		want          string
		shown         int
	}{
		{0, 0, "[0 1 2 3 4]", 1024}, {0, 2, "[0 1]", 2}, {2, 2, "[2 3]", 2}, {4, 2, "[4]", 2}, {5, 2, "[]", 2},
		{99, 2, "[]", 2}, {-3, 2, "[0 1]", 2}, {0, -1, "[0 1 2 3 4]", 1024},
	} {
		o := monitor.ConnzOptions{Offset: row.offset, Limit: row.limit}
		z, err := b.monitor.Connz(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.names(o); got != row.want || z.Total != 5 || z.NumConns != len(z.Conns) || z.Limit != row.shown || z.Conns == nil {
			t.Errorf("%+v: %s, total %d, limit %d", o, got, z.Total, z.Limit)
		}
	}
}

// What is told of a connection, and what only when asked. [M-3]
func TestConnzContents(t *testing.T) {
	b := newBench(t)
	b.join("A", "u", "s.a", "s.b")
	conn := func(query string) map[string]any {
		list, ok := b.object("/connz" + query)["connections"].([]any)
		if !ok || len(list) != 1 {
			t.Fatalf("%s: %v", query, list)
		}
		return list[0].(map[string]any)
	}
	plain := conn("")
	for _, k := range []string{"cid", "kind", "type", "ip", "port", "start", "last_activity", "uptime", "idle", "pending_bytes", "in_msgs", "out_msgs", "in_bytes", "out_bytes", "subscriptions", "name", "version"} {
		if _, there := plain[k]; !there {
			t.Errorf("%s is missing", k)
		}
	}
	for _, k := range []string{"authorized_user", "account", "subscriptions_list", "subscriptions_list_detail", "stop", "reason", "rtt"} {
		if v, there := plain[k]; there {
			t.Errorf("%s is %v", k, v)
		}
	}
	if plain["subscriptions"] != 2.0 || plain["kind"] != "Client" || plain["type"] != "nats" {
		t.Errorf("connection %v", plain)
	}
	if c := conn("?auth=1"); c["authorized_user"] != "u" || c["account"] != "A" {
		t.Errorf("with auth %v", c)
	}
	if l, ok := conn("?subs=true")["subscriptions_list"].([]any); !ok || len(l) != 2 {
		t.Errorf("with subs %v", l)
	}
	detail, ok := conn("?subs=detail")["subscriptions_list_detail"].([]any)
	if !ok || len(detail) != 2 {
		t.Fatalf("with details %v", detail)
	}
	for _, k := range []string{"subject", "sid", "msgs", "cid"} {
		if _, there := detail[0].(map[string]any)[k]; !there {
			t.Errorf("detail has no %s", k)
		}
	}
}

// The closed list keeps the last connections with stop and reason, the texts as
// they are. [M-4] [P-29]
func TestClosedList(t *testing.T) {
	b := newBench(t)
	b.options.MaxClosedClients = 3
	for i := range 7 {
		b.join("A", fmt.Sprint(i), "s").Discard(protocol.SlowConsumerPendingBytes)
	}
	z, err := b.monitor.Connz(monitor.ConnzOptions{State: monitor.StateClosed, Subs: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.names(monitor.ConnzOptions{State: monitor.StateClosed}); got != "[4 5 6]" || z.Total != 3 {
		t.Errorf("kept %s", got)
	}
	for _, c := range z.Conns {
		if c.Reason != "Slow Consumer (Pending Bytes)" || c.Stop == nil || c.Stop.Before(c.Start) {
			t.Errorf("%s: stopped %v for %s", c.Name, c.Stop, c.Reason)
		}
		c.Reason = "changed" // a copy
	}
	again, err := b.monitor.Connz(monitor.ConnzOptions{State: monitor.StateClosed})
	if err != nil || strings.Contains(again.Conns[0].Reason, "changed") {
		t.Errorf("the list was changed by who read it: %v", err)
	}
	b.options.MaxClosedClients = 0
	b.join("A", "none").Discard(protocol.ClientClosed)
	if got := b.names(monitor.ConnzOptions{State: monitor.StateClosed}); got != "[4 5 6]" {
		t.Errorf("kept %s", got)
	}
}
