package ldaplab

import "encoding/binary"

// BER tags of the messages written here. Requests are read with go-asn1-ber; answers are appended by hand, because tens of thousands of entries a second
// are wanted from two cores that the client shares.
const (
	tagInteger    = 0x02
	tagOctets     = 0x04
	tagEnumerated = 0x0a
	tagSequence   = 0x30
	tagSet        = 0x31

	tagControls = 0xa0
)

// LDAP operations: application tags, constructed.
const (
	opBindRequest       = 0
	opUnbindRequest     = 2
	opSearchRequest     = 3
	opModifyRequest     = 6
	opAddRequest        = 8
	opDelRequest        = 10
	opModifyDNRequest   = 12
	opCompareRequest    = 14
	opAbandonRequest    = 16
	opExtendedRequest   = 23
	tagBindResponse     = 0x61
	tagSearchEntry      = 0x64
	tagSearchDone       = 0x65
	tagModifyResponse   = 0x67
	tagAddResponse      = 0x69
	tagDelResponse      = 0x6b
	tagModifyDNResponse = 0x6d
	tagCompareResponse  = 0x6f
	tagSearchReference  = 0x73
	tagExtendedResponse = 0x78
)

// wire builds a message. Constructed elements get the five-byte length form that domain controllers use too, so that a length can be filled in afterwards.
type wire struct{ buf []byte }

// open begins a constructed element and gives the position that shut needs.
func (w *wire) open(tag byte) int {
	w.buf = append(w.buf, tag, 0x84, 0, 0, 0, 0)
	return len(w.buf)
}

func (w *wire) shut(start int) {
	binary.BigEndian.PutUint32(w.buf[start-4:], uint32(len(w.buf)-start)) //nolint:gosec // a message is far below 4 GiB
}

// octets writes a primitive element.
func (w *wire) octets(tag byte, value []byte) {
	w.header(tag, len(value))
	w.buf = append(w.buf, value...)
}

func (w *wire) text(tag byte, value string) {
	w.header(tag, len(value))
	w.buf = append(w.buf, value...)
}

func (w *wire) header(tag byte, length int) {
	if length < 0x80 {
		w.buf = append(w.buf, tag, byte(length)) //nolint:gosec // below 128
		return
	}
	w.buf = append(w.buf, tag, 0x84)
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(length)) //nolint:gosec // as above
}

func (w *wire) integer(tag byte, value int64) {
	size := 1
	for v := value; v > 127 || v < -128; v >>= 8 {
		size++
	}
	w.buf = append(w.buf, tag, byte(size))
	for i := size - 1; i >= 0; i-- {
		w.buf = append(w.buf, byte(value>>(8*i))) //nolint:gosec // one byte of it is meant
	}
}

// outcome is an LDAPResult.
type outcome struct {
	code    int
	matched string
	text    string
}

// message wraps one operation, given as complete element, with its message id.
func message(id int64, op []byte) []byte {
	w := wire{buf: make([]byte, 0, len(op)+16)}
	at := w.open(tagSequence)
	w.integer(tagInteger, id)
	w.buf = append(w.buf, op...)
	w.shut(at)
	return w.buf
}

// result is a complete message that ends an operation; more adds elements behind the LDAPResult, controls behind the operation.
func result(id int64, tag byte, o outcome, more func(*wire), controls func(*wire)) []byte {
	var w wire
	outer := w.open(tagSequence)
	w.integer(tagInteger, id)
	at := w.open(tag)
	w.integer(tagEnumerated, int64(o.code))
	w.text(tagOctets, o.matched)
	w.text(tagOctets, o.text)
	if more != nil {
		more(&w)
	}
	w.shut(at)
	if controls != nil {
		at = w.open(tagControls)
		controls(&w)
		w.shut(at)
	}
	w.shut(outer)
	return w.buf
}
