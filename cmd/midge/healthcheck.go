package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// healthcheck is one question to a server. [M-1]
type healthcheck struct {
	connect connectFlags
	url     string
	port    int
	timeout time.Duration
}

func (p *program) healthcheckCommand() *cobra.Command {
	h := &healthcheck{}
	c := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a server whether it is well, for containers",
		Long: `Ask a server whether it is well: exit status 0 if it is, 1 if not.

With --server the answer to a client's PING counts, otherwise that of /healthz on
the monitoring port.`,
		Example: `  midge healthcheck                                   # /healthz on port 8222
  midge healthcheck -m 8080
  midge healthcheck --url 'http://10.0.0.5:8222/healthz?js-enabled-only=true'
  midge healthcheck --server nats://127.0.0.1:4222    # a client's PING

  HEALTHCHECK CMD ["midge", "healthcheck"]            # in a Dockerfile`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(context.Background(), h.timeout)
			defer cancel()
			if c.Flags().Changed("server") {
				return h.ping(ctx, p.stdout)
			}
			return h.get(ctx, p.stdout)
		},
	}
	h.connect.register(c.Flags(), p.getenv)
	port := 8222 // the port by convention
	if n, err := strconv.Atoi(p.getenv("MIDGE_HTTP_PORT")); err == nil {
		port = n
	}
	c.Flags().IntVarP(&h.port, "http_port", "m", port, "monitoring `port` on this machine ($MIDGE_HTTP_PORT)")
	c.Flags().StringVar(&h.url, "url", "", "monitoring `url`, with /healthz unless it has another path")
	c.Flags().DurationVar(&h.timeout, "timeout", 2*time.Second, "give up after this time")
	return c
}

// get asks the monitoring port.
func (h *healthcheck) get(ctx context.Context, out io.Writer) error {
	target, err := h.target()
	if err != nil {
		return err
	}
	client, err := h.client()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("url %q: %w", target, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return withRemedy(fmt.Errorf("unhealthy: %w", err), "is monitoring on? the server needs -m %d or http_port in its configuration", h.port)
	}
	defer resp.Body.Close()
	const bodyLimit = 4096 // an answer is one line
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	if err != nil {
		return fmt.Errorf("unhealthy: read answer of %q: %w", target, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("unhealthy: %q answered %s: %s", target, resp.Status, oneLine(string(body)))
	}
	fmt.Fprintln(out, "ok")
	return nil
}

// target is the url to get.
func (h *healthcheck) target() (string, error) {
	if h.url == "" {
		return fmt.Sprintf("http://127.0.0.1:%d/healthz", h.port), nil
	}
	s := h.url
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", withRemedy(fmt.Errorf("invalid url %q", h.url), "it looks like http://127.0.0.1:8222/healthz")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/healthz"
	}
	return u.String(), nil
}

func (h *healthcheck) client() (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if h.connect.tlsCA != "" {
		pem, err := os.ReadFile(h.connect.tlsCA)
		if err != nil {
			return nil, fmt.Errorf("certificate authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificate authority: %q holds no PEM certificate", h.connect.tlsCA)
		}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}, nil
}

// ping asks as a client.
func (h *healthcheck) ping(ctx context.Context, out io.Writer) error {
	nc, err := h.connect.connect("midge healthcheck", h.timeout)
	if err != nil {
		return fmt.Errorf("unhealthy: %w", err)
	}
	defer nc.Close()
	if err := nc.FlushWithContext(ctx); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no PONG within %v", h.timeout)
		}
		return fmt.Errorf("unhealthy: %q: %w", withoutPassword(h.connect.server), err)
	}
	fmt.Fprintln(out, "ok")
	return nil
}
