package conf

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// The limits of the language: what people write stays far below them. They
// hold for a file with all that it includes, so that neither files that include
// each other nor variables in variables can take the memory of the machine.
const (
	maxDepth    = 200       // maps and arrays in each other
	maxIncludes = 20        // files in each other
	maxFiles    = 10_000    // files in all
	maxFileSize = 256 << 20 // bytes of one file
	maxExpanded = 1 << 20   // values that stand for variables
)

// spent counts what one configuration has used of the limits.
type spent struct{ files, expanded int }

// parser reads one file. Its methods stop at the first error by panicking with
// a parseError, which parseFile turns into an error: a recursive descent reads
// better without a check behind each step.
type parser struct {
	file     string // as named by whoever included it
	dir      string // includes are relative to it
	text     string
	at       int // next byte
	line     int // of at, from 1
	start    int // where the line begins
	depth    int
	includes int
	scopes   []*tree         // maps that are open, outermost first
	env      map[string]bool // environment variables whose values are being parsed
	spent    *spent
}

// parseError carries an error out of the descent.
type parseError struct{ err error }

// parseFile reads a configuration file.
func parseFile(name string) (*tree, error) {
	text, err := readFile(name)
	if err != nil {
		return nil, err
	}
	return (&parser{file: name, dir: filepath.Dir(name), text: text}).parse()
}

// readFile reads a file that may be no larger than a configuration can be.
func readFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() // nothing was written
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(text) > maxFileSize {
		err = fmt.Errorf("%s: file is larger than %d bytes", name, maxFileSize)
	}
	return string(text), err
}

// parseText reads a configuration from a string, as name in messages.
func parseText(text, name string) (*tree, error) {
	return (&parser{file: name, dir: ".", text: text}).parse()
}

func (p *parser) parse() (t *tree, err error) {
	p.line = 1
	if p.env == nil {
		p.env = make(map[string]bool)
	}
	if p.spent == nil {
		p.spent = new(spent)
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(parseError)
			if !ok {
				panic(r)
			}
			t, err = nil, e.err
		}
	}()
	t = new(tree)
	p.scopes = []*tree{t}
	p.skip()
	if p.peek() == '{' { // a whole file in braces is JSON
		p.at++
		p.entries(t, '}')
		p.skip()
		if p.at < len(p.text) {
			p.fail("Expected the end of the file behind the outermost map, but got '%c' instead.", p.char())
		}
		return t, nil
	}
	p.entries(t, 0)
	return t, nil
}

func (p *parser) fail(format string, v ...any) {
	panic(parseError{fmt.Errorf("Parse error on line %d: '%s'", p.line, fmt.Sprintf(format, v...))}) //nolint:staticcheck // the reference's text
}

// stop is fail for what the reference does not word as a parse error.
func (p *parser) stop(format string, v ...any) { panic(parseError{fmt.Errorf(format, v...)}) }

// pos is the place of the next byte.
func (p *parser) pos() Pos {
	col := p.at - p.start
	if p.line > 1 {
		col++
	}
	return Pos{File: p.file, Line: p.line, Col: col}
}

// peek gives the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// char gives the next character, for messages.
func (p *parser) char() rune {
	for _, r := range p.text[p.at:] {
		return r
	}
	return 0
}

// next takes a byte and keeps count of lines.
func (p *parser) next() byte {
	c := p.text[p.at]
	p.at++
	if c == '\n' {
		p.line++
		p.start = p.at
	}
	return c
}

// blanks skips blanks within a line.
func (p *parser) blanks() {
	for p.peek() == ' ' || p.peek() == '\t' || p.peek() == '\r' {
		p.at++
	}
}

// comment skips a comment and tells whether there was one. The end of the line
// is left.
func (p *parser) comment() bool {
	if p.peek() != '#' && !strings.HasPrefix(p.text[p.at:], "//") {
		return false
	}
	for p.at < len(p.text) && p.peek() != '\n' {
		p.at++
	}
	return true
}

// skip skips blanks, new lines and comments.
func (p *parser) skip() {
	for {
		p.blanks()
		if p.comment() {
			continue
		}
		if p.peek() != '\n' {
			return
		}
		p.next()
	}
}

// entries reads the entries of a map up to its end: '}', or 0 for the end of
// the file.
func (p *parser) entries(t *tree, end byte) {
	for {
		p.skip()
		switch {
		case p.at == len(p.text):
			if end != 0 {
				p.fail("Unexpected EOF processing map.")
			}
			return
		case end != 0 && p.peek() == end:
			p.at++
			return
		case p.peek() == ',' || p.peek() == ';':
			p.at++
			continue
		}
		p.entry(t)
		p.terminator(end)
	}
}

// terminator checks what stands behind the value of an entry.
func (p *parser) terminator(end byte) {
	p.blanks()
	switch c := p.peek(); {
	case p.at == len(p.text), c == '\n', c == ',', c == ';', end != 0 && c == end, p.comment():
	case end == 0:
		p.fail("Expected a top-level value to end with a new line, comment or EOF, but got '%c' instead.", p.char())
	default:
		p.fail("Expected a map value terminator \",\" or a map terminator \"}\", but got '%c' instead.", p.char())
	}
}

// entry reads one entry: a key with its value, or what another file has.
func (p *parser) entry(t *tree) {
	pos := p.pos()
	quoted := p.peek() == '"' || p.peek() == '\''
	if quoted {
		pos.Col++ // of the key itself
	}
	key := p.key()
	p.blanks()
	if !quoted && strings.EqualFold(key, "include") && p.peek() != ':' && p.peek() != '=' {
		p.include(t)
		return
	}
	p.separator()
	t.add(&field{key: key, pos: pos, node: p.value()})
}

// separator skips what stands between a key and its value. Without a sign, and
// within a map, the value may stand in another line.
func (p *parser) separator() {
	if p.peek() == ':' || p.peek() == '=' {
		p.at++
		if p.blanks(); len(p.scopes) == 1 {
			return
		}
	}
	p.skip()
}

func (p *parser) key() string {
	switch p.peek() {
	case '"', '\'': // a key has no escapes
		return p.raw()
	}
	begin := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n:={}[],;\"", p.peek()) < 0 {
		p.at++
	}
	if p.at == begin {
		p.fail("Unexpected key separator '%c'", p.char())
	}
	return p.text[begin:p.at]
}

// include merges another file's entries. The file sees only its own variables;
// those that it defines are seen behind the include. [C-1]
func (p *parser) include(t *tree) {
	var name string
	switch p.peek() {
	case '"':
		name = p.quoted()
	case '\'':
		name = p.raw()
	case '\n':
		p.next()
		p.fail("Expected include value but found new line")
	default:
		name = p.word()
	}
	if name == "" {
		p.fail("Expected the name of a file to include")
	}
	p.spent.files++
	switch {
	case p.includes == maxIncludes:
		p.stop("error parsing include file '%s', files include each other more than %d deep", name, maxIncludes)
	case p.spent.files > maxFiles:
		p.stop("error parsing include file '%s', more than %d files in all", name, maxFiles)
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	text, err := readFile(path)
	if err != nil {
		p.stop("error parsing include file '%s', %w", name, err)
	}
	inner := &parser{file: path, dir: filepath.Dir(path), text: text, depth: p.depth, includes: p.includes + 1, spent: p.spent}
	entries, err := inner.parse()
	if err != nil {
		p.stop("error parsing include file '%s', %w", name, err)
	}
	t.add(entries.fields...)
}
