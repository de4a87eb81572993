package server

import (
	"fmt"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
)

// buildImports compiles what accounts export and import. That they may has been
// checked with the options.
func (s *Server) buildImports(st *setup, accounts []*conf.Account) error {
	exports := make(map[*conf.Export]*core.Export)
	byName := make(map[string]*conf.Account)
	for _, a := range accounts {
		byName[a.Name] = a
		for _, e := range a.Exports {
			exports[e] = newExport(e)
		}
	}
	for i := range st.accounts {
		as := &st.accounts[i]
		a := byName[as.account.Name()]
		if a == nil {
			continue
		}
		for _, e := range a.Exports {
			as.exports = append(as.exports, exports[e])
		}
		for _, im := range a.Imports {
			if err := s.addImport(as, a.Name, im, byName[im.Account], exports); err != nil {
				return fmt.Errorf("account %q: %w", a.Name, err)
			}
		}
	}
	return nil
}

func newExport(e *conf.Export) *core.Export {
	x := &core.Export{Subject: e.Stream, Approved: e.Accounts, Threshold: e.ResponseThreshold, AllowTrace: e.AllowTrace}
	if e.Service != "" {
		x.Subject, x.Service = e.Service, true
	}
	switch e.ResponseType {
	case "stream":
		x.Response = core.ResponseStream
	case "chunk", "chunked":
		x.Response = core.ResponseChunked
	}
	return x
}

func (s *Server) addImport(as *accountSetup, name string, im *conf.Import, from *conf.Account, exports map[*conf.Export]*core.Export) error {
	if from == nil {
		return fmt.Errorf("%q account not defined for import", im.Account)
	}
	export := from.ExportOf(name, im)
	if export == nil {
		return fmt.Errorf("import of %q from %q not authorized", im.LocalSubject(), im.Account)
	}
	account := s.broker.Account(im.Account)
	if im.Stream != "" {
		to := im.To
		if im.Prefix != "" {
			to = im.Prefix + "." + im.Stream
		}
		stream, err := core.NewStreamImport(account, im.Stream, to, im.AllowTrace)
		as.streams = append(as.streams, stream)
		return err
	}
	service, err := core.NewServiceImport(account, im.Service, im.To, im.Share, exports[export])
	as.services = append(as.services, service)
	return err
}
