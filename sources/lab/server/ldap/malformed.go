package ldaplab

// Malformation is one way in which what MalformedBER sends is no LDAP.
type Malformation int

// The malformations. The first group breaks the frame of a message, and nothing follows; the second comes in a good frame in the place of an entry, and the rest of
// the page follows.
const (
	LongElement   Malformation = iota // a message whose message ID is longer than the message
	Indefinite                        // a message of indefinite length
	Endless                           // a message that claims to have 2 GiB
	LongLength                        // a length of 126 bytes
	NoMessageID                       // a message that begins with text
	OtherProtocol                     // no BER at all
	Half                              // half a message, and then nothing

	LongName         // an entry whose name is longer than the entry
	NoAttributes     // an entry that ends behind its name
	OtherTag         // an entry whose attributes are a set
	InnerIndefinite  // an entry whose attributes have an indefinite length
	LongValue        // a value that is longer than the set that it is in
	NoValues         // an attribute that ends behind its name
	OtherOperation   // the answer to a modification
	NoResultCode     // a result without a code
	BrokenControl    // a paging control whose value is no BER
	lastMalformation = BrokenControl
)

// Malformations lists them all.
func Malformations() []Malformation {
	var all []Malformation
	for m := range lastMalformation + 1 {
		all = append(all, m)
	}
	return all
}

// bytes are what is sent to a search of that message ID in the place of the next message.
func (m Malformation) bytes(id int64, next []byte) []byte {
	switch m {
	case LongElement:
		return garbage
	case Indefinite:
		return []byte{tagSequence, 0x80, tagInteger, 1, byte(id), tagSearchDone, 0, 0, 0} //nolint:gosec // any number will do
	case Endless:
		return []byte{tagSequence, 0x84, 0x7f, 0xff, 0xff, 0xff, tagInteger, 1, 5}
	case LongLength:
		return []byte{tagSequence, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	case NoMessageID:
		return []byte{tagSequence, 6, tagOctets, 4, 'a', 'b', 'c', 'd'}
	case OtherProtocol:
		return []byte("HTTP/1.1 400 Bad Request\r\n\r\n")
	case Half:
		return next[:len(next)/2]
	case LongName:
		return message(id, []byte{tagSearchEntry, 5, tagOctets, 0x7f, 'a', 'b', 'c'})
	case NoAttributes:
		return message(id, []byte{tagSearchEntry, 5, tagOctets, 3, 'a', 'b', 'c'})
	case OtherTag:
		return message(id, []byte{tagSearchEntry, 7, tagOctets, 3, 'a', 'b', 'c', tagSet, 0})
	case InnerIndefinite:
		return message(id, []byte{tagSearchEntry, 9, tagOctets, 3, 'a', 'b', 'c', tagSequence, 0x80, 0, 0})
	case LongValue:
		return message(id, []byte{tagSearchEntry, 18, tagOctets, 3, 'a', 'b', 'c', tagSequence, 11, tagSequence, 9, tagOctets, 1, 'm', tagSet, 4, tagOctets, 0x20, 'x', 'y'})
	case NoValues:
		return message(id, []byte{tagSearchEntry, 12, tagOctets, 3, 'a', 'b', 'c', tagSequence, 5, tagSequence, 3, tagOctets, 1, 'm'})
	case OtherOperation:
		return result(id, tagModifyResponse, outcome{}, nil, nil)
	case NoResultCode:
		return message(id, []byte{tagSearchDone, 3, tagOctets, 1, 'x'})
	case BrokenControl:
		return result(id, tagSearchDone, outcome{}, nil, func(w *wire) {
			at := w.open(tagSequence)
			w.text(tagOctets, oidPaged)
			w.octets(tagOctets, []byte{tagSequence, 0x20, tagInteger})
			w.shut(at)
		})
	}
	return nil
}
