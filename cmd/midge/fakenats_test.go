package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
)

// fakeNATS is just enough of a NATS server for a client that publishes with
// headers and subscribes once: what it sends back is a script.
type fakeNATS struct {
	// Immutable after construction.
	version string
	answer  func(p published) []string // bodies to send to the trace destination, or lines that start with -ERR

	mu  sync.Mutex // guards got
	got []published
}

// published is one HPUB.
type published struct {
	n              int // counts from 1
	subject, reply string
	header         nats.Header
	payload        string
}

// newFakeNATS runs a server on a free port until the test ends and gives its
// url.
func newFakeNATS(t *testing.T, version string, answer func(published) []string) (*fakeNATS, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeNATS{version: version, answer: answer}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		done.Wait()
	})
	return f, "nats://" + l.Addr().String()
}

func (f *fakeNATS) messages() []published {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]published(nil), f.got...)
}

func (f *fakeNATS) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	fmt.Fprintf(c, "INFO {\"server_id\":\"NFAKE\",\"server_name\":\"fake\",\"version\":%q,\"headers\":true,\"max_payload\":1048576}\r\n", f.version)
	sid := "1"
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		args := strings.Fields(rest)
		switch word {
		case "PING":
			io.WriteString(c, "PONG\r\n")
		case "SUB":
			sid = args[len(args)-1]
		case "HPUB":
			if err := f.publish(c, r, sid, args); err != nil {
				return
			}
		}
	}
}

func (f *fakeNATS) publish(w io.Writer, r io.Reader, sid string, args []string) error {
	headerSize, err := strconv.Atoi(args[len(args)-2])
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(args[len(args)-1])
	if err != nil {
		return err
	}
	body := make([]byte, size+2)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	header, err := nats.DecodeHeadersMsg(body[:headerSize])
	if err != nil {
		return err
	}
	p := published{subject: args[0], header: header, payload: string(body[headerSize:size])}
	if len(args) == 4 {
		p.reply = args[1]
	}
	f.mu.Lock()
	f.got = append(f.got, p)
	p.n = len(f.got)
	f.mu.Unlock()
	for _, a := range f.answer(p) {
		if strings.HasPrefix(a, "-ERR") {
			fmt.Fprintf(w, "%s\r\n", a)
		} else {
			fmt.Fprintf(w, "MSG %s %s %d\r\n%s\r\n", header.Get("Nats-Trace-Dest"), sid, len(a), a)
		}
	}
	return nil
}
