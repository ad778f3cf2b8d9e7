package dns

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

// message makes the bytes of an answer.
func message(t testing.TB, q *miekg.Msg, lines ...string) []byte {
	t.Helper()
	m := new(miekg.Msg).SetReply(q)
	for _, line := range lines {
		rr, err := miekg.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	raw, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// flood makes an answer with as many records as fit into 64 KB, written by hand: each name is a pointer to the question.
func flood(q *miekg.Msg, typ uint16, data func(i int) []byte) []byte {
	m := new(miekg.Msg).SetReply(q)
	raw, _ := m.Pack()
	n := 0
	for {
		d := data(n)
		r := []byte{0xc0, 12}
		r = binary.BigEndian.AppendUint16(r, typ)
		r = append(r, 0, 1, 0, 0, 0, 60)
		r = append(binary.BigEndian.AppendUint16(r, uint16(len(d))), d...)
		if len(raw)+len(r) > maxSize {
			break
		}
		raw = append(raw, r...)
		n++
	}
	binary.BigEndian.PutUint16(raw[6:], uint16(n))
	return raw
}

func overTCP(raw func(q *miekg.Msg) []byte) speak {
	return func(q *miekg.Msg, tcp bool) [][]byte {
		if tcp {
			return [][]byte{raw(q)}
		}
		m := new(miekg.Msg).SetReply(q)
		m.Truncated = true
		return packed(m)
	}
}

func TestHostileServers(t *testing.T) {
	const name = "www.contoso.com"
	good := func(q *miekg.Msg) []byte { return message(t, q, "www.contoso.com. 60 IN A 192.0.2.1") }
	for _, test := range []struct {
		name   string
		typ    string
		say    speak
		status string
		detail string
		tcp    bool
	}{
		{"wrong id", "A", func(q *miekg.Msg, _ bool) [][]byte {
			raw := good(q)
			raw[0] ^= 0xff
			return [][]byte{raw}
		}, evidence.LookupMalformed, "no answer to the question", true},
		{"wrong id, then the answer", "A", func(q *miekg.Msg, _ bool) [][]byte {
			raw := good(q)
			raw[0] ^= 0xff
			return [][]byte{raw, good(q)}
		}, evidence.LookupAnswer, "", false},
		{"another question", "A", func(q *miekg.Msg, _ bool) [][]byte {
			other := q.Copy()
			other.Question[0].Name = "other.contoso.com."
			return [][]byte{message(t, other, "other.contoso.com. 60 IN A 192.0.2.9")}
		}, evidence.LookupMalformed, "no answer to the question", true},
		{"the question in other letters", "A", func(q *miekg.Msg, _ bool) [][]byte {
			other := q.Copy()
			other.Question[0].Name = "WWW.Contoso.COM."
			return [][]byte{message(t, other, "wWw.contoso.com. 60 IN A 192.0.2.1")}
		}, evidence.LookupAnswer, "", false},
		{"question instead of an answer", "A", func(q *miekg.Msg, _ bool) [][]byte {
			raw, _ := q.Pack()
			return [][]byte{raw}
		}, evidence.LookupMalformed, "no answer to the question", true},
		{"records about others", "A", func(q *miekg.Msg, _ bool) [][]byte {
			return [][]byte{message(t, q, "victim.fabrikam.com. 60 IN A 192.0.2.9", "victim.fabrikam.com. 60 IN CNAME evil.example.com.")}
		}, evidence.LookupNoData, "", false},
		{"strays without end", "A", func(q *miekg.Msg, _ bool) [][]byte {
			raw := good(q)
			raw[1] ^= 1
			return bytesRepeat(raw, 3*maxStrays)
		}, evidence.LookupMalformed, "", true},
		{"garbled over UDP", "A", func(q *miekg.Msg, tcp bool) [][]byte {
			raw := good(q)
			if !tcp {
				raw = raw[:len(raw)-2]
			}
			return [][]byte{raw}
		}, evidence.LookupAnswer, "", true},
		{"garbled", "A", func(q *miekg.Msg, _ bool) [][]byte { return [][]byte{good(q)[:40]} }, evidence.LookupMalformed, "record 1", true},
		{"too large for UDP", "TXT", func(q *miekg.Msg, _ bool) [][]byte {
			return [][]byte{message(t, q, "www.contoso.com. 60 IN TXT "+strings.Repeat(strings.Repeat("a", 200)+" ", 10))}
		}, evidence.LookupAnswer, "", true},
		{"cut", "A", overTCP(good), evidence.LookupAnswer, "", true},
		{"cut even over TCP", "A", func(q *miekg.Msg, _ bool) [][]byte {
			m := new(miekg.Msg).SetReply(q)
			m.Truncated = true
			return packed(m)
		}, evidence.LookupMalformed, "cut even over TCP", true},
		{"nothing over TCP", "A", func(q *miekg.Msg, tcp bool) [][]byte {
			if tcp {
				return nil
			}
			return overTCP(nil)(q, tcp)
		}, evidence.LookupMalformed, "the connection ended", true},
		{"drips", "A", overTCP(func(*miekg.Msg) []byte { return append(bytes.Clone(drip), make([]byte, 4000)...) }), evidence.LookupTimeout, "of 4096 bytes came in time", true},
		{"64 KB of addresses", "A", overTCP(func(q *miekg.Msg) []byte {
			return flood(q, miekg.TypeA, func(i int) []byte { return []byte{10, 0, byte(i >> 8), byte(i)} })
		}), evidence.LookupAnswer, "records were not kept", true},
		{"64 KB of text", "TXT", overTCP(func(q *miekg.Msg) []byte {
			return flood(q, miekg.TypeTXT, func(int) []byte { return bytes.Repeat(append([]byte{255}, bytes.Repeat([]byte{1}, 255)...), 250) })
		}), evidence.LookupAnswer, "a value was shortened", true},
		{"long names of two bytes", "NS", overTCP(func(q *miekg.Msg) []byte { return bomb(q) }), evidence.LookupAnswer, "records were not kept", true},
		{"a name that is its own pointer", "NS", overTCP(func(q *miekg.Msg) []byte {
			return flood(q, miekg.TypeNS, func(i int) []byte { return []byte{0xc0, byte(33 + 2 + 10)} })
		}), evidence.LookupMalformed, "", true},
		{"records of nothing", "A", func(q *miekg.Msg, _ bool) [][]byte {
			m := new(miekg.Msg).SetReply(q)
			raw, _ := m.Pack()
			raw = append(raw, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 0)
			raw[7] = 1
			return [][]byte{raw}
		}, evidence.LookupMalformed, "it holds nothing", true},
		{"more announced than sent", "A", func(q *miekg.Msg, _ bool) [][]byte {
			raw := good(q)
			raw[6], raw[7] = 0xff, 0xff
			return [][]byte{raw}
		}, evidence.LookupMalformed, "it is cut", true},
		{"silence", "A", func(*miekg.Msg, bool) [][]byte { return nil }, evidence.LookupTimeout, "no answer in time", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := listen(t, test.say)
			start := time.Now()
			got := askOf(t, Config{Public: []string{p.addr}, Timeout: 300 * time.Millisecond}, evidence.ResolverPublic, test.typ, name)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			if got.Status != test.status || !strings.Contains(got.Detail, test.detail) || test.detail == "" && got.Detail != "" && test.status == evidence.LookupAnswer || got.TCP != test.tcp {
				t.Errorf("%s (%s), TCP %v, want %s (%s), TCP %v", got.Status, got.Detail, got.TCP, test.status, test.detail, test.tcp)
			}
			checkBounds(t, got)
		})
	}
}

func bytesRepeat(raw []byte, n int) (all [][]byte) {
	for range n {
		all = append(all, raw)
	}
	return all
}

// bomb makes an answer of thousands of name servers, whose names have 255 bytes each and are told by a pointer.
func bomb(q *miekg.Msg) []byte {
	long := bytes.Repeat(append([]byte{61}, bytes.Repeat([]byte{1}, 61)...), 3)
	at := 0
	return flood(q, miekg.TypeNS, func(i int) []byte {
		if i == 0 {
			raw, _ := new(miekg.Msg).SetReply(q).Pack()
			at = len(raw) + 12
			return append(bytes.Clone(long), 0)
		}
		return []byte{1, byte('a' + i%26), 0xc0, byte(at)}
	})
}

// checkBounds fails when more was kept of an answer than should be.
func checkBounds(t *testing.T, l evidence.Lookup) {
	t.Helper()
	size := 0
	for _, v := range l.Values {
		size += len(v)
	}
	more := 1
	if l.Type == "TXT" {
		more = moreText
	}
	if len(l.Values) > more*maxValues || size > more*maxTexts || len(l.Chain) > maxHops+1 {
		t.Errorf("%d values of %d bytes and %d aliases were kept", len(l.Values), size, len(l.Chain))
	}
}

// TestEndlessAliases has a server invent a new alias for each question.
func TestEndlessAliases(t *testing.T) {
	p := listen(t, func(q *miekg.Msg, _ bool) [][]byte {
		name := q.Question[0].Name
		return [][]byte{message(t, q, name+" 60 IN CNAME "+fmt.Sprintf("n%d.", len(name))+name)}
	})
	s := collect(t, Config{Public: []string{p.addr}, Timeout: time.Second, Targets: contoso()})
	if l := row(t, s, "A", "sip.contoso.com", evidence.ResolverPublic, ""); l.Status != evidence.LookupTooLong || len(l.Chain) != maxHops+1 {
		t.Errorf("%+v", l)
	}
	if n := len(p.questions()); n > 500 {
		t.Errorf("%d questions", n)
	}
}

// TestInventedTargets has a server name ever new hosts in its answers.
func TestInventedTargets(t *testing.T) {
	p := listen(t, func(q *miekg.Msg, _ bool) [][]byte {
		name := q.Question[0].Name
		switch q.Question[0].Qtype {
		case miekg.TypeSRV:
			var lines []string
			for i := range 100 {
				lines = append(lines, fmt.Sprintf("%s 60 IN SRV 1 1 443 h%d.%s", name, i, name))
			}
			return [][]byte{message(t, q, lines...)}
		case miekg.TypeA:
			return [][]byte{message(t, q, name+" 60 IN CNAME x."+name, "x."+name+" 60 IN A 192.0.2.1")}
		}
		return [][]byte{message(t, q)}
	})
	s := collect(t, Config{Internal: []string{p.addr}, Timeout: time.Second, Targets: contoso()})
	if rows := s.Rows(evidence.DNSLookups); rows > 300 {
		t.Errorf("%d rows", rows)
	}
}
