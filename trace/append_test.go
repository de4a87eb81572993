package trace

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// The wire structs say the same as the tables of the specification, for
// encoding/json. [trace.md 3 to 5]
type (
	wireMessage struct {
		Server  wireServer  `json:"server"`
		Request wireRequest `json:"request"`
		Hops    int         `json:"hops,omitempty"`
		Events  []any       `json:"events"`
	}
	wireServer struct {
		Name         string            `json:"name"`
		Host         string            `json:"host"`
		ID           string            `json:"id"`
		Cluster      string            `json:"cluster,omitempty"`
		Domain       string            `json:"domain,omitempty"`
		Version      string            `json:"ver"`
		Tags         []string          `json:"tags,omitempty"`
		Metadata     map[string]string `json:"metadata,omitempty"`
		FeatureFlags map[string]bool   `json:"feature_flags,omitempty"`
		JetStream    bool              `json:"jetstream"`
		Flags        int               `json:"flags"`
		Seq          uint64            `json:"seq"`
		Time         time.Time         `json:"time"`
	}
	wireRequest struct {
		Header map[string][]string `json:"header,omitempty"`
		Size   int                 `json:"msgsize,omitempty"`
	}
	wireIngress struct {
		Type    string    `json:"type"`
		Time    time.Time `json:"ts"`
		Kind    int       `json:"kind"`
		CID     uint64    `json:"cid"`
		Name    string    `json:"name,omitempty"`
		Account string    `json:"acc"`
		Subject string    `json:"subj"`
		Error   string    `json:"error,omitempty"`
	}
	wireMapping struct {
		Type string    `json:"type"`
		Time time.Time `json:"ts"`
		To   string    `json:"to"`
	}
	wireExport struct {
		Type    string    `json:"type"`
		Time    time.Time `json:"ts"`
		Account string    `json:"acc"`
		To      string    `json:"to"`
	}
	wireImport struct {
		Type    string    `json:"type"`
		Time    time.Time `json:"ts"`
		Account string    `json:"acc"`
		From    string    `json:"from"`
		To      string    `json:"to"`
	}
	wireJetStream struct {
		Type       string    `json:"type"`
		Time       time.Time `json:"ts"`
		Stream     string    `json:"stream"`
		Subject    string    `json:"subject,omitempty"`
		NoInterest bool      `json:"nointerest,omitempty"`
		Error      string    `json:"error,omitempty"`
	}
	wireEgress struct {
		Type         string    `json:"type"`
		Time         time.Time `json:"ts"`
		Kind         int       `json:"kind"`
		CID          uint64    `json:"cid"`
		Name         string    `json:"name,omitempty"`
		Hop          string    `json:"hop,omitempty"`
		Account      string    `json:"acc,omitempty"`
		Subscription string    `json:"sub,omitempty"`
		Queue        string    `json:"queue,omitempty"`
		Error        string    `json:"error,omitempty"`
	}
)

