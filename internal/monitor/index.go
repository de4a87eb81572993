package monitor

import (
	"fmt"
	"html"
	"net/http"
)

// writeIndex answers the bare address with links to the pages.
func (m *Monitor) writeIndex(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	i := m.Info()
	fmt.Fprintf(w, "<!doctype html><title>midge %[1]s</title><h1>midge</h1><p>%[1]s, protocol %[2]s</p><ul>", //nolint:errcheck // the requester has gone
		html.EscapeString(i.ServerName), html.EscapeString(i.Version))
	for _, p := range []string{"varz", "connz", "subsz", "routez", "gatewayz", "leafz", "accountz", "accstatz", "jsz", "healthz", "metrics"} {
		fmt.Fprintf(w, "<li><a href=\"%[1]s\">%[1]s</a>", p) //nolint:errcheck // the requester has gone
	}
}
