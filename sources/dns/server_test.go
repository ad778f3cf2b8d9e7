package dns

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

// peer is a DNS server on loopback that answers over UDP and TCP with bytes, so that it can say anything.
type peer struct {
	addr string

	mu    sync.Mutex
	asked []string // "A www.contoso.com" or "A www.contoso.com tcp", in the order in which they came
	busy  int
	most  int // questions at a time
}

// speak makes the messages with which a question is answered; none for silence. Over TCP they are sent with their length in front.
type speak func(q *miekg.Msg, tcp bool) [][]byte

// listen starts a server on a port of 127.0.0.1. It is stopped, and waited for, when the test ends.
func listen(t testing.TB, say speak) *peer { return listenAt(t, "127.0.0.1:0", 0, say) }

func listenAt(t testing.TB, addr string, delay time.Duration, say speak) *peer {
	t.Helper()
	var (
		udp net.PacketConn
		tcp net.Listener
		err error
	)
	for range 20 { // the same port has to be free for both
		if udp, err = net.ListenPacket("udp", addr); err != nil {
			continue
		}
		if tcp, err = net.Listen("tcp", udp.LocalAddr().String()); err == nil {
			break
		}
		udp.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{addr: udp.LocalAddr().String()}
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { p.serveUDP(udp, delay, say, &all, done) })
	all.Go(func() { p.serveTCP(tcp, delay, say, &all, done) })
	t.Cleanup(func() {
		close(done)
		udp.Close()
		tcp.Close()
		all.Wait()
	})
	return p
}

func (p *peer) serveUDP(conn net.PacketConn, delay time.Duration, say speak, all *sync.WaitGroup, done chan struct{}) {
	for {
		buffer := make([]byte, 4096)
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		all.Go(func() {
			for _, m := range p.answer(buffer[:n], false, delay, say, done) {
				_, _ = conn.WriteTo(m, from)
			}
		})
	}
}

func (p *peer) serveTCP(l net.Listener, delay time.Duration, say speak, all *sync.WaitGroup, done chan struct{}) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		all.Go(func() {
			defer conn.Close()
			var size [2]byte
			if _, err := io.ReadFull(conn, size[:]); err != nil {
				return
			}
			question := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(conn, question); err != nil {
				return
			}
			for _, m := range p.answer(question, true, delay, say, done) {
				if !bytes.HasPrefix(m, drip) {
					m = append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
					_, _ = conn.Write(m)
					continue
				}
				for _, b := range append([]byte{0x10, 0x00}, m...) {
					select {
					case <-done:
						return
					case <-time.After(20 * time.Millisecond):
					}
					if _, err := conn.Write([]byte{b}); err != nil {
						return
					}
				}
			}
		})
	}
}

// drip in front of a message over TCP has it come byte by byte.
var drip = []byte("\xff\xffdrip")

func (p *peer) answer(question []byte, tcp bool, delay time.Duration, say speak, done chan struct{}) [][]byte {
	q := new(miekg.Msg)
	if q.Unpack(question) != nil || len(q.Question) != 1 {
		return nil
	}
	text := miekg.TypeToString[q.Question[0].Qtype] + " " + plainName(q.Question[0].Name)
	if tcp {
		text += " tcp"
	}
	p.mu.Lock()
	p.asked = append(p.asked, text)
	p.busy++
	p.most = max(p.most, p.busy)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy--
	}()
	if delay > 0 {
		select {
		case <-done:
			return nil
		case <-time.After(delay):
		}
	}
	return say(q, tcp)
}

// questions gives what the server was asked so far.
func (p *peer) questions() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

// count counts the questions of which the text contains a part.
func (p *peer) count(part string) (n int) {
	for _, q := range p.questions() {
		if strings.Contains(q, part) {
			n++
		}
	}
	return n
}

// data is a server's zones: records in the form of a zone file, SERVFAIL for names below failing ones.
type data struct {
	zones     []string // for which it is authoritative; a server that asks others says the zone of negative answers by them
	records   []miekg.RR
	fails     []string
	recursive bool
	stay      bool // it does not follow aliases
}

