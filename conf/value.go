package conf

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// value reads a value.
func (p *parser) value() *node {
	n := &node{pos: p.pos(), quoted: p.peek() == '"' || p.peek() == '\''}
	switch c := p.peek(); {
	case p.at == len(p.text):
		p.fail("Unexpected EOF.")
	case c == '\n':
		p.next()
		p.fail("Expected value but found new line")
	case c == '{':
		n.value = p.mapValue()
	case c == '[':
		n.value = p.array()
	case c == '"':
		n.value = p.quoted()
	case c == '\'':
		n.value = p.raw()
	case c == '(':
		n.value = p.block()
	case c == '$':
		n.value = p.variable()
	default:
		n.value = p.bare()
	}
	n.end = p.pos()
	n.measure()
	return n
}

// enter counts how deep maps and arrays are in each other.
func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.fail("Maps and arrays are nested more than %d deep", maxDepth)
	}
}

func (p *parser) mapValue() *tree {
	p.enter()
	p.at++
	t := new(tree)
	p.scopes = append(p.scopes, t)
	p.entries(t, '}')
	p.scopes = p.scopes[:len(p.scopes)-1]
	p.depth--
	return t
}

func (p *parser) array() []*node {
	p.enter()
	p.at++
	list := []*node{}
	for {
		p.skip()
		switch c := p.peek(); {
		case p.at == len(p.text):
			p.fail("Unexpected EOF processing array.")
		case c == ']':
			p.at++
			p.depth--
			return list
		case c == ',':
			p.fail("Unexpected array value terminator ','.")
		}
		list = append(list, p.value())
		p.skip()
		switch c := p.peek(); {
		case c == ',':
			p.at++
		case p.at == len(p.text), c == ']', p.line > list[len(list)-1].end.Line:
		default:
			p.fail("Expected an array value terminator \",\" or an array terminator \"]\", but got '%c' instead.", p.char())
		}
	}
}

// quoted reads a string with escapes.
func (p *parser) quoted() string {
	p.at++
	var b strings.Builder
	for {
		if p.at == len(p.text) {
			p.fail("Unexpected EOF.")
		}
		switch c := p.next(); c {
		case '"':
			return b.String()
		case '\\':
			p.escape(&b)
		default:
			b.WriteByte(c)
		}
	}
}

func (p *parser) escape(b *strings.Builder) {
	if p.at == len(p.text) {
		p.fail("Unexpected EOF.")
	}
	switch c := p.char(); c {
	case 'x':
		if p.at+3 > len(p.text) {
			p.fail("Expected two hexadecimal digits after '\\x', but hit EOF")
		}
		v, err := strconv.ParseUint(p.text[p.at+1:p.at+3], 16, 8)
		if err != nil {
			p.fail("Expected two hexadecimal digits after '\\x', but got '%s'", p.text[p.at+1:p.at+3])
		}
		b.WriteByte(byte(v))
		p.at += 3
		return
	case 't':
		b.WriteByte('\t')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case '"', '\\':
		b.WriteRune(c)
	default:
		p.fail("Invalid escape character '%c'. Only the following escape characters are allowed: \\xXX, \\t, \\n, \\r, \\\", \\\\.", c)
	}
	p.at++
}

// raw reads a string without escapes, up to the mark with which it begins.
func (p *parser) raw() string {
	mark := p.next()
	begin := p.at
	for p.at < len(p.text) {
		if p.next() == mark {
			return p.text[begin : p.at-1]
		}
	}
	p.fail("Unexpected EOF.")
	return ""
}

// block reads raw text from behind ( up to a line that begins with ) and has
// nothing else. The text has all its line ends, as with the reference.
func (p *parser) block() string {
	p.at++
	begin := p.at
	for p.at < len(p.text) {
		if p.next() != '\n' || p.peek() != ')' {
			continue
		}
		end := p.at
		p.at++
		if p.blanks(); p.at == len(p.text) || p.peek() == '\n' {
			return p.text[begin:end]
		}
	}
	p.fail("Unexpected EOF processing block.")
	return ""
}

// wordEnds are the characters that end a bare word.
const wordEnds = " \t\r\n,;]}"

// word reads a bare word: up to a blank, separator, closing bracket or the end
// of the line.
func (p *parser) word() string {
	begin := p.at
	for p.at < len(p.text) && strings.IndexByte(wordEnds, p.peek()) < 0 {
		p.at++
	}
	return p.text[begin:p.at]
}

