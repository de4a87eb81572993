package logging

import (
	"io"
	"os"
	"sync"
	"time"
)

// Writer is a Logger that writes each line to a stream with one Write. What
// the stream does not take is lost: there is nowhere to say so.
type Writer struct {
	// Immutable after construction.
	format Format

	// Guarded by mu.
	mu   sync.Mutex
	to   io.Writer
	line []byte // scratch
}

// maxScratch is how much of a long line's buffer is kept, in bytes.
const maxScratch = 16 << 10

// NewWriter gives a Writer to w in the given format. Writes are serialised.
func NewWriter(w io.Writer, format Format) *Writer {
	return &Writer{to: w, format: format}
}

// NewStderr gives a Writer to standard error, with colours only when that is a
// terminal. [C-14]
func NewStderr(format Format) *Writer {
	format.Colour = Terminal(os.Stderr)
	return NewWriter(os.Stderr, format)
}

// Terminal tells whether f is a character device, which is a terminal or
// something that does not mind colours.
func Terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// write writes one line.
func (w *Writer) write(lv level, format string, v []any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.line = w.format.appendLine(w.line[:0], time.Now(), lv, format, v)
	//nolint:errcheck // a log has nowhere to report to
	_, _ = w.to.Write(w.line)
	if cap(w.line) > maxScratch {
		w.line = nil
	}
}

// Noticef implements Logger.
func (w *Writer) Noticef(format string, v ...any) { w.write(levelInfo, format, v) }

// Warnf implements Logger.
func (w *Writer) Warnf(format string, v ...any) { w.write(levelWarn, format, v) }

// Fatalf implements Logger. It returns.
func (w *Writer) Fatalf(format string, v ...any) { w.write(levelFatal, format, v) }

// Errorf implements Logger.
func (w *Writer) Errorf(format string, v ...any) { w.write(levelError, format, v) }

// Debugf implements Logger.
func (w *Writer) Debugf(format string, v ...any) { w.write(levelDebug, format, v) }

// Tracef implements Logger.
func (w *Writer) Tracef(format string, v ...any) { w.write(levelTrace, format, v) }
