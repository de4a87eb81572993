package monitor

import "github.com/midge-nats/midge/core"

// MappingsInfo are an account's mappings by source subject.
type MappingsInfo map[string][]MapDestInfo

// MapDestInfo is one destination of a mapping.
type MapDestInfo struct {
	Subject string `json:"subject"`
	Weight  int    `json:"weight"`
	Cluster string `json:"cluster,omitempty"`
}

// ExportInfo is one export of an account.
type ExportInfo struct {
	Subject      string   `json:"subject"`
	Type         string   `json:"type"`
	ResponseType string   `json:"response_type,omitempty"`
	Approved     []string `json:"approved_accounts,omitempty"`
	AllowTrace   bool     `json:"allow_trace,omitempty"`
}

// ImportInfo is one import of an account.
type ImportInfo struct {
	Subject      string `json:"subject"`
	Account      string `json:"account"`
	LocalSubject string `json:"local_subject"`
	Type         string `json:"type"`
	Share        bool   `json:"share"`
	AllowTrace   bool   `json:"allow_trace,omitempty"`
	Invalid      bool   `json:"invalid"`
	Tracking     bool   `json:"tracking"`
}

// The types of exports and imports.
const (
	streamType  = "stream"
	serviceType = "service"
)

func mappingsInfo(acc *core.Account) MappingsInfo {
	m := make(MappingsInfo)
	for _, r := range acc.Mappings().List() {
		for _, d := range r.Dests {
			m[r.Source] = append(m[r.Source], MapDestInfo{Subject: d.Subject, Weight: d.Percent, Cluster: d.Cluster})
		}
	}
	return m
}

func exportsInfo(acc *core.Account) []ExportInfo {
	var list []ExportInfo
	for _, e := range acc.Exports() {
		x := ExportInfo{Subject: e.Subject, Type: streamType, Approved: e.Approved, AllowTrace: e.AllowTrace}
		if e.Service {
			x.Type, x.ResponseType = serviceType, e.Response.String()
		}
		list = append(list, x)
	}
	return list
}

func importsInfo(acc *core.Account) []ImportInfo {
	var list []ImportInfo
	for _, im := range acc.StreamImports() {
		list = append(list, ImportInfo{
			Subject: im.Subject, Account: im.From.Name(), LocalSubject: im.Local, Type: streamType, AllowTrace: im.AllowTrace,
		})
	}
	for _, im := range acc.ServiceImports() {
		list = append(list, ImportInfo{
			Subject: im.Subject, Account: im.From.Name(), LocalSubject: im.Local, Type: serviceType, Share: im.Share,
		})
	}
	return list
}
