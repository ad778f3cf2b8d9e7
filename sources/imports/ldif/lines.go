package ldif

import (
	"bufio"
	"errors"
	"io"
)

// lines joins folded lines: a line that begins with a space goes on with the one before it.
type lines struct {
	in     *bufio.Reader
	number int    // physical lines read
	joined []byte // the line under construction when it does not lie in one piece in the buffer of in
	most   int    // bytes of a joined line
}

// errLongLine says that a line, joined, is longer than allowed.
var errLongLine = errors.New("line too long")

// atEnd tells the end of a file from an error of its source that only wraps io.EOF: that one is a fault.
func atEnd(err error) bool { return err == io.EOF } //nolint:errorlint // see above

// line is a joined line without its end.
type line struct {
	text   []byte // valid until the next line is read
	number int    // of its first physical line
	closed bool   // it ended with a line break, as all do but the last of a file that was cut
}

// next gives the next line; io.EOF when there is none. An empty line is never continued.
func (l *lines) next() (line, error) {
	part, err := l.in.ReadSlice('\n')
	if atEnd(err) && len(part) == 0 {
		return line{}, io.EOF
	}
	l.number++
	first := line{number: l.number, closed: err == nil}
	if err == nil && l.in.Buffered() > 0 {
		text := trimEnd(part)
		if next, _ := l.in.Peek(1); len(text) == 0 || next[0] != ' ' { // Peek moves nothing while bytes are buffered
			if len(text) > l.most {
				return first, errLongLine
			}
			first.text = text
			return first, nil
		}
	}
	l.joined = l.joined[:0]
	if first.closed, err = l.rest(part, err); err != nil {
		return first, err
	}
	for first.closed && len(l.joined) > 0 {
		next, err := l.in.Peek(1)
		if err != nil || next[0] != ' ' {
			break // the next call meets the error again
		}
		_, _ = l.in.Discard(1)
		l.number++
		part, err := l.in.ReadSlice('\n')
		if first.closed, err = l.rest(part, err); err != nil {
			return first, err
		}
	}
	first.text = l.joined
	return first, nil
}

// rest appends one physical line, of which the first part has been read, to the joined one. closed is false when the file ended before a line break.
func (l *lines) rest(part []byte, err error) (closed bool, _ error) {
	for {
		l.joined = append(l.joined, part...)
		if len(l.joined) > l.most+2 { // the line break counts once it is gone
			return false, errLongLine
		}
		switch {
		case err == nil:
			l.joined = trimEnd(l.joined)
			return true, nil
		case atEnd(err):
			return false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return false, err
		}
		part, err = l.in.ReadSlice('\n')
	}
}

// last says that nothing comes after the line that was read last.
func (l *lines) last() bool {
	_, err := l.in.Peek(1)
	return atEnd(err)
}

// trimEnd drops one line break, LF or CRLF.
func trimEnd(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
		if n > 1 && b[n-2] == '\r' {
			b = b[:n-2]
		}
	}
	return b
}
