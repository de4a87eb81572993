package trace

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func block(lines ...string) []byte {
	return []byte("NATS/1.0\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n")
}

const sampled = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// [T-1] to [T-8]
func TestScanActivates(t *testing.T) {
	for _, c := range []struct {
		name string
		hdr  []byte
		want bool
		h    Headers
	}{
		{"destination", block("Nats-Trace-Dest: tr"), true, Headers{Dest: "tr"}},
		{"no space after the colon", block("Nats-Trace-Dest:tr"), true, Headers{Dest: "tr"}},
		{"spaces and tabs around the value", block("Nats-Trace-Dest: \t tr \t"), true, Headers{Dest: "tr"}},
		{"no trace header [T-1]", block("A: b", "Nats-Msg-Id: 1"), false, Headers{}},
		{"name in lower case [T-2]", block("nats-trace-dest: tr"), false, Headers{}},
		{"space before the colon", block("Nats-Trace-Dest : tr"), false, Headers{}},
		{"space before the name", block(" Nats-Trace-Dest: tr"), false, Headers{}},
		{"garbage swallowed by the name", block("garbage", "Nats-Trace-Dest: tr"), false, Headers{}},
		{"status line [T-3]", []byte("NATS/1.0 503\r\nNats-Trace-Dest: tr\r\n\r\n"), false, Headers{}},
		{"no version [T-3]", []byte("Nats-Trace-Dest: tr\r\n\r\n"), false, Headers{}},
		{"empty value [T-4]", block("Nats-Trace-Dest: "), false, Headers{}},
		{"empty value, then a usable one [T-4]", block("Nats-Trace-Dest:", "Nats-Trace-Dest: tr"), true, Headers{Dest: "tr"}},
		{"line without end [T-4]", []byte("NATS/1.0\r\nNats-Trace-Dest: tr"), false, Headers{}},
		{"cut behind the destination [T-4]", []byte("NATS/1.0\r\nNats-Trace-Dest: tr\r\nNats-Trace-On"), true, Headers{Dest: "tr"}},
		{"switched off [T-5]", block("Nats-Trace-Dest: trace disabled", sampled), false, Headers{}},
		{"switched off first [T-5]", block("Nats-Trace-Dest: trace disabled", "Nats-Trace-Dest: tr"), false, Headers{}},
		{"switched off too late [T-5]", block("Nats-Trace-Dest: tr", "Nats-Trace-Dest: trace disabled"), true, Headers{Dest: "tr"}},
		{"switched off after traceparent [T-5]", block(sampled, "Nats-Trace-Dest: trace disabled"), false, Headers{}},
		{"first of two destinations", block("Nats-Trace-Dest: a", "Nats-Trace-Dest: b"), true, Headers{Dest: "a"}},
		{"destination beats traceparent [T-6]", block(sampled, "Nats-Trace-Dest: tr", "Nats-Trace-Only: 1"), true, Headers{Dest: "tr", Only: true}},
		{"traceparent alone", block(sampled), true, Headers{External: true}},
		{"traceparent in any case [T-2]", block("TraceParent: 00-a-b-01"), true, Headers{External: true}},
		{"second traceparent", block("traceparent: 00-a-b-00", "traceparent: 00-a-b-01"), true, Headers{External: true}},
		{"only is ignored with traceparent [T-7]", block(sampled, "Nats-Trace-Only: true"), true, Headers{External: true}},
		{"only without destination [T-8]", block("Nats-Trace-Only: true"), false, Headers{}},
		{"hop, origin, encoding", block("Nats-Trace-Dest: tr", "Nats-Trace-Hop: 1.2", "Nats-Trace-Hop: 3",
			"Nats-Trace-Origin-Account: B", "Accept-Encoding: gzip", "accept-encoding: s2"), true,
			Headers{Dest: "tr", Hop: "1.2", OriginAccount: "B", AcceptEncoding: "gzip"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, ok := Scan(c.hdr)
			h.block = ""
			if ok != c.want || h != c.h {
				t.Errorf("Scan(%q) = %+v, %v; want %+v, %v", c.hdr, h, ok, c.h, c.want)
			}
		})
	}
}

