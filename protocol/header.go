package protocol

// HeaderValue returns the value of the first line of that name in a header
// block, without surrounding blanks; nil if there is none.
func HeaderValue(hdr []byte, name string) []byte { return nil }

// AppendWithHeader appends hdr without any line of that name, followed by one
// line of that name and the given value.
func AppendWithHeader(dst, hdr []byte, name, value string) []byte { return dst }

// AppendWithoutHeader appends hdr without any line of that name.
func AppendWithoutHeader(dst, hdr []byte, name string) []byte { return dst }

// AppendNoResponders appends the header block of the 503 status sent to a
// requester, without the CRLF that ends the message.
func AppendNoResponders(dst, subject []byte) []byte { return dst }
