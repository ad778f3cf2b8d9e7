package probe

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// STUN (RFC 5389), as far as it takes to ask a media relay whether it hears us.
const (
	stunHeader    = 20
	stunCookie    = 0x2112A442
	stunRequest   = 0x0001 // binding
	stunSuccess   = 0x0101
	stunError     = 0x0111
	stunMapped    = 0x0001 // MAPPED-ADDRESS, of servers that follow RFC 3489
	stunXORMapped = 0x0020
	stunErrorCode = 0x0009
	maxStun       = 1500 // bytes of an answer: no datagram of a relay is larger
)

// stunID names a request: the magic cookie and a random transaction id.
type stunID [16]byte

// newStunRequest makes a binding request without attributes.
func newStunRequest() (stunID, []byte) {
	var id stunID
	binary.BigEndian.PutUint32(id[:4], stunCookie)
	_, _ = rand.Read(id[4:]) // never fails
	b := make([]byte, 4, stunHeader)
	binary.BigEndian.PutUint16(b, stunRequest)
	return id, append(b, id[:]...)
}

// errNotOurs says that a datagram answers no request of ours: somebody else's, a late one, or a forgery. Whoever waits for an answer goes on waiting.
var errNotOurs = errors.New("not the answer to the request")

// readStunAnswer checks the answer to a request and gives the address at which the server saw us, if it tells one. An error answer is an answer, too: the server
// heard us.
func readStunAnswer(b []byte, id stunID) (netip.AddrPort, error) {
	if len(b) < stunHeader || !bytes.Equal(b[4:stunHeader], id[:]) {
		return netip.AddrPort{}, errNotOurs
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n%4 != 0 || n > len(b)-stunHeader {
		return netip.AddrPort{}, errors.New("the length of the answer is wrong")
	}
	kind := binary.BigEndian.Uint16(b)
	switch kind {
	case stunSuccess, stunError:
	default:
		return netip.AddrPort{}, fmt.Errorf("a message of type %#04x is no answer", kind)
	}
	return stunAttributes(b[stunHeader:stunHeader+int(binary.BigEndian.Uint16(b[2:]))], id, kind)
}

func stunAttributes(b []byte, id stunID, kind uint16) (at netip.AddrPort, err error) {
	var told bool
	for len(b) > 0 {
		if len(b) < 4 {
			return netip.AddrPort{}, errors.New("the answer ends within an attribute")
		}
		name, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		padded := (n + 3) &^ 3
		if 4+padded > len(b) {
			return netip.AddrPort{}, errors.New("the answer ends within an attribute")
		}
		value := b[4 : 4+n]
		switch {
		case name == stunXORMapped:
			at, err = stunAddress(value, id[:])
			told = true
		case name == stunMapped && !told:
			at, err = stunAddress(value, make([]byte, len(id)))
		case name == stunErrorCode && n < 4:
			err = errors.New("the error code is too short")
		}
		if err != nil {
			return netip.AddrPort{}, err
		}
		b = b[4+padded:]
	}
	if kind == stunSuccess && !at.IsValid() {
		return netip.AddrPort{}, errors.New("the answer tells no address")
	}
	return at, nil
}

// stunAddress reads an address that is combined with a mask: the cookie and transaction id, or zeros.
func stunAddress(b, mask []byte) (netip.AddrPort, error) {
	const ipv4, ipv6 = 1, 2
	if len(b) < 4 {
		return netip.AddrPort{}, errors.New("the address of the answer is too short")
	}
	size := map[byte]int{ipv4: 4, ipv6: 16}[b[1]]
	if size == 0 || len(b) != 4+size {
		return netip.AddrPort{}, errors.New("the address of the answer is of no known kind")
	}
	port := binary.BigEndian.Uint16(b[2:]) ^ binary.BigEndian.Uint16(mask)
	raw := make([]byte, size)
	for i := range raw {
		raw[i] = b[4+i] ^ mask[i]
	}
	at, _ := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(at, port), nil
}
