package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

// lookupOf makes a lookup of the bytes of one answer, as if the server said the same to whatever else is asked.
func lookupOf(raw []byte, q question) (evidence.Lookup, error) {
	a, err := parse(raw, binary.BigEndian.Uint16(append(raw[:len(raw):len(raw)], 0, 0)), q)
	if err != nil {
		return evidence.Lookup{}, err
	}
	s := newServer(evidence.ResolverPublic, netip.MustParseAddrPort("192.0.2.53:53"))
	say := func(_ context.Context, q question) reply { return reply{answer: a, question: q, server: s} }
	l, _ := lookup(context.Background(), q, "", say, say)
	return l, nil
}

func TestParse(t *testing.T) {
	type want struct {
		Status string
		Chain  []string
		Values []string
		TTL    int
		Zone   string
	}
	for _, test := range []struct {
		name, typ string
		lines     []string
		authority []string
		rcode     int
		want      want
	}{
		{name: "sorted", typ: "A", lines: []string{"a.contoso.com. 60 IN A 192.0.2.9", "A.contoso.COM. 50 IN A 192.0.2.10", "a.contoso.com. 60 IN A 192.0.2.9"},
			want: want{Status: evidence.LookupAnswer, Values: []string{"192.0.2.10", "192.0.2.9"}, TTL: 50}},
		{name: "services", typ: "SRV", lines: []string{"a.contoso.com. 60 IN SRV 100 1 5061 SIPfed.online.lync.com.", "a.contoso.com. 60 IN SRV 0 0 0 ."},
			want: want{Status: evidence.LookupAnswer, Values: []string{"0 0 0 .", "100 1 5061 sipfed.online.lync.com"}, TTL: 60}},
		{name: "text in parts", typ: "TXT", lines: []string{`a.contoso.com. 60 IN TXT "MS=ms1" "2345"`}, want: want{Status: evidence.LookupAnswer, Values: []string{"MS=ms12345"}, TTL: 60}},
		{name: "alias asked for", typ: "CNAME", lines: []string{"a.contoso.com. 60 IN CNAME B.contoso.com."}, want: want{Status: evidence.LookupAnswer, Values: []string{"b.contoso.com"}, TTL: 60}},
		{name: "IPv4 in IPv6", typ: "AAAA", lines: []string{"a.contoso.com. 60 IN AAAA ::ffff:192.0.2.1"}, want: want{Status: evidence.LookupAnswer, Values: []string{"::ffff:192.0.2.1"}, TTL: 60}},
		{name: "a lifetime of more than 68 years", typ: "A", lines: []string{"a.contoso.com. 4294967295 IN A 192.0.2.1"}, want: want{Status: evidence.LookupAnswer, Values: []string{"192.0.2.1"}}},
		{name: "of another class", typ: "TXT", lines: []string{"a.contoso.com. 60 CH TXT x"}, want: want{Status: evidence.LookupNoData}},
		{name: "the zone", typ: "A", authority: []string{"Contoso.com. 60 IN SOA ns. h. 1 2 3 4 5"}, want: want{Status: evidence.LookupNoData, Zone: "contoso.com"}},
		{name: "somebody else's zone", typ: "A", authority: []string{"fabrikam.com. 60 IN SOA ns. h. 1 2 3 4 5"}, rcode: miekg.RcodeNameError, want: want{Status: evidence.LookupNoName}},
		{name: "start of authority", typ: "SOA", lines: []string{"a.contoso.com. 60 IN SOA NS1.contoso.com. Host.contoso.com. 2026112201 7200 900 1209600 3600"},
			want: want{Status: evidence.LookupAnswer, Values: []string{"ns1.contoso.com host.contoso.com 2026112201 7200 900 1209600 3600"}, TTL: 60}},
		{name: "a code nobody knows", typ: "A", rcode: 14, want: want{Status: evidence.LookupRefused}},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := new(miekg.Msg).SetQuestion("a.contoso.com.", miekg.StringToType[test.typ])
			m := new(miekg.Msg).SetRcode(q, test.rcode)
			for _, line := range test.lines {
				rr, err := miekg.NewRR(line)
				if err != nil {
					t.Fatal(err)
				}
				m.Answer = append(m.Answer, rr)
			}
			for _, line := range test.authority {
				rr, err := miekg.NewRR(line)
				if err != nil {
					t.Fatal(err)
				}
				m.Ns = append(m.Ns, rr)
			}
			m.SetEdns0(1232, false)
			l, err := lookupOf(packed(m)[0], question{"a.contoso.com", q.Question[0].Qtype})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, want{l.Status, l.Chain, l.Values, l.TTL, l.Zone}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// FuzzAnswer makes lookups of bytes. Nothing that is kept may be larger than evidence wants it, and what cannot be read may be neither endless nor a crash.
func FuzzAnswer(f *testing.F) {
	for _, typ := range []uint16{miekg.TypeA, miekg.TypeSRV, miekg.TypeTXT, miekg.TypeSOA, miekg.TypeNS, miekg.TypeCNAME} {
		q := new(miekg.Msg).SetQuestion("a.contoso.com.", typ)
		f.Add(typ, message(f, q, "a.contoso.com. 60 IN CNAME b.contoso.com.", "b.contoso.com. 60 IN CNAME a.contoso.com.", "b.contoso.com. 60 IN A 192.0.2.1"))
		f.Add(typ, message(f, q, "a.contoso.com. 60 IN SRV 1 1 443 b.contoso.com.", "a.contoso.com. 60 IN TXT \"a\" \"b\"", "a.contoso.com. 60 IN SOA a. b. 1 2 3 4 5"))
		f.Add(typ, bomb(q)[:2000])
	}
	f.Fuzz(func(t *testing.T, typ uint16, raw []byte) {
		l, err := lookupOf(raw, question{"a.contoso.com", typ})
		if err != nil {
			if errors.Is(err, errForeign) != strings.Contains(err.Error(), "no answer to the question") {
				t.Errorf("%v", err)
			}
			return
		}
		checkBounds(t, l)
		if l.Status == "" || l.Status == evidence.LookupAnswer && len(l.Values) == 0 || l.TTL < 0 {
			t.Errorf("%+v", l)
		}
		if strings.ContainsFunc(strings.Join(l.Values, ""), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("values with characters that nobody can read: %q", l.Values)
		}
	})
}

// TestManyTexts has a domain that proves itself to many services: the record for the tenant must be among those that are kept.
func TestManyTexts(t *testing.T) {
	var lines []string
	for i := range 60 {
		lines = append(lines, fmt.Sprintf(`contoso.com. 60 IN TXT "a-service-%02d=%s"`, i, strings.Repeat("x", 150)))
	}
	lines = append(lines, `contoso.com. 60 IN TXT "ms12345678"`)
	p := listen(t, zoneData(t, true, []string{"contoso.com"}, lines...).say)
	l := askOf(t, Config{Public: []string{p.addr}, Timeout: 5 * time.Second}, evidence.ResolverPublic, "TXT", "contoso.com")
	if len(l.Values) != 61 || !slices.Contains(l.Values, "ms12345678") || l.Detail != "" {
		t.Errorf("%d values, %s", len(l.Values), l.Detail)
	}
}
