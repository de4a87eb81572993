package trace

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func record(t testing.TB, in Ingress, lines ...string) *Recorder {
	t.Helper()
	return NewRecorder(scanned(t, append([]string{"Nats-Trace-Dest: tr"}, lines...)...), in, 0, time.Now())
}

// parsed is the trace message as a receiver sees it.
func parsed(t *testing.T, r *Recorder) *Message {
	t.Helper()
	m, err := Parse(r.Append(nil, &Server{Name: "S"}, 1, time.Now()), "")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// [T-28] [T-30] [T-55]
func TestHopIds(t *testing.T) {
	for _, c := range []struct {
		kind     Kind
		received string
		want     [2]string
	}{
		{Client, "", [2]string{"1", "2"}},
		{Client, "7", [2]string{"1", "2"}}, // [T-29]
		{Route, "2", [2]string{"2.1", "2.2"}},
		{Leaf, "1.1", [2]string{"1.1.1", "1.1.2"}},
		{Gateway, "", [2]string{"1", "2"}},
	} {
		lines := []string{}
		if c.received != "" {
			lines = append(lines, "Nats-Trace-Hop: "+c.received)
		}
		r := record(t, Ingress{Kind: c.kind}, lines...)
		if got := [2]string{r.NextHop(), r.NextHop()}; got != c.want {
			t.Errorf("%v with hop %q issued %q, want %q", c.kind, c.received, got, c.want)
		}
		if n := parsed(t, r).Hops; n != 2 || r.Hops() != 2 {
			t.Errorf("hops are %d and %d, want 2", n, r.Hops())
		}
		if got := parsed(t, r).Request.Header[HopHeader]; c.received != "" && (len(got) != 1 || got[0] != c.received) {
			t.Errorf("request header holds hop %q, want what was received, %q [T-20]", got, c.received)
		}
	}
}

// [T-26] [T-27]
func TestEgressKeysByKind(t *testing.T) {
	full := func(k Kind, account string) Egress {
		return Egress{Kind: k, CID: 1, Hop: "1", Account: account, Subscription: "s", Queue: "q"}
	}
	for _, c := range []struct {
		in   Egress
		want Event
	}{
		{full(Client, "A"), Event{Kind: Client, Subscription: "s", Queue: "q"}},
		{full(Client, "B"), Event{Kind: Client, Subscription: "s", Queue: "q", Account: "B"}},
		{full(Leaf, "A"), Event{Kind: Leaf, Hop: "1"}},
		{full(Leaf, "B"), Event{Kind: Leaf, Hop: "1", Account: "B"}},
		{full(Route, "B"), Event{Kind: Route, Hop: "1"}},
		{full(Gateway, "B"), Event{Kind: Gateway, Hop: "1"}},
	} {
		r := record(t, Ingress{Account: "A"})
		r.Egress(c.in)
		got := parsed(t, r).Events[1]
		c.want.Type, c.want.CID, c.want.Time = EgressType, 1, got.Time
		if got != c.want {
			t.Errorf("egress to %v of account %s:\n got %+v\nwant %+v", c.in.Kind, c.in.Account, got, c.want)
		}
	}
}

// [T-56] Events carry the time they were recorded at; a stream's is the one of
// its decision.
func TestEventTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record(t, Ingress{})
		start := time.Now()
		<-time.After(time.Millisecond)
		js := r.JetStream("T")
		<-time.After(time.Millisecond)
		r.Egress(Egress{})
		<-time.After(time.Millisecond)
		js.Complete(Outcome{Subject: "x"})
		for i, want := range []time.Duration{0, 3 * time.Millisecond, 2 * time.Millisecond} {
			if got := parsed(t, r).Events[i].Time.Sub(start); got != want {
				t.Errorf("event %d came after %v, want %v", i, got, want)
			}
		}
	})
}

// [T-17] [T-39] However many hold a recorder, exactly one publishes, and sees
// the outcome of every stream.
func TestLastReleasePublishes(t *testing.T) {
	for range 200 {
		r := record(t, Ingress{})
		var published atomic.Int32
		var wg sync.WaitGroup
		for i := range 3 {
			e := r.JetStream(fmt.Sprint("S", i))
			r.Hold()
			wg.Go(func() {
				e.Complete(Outcome{Subject: "x"})
				if r.Release() {
					published.Add(1)
					for _, e := range parsed(t, r).Events[1:] {
						if e.StoredSubject != "x" {
							t.Errorf("stream %s has no outcome", e.Stream)
						}
					}
				}
			})
		}
		if r.Release() {
			published.Add(1)
		}
		wg.Wait()
		if n := published.Load(); n != 1 {
			t.Fatalf("%d published, want 1", n)
		}
	}
}

// A stream that never answers does not keep the trace back forever, and may
// still answer while and after it is written. [trace.md 8.5]
func TestExpirePublishesOnce(t *testing.T) {
	r := record(t, Ingress{})
	e := r.JetStream("T")
	r.Hold()
	if r.Release() {
		t.Fatal("published although a stream holds the recorder")
	}
	if !r.Expire() {
		t.Fatal("the timer may not publish although nobody did")
	}
	if r.Expire() {
		t.Error("expired twice")
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		e.Complete(Outcome{Error: "late"})
		if r.Release() {
			t.Error("the late stream published again")
		}
	})
	if got := parsed(t, r).Events[1]; got.Stream != "T" || got.Error != "" && got.Error != "late" {
		t.Errorf("the stream's event is %+v", got)
	}
	wg.Wait()
}

