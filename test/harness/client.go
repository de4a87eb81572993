package harness

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

// Connect connects a client that leaves with the test. Errors that nobody asked
// for are only logged.
func Connect(t testing.TB, srv Server, options ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := Dial(srv, options...)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// Dial is nats.Connect with the patience of a test. On a busy machine so much
// time may pass between a client's CONNECT and its PING, which the library
// writes one after the other, that the server's first PING comes before the
// PONG. The library takes that for an error, and Dial tries again.
func Dial(srv Server, options ...nats.Option) (*nats.Conn, error) {
	defaults := []nats.Option{
		nats.Timeout(patience),
		nats.MaxReconnects(0),
		nats.SyncQueueLen(16 << 10), // half a million by default, 4 MB each
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}
	options = append(defaults, options...)
	for again := 0; ; again++ {
		nc, err := nats.Connect(srv.URL(), options...)
		if err == nil || again == 5 || !strings.Contains(err.Error(), "expected 'PONG', got 'PING'") {
			return nc, err
		}
	}
}

// Subscribe subscribes synchronously and waits until the server knows it.
func Subscribe(t testing.TB, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		t.Fatalf("subscribe %q: %v", subject, err)
	}
	Flush(t, nc)
	return sub
}

// QueueSubscribe is Subscribe as a member of a queue group.
func QueueSubscribe(t testing.TB, nc *nats.Conn, subject, queue string) *nats.Subscription {
	t.Helper()
	sub, err := nc.QueueSubscribeSync(subject, queue)
	if err != nil {
		t.Fatalf("subscribe %q for queue %q: %v", subject, queue, err)
	}
	Flush(t, nc)
	return sub
}

// Flush waits for the PONG behind everything sent so far: the server has
// processed it, and what was queued for this client before is here.
func Flush(t testing.TB, nc *nats.Conn) {
	t.Helper()
	if err := nc.FlushTimeout(patience); err != nil {
		t.Fatalf("flush: %v", err)
	}
}

// Publish publishes and waits until the server has processed it.
func Publish(t testing.TB, nc *nats.Conn, subject, data string) {
	t.Helper()
	if err := nc.Publish(subject, []byte(data)); err != nil {
		t.Fatalf("publish %q: %v", subject, err)
	}
	Flush(t, nc)
}

// PublishMsg is Publish for a message with headers or a reply subject.
func PublishMsg(t testing.TB, nc *nats.Conn, m *nats.Msg) {
	t.Helper()
	if err := nc.PublishMsg(m); err != nil {
		t.Fatalf("publish %q: %v", m.Subject, err)
	}
	Flush(t, nc)
}

// Next waits for the next message.
func Next(t testing.TB, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	m, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatalf("next message on %q: %v", sub.Subject, err)
	}
	return m
}

// Expect waits for the next message and checks its subject and data.
func Expect(t testing.TB, sub *nats.Subscription, subject, data string) *nats.Msg {
	t.Helper()
	m := Next(t, sub)
	if m.Subject != subject || string(m.Data) != data {
		t.Fatalf("subscription %q got %q on %q, want %q on %q", sub.Subject, m.Data, m.Subject, data, subject)
	}
	return m
}

// Nothing checks that no message is there or on its way. Publishers must have
// been flushed: then what they sent is queued for nc before the PONG that
// Nothing asks for.
func Nothing(t testing.TB, nc *nats.Conn, sub *nats.Subscription) {
	t.Helper()
	Flush(t, nc)
	if n, _, err := sub.Pending(); err != nil || n != 0 {
		m, nextErr := sub.NextMsg(patience)
		if nextErr != nil {
			t.Fatalf("subscription %q: %d messages pending, want none (%v, %v)", sub.Subject, n, err, nextErr)
		}
		t.Fatalf("subscription %q got %q on %q, want nothing", sub.Subject, m.Data, m.Subject)
	}
}

// Respond answers each request with what answer makes of it, until the test
// ends.
func Respond(t testing.TB, nc *nats.Conn, subject string, answer func(m *nats.Msg) []byte) {
	t.Helper()
	_, err := nc.Subscribe(subject, func(m *nats.Msg) {
		if err := m.Respond(answer(m)); err != nil {
			t.Errorf("respond on %q: %v", subject, err)
		}
	})
	if err != nil {
		t.Fatalf("subscribe %q: %v", subject, err)
	}
	Flush(t, nc)
}

// Request sends a request and waits for its answer.
func Request(t testing.TB, nc *nats.Conn, subject, data string) *nats.Msg {
	t.Helper()
	m, err := nc.Request(subject, []byte(data), patience)
	if err != nil {
		t.Fatalf("request %q: %v", subject, err)
	}
	return m
}

// RequestJSON is Request with an answer in JSON.
func RequestJSON(t testing.TB, nc *nats.Conn, subject, data string, into any) {
	t.Helper()
	m := Request(t, nc, subject, data)
	if err := json.Unmarshal(m.Data, into); err != nil {
		t.Fatalf("request %q: %v in %s", subject, err, m.Data)
	}
}

// Get reads a monitoring page and gives its status and body.
func Get(t testing.TB, srv Server, path string) (int, []byte) {
	t.Helper()
	resp, err := http.Get(srv.MonitorURL() + path)
	if err != nil {
		t.Fatalf("get %s: %v", path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("get %s: %v", path, err)
	}
	return resp.StatusCode, body
}

// GetJSON reads a monitoring page that must be there.
func GetJSON(t testing.TB, srv Server, path string, into any) {
	t.Helper()
	status, body := Get(t, srv, path)
	if status != http.StatusOK {
		t.Fatalf("get %s: status %d, %s", path, status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("get %s: %v in %s", path, err, body)
	}
}

// ConnInfo is a connection as /connz shows it.
type ConnInfo struct {
	CID           uint64   `json:"cid"`
	Port          int      `json:"port"`
	Name          string   `json:"name"`
	Lang          string   `json:"lang"`
	Version       string   `json:"version"`
	Account       string   `json:"account"`
	User          string   `json:"authorized_user"`
	Reason        string   `json:"reason"`
	Stop          string   `json:"stop"`
	RTT           string   `json:"rtt"`
	Pending       int64    `json:"pending_bytes"`
	InMsgs        int64    `json:"in_msgs"`
	OutMsgs       int64    `json:"out_msgs"`
	InBytes       int64    `json:"in_bytes"`
	OutBytes      int64    `json:"out_bytes"`
	Subscriptions int      `json:"subscriptions"`
	SubsList      []string `json:"subscriptions_list"`
	TLSVersion    string   `json:"tls_version"`
}

// Connz reads /connz; query is what stands behind the question mark.
func Connz(t testing.TB, srv Server, query string) []ConnInfo {
	t.Helper()
	var page struct {
		Connections []ConnInfo `json:"connections"`
	}
	GetJSON(t, srv, "/connz?"+query, &page)
	return page.Connections
}

// ClosedFor waits until the connection of that name, or of that cid when name
// is empty, is in the list of closed ones, and gives the reason. [P-29]
func ClosedFor(t testing.TB, srv Server, name string, cid uint64) string {
	t.Helper()
	var reason string
	Until(t, "the connection is listed as closed", func() bool {
		for _, c := range Connz(t, srv, "state=closed&limit=20000") {
			if name != "" && c.Name == name || name == "" && c.CID == cid {
				reason = c.Reason
				return true
			}
		}
		return false
	})
	return reason
}
