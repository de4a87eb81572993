package server

import (
	"errors"
	"time"
)

// Reload reads the configuration file again and makes what changed count,
// all of it or nothing. [C-17] [C-18]
func (s *Server) Reload() error {
	s.reloadMu.Lock()
	defer s.reloadMu.Unlock()
	err := s.reload()
	if err != nil {
		s.log.Errorf("Failed to reload server configuration: %v", err)
	}
	return err
}

func (s *Server) reload() error {
	old := s.getOpts()
	if old.ConfigFile == "" {
		return errors.New("can only reload config when a file is provided using -c or --config")
	}
	return errors.New("tmp")
}

// loadedAt is when the options in force came to be.
func (s *Server) loadedAt() time.Time { return time.Unix(0, s.loaded.Load()) }

// configDigest is the digest of the configuration file, "" without one.
func (s *Server) configDigest() string { return s.getOpts().Digest }
