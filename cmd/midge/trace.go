package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/midge-nats/midge/internal/subject"
)

// traceFlags are what midge trace is asked for.
type traceFlags struct {
	connect     connectFlags
	header      []string // as typed, K:V
	reply       string
	deliver     bool
	json        bool
	timeout     time.Duration
	inboxPrefix string
}

func (p *program) traceCommand() *cobra.Command {
	f := &traceFlags{}
	c := &cobra.Command{
		Use:   "trace SUBJECT [PAYLOAD]",
		Short: "Show the path of a message through any NATS system",
		Long: `Show which servers, accounts, streams and receivers a message on SUBJECT reaches,
and how long each step takes.

Works with every NATS server from 2.11 on. The message is only traced: no client
receives it and no stream stores it, unless --deliver is given.`,
		Example: `  midge trace orders.new
  midge trace orders.new '{"n":1}' --server nats://10.0.0.5:4222 --creds me.creds
  midge trace orders.new '{"n":1}' --deliver --header Nats-Msg-Id:42
  midge trace orders.new --json | jq '.messages[].server.name'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return withRemedy(fmt.Errorf("trace takes a subject and at most one payload, got %d words", len(args)),
					"quote a payload with spaces: midge trace orders.new '{\"n\": 1}'")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.trace(f, args) },
	}
	f.connect.register(c.Flags(), p.getenv)
	c.Flags().BoolVar(&f.deliver, "deliver", false, "deliver the message too, instead of only tracing it")
	c.Flags().StringArrayVar(&f.header, "header", nil, "`key:value` to send with the message, may be repeated")
	c.Flags().StringVar(&f.reply, "reply", "", "reply `subject` of the message")
	c.Flags().BoolVar(&f.json, "json", false, "print the trace messages as the servers sent them")
	c.Flags().DurationVar(&f.timeout, "timeout", 5*time.Second, "show what there is after this time")
	c.Flags().StringVar(&f.inboxPrefix, "inbox-prefix", "_INBOX", "`subject` below which traces are received")
	return c
}

// request checks what was typed and makes the message of it.
func (f *traceFlags) request(args []string) (traceRequest, error) {
	r := traceRequest{subject: args[0], reply: f.reply, deliver: f.deliver, compress: !f.json, header: nats.Header{}}
	if len(args) > 1 {
		r.payload = []byte(args[1])
	}
	for _, s := range []string{r.subject, r.reply, f.inboxPrefix} {
		if s != "" && !subject.ValidLiteral(s) {
			return r, withRemedy(fmt.Errorf("%q is no subject to publish to", s),
				"it needs tokens joined by dots, without spaces and wildcards, such as orders.new")
		}
	}
	if r.subject == "" {
		return r, errors.New("the subject is empty")
	}
	for _, h := range f.header {
		key, value, ok := strings.Cut(h, ":")
		if !ok || key == "" || strings.ContainsAny(h, "\r\n") {
			return r, withRemedy(fmt.Errorf("header %q is not key:value", h), "such as --header Nats-Msg-Id:42")
		}
		if strings.HasPrefix(key, "Nats-Trace-") {
			return r, withRemedy(fmt.Errorf("header %q is set by this command", key), "--deliver chooses whether the message is delivered")
		}
		r.header[key] = append(r.header[key], strings.TrimSpace(value))
	}
	return r, nil
}

// trace carries out the command.
func (p *program) trace(f *traceFlags, args []string) error {
	request, err := f.request(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.timeout)
	defer cancel()
	refused := make(chan error, 8) // more than one message can cause
	tell := func(err error) {
		select {
		case refused <- err:
		default:
		}
	}
	nc, err := f.connect.connect("midge trace", f.timeout,
		nats.CustomInboxPrefix(f.inboxPrefix),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { tell(err) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				tell(fmt.Errorf("connection lost: %w", err))
			}
		}))
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := canTrace(nc); err != nil {
		return err
	}
	t, err := newTracer(nc, request, refused)
	if err != nil {
		return err
	}
	result, err := t.trace(ctx)
	if err != nil {
		return err
	}
	if f.json {
		return p.printTraceJSON(request, result)
	}
	return p.printTrace(request, result)
}

// printTraceJSON shows the trace messages as they came.
func (p *program) printTraceJSON(r traceRequest, s *traced) error {
	e := json.NewEncoder(p.stdout)
	e.SetIndent("", "  ")
	err := e.Encode(struct {
		Subject   string            `json:"subject"`
		Delivered bool              `json:"delivered"`
		Complete  bool              `json:"complete"`
		Messages  []json.RawMessage `json:"messages"`
	}{r.subject, r.deliver, s.collector.Complete(), s.raw})
	if err != nil {
		return fmt.Errorf("write traces: %w", err)
	}
	return nil
}
