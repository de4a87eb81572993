package protocol

// Hot path.

// quickPub parses a complete, ordinary PUB in one pass over its bytes:
//
//	PUB SP <subject> SP [<reply> SP] <#bytes> CRLF <payload> CRLF
//
// It returns the number of bytes consumed; 0 says that the general way must
// look at it, which then also finds the error. Searching the line end first
// and splitting the line afterwards takes more than twice the time; one
// function for PUB and HPUB a third more.
func (p *Parser) quickPub(buf []byte) int {
	const head = 4 // "PUB "
	if p.Dialect != Client || len(buf) < head+4 ||
		buf[0]|0x20 != 'p' || buf[1]|0x20 != 'u' || buf[2]|0x20 != 'b' || buf[3] != ' ' {
		return 0
	}
	subjectEnd := tokenEnd(buf, head)
	var reply []byte
	start := subjectEnd + 1
	size, end := quickSize(buf, start)
	if end == 0 { // perhaps a reply comes before the size
		if start >= len(buf) {
			return 0
		}
		replyEnd := tokenEnd(buf, start)
		if replyEnd == start || replyEnd >= len(buf) || buf[replyEnd] != ' ' {
			return 0
		}
		reply = buf[start:replyEnd:replyEnd]
		start = replyEnd + 1
		if size, end = quickSize(buf, start); end == 0 {
			return 0
		}
	}
	total := end + 2 + size + 2
	if subjectEnd == head || buf[subjectEnd] != ' ' || end-head > p.limit() ||
		p.MaxPayload >= 0 && int64(size) > p.MaxPayload ||
		total > len(buf) || buf[total-2] != '\r' || buf[total-1] != '\n' {
		return 0
	}
	p.Subject = buf[head:subjectEnd:subjectEnd]
	p.Reply = reply
	p.HdrLen, p.HdrText = 0, nil
	p.Size, p.SizeText = size, buf[start:end:end]
	p.Wire = buf[end+2 : total : total]
	return total
}

// quickSize parses digits followed by CRLF; end is the index of the CR, or 0
// if there is something else at i.
func quickSize(buf []byte, i int) (size, end int) {
	start := i
	for i < len(buf) {
		d := buf[i] - '0'
		if d > 9 {
			break
		}
		size = size*10 + int(d)
		if i++; i-start > maxDigits {
			return 0, 0
		}
	}
	if i == start || i+1 >= len(buf) || buf[i] != '\r' || buf[i+1] != '\n' {
		return 0, 0
	}
	return size, i
}

// quickHPub does for HPUB what quickPub does for PUB:
//
//	HPUB SP <subject> SP [<reply> SP] <#hdr> SP <#total> CRLF <headers><payload> CRLF
func (p *Parser) quickHPub(buf []byte) int {
	const head = 5 // "HPUB "
	if p.Dialect != Client || !p.Headers || len(buf) < head+6 ||
		buf[0]|0x20 != 'h' || buf[1]|0x20 != 'p' || buf[2]|0x20 != 'u' || buf[3]|0x20 != 'b' || buf[4] != ' ' {
		return 0
	}
	subjectEnd := tokenEnd(buf, head)
	var reply []byte
	start := subjectEnd + 1
	hdr, hdrEnd, size, end := quickSizes(buf, start)
	if end == 0 { // perhaps a reply comes before the sizes
		if start >= len(buf) {
			return 0
		}
		replyEnd := tokenEnd(buf, start)
		if replyEnd == start || replyEnd >= len(buf) || buf[replyEnd] != ' ' {
			return 0
		}
		reply = buf[start:replyEnd:replyEnd]
		start = replyEnd + 1
		if hdr, hdrEnd, size, end = quickSizes(buf, start); end == 0 {
			return 0
		}
	}
	total := end + 2 + size + 2
	if subjectEnd == head || buf[subjectEnd] != ' ' || end-head > p.limit() || hdr == 0 || hdr > size ||
		p.MaxPayload >= 0 && int64(size) > p.MaxPayload ||
		total > len(buf) || buf[total-2] != '\r' || buf[total-1] != '\n' {
		return 0
	}
	p.Subject = buf[head:subjectEnd:subjectEnd]
	p.Reply = reply
	p.HdrLen, p.HdrText = hdr, buf[start:hdrEnd:hdrEnd]
	p.Size, p.SizeText = size, buf[hdrEnd+1:end:end]
	p.Wire = buf[end+2 : total : total]
	return total
}

// quickSizes parses "<#hdr> SP <#total> CRLF" at i; end is the index of the CR,
// or 0 if there is something else at i.
func quickSizes(buf []byte, i int) (hdr, hdrEnd, size, end int) {
	start := i
	for i < len(buf) {
		d := buf[i] - '0'
		if d > 9 {
			break
		}
		hdr = hdr*10 + int(d)
		if i++; i-start > maxDigits {
			return 0, 0, 0, 0
		}
	}
	if i == start || i == len(buf) || buf[i] != ' ' {
		return 0, 0, 0, 0
	}
	size, end = quickSize(buf, i+1)
	return hdr, i, size, end
}

// publishArgs reads the arguments of PUB and HPUB.
//
//	PUB  <subject> [reply] <#bytes>
//	HPUB <subject> [reply] <#hdr> <#total>
func (p *Parser) publishArgs(op Op, arg []byte) error {
	var tokens [4][]byte
	n := splitArgs(arg, tokens[:])
	sizes := 1
	if op == OpHPub {
		if !p.Headers && p.Dialect == Client {
			return ErrHeadersNotNegotiated
		}
		sizes = 2
	}
	if n != sizes+1 && n != sizes+2 {
		return ErrBadArguments
	}
	p.Subject, p.Reply = tokens[0], nil
	if n == sizes+2 {
		p.Reply = tokens[1]
	}
	var hdr []byte
	if sizes == 2 {
		hdr = tokens[n-2]
	}
	return p.setSizes(hdr, tokens[n-1])
}

// setSizes checks and keeps the numbers of a message. hdr is nil if the verb
// has none. Header and payload together count against the limit, equality is
// allowed, and the check needs no body. [P-9]
func (p *Parser) setSizes(hdr, total []byte) error {
	p.HdrLen, p.HdrText = 0, nil
	p.SizeText = total
	if p.Size = number(total); p.Size < 0 {
		return ErrBadArguments
	}
	if hdr != nil {
		if p.HdrLen = number(hdr); p.HdrLen < 0 || p.HdrLen > p.Size {
			return ErrBadArguments
		}
		if p.HdrLen > 0 { // a message with an empty block is delivered as MSG
			p.HdrText = hdr
		}
	}
	limited := p.Dialect == Client || p.Dialect == Leaf
	if limited && p.MaxPayload >= 0 && int64(p.Size) > p.MaxPayload {
		return ErrMaxPayload
	}
	return nil
}
