package ad

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// maxAnswer bounds what one request may bring, in bytes: a page of a thousand entries is a few MiB. The LDAP library keeps several copies of an answer
// while it decodes it.
const maxAnswer = 64 << 20

// Tags of what stands on the wire (RFC 4511).
const (
	tagMessage     = 0x30 // SEQUENCE
	tagInteger     = 0x02
	tagEntry       = 0x64 // SearchResultEntry
	tagDone        = 0x65 // SearchResultDone
	tagReference   = 0x73 // SearchResultReference
	tagExtended    = 0x78 // ExtendedResponse
	tagMiddle      = 0x79 // IntermediateResponse
	longForm       = 0x80 // of a length: the other bits are the number of bytes that follow; none stands for the indefinite form, which LDAP forbids
	maxLengthBytes = 8
)

// malformedError says that a server sent what is no LDAP.
type malformedError struct{ what string }

func (e *malformedError) Error() string { return e.what }

func malformed(format string, args ...any) error {
	return &malformedError{fmt.Sprintf(format, args...)}
}

// guard is the connection below the LDAP library. It splits what arrives into messages, keeps those that answer our own searches from the library, and
// breaks when an answer grows beyond all measure or is no LDAP. The library decodes each entry into hundreds of pieces; ours stay as they are until
// [decoder] reads them.
//
// One goroutine reads, the library's. Whatever it finds wrong ends the connection: the library's requests get the error, and so do ours.
type guard struct {
	net.Conn
	in   *bufio.Reader
	rest int          // bytes of the message that the library is reading
	left atomic.Int64 // bytes that may still come for the library

	mu      sync.Mutex
	last    int64             // message ID of ours
	waiting map[int64]*answer // by message ID
	fault   error             // the first, after which nothing comes any more
	notice  error             // what the server said before it closed the connection
}

func newGuard(conn net.Conn) *guard {
	g := &guard{Conn: conn, in: bufio.NewReaderSize(conn, 64<<10), last: firstOwnID, waiting: map[int64]*answer{}}
	g.allow()
	return g
}

// allow starts the measure anew, for the library's next request.
func (g *guard) allow() { g.left.Store(maxAnswer) }

// Read gives the library what is meant for it.
func (g *guard) Read(b []byte) (int, error) {
	for g.rest == 0 {
		if err := g.advance(); err != nil {
			return 0, g.fail(err, true)
		}
	}
	n, err := g.in.Read(b[:min(len(b), g.rest)])
	g.rest -= n
	if err != nil {
		return n, g.fail(partial(err), true)
	}
	return n, nil
}

// Close also ends our searches that wait.
func (g *guard) Close() error {
	_ = g.fail(net.ErrClosed, false)
	return g.Conn.Close()
}

// snap breaks the connection for a reason. Whoever waits learns it from the goroutine that reads.
func (g *guard) snap(reason error) {
	g.mu.Lock()
	if g.fault == nil {
		g.fault = reason
	}
	g.mu.Unlock()
	_ = g.Conn.Close()
}

// fail notes the first fault, gives it and ends all that wait. byReader is false when the goroutine that reads may still be writing into an answer.
func (g *guard) fail(err error, byReader bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fault == nil {
		g.fault = err
		if g.notice != nil && !errors.As(err, new(*malformedError)) && !errors.Is(err, errTooLarge) {
			g.fault = g.notice
		}
	}
	for id, a := range g.waiting {
		a.torn = !byReader
		a.end(g.fault)
		delete(g.waiting, id)
	}
	return g.fault
}

// broken gives the fault that ended the connection, nil while it stands.
func (g *guard) broken() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fault
}

// advance takes the next message: one of ours is taken whole, of another rest becomes its size.
func (g *guard) advance() error {
	h, err := g.header()
	if err != nil {
		return err
	}
	switch {
	case h.id == 0:
		return g.takeNotice(h)
	case h.id <= firstOwnID:
		if g.left.Add(-int64(h.size)) < 0 {
			return errTooLarge
		}
		g.rest = h.size
		return nil
	}
	g.mu.Lock()
	a := g.waiting[h.id]
	g.mu.Unlock()
	if _, err := g.in.Discard(h.before); err != nil {
		return partial(err)
	}
	if a == nil { // given up meanwhile
		_, err := g.in.Discard(h.size - h.before)
		return partial(err)
	}
	done, err := a.take(g.in, h.op, h.size-h.before)
	if done {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.waiting[h.id] == a { // it may have been given up, or ended with an error, meanwhile
			delete(g.waiting, h.id)
			a.end(nil)
		}
	}
	return err
}

// header is the beginning of a message.
type header struct {
	id     int64
	op     byte // tag of the operation
	before int  // bytes in front of the operation
	size   int  // of the whole message
}

// header looks at the beginning of the next message without taking it. It asks for no byte that the message does not have, since that would never come.
func (g *guard) header() (h header, err error) {
	b, err := g.in.Peek(2)
	if err != nil {
		if len(b) > 0 {
			err = partial(err)
		}
		return h, err
	}
	if b[0] != tagMessage {
		return h, malformed("a message begins with the byte %#02x", b[0])
	}
	front := 2
	if b[1] > longForm {
		front += int(b[1] - longForm)
	}
	if front > 2+maxLengthBytes {
		return h, malformed("a length of %d bytes", front-2)
	}
	if b, err = g.in.Peek(front); err != nil {
		return h, partial(err)
	}
	length, _, err := lengthAt(b, 1)
	if err != nil {
		return h, err
	}
	if length > maxAnswer {
		return h, errTooLarge
	}
	if length < 5 {
		return h, malformed("a message of %d bytes", length)
	}
	if b, err = g.in.Peek(front + 2); err != nil {
		return h, partial(err)
	}
	digits := int(b[front+1])
	if b[front] != tagInteger || digits < 1 || digits > 8 || 2+digits+2 > length {
		return h, malformed("a message without a message ID")
	}
	h.before, h.size = front+2+digits, front+length
	if b, err = g.in.Peek(h.before + 1); err != nil {
		return h, partial(err)
	}
	for _, digit := range b[front+2 : h.before] {
		h.id = h.id<<8 | int64(digit)
	}
	if h.op = b[h.before]; h.id < 0 {
		return h, malformed("a negative message ID")
	}
	return h, nil
}

// lengthAt reads the definite length that stands at a position, and where its content begins. It does not look at whether the content is there.
func lengthAt(b []byte, at int) (length, content int, err error) {
	if at >= len(b) {
		return 0, 0, malformed("an element without a length")
	}
	first := b[at]
	at++
	if first < longForm {
		return int(first), at, nil
	}
	digits := int(first - longForm)
	switch {
	case digits == 0:
		return 0, 0, malformed("an indefinite length")
	case digits > maxLengthBytes:
		return 0, 0, malformed("a length of %d bytes", digits)
	case digits > len(b)-at:
		return 0, 0, malformed("a length that is cut off")
	}
	for _, digit := range b[at : at+digits] {
		if length > maxAnswer>>8 {
			length = maxAnswer + 1 // too large already, and more digits would make it wrap
			break
		}
		length = length<<8 | int(digit)
	}
	return length, at + digits, nil
}

// partial makes the end of a connection within a message an unexpected one.
func partial(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
