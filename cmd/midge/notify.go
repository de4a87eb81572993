package main

import (
	"fmt"
	"net"
)

// States of a service as systemd's Type=notify and Type=notify-reload read
// them. [sd_notify(3)]
const (
	notifyReady    = "READY=1"
	notifyStopping = "STOPPING=1"
)

// notifyReloading is the state that begins a reload; READY=1 ends it. systemd
// insists on the moment it began, in microseconds of CLOCK_MONOTONIC, so that
// an answer to an older request is not taken for this one.
func notifyReloading(monotonicMicros int64) string {
	return fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", monotonicMicros)
}

// notify tells the service manager that listens on socket ($NOTIFY_SOCKET)
// about a new state. With an empty socket there is no manager and nothing to
// do. A name that starts with @ is in the abstract namespace, which net knows.
func notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify service manager: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("notify service manager: %w", err)
	}
	return nil
}