// [T-7]
func TestOnlyValues(t *testing.T) {
	for v, want := range map[string]bool{
		"1": true, "true": true, "TRUE": true, "True": true, "on": true, "On": true,
		"yes": false, "t": false, "0": false, "false": false, "11": false, "": false,
	} {
		h, _ := Scan(block("Nats-Trace-Dest: tr", "Nats-Trace-Only: "+v))
		if h.Only != want {
			t.Errorf("Nats-Trace-Only: %q means %v, want %v", v, h.Only, want)
		}
	}
}

// [T-9]
func TestSampledTraceparent(t *testing.T) {
	for v, want := range map[string]bool{
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": true,
		"00-a-b-01": true, "ff-a-b-03": true, "---01": true, "00-a-b-7f": true, "00-a-b-7F": true, "00-a-b-+1": true,
		"00-a-b-00": false, "00-a-b-02": false, "00-a-b-22": false, "00-a-b-81": false, "00-a-b-ff": false,
		"00-a-b-1": false, "00-a-b-01-extra": false, "00-a-b-0x": false, "00-a-b-+g": false, "00-a-b-": false,
		"00-a-b--1": false, "": false, "01": false, "00-a-b-001": false, "00-a-b-@1": false, "00-a-b-0\x01": false,
	} {
		if got := SampledTraceparent([]byte(v)); got != want {
			t.Errorf("SampledTraceparent(%q) = %v, want %v", v, got, want)
		}
	}
}

// [T-11]
func TestSampledDrawsOnlyWhenItMatters(t *testing.T) {
	never := func() int { t.Error("drew a number"); return 0 }
	for _, s := range []int{math.MinInt, -1, 0, 100, 101} {
		if !Sampled(s, never) {
			t.Errorf("Sampled(%d) = false, want always", s)
		}
	}
	for s := 1; s < 100; s++ {
		traced := 0
		for r := range 100 {
			if Sampled(s, func() int { return r }) {
				traced++
			}
		}
		if traced != s {
			t.Errorf("sampling %d traced %d of 100", s, traced)
		}
	}
}

// naiveScan is the scan as the specification words it, one step after the
// other, on strings. [trace.md 2.2]
func naiveScan(hdr string) (m map[string][]string, external, ok bool) {
	rest, found := strings.CutPrefix(hdr, "NATS/1.0\r\n")
	if !found {
		return nil, false, false
	}
	m = map[string][]string{}
	var dest, parent bool
	for {
		key, after, found := strings.Cut(rest, ":")
		if !found {
			break
		}
		value, next, found := strings.Cut(strings.TrimLeft(after, " \t"), "\r\n")
		if !found {
			break
		}
		rest = next
		value = strings.TrimRight(value, " \t")
		if key == "" || value == "" {
			continue
		}
		if key == "Nats-Trace-Dest" && !dest {
			if value == "trace disabled" {
				return nil, false, false
			}
			dest = true
		}
		if strings.EqualFold(key, "traceparent") {
			parts := strings.Split(value, "-")
			if len(parts) == 4 && len(parts[3]) == 2 {
				n, err := strconv.ParseInt(parts[3], 16, 8)
				parent = parent || err == nil && n&1 == 1
			}
		}
		m[key] = append(m[key], value)
	}
	return m, !dest, dest || parent
}

