package ldaplab

import (
	"errors"
	"fmt"
	"io"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// requestLimit is the largest request read, in bytes. A domain controller takes 10 MiB; no search comes near.
const requestLimit = 1 << 20

// Controls that the server understands, by object identifier.
const (
	oidPaged        = "1.2.840.113556.1.4.319"
	oidDomainScope  = "1.2.840.113556.1.4.1339"
	oidRangeNoError = "1.2.840.113556.1.4.1948"
	oidShowDeleted  = "1.2.840.113556.1.4.417"
	oidShowRecycled = "1.2.840.113556.1.4.2064"
	oidStartTLS     = "1.3.6.1.4.1.1466.20037"
	oidWhoAmI       = "1.3.6.1.4.1.4203.1.11.3"
)

var errMalformed = errors.New("malformed request")

// envelope is one LDAPMessage.
type envelope struct {
	id       int64
	op       *ber.Packet
	controls requestControls
}

// requestControls is what the client asked for beside the operation.
type requestControls struct {
	paged        bool
	pageSize     int
	cookie       string
	domainScope  bool
	noRangeErr   bool
	showDeleted  bool
	showRecycled bool
	unknown      string // first critical control that the server does not know
}

// readEnvelope reads one message from r, which must hand out no more than is asked for.
func readEnvelope(r io.Reader) (envelope, error) {
	p, err := ber.ReadPacket(&io.LimitedReader{R: r, N: requestLimit})
	if err != nil {
		return envelope{}, fmt.Errorf("reading a request: %w", err)
	}
	return parseEnvelope(p)
}

func parseEnvelope(p *ber.Packet) (envelope, error) {
	if len(p.Children) < 2 || p.ClassType != ber.ClassUniversal || p.Tag != ber.TagSequence {
		return envelope{}, errMalformed
	}
	id, ok := p.Children[0].Value.(int64)
	if !ok || id < 0 || p.Children[1].ClassType != ber.ClassApplication {
		return envelope{}, errMalformed
	}
	e := envelope{id: id, op: p.Children[1]}
	if len(p.Children) > 2 {
		var err error
		if e.controls, err = parseControls(p.Children[2]); err != nil {
			return envelope{}, err
		}
	}
	return e, nil
}

func parseControls(p *ber.Packet) (requestControls, error) {
	var c requestControls
	if p.ClassType != ber.ClassContext || p.Tag != 0 {
		return c, errMalformed
	}
	for _, one := range p.Children {
		if len(one.Children) == 0 {
			return c, errMalformed
		}
		oid, value := one.Children[0].Data.String(), []byte(nil)
		critical := false
		for _, part := range one.Children[1:] {
			switch v := part.Value.(type) {
			case bool:
				critical = v
			case string:
				value = []byte(v)
			}
		}
		if err := c.take(oid, critical, value); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *requestControls) take(oid string, critical bool, value []byte) error {
	switch oid {
	case oidPaged:
		p, err := ber.DecodePacketErr(value)
		if err != nil || len(p.Children) != 2 {
			return errMalformed
		}
		size, ok := p.Children[0].Value.(int64)
		if !ok || size < 0 {
			return errMalformed
		}
		c.paged, c.pageSize, c.cookie = true, int(min(size, 1<<30)), p.Children[1].Data.String()
	case oidDomainScope:
		c.domainScope = true
	case oidRangeNoError:
		c.noRangeErr = true
	case oidShowDeleted:
		c.showDeleted = true
	case oidShowRecycled:
		c.showRecycled = true
	default:
		if critical && c.unknown == "" {
			c.unknown = oid
		}
	}
	return nil
}

// searchRequest is the body of a search.
type searchRequest struct {
	base       string
	scope      int // 0 base, 1 one level, 2 subtree
	sizeLimit  int
	timeLimit  int // seconds
	typesOnly  bool
	filter     filter
	attributes []string
}

func parseSearch(p *ber.Packet) (searchRequest, error) {
	if len(p.Children) != 8 {
		return searchRequest{}, errMalformed
	}
	var numbers [4]int64 // scope, dereferencing, size limit, time limit
	for i := range numbers {
		n, ok := p.Children[i+1].Value.(int64)
		if !ok || n < 0 || n > 1<<31-1 {
			return searchRequest{}, errMalformed
		}
		numbers[i] = n
	}
	typesOnly, ok := p.Children[5].Value.(bool)
	if !ok || numbers[0] > 2 {
		return searchRequest{}, errMalformed
	}
	f, err := parseFilter(p.Children[6], 0)
	if err != nil {
		return searchRequest{}, err
	}
	r := searchRequest{
		base: p.Children[0].Data.String(), scope: int(numbers[0]), sizeLimit: int(numbers[2]), timeLimit: int(numbers[3]),
		typesOnly: typesOnly, filter: f,
	}
	for _, a := range p.Children[7].Children {
		r.attributes = append(r.attributes, a.Data.String())
	}
	return r, nil
}

// signature tells requests with the same attribute list apart from others.
func (r searchRequest) signature() string {
	s := strings.ToLower(strings.Join(r.attributes, "\x00"))
	if r.typesOnly {
		return "types\x00" + s
	}
	return s
}
