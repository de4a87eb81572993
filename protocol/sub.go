package protocol

// subArgs reads the arguments of a client's SUB: <subject> [queue] <sid>.
func (p *Parser) subArgs(arg []byte) error {
	var tokens [3][]byte
	switch splitArgs(arg, tokens[:]) {
	case 2:
		p.Subject, p.Queue, p.SID = tokens[0], nil, tokens[1]
	case 3:
		p.Subject, p.Queue, p.SID = tokens[0], tokens[1], tokens[2]
	default:
		return ErrBadArguments
	}
	return nil
}

// unsubArgs reads the arguments of a client's UNSUB: <sid> [max]. A count that
// is not a number means "now". [client.md 5.1]
func (p *Parser) unsubArgs(arg []byte) error {
	var tokens [2][]byte
	n := splitArgs(arg, tokens[:])
	if n != 1 && n != 2 {
		return ErrBadArguments
	}
	p.SID, p.Max, p.HasMax = tokens[0], 0, false
	if n == 2 {
		if limit := number(tokens[1]); limit >= 0 {
			p.Max, p.HasMax = limit, true
		}
	}
	return nil
}
