package logging

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// fileMode of a log file: it may hold subjects and payloads, so others do not
// read it.
const fileMode = 0o640

// backupLayout is the end of a rotated file's name, with the colons of the
// time as dots. It sorts by age.
const backupLayout = "2006.01.02.15.04.05.000000000"

// FileOptions says how a log file is written.
type FileOptions struct {
	Format
	// SizeLimit in bytes is when a file is rotated; zero never.
	// (logfile_size_limit)
	SizeLimit int64
	// MaxFiles is how many log files there may be, the current one
	// included; older ones are removed. Zero keeps all. (logfile_max_num)
	MaxFiles int
}

// File is a Logger that appends to a file.
type File struct {
	Writer
	stream fileStream
}

// fileStream is the open file behind a File. Guarded by the Writer's mu.
type fileStream struct {
	name  string
	opts  FileOptions
	file  *os.File
	size  int64
	limit int64 // next rotation; raised when one did not work
}

// OpenFile opens or makes the file and appends to it.
func OpenFile(name string, opts FileOptions) (*File, error) {
	opts.Colour = false
	f := &File{stream: fileStream{name: name, opts: opts}}
	f.format = opts.Format
	f.to = &f.stream
	if err := f.stream.open(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reopen opens the file again under its name: somebody has moved it away. On
// an error the old one stays in use. [C-15]
func (f *File) Reopen() error {
	f.mu.Lock()
	old := f.stream.file
	err := f.stream.open()
	f.mu.Unlock()
	if err != nil {
		return err
	}
	f.Noticef("File log re-opened")
	return closeFile(old)
}

// Close closes the file; lines after it are lost.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.stream.file
	f.stream.file = nil
	return closeFile(old)
}

// closeFile closes a file that may be nil.
func closeFile(f *os.File) error {
	if f == nil {
		return nil
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close log file: %w", err)
	}
	return nil
}

// open makes the named file the current one.
func (s *fileStream) open() error {
	file, err := os.OpenFile(s.name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, fileMode)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open log file: %w", err), closeFile(file))
	}
	s.file, s.size, s.limit = file, info.Size(), s.opts.SizeLimit
	return nil
}

// Write implements io.Writer for the Writer above.
func (s *fileStream) Write(line []byte) (int, error) {
	if s.file == nil {
		return 0, os.ErrClosed
	}
	n, err := s.file.Write(line)
	s.size += int64(n)
	if s.limit > 0 && s.size > s.limit {
		s.rotate()
	}
	if err != nil {
		return n, fmt.Errorf("write log file: %w", err)
	}
	return n, nil
}

// rotate moves the file away, begins a new one and says so in it. When that
// does not work the old file is written on, and the next attempt is one limit
// later, so that a full disk does not cost an attempt per line.
func (s *fileStream) rotate() {
	old := s.file
	backup := s.name + "." + time.Now().Format(backupLayout)
	err := os.Rename(s.name, backup)
	if err == nil {
		if err = s.open(); err == nil {
			// The notice ends \r\n, as the reference's does. [C-14]
			s.notice(levelInfo, "Rotated log, backup saved as %q\r", backup)
			if err := closeFile(old); err != nil {
				s.notice(levelError, "%v\r", err)
			}
			s.removeOld()
			return
		}
		// Nobody else knows the new name: take it back if possible.
		err = errors.Join(err, os.Rename(backup, s.name))
	}
	s.limit = s.size + s.opts.SizeLimit
	s.notice(levelError, "Unable to rotate log file: %v\r", err)
}

// notice writes a line of the file logger's own.
func (s *fileStream) notice(lv level, format string, v ...any) {
	n, err := s.file.Write(s.opts.appendLine(nil, time.Now(), lv, format, v))
	if err == nil {
		s.size += int64(n)
	}
}

// removeOld removes the oldest backups beyond MaxFiles.
func (s *fileStream) removeOld() {
	if s.opts.MaxFiles <= 0 {
		return
	}
	backups := s.backups()
	for len(backups) > s.opts.MaxFiles-1 {
		if err := os.Remove(backups[0]); err != nil {
			s.notice(levelError, "Unable to remove log file: %v\r", err)
		}
		backups = backups[1:]
	}
}

// backups lists the rotated files, oldest first. Only names that end in a time
// count: other files beside a log are not ours to remove.
func (s *fileStream) backups() []string {
	dir, base := filepath.Split(s.name)
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		suffix, ok := strings.CutPrefix(e.Name(), base+".")
		if !ok {
			continue
		}
		if _, err := time.Parse(backupLayout, suffix); err == nil {
			list = append(list, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(list)
	return list
}
