package protocol

import (
	"bytes"
	"testing"
)

func TestClientLines(t *testing.T) {
	subject, sid, reply := []byte("a"), []byte("1"), []byte("r")
	for want, got := range map[string][]byte{
		"MSG a 1 002\r\n":       AppendMsg(nil, subject, sid, nil, []byte("002")),
		"MSG a 1 r 2\r\n":       AppendMsg(nil, subject, sid, reply, []byte("2")),
		"HMSG a 1 018 0020\r\n": AppendHMsg(nil, subject, sid, nil, []byte("018"), []byte("0020")),
		"HMSG a 1 r 12 14\r\n":  AppendHMsg(nil, subject, sid, reply, []byte("12"), []byte("14")),
	} {
		if string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// [P-12]
func TestNoRespondersMessage(t *testing.T) {
	want := "HMSG rep.5 4 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n"
	if got := AppendNoRespondersMsg(nil, []byte("nobody"), []byte("4"), []byte("rep.5")); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := AppendNoResponders(nil, []byte("nobody")); len(got) != NoRespondersLen(6) {
		t.Errorf("block of %d bytes, want %d", len(got), NoRespondersLen(6))
	}
}

func TestErrStaysOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"Invalid Subject":         "-ERR 'Invalid Subject'\r\n",
		"a\r\nINFO {}\r\n\x00b'c": "-ERR 'a  INFO {}   b'c'\r\n",
		"":                        "-ERR ''\r\n",
	} {
		if got := AppendErr(nil, text); string(got) != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Every message line that is written is read back as it was meant.
func TestLinkMessagesRoundTrip(t *testing.T) {
	for _, reply := range []string{"", "r.1"} {
		for _, queues := range [][][]byte{nil, {[]byte("q1")}, {[]byte("q1"), []byte("q2")}} {
			for _, hdr := range []string{"", "1"} {
				for _, origin := range []string{"", "SPC"} {
					for _, account := range []string{"", "$G"} {
						m := &LinkMsg{Origin: []byte(origin), Account: []byte(account), Subject: []byte("a"), Reply: []byte(reply),
							Queues: queues, HdrText: []byte(hdr), SizeText: []byte("2")}
						p := linkParser(Route)
						p.Dedicated = account == ""
						checkMessage(t, p, m, AppendRouteMsg(nil, m))
						m.Origin, m.Account = nil, nil
						checkMessage(t, linkParser(Leaf), m, AppendLeafMsg(nil, m))
					}
				}
			}
		}
	}
}

func checkMessage(t *testing.T, p *Parser, m *LinkMsg, line []byte) {
	t.Helper()
	op, n, err := p.Next(append(bytes.Clone(line), "hi\r\n"...))
	if err != nil || n != len(line)+4 || op != OpMsg && op != OpHMsg {
		t.Fatalf("%q: %v, %d bytes, %v", line, op, n, err)
	}
	if !bytes.Equal(p.Origin, m.Origin) || !bytes.Equal(p.Account, m.Account) || !bytes.Equal(p.Subject, m.Subject) ||
		!bytes.Equal(p.Reply, m.Reply) || !bytes.Equal(p.HdrText, m.HdrText) || !bytes.Equal(p.SizeText, m.SizeText) ||
		!bytes.Equal(bytes.Join(p.Queues, []byte(" ")), bytes.Join(m.Queues, []byte(" "))) {
		t.Errorf("%q read as %s", line, describe(op, p))
	}
}

func TestLinkLines(t *testing.T) {
	message := &LinkMsg{Account: []byte("$G"), Subject: []byte("a"), SizeText: []byte("2")}
	fromLeaf := &LinkMsg{Origin: []byte("SPC"), Account: []byte("$G"), Subject: []byte("two"), Reply: []byte("r.2"), SizeText: []byte("1")}
	plain := &Interest{Account: "$G", Subject: "a"}
	queue := &Interest{Account: "$G", Subject: "a", Queue: "q", Weight: 3}
	leaf := &Interest{Origin: "SPC", Account: "$G", Subject: "a", Queue: "q"}
	for want, got := range map[string][]byte{
		"RMSG $G a 2\r\n":             AppendRouteMsg(nil, message),
		"LMSG SPC $G two r.2 0 1\r\n": AppendRouteMsg(nil, fromLeaf),
		"LMSG two r.2 1\r\n":          AppendLeafMsg(nil, fromLeaf),
		"RS+ $G a\r\n":                AppendRouteSub(nil, plain),
		"RS- $G a\r\n":                AppendRouteUnsub(nil, plain, true),
		"RS+ $G a q 3\r\n":            AppendRouteSub(nil, queue),
		"RS- $G a q\r\n":              AppendRouteUnsub(nil, queue, true),
		"LS+ SPC $G a q 1\r\n":        AppendRouteSub(nil, leaf),
		"LS- SPC $G a q\r\n":          AppendRouteUnsub(nil, leaf, true),
		"LS- $G a q\r\n":              AppendRouteUnsub(nil, leaf, false),
		"LS+ a q 3\r\n":               AppendLeafSub(nil, queue),
		"LS- a q\r\n":                 AppendLeafUnsub(nil, queue),
		"LS+ a\r\n":                   AppendLeafSub(nil, plain),
		"A+ ACC\r\n":                  AppendAccountSub(nil, "ACC"),
		"A- ACC\r\n":                  AppendAccountUnsub(nil, "ACC"),
	} {
		if string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What RS+ and RS- write agrees in the receiver's key.
func TestInterestKeysRoundTrip(t *testing.T) {
	for _, origin := range []string{"", "SPC"} {
		for _, queue := range []string{"", "q"} {
			for _, withOrigin := range []bool{false, true} {
				i := &Interest{Origin: origin, Account: "$G", Subject: "a.*", Queue: queue, Weight: 2}
				p := linkParser(Route)
				p.UnsubOrigin = withOrigin
				if _, _, err := p.Next(AppendRouteSub(nil, i)); err != nil {
					t.Fatal(err)
				}
				key := string(p.Key)
				if _, _, err := p.Next(AppendRouteUnsub(nil, i, withOrigin)); err != nil || string(p.Key) != key {
					t.Errorf("%+v: added as %q, removed as %q, %v", i, key, p.Key, err)
				}
			}
		}
	}
}
