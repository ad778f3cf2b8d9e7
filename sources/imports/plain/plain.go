// Package plain gives the text of exported files as UTF-8: PowerShell and ldifde write UTF-16 as well, with and without a byte order mark.
package plain

import (
	"bufio"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const bufferSize = 1 << 16

// UTF8 gives the text of a file as UTF-8, without a byte order mark. A file without a mark is UTF-16 when every other of its first bytes is zero, as in "dn:".
// Bytes that are no text of their encoding become U+FFFD in UTF-16 and stay what they are in UTF-8.
func UTF8(source io.Reader) *bufio.Reader {
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
