package dns

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	miekg "github.com/miekg/dns"
)

// The most of one answer that is looked at or kept: organisations have far fewer, and servers are not trusted.
const (
	maxRecords = 1000 // looked at
	maxValues  = 32   // kept
	maxText    = 4096 // bytes of one value, and
	maxTexts   = 8192 // of all values of an answer
	moreText   = 8    // times as much of text records: by now each service wants one of its own to prove a domain
	maxServers = 16   // of a referral
	headerSize = 12
)

// errForeign says that a message is no answer to the question: a stray, or forged.
var errForeign = errors.New("it is no answer to the question")

// alias is a CNAME record.
type alias struct {
	owner, target string
	ttl           int
	mixed         bool // other records, or another alias, stand beside it
}

// record is a record of the type that was asked for.
type record struct {
	owner, value string
	ttl          int
}

// answer is what a server said, in our words.
type answer struct {
	code          int // the response code, extended by EDNS
	truncated     bool
	authoritative bool
	recursive     bool // the server offers recursion
	aliases       []alias
	records       []record
	others        map[string]bool // owners in the answer section that have records other than aliases
	passed        int             // records that were not kept
	shortened     bool            // a value was
	zone          string          // owner of the SOA record
	referral      string          // owner of the NS records in the authority section
	servers       []string        // their values
}

// parse reads a message as the answer to a question. It looks at the records one by one, because a message of 64 KB can hold thousands, whose names can each be
// long although they take two bytes. The error is errForeign, or says what cannot be read.
func parse(message []byte, id uint16, q question) (answer, error) {
	if len(message) < headerSize {
		return answer{}, errors.New("it is too short")
	}
	word := func(at int) uint16 { return binary.BigEndian.Uint16(message[at:]) }
	bits := word(2)
	const response, operation, authoritative, truncated, recursive = 1 << 15, 0xf << 11, 1 << 10, 1 << 9, 1 << 7
	if word(0) != id || bits&response == 0 || bits&operation != 0 {
		return answer{}, errForeign
	}
	a := answer{code: int(bits & 0xf), truncated: bits&truncated != 0, authoritative: bits&authoritative != 0, recursive: bits&recursive != 0}
	at := headerSize
	switch word(4) {
	case 0:
		if a.code == miekg.RcodeSuccess || a.code == miekg.RcodeNameError {
			return a, errForeign
		}
	case 1:
		name, end, err := miekg.UnpackDomainName(message, at)
		if err != nil || end+4 > len(message) {
			return a, errors.New("its question cannot be read")
		}
		if plainName(name) != q.name || word(end) != q.typ || word(end+2) != miekg.ClassINET {
			return a, errForeign
		}
		at = end + 4
	default:
		return a, errForeign
	}
	if a.truncated {
		return a, nil
	}
	if err := a.sections(message, at, q, [3]int{int(word(6)), int(word(8)), int(word(10))}); err != nil {
		return a, err
	}
	a.trim(q)
	return a, nil
}

// trim keeps what the name that was asked for leads to, and of that no more than evidence should hold.
func (a *answer) trim(q question) {
	on := map[string]bool{q.name: true}
	var way []alias
	for name := q.name; len(way) <= maxHops+1; {
		one, ok := a.alias(name)
		if !ok {
			break
		}
		one.mixed = a.mixed(name)
		way = append(way, one)
		if name = one.target; on[name] {
			break
		}
		on[name] = true
	}
	a.aliases, a.others = way, nil
	a.records = slices.DeleteFunc(a.records, func(r record) bool { return !on[r.owner] })
	slices.SortFunc(a.records, func(x, y record) int {
		return cmp.Or(strings.Compare(x.owner, y.owner), strings.Compare(x.value, y.value))
	})
	size, fits, values, texts := 0, 0, maxValues, maxTexts
	if q.typ == miekg.TypeTXT {
		values, texts = moreText*maxValues, moreText*maxTexts
	}
	for i := range a.records {
		r := &a.records[i]
		if len(r.value) > maxText {
			r.value, a.shortened = strings.ToValidUTF8(r.value[:maxText], ""), true
		}
		if size += len(r.value); i == values || size > texts {
			break
		}
		fits++
	}
	a.passed += len(a.records) - fits
	a.records = slices.Clip(slices.Clone(a.records[:fits]))
}

// sections reads the records of the answer, authority and additional sections.
func (a *answer) sections(message []byte, at int, q question, counts [3]int) error {
	a.others = map[string]bool{}
	for section, count := range counts {
		for i := range count {
			h, err := readHeader(message, at)
			if err != nil {
				return fmt.Errorf("record %d of section %d: %w", i+1, section+1, err)
			}
			at = h.end
			switch section {
			case 0:
				err = a.take(message, h, q)
			case 1:
				err = a.authority(message, h)
			case 2:
				if h.typ == miekg.TypeOPT {
					a.code |= int(h.ttl>>24) << 4
				}
			}
			if err != nil {
				return fmt.Errorf("record %d of section %d: %w", i+1, section+1, err)
			}
		}
	}
	return nil
}

// header is where a record stands in a message, with its fixed fields.
type header struct {
	start, data, end int
	typ, class       uint16
	ttl              uint32
}

// seconds is the TTL as a number; of one with the highest bit set there is nothing left (RFC 2181 section 8).
func (h header) seconds() int {
	if h.ttl > 1<<31-1 {
		return 0
	}
	return int(h.ttl)
}

