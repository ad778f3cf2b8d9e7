package dnslab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

func (f Fault) validate() error {
	switch {
	case f.Kind < Delayed || f.Kind >= lastFaultKind:
		return fmt.Errorf("unknown kind %d", f.Kind)
	case f.Kind == Delayed && f.After <= 0:
		return errors.New("delay without a time")
	case f.Kind == Dripped && f.Every <= 0:
		return errors.New("drip without an interval")
	case f.Kind == Coded && (f.Code <= 0 || f.Code > 0xF):
		return errors.New("no response code")
	case f.Kind == Huge && f.Size <= 0:
		return errors.New("huge answer without a size")
	case f.Network != "" && f.Network != "udp" && f.Network != "tcp":
		return fmt.Errorf("unknown network %s", f.Network)
	}
	return nil
}

func (f Fault) strikes(q Query) bool {
	return (f.Name == "" || strings.EqualFold(f.Name, q.Name)) && (f.Type == "" || strings.EqualFold(f.Type, q.Type)) && (f.Network == "" || f.Network == q.Network)
}

// faultBook counts how often faults strike.
type faultBook struct {
	mu     sync.Mutex
	faults []Fault
	struck []int
}

func newFaultBook(faults []Fault) (*faultBook, error) {
	for _, f := range faults {
		if err := f.validate(); err != nil {
			return nil, err
		}
	}
	return &faultBook{faults: faults, struck: make([]int, len(faults))}, nil
}

// next gives the fault that strikes a question, one without a kind when none does.
func (b *faultBook) next(q Query) Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.faults {
		if f.strikes(q) && (f.Times == 0 || b.struck[i] < f.Times) {
			b.struck[i]++
			return f
		}
	}
	return Fault{}
}

// maxMessage is the length of the longest message.
const maxMessage = 65000

// spoil changes the right answer to what the fault makes of it.
func (f Fault) spoil(m *dns.Msg, network string) {
	switch f.Kind {
	case Truncated:
		if network == "udp" {
			m.Answer, m.Ns, m.Truncated = nil, nil, true
		}
	case Coded:
		m.Answer, m.Ns, m.Rcode = nil, nil, f.Code
	case Looping:
		f.loop(m)
	case Huge:
		f.grow(m)
	case WrongID:
		m.Id++
	case WrongQuestion:
		m.Question[0].Name = "other.example."
	}
}

func (f Fault) loop(m *dns.Msg) {
	n := max(f.Size, 1)
	if f.Size == 0 {
		n = 2
	}
	first := canonical(m.Question[0].Name)
	name := func(i int) string {
		if i%n == 0 {
			return first
		}
		return fmt.Sprintf("loop%d.%s", i%n, first)
	}
	m.Answer, m.Ns, m.Rcode = nil, nil, dns.RcodeSuccess
	for i := range n {
		m.Answer = append(m.Answer, &dns.CNAME{Hdr: header(name(i), dns.TypeCNAME), Target: name(i + 1)})
	}
}

// grow adds records of the type that was asked for, or text where it is a type that names nothing.
func (f Fault) grow(m *dns.Msg) {
	m.Compress, m.Rcode, m.Ns = true, dns.RcodeSuccess, nil
	wanted := min(f.Size, maxMessage)
	for size := m.Len(); size < wanted; size = m.Len() {
		for range max(1, (wanted-size)/maxFiller) { // measuring takes long
			m.Answer = append(m.Answer, filler(m.Question[0], len(m.Answer)))
		}
	}
}

// maxFiller is more than the length of a record that [filler] makes.
const maxFiller = 300

func filler(q dns.Question, i int) dns.RR {
	h := header(canonical(q.Name), q.Qtype)
	numbered := fmt.Sprintf("n%05d.example.", i)
	switch q.Qtype {
	case dns.TypeA:
		return &dns.A{Hdr: h, A: binary.BigEndian.AppendUint16([]byte{198, 18}, uint16(i%0x10000))} //nolint:gosec // it is smaller
	case dns.TypeSRV:
		return &dns.SRV{Hdr: h, Priority: 1, Weight: 1, Port: 443, Target: numbered}
	case dns.TypeNS:
		return &dns.NS{Hdr: h, Ns: numbered}
	}
	h.Rrtype = dns.TypeTXT
	return &dns.TXT{Hdr: h, Txt: []string{strings.Repeat("x", 200), numbered}}
}
