// Package conf is the configuration: the NATS configuration language, the
// options that it sets, the checks among them, and what a reload may change.
//
// It is plain data: nothing here opens a socket or knows another part of the
// server. A file becomes a tree of values with their places (parse.go), the
// tree becomes [Options] (decode_*.go, one block each), and whatever is wrong
// is told with file, line and column, all of it at once.
package conf
