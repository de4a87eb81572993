package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// signalCommands are the words of --signal. [C-12]
var signalCommands = map[string]syscall.Signal{
	"stop":   syscall.SIGKILL,
	"quit":   syscall.SIGINT,
	"term":   syscall.SIGTERM,
	"reopen": syscall.SIGUSR1,
	"reload": syscall.SIGHUP,
	"ldm":    syscall.SIGUSR2,
}

// signaller sends a signal command to running servers. Its functions are what
// it needs of the operating system, so that a test can be one.
type signaller struct {
	program string                                  // name for messages
	running func() ([]int, error)                   // process ids of servers of this program
	kill    func(pid int, sig syscall.Signal) error // syscall.Kill
}

// send carries out the value of --signal: command[=target], where the target
// is a process id, a pid file, or a pattern with a * at its end. The pattern
// means process ids of running servers if it is digits, otherwise pid files.
// Without a target there must be one running server. [C-12]
func (s signaller) send(value string) error {
	command, target, _ := strings.Cut(value, "=")
	pids, err := s.targets(target)
	if err != nil {
		return err
	}
	sig, ok := signalCommands[command]
	if !ok {
		return fmt.Errorf("unknown signal %q", command)
	}
	var failed strings.Builder
	for _, pid := range pids {
		if err := s.kill(pid, sig); err != nil {
			fmt.Fprintf(&failed, "\nsignal %q %d: %v", command, pid, err)
		}
	}
	if failed.Len() > 0 {
		return fmt.Errorf("%s", failed.String())
	}
	return nil
}

func (s signaller) targets(target string) ([]int, error) {
	if prefix, ok := strings.CutSuffix(target, "*"); ok && isDigits(prefix) {
		return s.runningWith(prefix)
	}
	switch {
	case target == "":
		pids, err := s.runningWith("")
		if err == nil && len(pids) > 1 {
			return nil, fmt.Errorf("multiple %s processes running:\n%s", s.program, lines(pids))
		}
		return pids, err
	case strings.HasSuffix(target, "*"):
		return pidFiles(target)
	}
	pid, err := pidOrFile(target)
	return []int{pid}, err
}

// runningWith gives the running servers whose process id starts with prefix.
func (s signaller) runningWith(prefix string) ([]int, error) {
	pids, err := s.running()
	if err != nil {
		return nil, fmt.Errorf("list %s processes (give a process id instead, as in --signal reload=1234): %w", s.program, err)
	}
	pids = slices.DeleteFunc(pids, func(pid int) bool {
		return !strings.HasPrefix(strconv.Itoa(pid), prefix)
	})
	if len(pids) == 0 {
		return nil, fmt.Errorf("no %s processes running", s.program)
	}
	return pids, nil
}

func pidFiles(pattern string) ([]int, error) {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no pid file matches %q", pattern)
	}
	var pids []int
	for _, name := range names {
		pid, err := pidOrFile(name)
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// pidOrFile reads a process id, or the file that holds one. Zero and negative
// numbers would mean process groups to kill(2), never a server.
func pidOrFile(s string) (int, error) {
	if pid, err := strconv.Atoi(s); err == nil && pid > 0 {
		return pid, nil
	}
	b, err := os.ReadFile(s)
	if err != nil {
		return 0, fmt.Errorf("invalid pid: %s", s)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("invalid pid: %s holds no process id", s)
	}
	return pid, nil
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

func lines(pids []int) string {
	var b strings.Builder
	for _, pid := range pids {
		fmt.Fprintln(&b, pid)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
