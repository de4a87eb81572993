package conf

import "fmt"

// Pos is a place in a configuration file. Line counts from 1; the column, as in
// the reference's messages, counts from 0 in the first line and from 1 in the
// others.
type Pos struct {
	File string
	Line int
	Col  int
}

// String gives file:line:col, "" for no place.
func (p Pos) String() string {
	if p.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
