package monitor

import "net/http"

// Health is the answer of /healthz. [M-5]
type Health struct {
	Status     string        `json:"status"`
	StatusCode int           `json:"status_code,omitempty"`
	Error      string        `json:"error,omitempty"`
	Errors     []HealthError `json:"errors,omitempty"`
}

// HealthError is one thing that is wrong, when details are asked for.
type HealthError struct {
	Type     string `json:"type"`
	Account  string `json:"account,omitempty"`
	Stream   string `json:"stream,omitempty"`
	Consumer string `json:"consumer,omitempty"`
	Error    string `json:"error"`
}

// HealthzOptions are what may be asked of /healthz.
type HealthzOptions struct {
	JSEnabled     bool   `json:"js-enabled"`
	JSEnabledOnly bool   `json:"js-enabled-only"`
	JSServerOnly  bool   `json:"js-server-only"`
	JSMetaOnly    bool   `json:"js-meta-only"`
	Account       string `json:"account"`
	Stream        string `json:"stream"`
	Consumer      string `json:"consumer"`
	Details       bool   `json:"details"`
}

// Healthz tells whether the server serves, and the HTTP status for it.
func (m *Monitor) Healthz(o HealthzOptions) (*Health, int) {
	switch {
	case o.Account == "" && (o.Stream != "" || o.Consumer != ""):
		return unwell(o, http.StatusBadRequest, "error", HealthError{Type: "BAD_REQUEST", Error: `"account" must not be empty when checking stream health`})
	case o.Stream == "" && o.Consumer != "":
		return unwell(o, http.StatusBadRequest, "error", HealthError{Type: "BAD_REQUEST", Error: `"stream" must not be empty when checking consumer health`})
	case !m.Ready():
		return unwell(o, http.StatusInternalServerError, "error", HealthError{Type: "CONNECTION", Error: "not ready for connections"})
	}
	return &Health{Status: "ok"}, http.StatusOK
}

// unwell words what is wrong: as one text, or as a list with details.
func unwell(o HealthzOptions, code int, status string, e HealthError) (*Health, int) {
	if o.Details {
		return &Health{Status: "error", StatusCode: code, Errors: []HealthError{e}}, code
	}
	return &Health{Status: status, Error: e.Error}, code
}
