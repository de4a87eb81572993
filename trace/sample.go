package trace

import "bytes"

// SampledTraceparent reports whether the value of a W3C traceparent header
// asks for tracing: four parts, the last of them two bytes that read as a
// signed base-16 byte with bit 0 set. As in the reference, the other parts are
// not looked at, a plus sign is accepted and 80..ff are not. [T-9]
func SampledTraceparent(value []byte) bool {
	if bytes.Count(value, dash) != 3 {
		return false
	}
	flags := value[bytes.LastIndexByte(value, '-')+1:]
	if len(flags) != 2 {
		return false
	}
	low, ok := hexDigit(flags[1])
	if !ok || low&1 == 0 {
		return false
	}
	// A sign leaves one digit, and a minus cannot be: it would be a separator.
	if flags[0] == '+' {
		return true
	}
	high, ok := hexDigit(flags[0])
	return ok && high < 8
}

var dash = []byte{'-'}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// Sampled decides whether an externally activated message of an account with
// this sampling percentage is traced. Zero and below, and 100 and above, mean
// always, without drawing. draw returns a number from 0 to 99, each as likely.
//
// The rate is the true percentage, draw() < sampling. The reference traces one
// percent more; the specification leaves the choice. [trace.md 2.5] [T-11]
func Sampled(sampling int, draw func() int) bool {
	if sampling <= 0 || sampling >= 100 {
		return true
	}
	return draw() < sampling
}