func FuzzScan(f *testing.F) {
	f.Add(block("Nats-Trace-Dest: tr", "Nats-Trace-Only: on", "Nats-Trace-Hop: 1.1", "A: b", "A: c"))
	f.Add(block(sampled, "TRACEPARENT:---+1", "Accept-Encoding: s2"))
	f.Add(block("Nats-Trace-Dest: trace disabled", sampled))
	f.Add([]byte("NATS/1.0\r\ntraceparent:-\r\r\n:x\r\n\r\nk:\t \r\n"))
	f.Add([]byte("NATS/1.0 503\r\n\r\n"))
	f.Fuzz(func(t *testing.T, hdr []byte) {
		keep := bytes.Clone(hdr)
		h, ok := Scan(hdr)
		if !bytes.Equal(hdr, keep) {
			t.Fatal("Scan changed its input")
		}
		m, external, want := naiveScan(string(hdr))
		if ok != want {
			t.Fatalf("Scan(%q) = %v, want %v", hdr, ok, want)
		}
		if !ok {
			return
		}
		if !Wanted(hdr, true) || !external && !Wanted(hdr, false) {
			t.Fatalf("Wanted(%q) is false, but Scan activates", hdr)
		}
		first := func(k string) string {
			if v := m[k]; len(v) > 0 {
				return v[0]
			}
			return ""
		}
		yes := strings.ToLower(first("Nats-Trace-Only"))
		if h.External != external || h.Dest != first("Nats-Trace-Dest") || h.Hop != first("Nats-Trace-Hop") ||
			h.OriginAccount != first("Nats-Trace-Origin-Account") || h.AcceptEncoding != first("Accept-Encoding") ||
			h.Only != (!external && (yes == "1" || yes == "true" || yes == "on")) {
			t.Fatalf("Scan(%q) = %+v", hdr, h)
		}
		if got := string(appendHeader(nil, h.block)); got != naiveHeader(t, m) {
			t.Fatalf("header of %q:\n got %s\nwant %s", hdr, got, naiveHeader(t, m))
		}
	})
}

// [T-1] Wanted and Scan cost nothing on ordinary blocks.
func TestUntracedAllocs(t *testing.T) {
	plain := ordinary()
	off := block("Nats-Trace-Dest: trace disabled", sampled)
	unsampled := block("traceparent: 00-a-b-00")
	if n := testing.AllocsPerRun(100, func() {
		if Wanted(plain, false) || Wanted(plain, true) {
			t.Error("an ordinary block is wanted")
		}
		for _, b := range [][]byte{plain, off, unsampled} {
			if _, ok := Scan(b); ok {
				t.Error("an untraced block activates")
			}
		}
	}); n != 0 {
		t.Errorf("untraced headers allocated %v times, want 0", n)
	}
	traced := block("Nats-Trace-Dest: tr", "Nats-Trace-Only: true", "Accept-Encoding: snappy")
	if n := testing.AllocsPerRun(100, func() { Scan(traced) }); n != 1 {
		t.Errorf("Scan allocated %v times, want 1: the copy of the block", n)
	}
}

func ordinary() []byte {
	return block("Nats-Msg-Id: 7f3a9c1e-0b", "Content-Type: application/json", "X-Request-Id: 01HV6ZK4N1", "Nats-Expected-Stream: ORDERS")
}

func BenchmarkWanted(b *testing.B) {
	hdr := ordinary()
	for _, c := range []struct {
		name     string
		hdr      []byte
		external bool
	}{
		{"dest", hdr, false},
		{"external", hdr, true},
		{"dest short", block("Nats-Msg-Id: 12345", "A: b"), false},
		{"external short", block("Nats-Msg-Id: 12345", "A: b"), true},
		{"dest N's", bytes.Repeat([]byte("NNNNNNNN"), 16), false},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.hdr)))
			for b.Loop() {
				Wanted(c.hdr, c.external)
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	hdr := block("Nats-Trace-Dest: tr", "Nats-Trace-Only: true", "Accept-Encoding: snappy")
	b.ReportAllocs()
	for b.Loop() {
		Scan(hdr)
	}
}

// Random blocks made of the pieces that matter reach corners that bytes drawn
// at random do not.
func TestScanAgreesWithNaiveOnPieces(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	pieces := []string{"Nats-Trace-Dest", "traceparent", "TraceParent", ":", ":", " ", "\t", "\r\n", "\r\n", "\r", "\n",
		"trace disabled", "tr", "00-a-b-01", "00-a-b-00", "Nats-Trace-Only", "true", "x"}
	for range 20000 {
		hdr := "NATS/1.0\r\n"
		for range rnd.IntN(20) {
			hdr += pieces[rnd.IntN(len(pieces))]
		}
		h, ok := Scan([]byte(hdr))
		_, external, want := naiveScan(hdr)
		if ok != want || ok && h.External != external {
			t.Fatalf("seed %d: Scan(%q) = %+v, %v; want %v", seed, hdr, h, ok, want)
		}
		if ok && (!Wanted([]byte(hdr), true) || !external && !Wanted([]byte(hdr), false)) {
			t.Fatalf("seed %d: Wanted(%q) is false, but Scan activates", seed, hdr)
		}
	}
}