var (
	integer  = regexp.MustCompile(`^(-?\d+)([kKmMgGtTpPeE][iI]?[bB]?)?$`)
	floating = regexp.MustCompile(`^-?\d+\.\d+`)
	numeric  = regexp.MustCompile(`^-?[\d.]+$`)
	date     = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
)

// bare reads a value without quotes: boolean, number, date, or else a string.
func (p *parser) bare() any {
	begin := p.at
	w := p.word()
	switch strings.ToLower(w) {
	case "true", "yes", "on":
		return true
	case "false", "no", "off":
		return false
	case "":
		p.fail("Expected value but found '%c'", p.char())
	}
	if m := integer.FindStringSubmatch(w); m != nil {
		return p.sized(m[1], strings.ToLower(m[2]))
	}
	if date.MatchString(w) {
		if t, err := time.Parse(time.RFC3339, w); err == nil {
			return t
		}
		p.fail("Expected Zulu formatted DateTime, but got '%s'", w)
	}
	if m := floating.FindString(w); m != "" && (m == w || !numeric.MatchString(w) && isLetter(w[len(m)])) {
		p.at = begin + len(m) // what is behind it has no business there
		f, err := strconv.ParseFloat(m, 64)
		if err != nil {
			p.fail("Float '%s' is out of the range.", m)
		}
		return f
	}
	if strings.IndexByte(w, '\\') >= 0 {
		p.at = begin
		return p.escapedWord()
	}
	return w
}

// escapedWord reads a bare word again, with its escapes.
func (p *parser) escapedWord() string {
	var b strings.Builder
	for p.at < len(p.text) && strings.IndexByte(wordEnds, p.peek()) < 0 {
		if c := p.next(); c == '\\' {
			p.escape(&b)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// sized gives an integer with its unit: k is 1000, kb, ki and kib are 1024. [C-3]
func (p *parser) sized(digits, unit string) int64 {
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		p.fail("Integer '%s' is out of the range.", digits)
	}
	if unit == "" {
		return v
	}
	base := int64(1000)
	if len(unit) > 1 {
		base = 1024
	}
	for range strings.IndexByte("kmgtpe", unit[0]) + 1 {
		if v > (1<<63-1)/base || v < -(1<<63-1)/base {
			p.fail("Integer '%s%s' is out of the range.", digits, unit)
		}
		v *= base
	}
	return v
}

// bcryptPrefix begins a hash that is no variable. [C-4]
const bcryptPrefix = "$2a$"

// variable gives what a name stands for: in the maps around it as far as they
// are read, from the inside out, or in the environment.
func (p *parser) variable() any {
	line := p.line
	w := p.word()
	if strings.HasPrefix(w, bcryptPrefix) {
		return w
	}
	name := w[1:]
	for i := len(p.scopes) - 1; i >= 0; i-- {
		if f := p.scopes[i].get(name); f != nil {
			f.used = true
			return p.expand(name, f.node)
		}
	}
	text, ok := os.LookupEnv(name)
	if !ok || name == "" {
		p.stop("variable reference for '%s' on line %d can not be found", name, line)
	}
	return p.environment(name, text)
}

// expand gives what a variable stands for, unless that would go beyond the
// limits.
func (p *parser) expand(name string, n *node) any {
	p.spent.expanded += n.size
	switch {
	case p.depth+n.depth > maxDepth:
		p.fail("Maps and arrays are nested more than %d deep by variable '%s'", maxDepth, name)
	case p.spent.expanded > maxExpanded:
		p.fail("Variables stand for more than %d values, the last of them '%s'", maxExpanded, name)
	}
	return n.value
}

// environment parses the value of an environment variable like one in a file.
func (p *parser) environment(name, text string) any {
	if p.env[name] {
		p.stop("variable reference cycle for '%s'", name)
	}
	p.env[name] = true
	defer delete(p.env, name)
	const key = "value"
	inner := &parser{file: "$" + name, dir: p.dir, text: key + "=" + text, depth: p.depth, env: p.env, includes: p.includes, spent: p.spent}
	t, err := inner.parse()
	if err != nil {
		p.stop("environment variable '%s': %w", name, err)
	}
	f := t.get(key)
	if f == nil {
		p.stop("environment variable '%s' has no value", name)
	}
	return p.expand(name, f.node)
}
