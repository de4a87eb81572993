package protocol

import (
	"strings"
	"testing"
)

func benchmarkNext(b *testing.B, p *Parser, input string) {
	buf := []byte(input)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := p.Next(buf); err != nil || n != len(buf) {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	body := strings.Repeat("x", 128) + "\r\n"
	header := "NATS/1.0\r\n\r\n" + strings.Repeat("x", 116) + "\r\n"
	b.Run("PUB", func(b *testing.B) { benchmarkNext(b, clientParser(), "PUB perf.s0 128\r\n"+body) })
	b.Run("PUB-reply", func(b *testing.B) {
		benchmarkNext(b, clientParser(), "PUB perf.s0 _INBOX.zsWm1QyCmRlDpDwF3VVkOP.1 128\r\n"+body)
	})
	b.Run("PUB-tab", func(b *testing.B) { benchmarkNext(b, clientParser(), "PUB perf.s0\t128\r\n"+body) })
	b.Run("HPUB", func(b *testing.B) { benchmarkNext(b, clientParser(), "HPUB perf.s0 12 128\r\n"+header) })
	b.Run("PING", func(b *testing.B) { benchmarkNext(b, clientParser(), "PING\r\n") })
	b.Run("SUB", func(b *testing.B) { benchmarkNext(b, clientParser(), "SUB perf.* workers 17\r\n") })
	b.Run("RMSG", func(b *testing.B) { benchmarkNext(b, linkParser(Route), "RMSG $G perf.s0 128\r\n"+body) })
	b.Run("RMSG-queues", func(b *testing.B) { benchmarkNext(b, linkParser(Route), "RMSG $G perf.s0 | q1 q2 128\r\n"+body) })
	b.Run("LMSG", func(b *testing.B) { benchmarkNext(b, linkParser(Leaf), "LMSG perf.s0 128\r\n"+body) })
}

func BenchmarkAppendMsg(b *testing.B) {
	dst := make([]byte, 0, 128)
	subject, sid, size := []byte("perf.s0"), []byte("17"), []byte("128")
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendMsg(dst[:0], subject, sid, nil, size)
	}
}
