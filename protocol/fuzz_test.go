package protocol

import (
	"slices"
	"testing"
)

// FuzzParser holds the parser to one result for every way of cutting the same
// bytes into reads, and to sane lengths (see feed). [client.md 1]
func FuzzParser(f *testing.F) {
	for _, input := range []string{
		"CONNECT {\"verbose\":false}\r\nSUB a q 1\r\nPUB a r 002\r\nhi\r\nUNSUB 1 2\r\nPING\r\nPONG\r\n+OK\r\n-ERR 'x'\r\n",
		"HPUB a r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nHPUB a 0 0\r\n\r\n", "PUB a\r 1\r\r\nx\r\n", "PUB a 999999999\r\n", "pub a\t1\nx\r\n",
		"RMSG $G a + r q1 q2 2\r\nhi\r\nHMSG $G a | q 1 2\r\nhi\r\nLMSG O $G a 0 0\r\n\r\nRS+ $G a q 2\r\nRS- $G a q\r\nA+ A\r\nA- A\r\n",
		"LS+ O $G a\r\nLS- O $G a\r\nLS+ a\r\nLS- a\r\nLMSG a r 1\r\nx\r\nINFO {} \r\n", "SUB                              a 1\r\n",
		"PUB aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1\r\nx\r\n", "", "\r\n", "PUB a 1\r\nx\n", "SUB \x00\xff \x01\r\n",
	} {
		for flags := range byte(32) {
			f.Add([]byte(input), flags, byte(3))
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, flags, step byte) {
		p := Parser{
			Dialect:        Dialect(flags & 3),
			MaxControlLine: 32,
			MaxPayload:     64,
			Headers:        flags&4 != 0,
			ConnectFirst:   flags&8 != 0,
			Dedicated:      flags&16 != 0,
			UnsubOrigin:    flags&32 != 0,
		}
		if p.Dialect != Client {
			p.MaxControlLine = 2 // 16 times that
		}
		whole := p
		want := feed(t, &whole, input, max(1, len(input)))
		for _, step := range []int{1, int(step)%7 + 2} {
			cut := p
			if got := feed(t, &cut, input, step); !slices.Equal(got, want) {
				t.Errorf("%q in steps of %d:\n got  %q\n want %q", input, step, got, want)
			}
		}
	})
}

// The quick way of PUB and HPUB must agree with the general one: a tab behind
// the verb leads around it.
func FuzzQuickPub(f *testing.F) {
	for _, rest := range []string{"a 1\r\nx\r\n", "a r 1\r\nx\r\n", "a.b.c.d.e.f.g 002\r\nhi\r\n", "a\t1\r\nx\r\n", " a 1\r\nx\r\n", "a 1 \r\nx\r\n",
		"a\n1\r\nx\r\n", "a\r1\r\nx\r\n", "a\x01 0\r\n\r\n", "a 0000000001\r\nx\r\n", "a -1\r\n", "a 1\nx\r\n", "1 1 1\r\nx\r\n", "a 1",
		"a 01 2\r\nhi\r\n", "a r 1 2\r\nhi\r\n", "a 3 2\r\nhi\r\n", "a 0 2\r\nhi\r\n", "1 1 1 1\r\nx\r\n", "a 1\t1\r\nx\r\n"} {
		f.Add([]byte(rest), true)
		f.Add([]byte(rest), false)
	}
	f.Fuzz(func(t *testing.T, rest []byte, headers bool) {
		p := Parser{MaxControlLine: 32, MaxPayload: 64, Headers: headers}
		for _, word := range []string{"PUB", "hpub"} {
			quick, general := p, p
			got := feed(t, &quick, append([]byte(word+" "), rest...), len(rest)+5)
			want := feed(t, &general, append([]byte(word+"\t"), rest...), len(rest)+5)
			if !slices.Equal(got[:min(1, len(got))], want[:min(1, len(want))]) {
				t.Errorf("%s %q:\n got  %q\n want %q", word, rest, got, want)
			}
		}
	})
}
