package trace

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Append appends the trace message as JSON, stamped with the server's next
// sequence and the time of publication. It is written by hand because every
// traced message pays for it; its bytes are those of encoding/json. The
// recorder is not changed. [trace.md 3]
func (r *Recorder) Append(dst []byte, s *Server, seq uint64, now time.Time) []byte {
	dst = append(dst, `{"server":`...)
	dst = s.AppendJSON(dst, seq, now)
	dst = append(dst, `,"request":{`...)
	dst = r.appendRequest(dst)
	dst = append(dst, '}')
	if r.hops > 0 {
		dst = append(dst, `,"hops":`...)
		dst = strconv.AppendInt(dst, int64(r.hops), 10)
	}
	dst = append(dst, `,"events":[`...)
	clock := stamps{start: r.start.Local()}
	for i := range r.events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.appendEvent(dst, &r.events[i], &clock)
	}
	return append(dst, `]}`...)
}

// appendRequest appends the members of the request object. [T-20]
func (r *Recorder) appendRequest(dst []byte) []byte {
	start := len(dst)
	dst = appendHeader(dst, r.headers.block)
	if r.size != 0 {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, `"msgsize":`...)
		dst = strconv.AppendInt(dst, int64(r.size), 10)
	}
	return dst
}

type pair struct{ name, value string }

// appendHeader appends all pairs of a header block: names sorted, the values
// of one name in order of appearance. Nothing if there is none.
func appendHeader(dst []byte, block string) []byte {
	var few [16]pair
	list := few[:0]
	for p := (pairs[string]{block}); ; {
		name, value, ok := p.next()
		if !ok {
			break
		}
		list = append(list, pair{name, value})
	}
	if len(list) == 0 {
		return dst
	}
	slices.SortStableFunc(list, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	dst = append(dst, `"header":{`...)
	for i, p := range list {
		if i > 0 && list[i-1].name == p.name {
			dst = append(dst, ',')
		} else {
			if i > 0 {
				dst = append(dst, ']')
			}
			dst = append(appendKey(dst, i, p.name), '[')
		}
		dst = appendString(dst, p.value)
	}
	return append(dst, `]}`...)
}

// appendEvent appends one event. The order of keys and which are left out are
// those of the tables in trace.md 5. [T-19]
func (r *Recorder) appendEvent(dst []byte, e *event, clock *stamps) []byte {
	switch e.typ {
	case ingressEvent:
		dst = clock.append(append(dst, `{"type":"in","ts":"`...), e.after)
		dst = appendConn(dst, e)
		dst = appendString(append(dst, `,"acc":`...), e.account)
		dst = appendString(append(dst, `,"subj":`...), e.subject)
		dst = appendOptional(dst, `,"error":`, e.errorText)
	case mappingEvent:
		dst = clock.append(append(dst, `{"type":"sm","ts":"`...), e.after)
		dst = appendString(append(dst, `,"to":`...), e.to)
	case streamExportEvent:
		dst = clock.append(append(dst, `{"type":"se","ts":"`...), e.after)
		dst = appendString(append(dst, `,"acc":`...), e.account)
		dst = appendString(append(dst, `,"to":`...), e.to)
	case serviceImportEvent:
		dst = clock.append(append(dst, `{"type":"si","ts":"`...), e.after)
		dst = appendString(append(dst, `,"acc":`...), e.account)
		dst = appendString(append(dst, `,"from":`...), e.from)
		dst = appendString(append(dst, `,"to":`...), e.to)
	case jetStreamEvent:
		dst = appendJetStream(dst, e, clock)
	case egressEvent:
		dst = r.appendEgress(dst, e, clock)
	}
	return append(dst, '}')
}

func appendJetStream(dst []byte, e *event, clock *stamps) []byte {
	var out outcome
	if o := e.stream.outcome.Load(); o != nil {
		out = *o
	} else {
		out.after = e.after
	}
	dst = clock.append(append(dst, `{"type":"js","ts":"`...), out.after)
	dst = appendString(append(dst, `,"stream":`...), e.name)
	dst = appendOptional(dst, `,"subject":`, out.Subject)
	if out.NoInterest {
		dst = append(dst, `,"nointerest":true`...)
	}
	return appendOptional(dst, `,"error":`, out.Error)
}

func (r *Recorder) appendEgress(dst []byte, e *event, clock *stamps) []byte {
	dst = clock.append(append(dst, `{"type":"eg","ts":"`...), e.after)
	dst = appendConn(dst, e)
	if e.conn.isLink() {
		dst = appendOptional(dst, `,"hop":`, e.hop)
	}
	if e.account != r.ingress.Account && (e.conn == Client || e.conn == Leaf) {
		dst = appendOptional(dst, `,"acc":`, e.account)
	}
	if e.conn == Client {
		dst = appendOptional(dst, `,"sub":`, e.subject)
		dst = appendOptional(dst, `,"queue":`, e.queue)
	}
	return appendOptional(dst, `,"error":`, e.errorText)
}

// appendConn appends the connection of an ingress or egress.
func appendConn(dst []byte, e *event) []byte {
	dst = strconv.AppendInt(append(dst, `,"kind":`...), int64(e.conn), 10)
	dst = strconv.AppendUint(append(dst, `,"cid":`...), e.cid, 10)
	return appendOptional(dst, `,"name":`, e.name)
}

// stamps writes times of events as offsets from the ingress: RFC 3339 in the
// local zone, with the trailing zeros of the nanoseconds trimmed. The events
// of a message fall into one second nearly always, so that date, time of day
// and zone are formatted once.
//
// What was formatted is not kept but found again in the message itself: the
// fields are offsets there.
type stamps struct {
	start         time.Time
	second        int64
	date, dateEnd int // 2006-01-02T15:04:05
	zone, zoneEnd int // -07:00, or Z
}

// append appends the time and its closing quote.
func (s *stamps) append(dst []byte, after time.Duration) []byte {
	t := s.start.Add(after)
	second := t.Unix()
	if s.dateEnd > 0 && second == s.second {
		dst = append(dst, dst[s.date:s.dateEnd]...)
		dst = appendNanos(dst, t.Nanosecond())
		return append(append(dst, dst[s.zone:s.zoneEnd]...), '"')
	}
	s.second, s.date = second, len(dst)
	dst = t.AppendFormat(dst, "2006-01-02T15:04:05")
	s.dateEnd = len(dst)
	dst = appendNanos(dst, t.Nanosecond())
	s.zone = len(dst)
	dst = t.AppendFormat(dst, "Z07:00")
	s.zoneEnd = len(dst)
	return append(dst, '"')
}

// appendNanos appends the fraction of a second, nothing if it is zero.
func appendNanos(dst []byte, nanos int) []byte {
	if nanos == 0 {
		return dst
	}
	digits := 9
	for ; nanos%10 == 0; nanos /= 10 {
		digits--
	}
	dst = append(dst, ".000000000"[:digits+1]...)
	for i := len(dst) - 1; nanos > 0; i-- {
		dst[i] = byte('0' + nanos%10)
		nanos /= 10
	}
	return dst
}
