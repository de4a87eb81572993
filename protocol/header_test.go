package protocol

import (
	"bytes"
	"strings"
	"testing"
)

func TestHeaderValue(t *testing.T) {
	const block = "NATS/1.0 503 No\r\nA: one\r\na:two\r\nA: second\r\nB:\t x y \t\r\nEmpty:\r\nAB: three\r\nbroken\r\n: noname\r\n\r\nC: body\r\n"
	for name, want := range map[string]string{"A": "one", "a": "two", "B": "x y", "AB": "three", "Empty": ""} {
		if got := HeaderValue([]byte(block), name); got == nil || string(got) != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"C", "Z", "broken", "NATS/1.0 503 No", "b", "A "} {
		if got := HeaderValue([]byte(block), name); got != nil {
			t.Errorf("%s: got %q, want none", name, got)
		}
	}
	for _, broken := range []string{"", "A: b", "A: b\r\n", "NATS/1.0", "NATS/1.0\r\n", "NATS/1.0\r\nA: b", "NATS/1.0\r\nA: b\n\n"} {
		if got := HeaderValue([]byte(broken), "A"); got != nil {
			t.Errorf("%q: got %q, want none", broken, got)
		}
	}
}

// [trace.md 2.4] Every line of the name goes, the new one comes last.
func TestAppendWithHeader(t *testing.T) {
	for hdr, want := range map[string]string{
		"NATS/1.0\r\nT: tr\r\nOrigin: B\r\n\r\n":         "NATS/1.0\r\nOrigin: B\r\nT: new\r\n\r\n",
		"NATS/1.0\r\n\r\n":                               "NATS/1.0\r\nT: new\r\n\r\n",
		"NATS/1.0\r\nT: 1\r\nA:b\r\nT:2\r\nt: 3\r\n\r\n": "NATS/1.0\r\nA:b\r\nt: 3\r\nT: new\r\n\r\n",
		"NATS/1.0\r\nT : 1\r\nTT: 2\r\n\r\nT: body\r\n":  "NATS/1.0\r\nT : 1\r\nTT: 2\r\nT: new\r\n\r\nT: body\r\n",
		"NATS/1.0\r\nA: b\r\n":                           "NATS/1.0\r\nA: b\r\nT: new\r\n\r\n",
		"NATS/1.0\r\nA: b":                               "NATS/1.0\r\nA: b\r\nT: new\r\n\r\n",
		"hello":                                          "hello\r\nT: new\r\n\r\n",
		"":                                               "NATS/1.0\r\nT: new\r\n\r\n",
	} {
		if got := AppendWithHeader([]byte("x"), []byte(hdr), "T", "new"); string(got) != "x"+want {
			t.Errorf("%q:\n got  %q\n want %q", hdr, got, want)
		}
	}
	got := AppendWithHeader(nil, []byte("NATS/1.0\r\n\r\n"), "T", "a\r\nB: injected\x00")
	if want := "NATS/1.0\r\nT: a  B: injected \r\n\r\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAppendWithoutHeader(t *testing.T) {
	for hdr, want := range map[string]string{
		"NATS/1.0\r\nT: 1\r\nA: b\r\nT: 2\r\n\r\nrest": "NATS/1.0\r\nA: b\r\n\r\nrest",
		"NATS/1.0\r\nA: b\r\n\r\n":                     "NATS/1.0\r\nA: b\r\n\r\n",
		"NATS/1.0\r\nT: cut":                           "NATS/1.0\r\nT: cut",
		"hello":                                        "hello",
		"":                                             "",
	} {
		if got := AppendWithoutHeader(nil, []byte(hdr), "T"); string(got) != want {
			t.Errorf("%q:\n got  %q\n want %q", hdr, got, want)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte("NATS/1.0\r\nT: 1\r\nA: b\r\nT: 2\r\n\r\nrest"), "v")
	f.Add([]byte("hello"), "\r\n")
	f.Add([]byte("\r\n\r\n"), "")
	f.Add([]byte("NATS/1.0\r\nT: cut"), "a b")
	f.Add([]byte("\r\nA:0"), "")
	f.Fuzz(func(t *testing.T, hdr []byte, value string) {
		before := bytes.Clone(hdr)
		with := AppendWithHeader(nil, hdr, "T", value)
		want := strings.Trim(string(appendOneLine(nil, value)), " \t")
		if got := HeaderValue(with, "T"); got == nil || string(got) != want {
			t.Errorf("%q with T: %q reads as %q from %q", hdr, value, got, with)
		}
		without := AppendWithoutHeader(nil, hdr, "T")
		if got := HeaderValue(without, "T"); got != nil {
			t.Errorf("%q without T still has %q", hdr, got)
		}
		if HeaderValue(hdr, "T") == nil && !bytes.Equal(without, hdr) {
			t.Errorf("%q has no T, but became %q", hdr, without)
		}
		broken := !bytes.Contains(hdr, []byte("\r\n\r\n")) && !bytes.HasSuffix(hdr, []byte("\r\n"))
		if !broken && !bytes.Equal(HeaderValue(hdr, "A"), HeaderValue(with, "A")) {
			t.Errorf("%q: value of another header changed", hdr)
		}
		if !bytes.Equal(before, hdr) {
			t.Error("the block itself was changed")
		}
	})
}
