package main

import (
	"os"

	"github.com/midge-nats/midge/conf"
	"github.com/midge-nats/midge/internal/logging"
)

// serverLog is where the process writes beside the server: the server's own log
// if it lends it, else standard error in the same format.
func serverLog(srv any, o *conf.Options) log {
	if l, ok := srv.(log); ok {
		return l
	}
	return logging.NewStderr(logging.Format{PID: os.Getpid(), NoTime: !o.Logtime, UTC: o.LogtimeUTC, JSON: o.LogJSON})
}
