//go:build unix

package netx

import "syscall"

// canWrite tells whether write works here.
const canWrite = true

// write makes one attempt; Go's sockets are in non-blocking mode.
func write(fd uintptr, buf []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), buf)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, nil
		default:
			return 0, err
		}
	}
}