func TestFreeKeepsHeldRecordersAway(t *testing.T) {
	r := record(t, Ingress{Account: "A"})
	r.Hold()
	r.Release()
	r.Release()
	r.Free()
	if r.Account() != "A" {
		t.Error("a recorder another goroutine may hold was cleared")
	}
}

// [T-46]
func TestReturnsAwaitEveryAnnouncedHop(t *testing.T) {
	trace := func(kind Kind, hop string, egress ...string) []byte {
		r := record(t, Ingress{Kind: kind}, "Nats-Trace-Hop: "+hop)
		for _, id := range egress {
			e := Egress{Kind: Route, Hop: id}
			if id[0] == '!' {
				e.Hop, e.Error = id[1:], DeliveredNoSupport
			}
			r.Egress(e)
		}
		return r.Append(nil, &Server{}, 1, time.Now())
	}
	if r := NewReturns(); !r.Seal() {
		t.Error("nothing forwarded, but the mapping stays")
	}
	r := NewReturns()
	r.Expect("1")
	r.Expect("2")
	if r.Seal() {
		t.Error("complete before any trace came back")
	}
	for i, c := range []struct {
		body []byte
		want bool
	}{
		{trace(Leaf, "1.2"), false}, // before its parent
		{trace(Route, "1", "1.1", "1.2", "!1.3"), false},
		{[]byte("garbage"), false},
		{trace(Client, "2"), false}, // a client's header is no hop
		{trace(Route, "2"), false},
		{trace(Route, "2"), false}, // twice
		{trace(Gateway, "1.1"), true},
	} {
		if got := r.Returned(c.body, ""); got != c.want {
			t.Errorf("trace %d: complete is %v, want %v", i, got, c.want)
		}
	}
}

// A crafted trace cannot fill the memory: the count gives up instead.
func TestReturnsAreBounded(t *testing.T) {
	r := NewReturns()
	r.Expect("0")
	for i := range maxReturns + 10 {
		r.Expect(fmt.Sprint("1.", i))
	}
	if n := len(r.state); n != maxReturns {
		t.Errorf("remembers %d ids, want %d", n, maxReturns)
	}
	if r.Seal() {
		t.Error("complete although it lost count")
	}
}

// A traced message costs few allocations: the copy of its headers, and the
// hop ids above 99. [trace.md 1]
func TestRecorderAllocs(t *testing.T) {
	hdr := block("Nats-Trace-Dest: tr", "A: b")
	s := &Server{Name: "S", ID: "N", Version: "1"}
	buf := make([]byte, 0, 4096)
	now := time.Now()
	if n := testing.AllocsPerRun(200, func() { one(hdr, buf, s, now) }); n > 2 {
		t.Errorf("a traced message allocated %v times, want at most 2", n)
	}
}

// one traces a message to two clients and a route.
func one(hdr, buf []byte, s *Server, now time.Time) []byte {
	h, _ := Scan(hdr)
	r := NewRecorder(h, Ingress{Kind: Client, CID: 5, Name: "pub", Account: "$G", Subject: "orders.new"}, 52, now)
	r.Egress(Egress{Kind: Client, CID: 6, Name: "app", Account: "$G", Subscription: "orders.>"})
	r.Egress(Egress{Kind: Client, CID: 7, Name: "work", Account: "$G", Subscription: "orders.*", Queue: "q"})
	r.Egress(Egress{Kind: Route, CID: 8, Name: "S2", Account: "$G", Hop: r.NextHop()})
	if r.Release() {
		buf = r.Append(buf[:0], s, 9, now)
		r.Free()
	}
	return buf
}

func BenchmarkTraced(b *testing.B) {
	hdr := block("Nats-Trace-Dest: tr", "A: b")
	s := &Server{Name: "S", ID: "N", Version: "1"}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = one(hdr, buf, s, time.Now())
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}

func BenchmarkRecord(b *testing.B) {
	h, _ := Scan(block("Nats-Trace-Dest: tr", "A: b"))
	b.ReportAllocs()
	for b.Loop() {
		r := NewRecorder(h, Ingress{Kind: Client, CID: 5, Account: "$G", Subject: "orders.new"}, 52, time.Now())
		r.Egress(Egress{Kind: Client, CID: 6, Name: "app", Account: "$G", Subscription: "orders.>"})
		r.Egress(Egress{Kind: Route, CID: 8, Name: "S2", Account: "$G", Hop: r.NextHop()})
		r.Free()
	}
}

func BenchmarkEncode(b *testing.B) {
	payload := one(block("Nats-Trace-Dest: tr"), nil, &Server{Name: "S", ID: "N", Version: "1"}, time.Now())
	for _, accept := range []string{"snappy", "gzip"} {
		b.Run(accept, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Compress(accept, payload)
			}
		})
	}
}
