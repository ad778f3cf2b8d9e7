package ad

import (
	"context"
	"errors"
	"fmt"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
)

// page asks for one page and waits for the whole of it, at most for the time of one request; then, and after any other fault of the connection, the
// connection is broken. Whatever entries came before a fault are given as well. The answer is a, or nil when nothing of it may be used. reply is the server's
// paging control, nil when it sent none.
func (s *session) page(ctx context.Context, q query, control *ldap.ControlPaging, a *answer) (got *answer, reply *ldap.ControlPaging, fault *Error) {
	began := time.Now()
	a.reset()
	id, err := s.guard.expect(a)
	if err != nil {
		return nil, nil, s.searchError(err)
	}
	request, err := q.encode(id, s.seconds(), control)
	if err != nil {
		s.guard.forget(id)
		return nil, nil, &Error{Kind: Refused, Server: s.server.address, What: "the search cannot be sent: " + directory.Printable(err.Error(), 200), Err: err}
	}
	late := time.AfterFunc(s.timeout, func() { s.guard.snap(errLate) }) // ends a blocked writing too
	defer late.Stop()
	if _, err := s.guard.Conn.Write(request); err != nil {
		s.guard.snap(fmt.Errorf("sending a request: %w", err))
		s.guard.forget(id)
		return nil, nil, s.searchError(err)
	}
	if err := s.await(ctx, id, a); err != nil {
		if a.torn || ctx.Err() != nil {
			return nil, nil, s.searchError(err)
		}
		return a, nil, s.searchError(err)
	}
	reply, err = a.result()
	s.log.Debug("LDAP answered", "server", s.server.address, "base", q.base, "filter", q.filter, "entries", a.entries(), "bytes", a.counted,
		"took", time.Since(began).Round(time.Millisecond))
	if err != nil {
		if errors.As(err, new(*malformedError)) {
			s.guard.snap(err)
		}
		return a, nil, s.searchError(err)
	}
	return a, reply, nil
}

// await waits until an answer is whole. When ctx ends first the answer is given up, and nobody may look at it.
func (s *session) await(ctx context.Context, id int64, a *answer) error {
	select {
	case <-a.finished:
		return a.err
	case <-ctx.Done():
		s.guard.forget(id)
		return ctx.Err()
	}
}

// result reads how a search ended: the paging control when all went well, an error of the LDAP library's kind when the server gave one.
func (a *answer) result() (*ldap.ControlPaging, error) {
	p, err := ber.DecodePacketErr(a.message())
	if err != nil {
		return nil, malformed("the end of a search that cannot be read: %v", err)
	}
	if err := ldap.GetLDAPError(p); err != nil {
		if fault := (*ldap.Error)(nil); errors.As(err, &fault) && fault.ResultCode < ldap.ErrorNetwork {
			return nil, err
		}
		return nil, malformed("the end of a search that cannot be read: %v", err)
	}
	if len(p.Children) < 3 {
		return nil, nil //nolint:nilnil // a server that does not page
	}
	for _, child := range p.Children[2].Children {
		control, err := ldap.DecodeControl(child)
		if err != nil {
			return nil, malformed("a control that cannot be read: %v", err)
		}
		if reply, ok := control.(*ldap.ControlPaging); ok {
			return reply, nil
		}
	}
	return nil, nil //nolint:nilnil // as above
}

// message puts the SearchResultDone into the frame that the LDAP library expects. The message ID does not matter.
func (a *answer) message() []byte {
	front := []byte{tagInteger, 1, 1}
	size := len(front) + len(a.done)
	b := []byte{tagMessage, longForm | 4, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)} //nolint:gosec // at most maxDone
	return append(append(b, front...), a.done...)
}

// encode makes the request (RFC 4511 4.5.1). seconds is the time limit that the server is told.
func (q query) encode(id int64, seconds int, paging *ldap.ControlPaging) ([]byte, error) {
	filter, err := ldap.CompileFilter(q.filter)
	if err != nil {
		return nil, err
	}
	number := func(tag ber.Tag, v int) *ber.Packet {
		return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, tag, int64(v), "")
	}
	text := func(s string) *ber.Packet {
		return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
	}
	operation := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	operation.AppendChild(text(q.base))
	operation.AppendChild(number(ber.TagEnumerated, ldap.ScopeWholeSubtree))
	operation.AppendChild(number(ber.TagEnumerated, ldap.NeverDerefAliases))
	operation.AppendChild(number(ber.TagInteger, 0))
	operation.AppendChild(number(ber.TagInteger, seconds))
	operation.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	operation.AppendChild(filter)
	attributes := ber.NewSequence("")
	for _, name := range q.attributes {
		attributes.AppendChild(text(name))
	}
	operation.AppendChild(attributes)
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(paging.Encode())
	for _, c := range q.controls {
		controls.AppendChild(c.Encode())
	}
	request := ber.NewSequence("")
	request.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	request.AppendChild(operation)
	request.AppendChild(controls)
	return request.Bytes(), nil
}
