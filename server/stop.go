package server

import (
	"os"

	"github.com/midge-nats/midge/protocol"
)

// Shutdown stops the server and waits until nothing of it runs any more: no
// new connections, the system account hears of it, connections get what was
// queued for them and are closed, then the monitoring endpoint ends. Calling it
// again waits for the first call.
func (s *Server) Shutdown() {
	s.mu.Lock()
	if s.state == stateStopping {
		s.mu.Unlock()
		<-s.stopped
		return
	}
	s.state = stateStopping
	close(s.stopping)
	listener := s.clientL
	s.mu.Unlock()
	s.log.Noticef("Initiating Shutdown...")
	if listener != nil {
		if err := listener.Close(); err != nil {
			s.log.Debugf("Close client listener: %v", err)
		}
	}
	if s.system != nil {
		s.system.Stop()
	}
	s.stopOperators()
	s.asker.Stop()
	if s.routes != nil {
		s.routes.Stop()
	}
	if s.leafnodes != nil {
		s.leafnodes.Stop()
	}
	if s.gateways != nil {
		s.gateways.Stop()
	}
	s.broker.CloseAll(protocol.ServerShutdown)
	s.stopMonitoring()
	s.goroutines.Wait()
	s.removePortsFile(s.getOpts().PortsFileDir)
	s.log.Noticef("Server Exiting..")
	s.closeLog()
	close(s.stopped)
}

// WaitForShutdown waits until Shutdown is through.
func (s *Server) WaitForShutdown() { <-s.stopped }

// writePidFile writes this process's id, without a newline. [C-13]
func writePidFile(name string) error {
	if name == "" {
		return nil
	}
	return os.WriteFile(name, []byte(pid()), 0o644)
}
