package ldif

import (
	"bufio"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const bufferSize = 1 << 16

// utf8Of gives the text of a file as UTF-8, without a byte order mark: "ldifde -u" writes UTF-16. A file without a mark is UTF-16 when every other of its
// first bytes is zero, as in "dn:".
func utf8Of(source io.Reader) *bufio.Reader {
	in := bufio.NewReaderSize(source, bufferSize)
	first, _ := in.Peek(4) // what is wrong with the source shows at the first read
	order := unicode.LittleEndian
	switch {
	case len(first) >= 3 && first[0] == 0xEF && first[1] == 0xBB && first[2] == 0xBF:
		_, _ = in.Discard(3)
		return in
	case len(first) >= 2 && first[0] == 0xFF && first[1] == 0xFE:
	case len(first) >= 2 && first[0] == 0xFE && first[1] == 0xFF:
		order = unicode.BigEndian
	case len(first) == 4 && first[0] != 0 && first[1] == 0 && first[3] == 0:
	case len(first) == 4 && first[0] == 0 && first[1] != 0 && first[2] == 0:
		order = unicode.BigEndian
	default:
		return in
	}
	decoder := unicode.UTF16(order, unicode.UseBOM).NewDecoder()
	return bufio.NewReaderSize(transform.NewReader(in, decoder), bufferSize)
}