func readHeader(message []byte, at int) (header, error) {
	end, ok := skipName(message, at)
	if !ok || end+10 > len(message) {
		return header{}, errors.New("it is cut")
	}
	h := header{
		start: at, data: end + 10, typ: binary.BigEndian.Uint16(message[end:]), class: binary.BigEndian.Uint16(message[end+2:]), ttl: binary.BigEndian.Uint32(message[end+4:]),
	}
	h.end = h.data + int(binary.BigEndian.Uint16(message[end+8:]))
	if h.end > len(message) {
		return header{}, errors.New("it is cut")
	}
	return h, nil
}

// skipName finds the end of a name without following its pointers.
func skipName(message []byte, at int) (end int, ok bool) {
	for at < len(message) {
		switch n := int(message[at]); {
		case n == 0:
			return at + 1, true
		case n >= 0xc0:
			return at + 2, at+2 <= len(message)
		case n >= 0x40:
			return 0, false
		default:
			at += n + 1
		}
	}
	return 0, false
}

// take keeps a record of the answer section if it matters.
func (a *answer) take(message []byte, h header, q question) error {
	if h.class != miekg.ClassINET {
		return nil
	}
	if len(a.aliases)+len(a.records)+len(a.others) >= maxRecords {
		a.passed++
		return nil
	}
	switch h.typ {
	case miekg.TypeCNAME, q.typ:
	case miekg.TypeRRSIG, miekg.TypeNSEC, miekg.TypeNSEC3, miekg.TypeDNAME:
		return nil
	default:
		owner, _, err := miekg.UnpackDomainName(message, h.start)
		if err != nil {
			return err
		}
		a.others[plainName(owner)] = true
		return nil
	}
	rr, end, err := miekg.UnpackRR(message, h.start)
	if err != nil {
		return err
	}
	if end != h.end {
		return errors.New("it is longer than it says")
	}
	owner := plainName(rr.Header().Name)
	if c, ok := rr.(*miekg.CNAME); ok {
		a.aliases = append(a.aliases, alias{owner: owner, target: plainName(c.Target), ttl: h.seconds()})
		if q.typ != miekg.TypeCNAME {
			return nil
		}
	} else {
		a.others[owner] = true
	}
	value, ok := valueOf(rr)
	if !ok {
		return errors.New("it holds nothing")
	}
	a.records = append(a.records, record{owner, value, h.seconds()})
	return nil
}

// authority takes the zone, or where the server refers to.
func (a *answer) authority(message []byte, h header) error {
	if h.class != miekg.ClassINET || h.typ != miekg.TypeSOA && h.typ != miekg.TypeNS || len(a.servers) >= maxServers && h.typ == miekg.TypeNS {
		return nil
	}
	rr, _, err := miekg.UnpackRR(message, h.start)
	if err != nil {
		return err
	}
	switch rr := rr.(type) {
	case *miekg.SOA:
		if a.zone == "" {
			a.zone = plainName(rr.Hdr.Name)
		}
	case *miekg.NS:
		if owner := plainName(rr.Hdr.Name); a.referral == "" || a.referral == owner {
			a.referral = owner
			a.servers = append(a.servers, plainName(rr.Ns))
		}
	}
	return nil
}

// valueOf words the data of a record as evidence keeps it.
func valueOf(rr miekg.RR) (string, bool) {
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	switch rr := rr.(type) {
	case *miekg.A:
		return rr.A.String(), len(rr.A) != 0
	case *miekg.AAAA:
		a, ok := netip.AddrFromSlice(rr.AAAA)
		return a.String(), ok
	case *miekg.CNAME:
		return plainName(rr.Target), rr.Target != ""
	case *miekg.NS:
		return plainName(rr.Ns), rr.Ns != ""
	case *miekg.SRV:
		return number(uint32(rr.Priority)) + " " + number(uint32(rr.Weight)) + " " + number(uint32(rr.Port)) + " " + plainName(rr.Target), rr.Target != ""
	case *miekg.SOA:
		return plainName(rr.Ns) + " " + plainName(rr.Mbox) + " " + number(rr.Serial) + " " + number(rr.Refresh) + " " + number(rr.Retry) + " " + number(rr.Expire) + " " + number(rr.Minttl), rr.Ns != ""
	case *miekg.TXT:
		return strings.Join(rr.Txt, ""), true
	}
	return "", false
}

// alias gives where a name leads. Of several aliases of one name, which must not be, the first by name counts, so that it is the same one each time.
func (a *answer) alias(name string) (found alias, ok bool) {
	for _, one := range a.aliases {
		if one.owner == name && (!ok || one.target < found.target) {
			found, ok = one, true
		}
	}
	return found, ok
}

// mixed says that an alias stands beside other records at a name, or beside another alias.
func (a *answer) mixed(name string) bool {
	one, ok := a.alias(name)
	return ok && (a.others[name] || slices.ContainsFunc(a.aliases, func(other alias) bool { return other.owner == name && other.target != one.target }))
}

// at gives the values of the type at a name, sorted, with the shortest TTL.
func (a *answer) at(name string) (values []string, ttl int) {
	for _, r := range a.records {
		if r.owner == name {
			if len(values) == 0 || r.ttl < ttl {
				ttl = r.ttl
			}
			values = append(values, r.value)
		}
	}
	slices.Sort(values)
	return slices.Compact(values), ttl
}
