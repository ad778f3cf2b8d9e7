package ad

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// firstOwnID is the last message ID that is left to the LDAP library, which counts from 1 upward.
const firstOwnID = 1 << 30

// Bounds on one message.
const (
	maxDone  = 1 << 20 // that ends a search
	maxSaid  = 64 << 10
	growth   = 256 << 10 // by which the memory for a message grows while it arrives, whatever its length promises
	overhead = 64        // bytes that an entry counts for besides its own
)

// answer is what arrives for one search of ours. The goroutine that reads the connection writes it until finished is closed.
type answer struct {
	slab      []byte // SearchResultEntry elements, one behind the other
	ends      []int  // of the entries in slab
	referrals int
	done      []byte // the SearchResultDone with what stands behind it
	counted   int    // bytes and overhead so far

	finished chan struct{}
	err      error
	torn     bool // the connection was closed in the middle: slab may still be written
}

// entries is how many it holds.
func (a *answer) entries() int { return len(a.ends) }

// entry gives the i-th entry's element. It lies in the slab.
func (a *answer) entry(i int) []byte {
	from := 0
	if i > 0 {
		from = a.ends[i-1]
	}
	return a.slab[from:a.ends[i]]
}

// reset makes it ready for a new search, keeping the memory unless one large page made it grow.
func (a *answer) reset() {
	const keep = 8 << 20
	slab, ends := a.slab[:0], a.ends[:0]
	if cap(slab) > keep {
		slab = nil
	}
	*a = answer{slab: slab, ends: ends, finished: make(chan struct{})}
}

func (a *answer) end(err error) {
	a.err = err
	close(a.finished)
}

// take reads an operation of so many bytes. done says that it was the last.
func (a *answer) take(in *bufio.Reader, op byte, size int) (done bool, err error) {
	if a.counted += size + overhead; a.counted > maxAnswer {
		return false, errTooLarge
	}
	switch op {
	case tagEntry:
		if a.slab, err = appendFrom(a.slab, in, size); err != nil {
			return false, err
		}
		a.ends = append(a.ends, len(a.slab))
		return false, nil
	case tagReference:
		a.referrals++
		_, err = in.Discard(size)
		return false, partial(err)
	case tagMiddle:
		_, err = in.Discard(size)
		return false, partial(err)
	case tagDone:
		if size > maxDone {
			return false, errTooLarge
		}
		if a.done, err = appendFrom(nil, in, size); err != nil {
			return false, err
		}
		return true, nil
	}
	return false, malformed("an answer to a search with the tag %#02x", op)
}

// appendFrom reads exactly size bytes. What is read incompletely is left out.
func appendFrom(b []byte, in io.Reader, size int) ([]byte, error) {
	before := len(b)
	for size > 0 {
		n, at := min(size, growth), len(b)
		if cap(b)-at < n {
			b = append(b, make([]byte, n)...)
		} else {
			b = b[:at+n]
		}
		if _, err := io.ReadFull(in, b[at:]); err != nil {
			return b[:before], partial(err)
		}
		size -= n
	}
	return b, nil
}

// takeNotice reads a message that no request asked for. A server that is about to close the connection says why in one (RFC 4511 4.4.1).
func (g *guard) takeNotice(h header) error {
	if h.size > maxSaid {
		return errTooLarge
	}
	b, err := appendFrom(nil, g.in, h.size)
	if err != nil || h.op != tagExtended {
		return err
	}
	p, err := ber.DecodePacketErr(b)
	if err != nil {
		return malformed("a notice that cannot be read: %v", err)
	}
	fault := (*ldap.Error)(nil)
	if errors.As(ldap.GetLDAPError(p), &fault) && fault.ResultCode < ldap.ErrorNetwork {
		g.mu.Lock()
		g.notice = fmt.Errorf("the server ended it with %s", codeText(fault))
		g.mu.Unlock()
	}
	return nil
}

// expect registers a search; its message ID is the one that the request must bear.
func (g *guard) expect(a *answer) (id int64, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fault != nil {
		return 0, g.fault
	}
	g.last++
	g.waiting[g.last] = a
	return g.last, nil
}

// forget gives a search up: what still comes for it is thrown away. The answer must not be used again.
func (g *guard) forget(id int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waiting, id)
}