func zoneData(t testing.TB, recursive bool, zones []string, lines ...string) *data {
	t.Helper()
	d := &data{zones: zones, recursive: recursive}
	for _, line := range lines {
		rr, err := miekg.NewRR(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		d.records = append(d.records, rr)
	}
	for _, z := range zones {
		rr, err := miekg.NewRR(z + ". 3600 IN SOA ns1." + z + ". hostmaster." + z + ". 1 7200 900 1209600 3600")
		if err != nil {
			t.Fatal(err)
		}
		d.records = append(d.records, rr)
	}
	return d
}

// say answers from the records, with wildcards.
func (d *data) say(q *miekg.Msg, tcp bool) [][]byte {
	m := d.message(q)
	size := 512
	if o := q.IsEdns0(); o != nil {
		size = int(o.UDPSize())
		m.SetEdns0(1232, false)
	}
	if !tcp {
		m.Truncate(size)
	}
	return packed(m)
}

func packed(m *miekg.Msg) [][]byte {
	m.Compress = true
	raw, err := m.Pack()
	if err != nil {
		return nil
	}
	return [][]byte{raw}
}

func (d *data) message(q *miekg.Msg) *miekg.Msg {
	m := new(miekg.Msg).SetReply(q)
	m.RecursionAvailable = d.recursive
	m.Authoritative = !d.recursive
	name := strings.ToLower(q.Question[0].Name)
	for _, f := range d.fails {
		if inside(plainName(name), f) {
			m.Rcode = miekg.RcodeServerFailure
			return m
		}
	}
	zone := ""
	for _, z := range d.zones {
		if inside(plainName(name), z) && len(z) > len(zone) {
			zone = z
		}
	}
	if zone == "" && !d.recursive {
		m.Rcode = miekg.RcodeRefused
		return m
	}
	for range 20 {
		found, exists := d.at(name)
		m.Rcode = miekg.RcodeSuccess
		if !exists {
			m.Rcode = miekg.RcodeNameError
		}
		next := ""
		for _, rr := range found {
			if t := rr.Header().Rrtype; t == q.Question[0].Qtype {
				m.Answer = append(m.Answer, rr)
			} else if c, ok := rr.(*miekg.CNAME); ok {
				m.Answer = append(m.Answer, rr)
				next = strings.ToLower(c.Target)
			}
		}
		if next == "" || d.stay || !d.recursive && !inside(plainName(next), zone) {
			break
		}
		name = next
	}
	if len(m.Answer) == 0 || m.Rcode == miekg.RcodeNameError {
		d.negative(m, plainName(name))
	}
	return m
}

func (d *data) negative(m *miekg.Msg, name string) {
	best := ""
	for _, rr := range d.records {
		if z := plainName(rr.Header().Name); rr.Header().Rrtype == miekg.TypeSOA && inside(name, z) && len(z) > len(best) {
			m.Ns, best = []miekg.RR{rr}, z
		}
	}
}

// at gives the records of a name, those of the wildcard when there are none.
func (d *data) at(name string) (found []miekg.RR, exists bool) {
	for _, rr := range d.records {
		owner := strings.ToLower(rr.Header().Name)
		exists = exists || inside(plainName(owner), plainName(name))
		if owner == name {
			found = append(found, rr)
		}
	}
	if exists {
		return found, true
	}
	for at := name; above(at) != ""; at = above(at) {
		for _, rr := range d.records {
			if strings.ToLower(rr.Header().Name) == "*."+above(at) {
				one := miekg.Copy(rr)
				one.Header().Name = name
				found, exists = append(found, one), true
			}
		}
		if exists {
			return found, true
		}
	}
	return nil, false
}

// row finds the one lookup of a name, type and role, and server if it is given.
func row(t *testing.T, s *evidence.Snapshot, typ, name, role, server string) evidence.Lookup {
	t.Helper()
	var found []evidence.Lookup
	for l := range s.Lookups() {
		if l.Type == typ && l.Name == name && l.Resolver == role && (server == "" || l.Server == server) {
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d rows of %s %s at %s %s, want 1:\n%v", len(found), typ, name, role, server, found)
	}
	return found[0]
}
