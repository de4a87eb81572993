// Package netx holds small helpers around network connections and addresses.
package netx
