package protocol

// Hot path.

// maxKeptQueues bounds the backing array of Queues that is kept between
// messages, so that one line with thousands of names does not stay in memory.
const maxKeptQueues = 256

// prefix tells how many arguments come before the subject on this link: the
// origin cluster, on a route only, and the account, but on leafnode links and
// dedicated routes. [route.md 11, leafnode.md 1]
func (p *Parser) prefix(origin bool) (hasOrigin, hasAccount bool) {
	if p.Dialect == Leaf {
		return false, false
	}
	return origin && p.Dialect == Route, !p.Dedicated
}

// scope reads origin and account from the front of arg.
func (p *Parser) scope(origin bool, arg []byte) (rest []byte, ok bool) {
	hasOrigin, hasAccount := p.prefix(origin)
	p.Origin, p.Account = nil, nil
	if hasOrigin {
		if p.Origin, arg = nextToken(arg); p.Origin == nil {
			return nil, false
		}
	}
	if hasAccount {
		if p.Account, arg = nextToken(arg); p.Account == nil {
			return nil, false
		}
	}
	return arg, true
}

// messageArgs reads the control line of a link's message. Behind the subject
// and without the sizes there is nothing, one reply, or an indicator:
//
//	<subject> <sizes>
//	<subject> <reply> <sizes>
//	<subject> | <queue>... <sizes>
//	<subject> + <reply> <queue>... <sizes>
//
// The number of arguments decides, so "s | 2" is a reply named "|". [RT-5]
func (p *Parser) messageArgs(v *verb, arg []byte) error {
	arg, ok := p.scope(v.leaf, arg)
	if !ok {
		return ErrBadArguments
	}
	if p.Subject, arg = nextToken(arg); p.Subject == nil {
		return ErrBadArguments
	}
	total, arg := lastToken(arg)
	var hdr []byte
	if v.sizes == 2 {
		if hdr, arg = lastToken(arg); hdr == nil {
			return ErrBadArguments
		}
	}
	if !p.replyAndQueues(arg) {
		return ErrBadArguments
	}
	return p.setSizes(hdr, total)
}

// replyAndQueues reads what is between the subject and the sizes.
func (p *Parser) replyAndQueues(arg []byte) bool {
	if cap(p.Queues) > maxKeptQueues {
		p.Queues = nil
	}
	p.Queues, p.Reply = p.Queues[:0], nil
	first, arg := nextToken(arg)
	if first == nil {
		return true
	}
	second, rest := nextToken(arg)
	if second == nil {
		p.Reply = first
		return true
	}
	switch {
	case len(first) == 1 && first[0] == '+':
		p.Reply = second
	case len(first) == 1 && first[0] == '|':
		p.Queues = append(p.Queues, second)
	default:
		return false
	}
	for {
		var queue []byte
		if queue, rest = nextToken(rest); queue == nil {
			return true
		}
		p.Queues = append(p.Queues, queue)
	}
}

// subscribeArgs reads RS+ and LS+: a subject, or a subject, a queue and its
// weight. A weight that is no number of at least 1 counts as 1. [route.md 9.3]
func (p *Parser) subscribeArgs(v *verb, arg []byte) error {
	key, arg, ok := p.keyAndScope(v, true, arg)
	if !ok {
		return ErrBadArguments
	}
	var tokens [3][]byte
	switch splitArgs(arg, tokens[:]) {
	case 1:
		p.Subject, p.Queue, p.Weight = tokens[0], nil, 0
	case 3:
		p.Subject, p.Queue = tokens[0], tokens[1]
		p.Weight = max(1, number(tokens[2]))
		_, key = lastToken(key)
	default:
		return ErrBadArguments
	}
	p.Key = trimBlanks(key)
	return nil
}

// unsubscribeArgs reads RS- and LS-: a subject and perhaps a queue. On a route
// LS- names the origin only if both sides said so.
func (p *Parser) unsubscribeArgs(v *verb, arg []byte) error {
	key, arg, ok := p.keyAndScope(v, p.UnsubOrigin, arg)
	if !ok {
		return ErrBadArguments
	}
	var tokens [2][]byte
	switch splitArgs(arg, tokens[:]) {
	case 1:
		p.Subject, p.Queue = tokens[0], nil
	case 2:
		p.Subject, p.Queue = tokens[0], tokens[1]
	default:
		return ErrBadArguments
	}
	p.Weight = 0
	p.Key = trimBlanks(key)
	return nil
}

// keyAndScope reads origin and account, and says where the key starts: with
// the origin only if removals carry it too, so that they find what they remove.
func (p *Parser) keyAndScope(v *verb, origin bool, arg []byte) (key, rest []byte, ok bool) {
	rest, ok = p.scope(v.leaf && origin, arg)
	key = arg
	if p.Origin != nil && !p.UnsubOrigin {
		_, key = nextToken(arg)
	}
	return key, rest, ok
}

// accountArgs reads A+ and A-: one account.
func (p *Parser) accountArgs(arg []byte) error {
	var tokens [1][]byte
	if splitArgs(arg, tokens[:]) != 1 {
		return ErrBadArguments
	}
	p.Account = tokens[0]
	return nil
}
