package server

import (
	"errors"
	"time"

	"github.com/midge-nats/midge/client"
	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/core"
	"github.com/midge-nats/midge/protocol"
)

// Reload reads the configuration file again and makes what changed count: all
// of it, or nothing. [C-17] [C-18]
func (s *Server) Reload() error {
	s.reloadMu.Lock()
	defer s.reloadMu.Unlock()
	err := s.reload()
	if err != nil {
		s.log.Errorf("Failed to reload server configuration: %v", err)
	}
	return err
}

// reload checks everything before it changes anything.
func (s *Server) reload() error {
	old := s.getOpts()
	if old.ConfigFile == "" {
		return errors.New("can only reload config when a file is provided using -c or --config")
	}
	next, report, err := conf.Load(old.ConfigFile)
	if err != nil {
		return err
	}
	for _, w := range report.Warnings {
		s.log.Warnf("%v", w)
	}
	if old.Override != nil {
		old.Override(next)
		next.Override = old.Override
	}
	if _, err := trustOperators(next); err != nil {
		return err
	}
	next.SetDefaults()
	if err := next.Validate(); err != nil {
		return err
	}
	changes, err := conf.Diff(old, next)
	if err != nil {
		return err
	}
	st, err := s.build(next)
	if err != nil {
		return err
	}
	s.apply(old, next, st)
	for _, line := range changes.Lines {
		s.log.Noticef("%s", line)
	}
	s.log.Noticef("Reloaded server configuration (%s)", next.Digest)
	return nil
}

// apply makes checked options count. Nothing in it can fail as a whole: what
// does not work is logged, and the rest goes on.
func (s *Server) apply(old, next *Options, st *setup) {
	before := s.auth.Rules()
	s.options.Store(next)
	s.loaded.Store(time.Now().UnixNano())
	if err := s.install(st); err != nil {
		s.log.Errorf("Reload: %v", err)
	}
	s.broker.SetNoStall(next.NoFastProducerStall)
	if s.system != nil {
		s.broker.SetServer(s.serverBlock(next))
	}
	s.reloadOperators(next)
	s.reloadCallout(next)
	s.clients.Apply(clientSettings(next, st.rules))
	s.eachClient(func(c *client.Conn) {
		if s.operatedGrant(c.Core().Grant()) {
			return
		}
		if e := st.rules.Recheck(before, c.Core(), c.Options()); e != nil {
			c.Core().Fail(e)
		} else if g := st.rules.Regrant(c.Core().Grant()); g != nil {
			c.Regrant(s.guarded(g))
		}
	})
	s.fitConnections(next.MaxConn)
	s.reconfigureLog(old, next)
	s.moveFiles(old, next)
	if old.ClientAdvertise != next.ClientAdvertise {
		s.clients.SendInfo()
	}
}

// eachClient calls fn for every client that has been let in.
func (s *Server) eachClient(fn func(c *client.Conn)) {
	s.broker.Conns(func(cc *core.Conn) bool {
		if c, ok := cc.Peer().(*client.Conn); ok && cc.Grant() != nil {
			fn(c)
		}
		return true
	})
}

// fitConnections closes clients over a lowered limit. [C-18]
func (s *Server) fitConnections(most int) {
	over := s.NumClients() - most
	if most <= 0 || over <= 0 {
		return
	}
	closed := 0
	s.broker.Conns(func(c *core.Conn) bool {
		if c.Kind().IsClient() && closed < over {
			c.Fail(protocol.ErrMaxConnections)
			closed++
		}
		return closed < over
	})
	s.log.Noticef("Closed %d connections to fall within max_connections", closed)
}

// reconfigureLog follows changes of level and file.
func (s *Server) reconfigureLog(old, next *Options) {
	if next.NoLog {
		return
	}
	moved := old.LogFile != next.LogFile || old.Logtime != next.Logtime || old.LogtimeUTC != next.LogtimeUTC ||
		old.Syslog != next.Syslog || old.RemoteSyslog != next.RemoteSyslog
	if !moved {
		s.log.SetLevels(next.Debug, next.Trace)
		return
	}
	s.closeLog()
	s.ConfigureLogger()
}

// moveFiles follows changes of the pid and ports files' places.
func (s *Server) moveFiles(old, next *Options) {
	if old.PidFile != next.PidFile {
		if err := writePidFile(next.PidFile); err != nil {
			s.log.Errorf("Write pid file: %v", err)
		}
	}
	if old.PortsFileDir != next.PortsFileDir {
		s.removePortsFile(old.PortsFileDir)
		if err := s.writePortsFile(next); err != nil {
			s.log.Errorf("%v", err)
		}
	}
}

// loadedAt is when the options in force came to be.
func (s *Server) loadedAt() time.Time { return time.Unix(0, s.loaded.Load()) }

// configDigest is the digest of the configuration file, "" without one.
func (s *Server) configDigest() string { return s.getOpts().Digest }