func naiveHeader(t *testing.T, m map[string][]string) string {
	t.Helper()
	if len(m) == 0 {
		return ""
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return `"header":` + string(b)
}

// at moves an event to a fixed offset from the ingress.
func (r *Recorder) at(i int, after time.Duration) *Recorder {
	r.events[i].after = after
	return r
}

func scanned(t testing.TB, lines ...string) Headers {
	t.Helper()
	h, ok := Scan(block(lines...))
	if !ok {
		t.Fatalf("%q does not activate tracing", lines)
	}
	return h
}

func inZone(t *testing.T, offset time.Duration) {
	old := time.Local
	time.Local = time.FixedZone("", int(offset/time.Second))
	t.Cleanup(func() { time.Local = old })
}

// The message captured from the reference, byte for byte. [trace.md 3] [T-19] [T-21]
func TestAppendCapturedMessage(t *testing.T) {
	inZone(t, -5*time.Hour)
	now := time.Date(2026, 11, 22, 8, 24, 24, 697400746, time.UTC)
	s := &Server{
		Name: "S1", Host: "127.0.0.1", ID: "NCUQLZ5V", Domain: "dom", Version: "2.15.2",
		Tags: []string{"a", "b:c"}, Metadata: map[string]string{"k": "v"},
		FeatureFlags: map[string]bool{"js_ack_fc_v2": false, "js_api_reply_v2": false, "js_raft_delete_range": true, "js_snapshot_sources": false},
		JetStream:    true, Flags: 7,
	}
	r := NewRecorder(scanned(t, "Nats-Trace-Dest: tr", "Nats-Msg-Id: m1"),
		Ingress{Kind: Client, CID: 6, Name: "a", Account: "A", Subject: "js.1"}, 52, now)
	r.Egress(Egress{Kind: Client, CID: 8, Name: "a", Subscription: "js.>"})
	js := r.JetStream("T")
	js.Complete(Outcome{Subject: "js.1"})
	r.at(1, 1).at(2, time.Second)
	js.outcome.Load().after = 303 * time.Millisecond

	want := strings.ReplaceAll(`{"server":{"name":"S1","host":"127.0.0.1","id":"NCUQLZ5V","domain":"dom","ver":"2.15.2","tags":["a","b:c"],
"metadata":{"k":"v"},"feature_flags":{"js_ack_fc_v2":false,"js_api_reply_v2":false,"js_raft_delete_range":true,
"js_snapshot_sources":false},"jetstream":true,"flags":7,"seq":36,"time":"2026-11-22T08:24:24.697400746Z"},
"request":{"header":{"Nats-Msg-Id":["m1"],"Nats-Trace-Dest":["tr"]},"msgsize":52},
"events":[{"type":"in","ts":"2026-11-22T03:24:24.697400746-05:00","kind":0,"cid":6,"name":"a","acc":"A","subj":"js.1"},
{"type":"eg","ts":"2026-11-22T03:24:24.697400747-05:00","kind":0,"cid":8,"name":"a","sub":"js.\u003e"},
{"type":"js","ts":"2026-11-22T03:24:25.000400746-05:00","stream":"T","subject":"js.1"}]}`, "\n", "")
	if got := string(r.Append(nil, s, 36, now)); got != want {
		t.Errorf("trace message:\n got %s\nwant %s", got, want)
	}
}

// [trace.md 3] Times are those of encoding/json also across seconds, and with
// every number of trailing zeros.
func TestStampsAsEncodingJSON(t *testing.T) {
	inZone(t, 5*time.Hour+30*time.Minute)
	clock := stamps{start: time.Unix(1795335864, 999_999_990).Local()}
	var dst []byte
	for _, after := range []time.Duration{0, 1, 10, 110, 1010, 100_000_010, 5_000_000_010, 5_000_000_011, 10} {
		at := len(dst)
		dst = clock.append(append(dst, '"'), after)
		want, err := json.Marshal(clock.start.Add(after))
		if err != nil {
			t.Fatal(err)
		}
		if got := dst[at:]; !bytes.Equal(got, want) {
			t.Errorf("after %v: %s, want %s", after, got, want)
		}
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("Nats-Trace-Dest: tr\r\nA: b\r\na: c\r\nA: <&>\r\n", "A", "foo.>", "\xff\u2028\x01\x7f", int64(123000000), 9, uint8(0))
	f.Add("Nats-Trace-Dest: tr\r\nNats-Trace-Hop: 1.2\r\n", "", "", "\"\\\b\f\n\r\té", int64(0), 0, uint8(1))
	f.Add(sampled+"\r\n", "$G", "a", "", int64(1), -1, uint8(4))
	f.Fuzz(func(t *testing.T, hdr, account, subject, text string, nanos int64, size int, kind uint8) {
		full := "NATS/1.0\r\n" + hdr
		h, ok := Scan([]byte(full))
		if !ok {
			return
		}
		m, _, _ := naiveScan(full)
		now := time.Unix(1795335864, nanos%1e18)
		at := now.Local()
		k := Kind(kind % 5)
		s := &Server{Name: text, Host: subject, ID: account, Cluster: text, Domain: subject, Version: "1",
			Tags: []string{text, ""}, Metadata: map[string]string{text: subject, subject: text},
			FeatureFlags: map[string]bool{text: true, subject: false}, Flags: size}
		r := NewRecorder(h, Ingress{Kind: k, CID: 1 << 63, Name: text, Account: account, Subject: subject}, size, now)
		r.Mapping(subject)
		r.Fail(text)
		r.StreamExport(text, subject)
		r.ServiceImport(account, text, subject)
		r.JetStream(text).Complete(Outcome{Subject: subject, NoInterest: kind&1 == 0, Error: text})
		r.JetStream(subject)
		hop := r.NextHop()
		r.Egress(Egress{Kind: Client, CID: 2, Name: text, Hop: hop, Account: text, Subscription: subject, Queue: text, Error: text})
		r.Egress(Egress{Kind: Leaf, CID: 3, Name: text, Hop: hop, Account: account, Subscription: subject, Queue: text})
		r.Egress(Egress{Kind: Route, CID: 4, Hop: hop, Account: text, Subscription: subject, Queue: text})
		for i := range r.events {
			r.at(i, 0)
		}
		r.events[4].stream.outcome.Load().after = 0

		other := text
		if other == account {
			other = ""
		}
		want := wireMessage{
			Server: wireServer{Name: text, Host: subject, ID: account, Cluster: text, Domain: subject, Version: "1",
				Tags: s.Tags, Metadata: s.Metadata, FeatureFlags: s.FeatureFlags, Flags: size, Seq: 7, Time: now.UTC()},
			Request: wireRequest{Header: m, Size: size},
			Hops:    1,
			Events: []any{
				wireIngress{"in", at, int(k), 1 << 63, text, account, subject, text},
				wireMapping{"sm", at, subject},
				wireExport{"se", at, text, subject},
				wireImport{"si", at, account, text, subject},
				wireJetStream{"js", at, text, subject, kind&1 == 0, text},
				wireJetStream{Type: "js", Time: at, Stream: subject},
				wireEgress{"eg", at, 0, 2, text, "", other, subject, text, text},
				wireEgress{"eg", at, 4, 3, text, hop, "", "", "", ""},
				wireEgress{"eg", at, 1, 4, "", hop, "", "", "", ""},
			},
		}
		wantJSON, err := json.Marshal(want)
		if err != nil {
			t.Skip(err) // a year encoding/json refuses
		}
		got := r.Append([]byte("x"), s, 7, now)[1:]
		if !bytes.Equal(got, wantJSON) {
			t.Fatalf("trace message:\n got %s\nwant %s", got, wantJSON)
		}
		r.Free()
	})
}

// [T-57] What is written can be read, in every encoding.
func TestParseReadsWhatAppendWrites(t *testing.T) {
	for accept, content := range map[string]string{
		"": "", "deflate": "identity", "gzip": "gzip", "s2": "snappy", "GZIP, S2": "snappy", "snappy": "snappy", "gzip, deflate": "gzip",
	} {
		lines := []string{"Nats-Trace-Dest: tr", "Nats-Trace-Hop: 2.1"}
		if accept != "" {
			lines = append(lines, "Accept-Encoding: "+accept)
		}
		start := time.Now()
		r := NewRecorder(scanned(t, lines...), Ingress{Kind: Leaf, CID: 5, Name: "L1", Account: "A", Subject: "foo"}, 54, start)
		r.Egress(Egress{Kind: Gateway, CID: 9, Name: "G1", Hop: r.NextHop(), Error: DeliveredNoSupport})
		r.JetStream("T").Complete(Outcome{NoInterest: true, Subject: "bar"})
		plain := r.Append(nil, &Server{Name: "S", ID: "N", Version: "1"}, 3, start)
		header, body := r.Encode(plain)
		want := "NATS/1.0\r\nContent-Encoding: " + content + "\r\n\r\n"
		if accept == "" {
			want = ""
		}
		if string(header) != want {
			t.Errorf("Accept-Encoding %q: header %q, want %q [T-36]", accept, header, want)
		}
		if content == "snappy" && !bytes.HasPrefix(body, []byte("\xff\x06\x00\x00sNaPpY")) {
			t.Errorf("Accept-Encoding %q: body starts %q, want the snappy stream identifier [T-36]", accept, body[:10])
		}
		m, err := Parse(body, content)
		if err != nil {
			t.Fatalf("Accept-Encoding %q: %v", accept, err)
		}
		in, eg, js := m.Events[0], m.Events[1], m.Events[2]
		if m.Server.Name != "S" || m.Server.Seq != 3 || m.Hops != 1 || m.Hop() != "2.1" || m.Request.Size != 54 {
			t.Errorf("message is %+v", m)
		}
		if in.Type != InType || in.Kind != Leaf || in.CID != 5 || in.Name != "L1" || in.Account != "A" || in.Subject != "foo" || !in.Time.Equal(start) {
			t.Errorf("ingress is %+v", in)
		}
		if eg.Type != EgressType || eg.Kind != Gateway || eg.Hop != "2.1.1" || eg.Error != DeliveredNoSupport {
			t.Errorf("egress is %+v", eg)
		}
		if js.Type != JetStreamType || js.Stream != "T" || js.StoredSubject != "bar" || !js.NoInterest {
			t.Errorf("stream is %+v", js)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	bomb := snappy(make([]byte, maxMessageBytes+1))
	zbomb := gzipped(make([]byte, maxMessageBytes+1))
	for name, c := range map[string]struct{ body, encoding, want string }{
		"no json":          {"x", "", "invalid character"},
		"no events":        {`{}`, "", "no ingress event"},
		"no ingress":       {`{"events":[{"type":"eg"}]}`, "", "no ingress event"},
		"unknown encoding": {`{}`, "br", "unknown content encoding"},
		"not gzip":         {`{}`, "gzip", "gzip"},
		"not snappy":       {`{}`, "snappy", "decompress"},
		"snappy bomb":      {string(bomb), "snappy", "larger than"},
		"gzip bomb":        {string(zbomb), "gzip", "larger than"},
		"large":            {string(make([]byte, maxMessageBytes+1)), "", "larger than"},
	} {
		if m, err := Parse([]byte(c.body), c.encoding); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Parse = %v, %v; want error %q", name, m, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	msg := []byte(`{"events":[{"type":"in","ts":"2026-11-22T03:34:16-05:00","kind":1,"cid":2}],"new":[1]}`)
	f.Add(msg, "")
	f.Add(gzipped(msg), "gzip")
	f.Add(snappy(msg), "S2")
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		if m, err := Parse(body, encoding); err == nil {
			m.Hop()
			m.Ingress()
		}
		r := NewReturns()
		r.Expect("1")
		r.Seal()
		r.Returned(body, encoding)
	})
}
