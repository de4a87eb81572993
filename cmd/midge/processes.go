package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// serverProcesses lists the processes below proc (/proc) that run the program
// called name as a server, without the one called self, in ascending order.
// Reading /proc works in containers that have no pgrep. [C-12]
func serverProcesses(proc, name string, self int) ([]int, error) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == self {
			continue
		}
		if runsServer(filepath.Join(proc, e.Name()), name) {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// runsServer looks at one process directory. A process that ends meanwhile is
// no server, and neither is one that runs another command of this program.
func runsServer(dir, name string) bool {
	cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil || len(cmdline) == 0 { // a kernel thread or a zombie
		return false
	}
	args := bytes.Split(bytes.TrimSuffix(cmdline, []byte{0}), []byte{0})
	exe, err := os.Readlink(filepath.Join(dir, "exe"))
	if err != nil { // someone else's process: all there is to see is its own word
		exe = string(args[0])
	}
	// The file of a running server may have been replaced by an upgrade.
	if filepath.Base(strings.TrimSuffix(exe, " (deleted)")) != name {
		return false
	}
	return len(args) < 2 || !isCommand(string(args[1]))
}
