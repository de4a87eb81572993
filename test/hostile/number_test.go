package hostile_test

import (
	"fmt"
	"testing"

	"github.com/midge-nats/midge/test/harness"
)

// Sizes that overflow, are negative, or are no numbers. The payload that they
// announce is never waited for, and no buffer is made for it. [P-3] [P-8]
func TestAbsurdSizes(t *testing.T) {
	sizes := []string{
		"2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
		"18446744073709551615", "18446744073709551616", "99999999999999999999", "-1", "-2147483648", "+1",
		"0x10", "1e3", "1.0", "1_000", "٣", "NaN", "'5'", "5;", "0000000000",
	}
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		bounded(t, srv, 32*megabyte, func() {
			for _, size := range sizes {
				for _, line := range []string{"PUB a %s", "PUB a reply %s", "HPUB a 12 %s", "HPUB a %s 12", "HPUB a reply %s %[1]s"} {
					line = fmt.Sprintf(line, size)
					w := harness.OpenWire(t, srv)
					w.Send(t, hello(line)+line+"\r\n")
					ends(t, srv, w, mute, "Protocol Violation")
				}
			}
		})
		others.testify(t)
	})
}

// Nine digits are a number, and far too much. [P-9]
func TestHugeSizes(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		bounded(t, srv, 32*megabyte, func() {
			for _, line := range []string{"PUB a 999999999", "PUB a 1048577", "HPUB a 12 999999999", "HPUB a 999999999 999999999"} {
				w := harness.OpenWire(t, srv)
				w.Send(t, hello(line)+line+"\r\n")
				ends(t, srv, w, "Maximum Payload Violation", "Maximum Message Payload Exceeded")
			}
		})
		others.testify(t)
	})
}

// A header cannot be longer than its message.
func TestHeaderLongerThanMessage(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, line := range []string{"HPUB a 13 12", "HPUB a r 999999 0"} {
			w := harness.OpenWire(t, srv)
			w.Send(t, hello(line)+line+"\r\nNATS/1.0\r\n\r\n\r\n")
			ends(t, srv, w, mute, "Protocol Violation")
		}
	})
}

// What cannot be read as a number unsubscribes at once. [P-14]
func TestAbsurdUnsubscribe(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		for _, max := range []string{"-1", "99999999999999999999", "abc", "9223372036854775808", "0"} {
			w := harness.OpenWire(t, srv)
			w.Send(t, hello(max)+fmt.Sprintf("SUB a 1|UNSUB 1 %s|PUB a 1|x|", max))
			if got := w.Alive(t); len(got) != 0 {
				t.Errorf("UNSUB 1 %s: then %q", max, got)
			}
		}
		// A large one is a number.
		w := harness.OpenWire(t, srv)
		w.Send(t, hello("large")+"SUB a 1|UNSUB 1 999999999|PUB a 1|x|")
		w.Want(t, "MSG a 1 1", "x")
	})
}

// A payload that is shorter or longer than announced is noticed at its end.
func TestPayloadOfAnotherSize(t *testing.T) {
	harness.Everywhere(t, "", func(t *testing.T, srv harness.Server) {
		others := newWitness(t, srv)
		for _, text := range []string{"PUB witness.x 5|1234|PING|", "PUB witness.x 3|1234|", "PUB witness.x 2|12\n\n", "PUB witness.x 2|12\r\r\n"} {
			w := harness.OpenWire(t, srv)
			w.Send(t, hello("size")+text)
			ends(t, srv, w, "Unknown Protocol Operation", "Protocol Violation")
		}
		harness.Nothing(t, others.to, others.sub)
		others.testify(t)
	})
}
