package protocol

// The lines without arguments.
const (
	PingLine = "PING\r\n"
	PongLine = "PONG\r\n"
	OKLine   = "+OK\r\n"
)

// AppendMsg appends the control line MSG. An empty reply is left out.
func AppendMsg(dst, subject, sid, reply, sizeText []byte) []byte { return dst }

// AppendHMsg appends the control line HMSG. An empty reply is left out.
func AppendHMsg(dst, subject, sid, reply, hdrText, sizeText []byte) []byte { return dst }

// AppendErr appends -ERR '<text>'. CR, LF and NUL in text become blanks.
func AppendErr(dst []byte, text string) []byte { return dst }
