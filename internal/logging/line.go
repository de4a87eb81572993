package logging

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// level is one of the words in brackets.
type level uint8

const (
	levelInfo level = iota
	levelDebug
	levelWarn
	levelError
	levelFatal
	levelTrace
)

// labels are the levels as they are written; colours their terminal codes, as
// the reference's.
var (
	labels  = [...]string{"INF", "DBG", "WRN", "ERR", "FTL", "TRC"}
	colours = [...]string{"32", "36", "0;93", "31", "31", "33"}
)

// timeLayout is followed by microseconds of fixed width. [C-14]
const timeLayout = "2006/01/02 15:04:05.000000"

// Format says what a line looks like.
type Format struct {
	// PID begins text lines with "[pid] ", and is a field of JSON lines.
	// Zero leaves it out.
	PID int
	// NoTime leaves out the time (logtime: false).
	NoTime bool
	// UTC writes times in UTC instead of local time (logtime_utc).
	UTC bool
	// Colour marks levels for a terminal. Text only.
	Colour bool
	// JSON writes an object per line instead of text.
	JSON bool
}

// appendLine appends a whole line.
func (f *Format) appendLine(b []byte, now time.Time, lv level, format string, v []any) []byte {
	if f.UTC {
		now = now.UTC()
	}
	if f.JSON {
		return f.appendJSON(b, now, lv, format, v)
	}
	if f.PID != 0 {
		b = append(b, '[')
		b = strconv.AppendInt(b, int64(f.PID), 10)
		b = append(b, "] "...)
	}
	if !f.NoTime {
		b = now.AppendFormat(b, timeLayout)
		b = append(b, ' ')
	}
	b = append(b, '[')
	if f.Colour {
		b = append(b, "\x1b["...)
		b = append(b, colours[lv]...)
		b = append(b, 'm')
	}
	b = append(b, labels[lv]...)
	if f.Colour {
		b = append(b, "\x1b[0m"...)
	}
	b = append(b, "] "...)
	b = appendText(b, format, v)
	return append(b, '\n')
}

// appendText appends the message. A format without values is not a format:
// texts from elsewhere may hold a percent sign.
func appendText(b []byte, format string, v []any) []byte {
	if len(v) == 0 {
		return append(b, format...)
	}
	return fmt.Appendf(b, format, v...)
}

// appendJSON appends the line as an object: time (RFC 3339), level, pid, msg.
func (f *Format) appendJSON(b []byte, now time.Time, lv level, format string, v []any) []byte {
	b = append(b, '{')
	if !f.NoTime {
		b = append(b, `"time":"`...)
		b = now.AppendFormat(b, "2006-01-02T15:04:05.000000Z07:00")
		b = append(b, `",`...)
	}
	b = append(b, `"level":"`...)
	b = append(b, labels[lv]...)
	b = append(b, '"')
	if f.PID != 0 {
		b = append(b, `,"pid":`...)
		b = strconv.AppendInt(b, int64(f.PID), 10)
	}
	b = append(b, `,"msg":`...)
	// A string always encodes; invalid UTF-8 becomes the replacement character.
	msg, err := json.Marshal(string(appendText(nil, format, v)))
	if err != nil {
		msg = []byte(`""`)
	}
	b = append(b, msg...)
	return append(b, "}\n"...)
}
