package protocol

func clientParser() *Parser {
	return &Parser{MaxControlLine: 4096, MaxPayload: 1 << 20, Headers: true}
}

func linkParser(d Dialect) *Parser {
	return &Parser{Dialect: d, MaxControlLine: 4096, MaxPayload: -1, Headers: true}
}
