package dnslab

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"hybridaudit/sources/lab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func outside() []lab.Zone {
	return []lab.Zone{
		{Name: "contoso.com", Records: []lab.Record{
			{Name: "contoso.com", Type: "TXT", Value: `v=spf1 include:spf.example -all`},
			{Name: "sip.contoso.com", Type: "CNAME", Value: "sipdir.online.lync.com", TTL: 300},
			{Name: "_sipfederationtls._tcp.contoso.com", Type: "SRV", Value: "100 1 5061 sipfed.online.lync.com"},
			{Name: "www.contoso.com", Type: "A", Value: "198.51.100.7"},
			{Name: "alias.contoso.com", Type: "CNAME", Value: "www.contoso.com"},
			{Name: "dangling.contoso.com", Type: "CNAME", Value: "gone.online.lync.com"},
			{Name: "astray.contoso.com", Type: "CNAME", Value: "nowhere.example"},
			{Name: "broken.contoso.com", Type: "CNAME", Value: "www.fabrikam.com"},
			{Name: "round.contoso.com", Type: "CNAME", Value: "about.contoso.com"},
			{Name: "about.contoso.com", Type: "CNAME", Value: "round.contoso.com"},
			{Name: "both.contoso.com", Type: "CNAME", Value: "www.contoso.com"},
			{Name: "both.contoso.com", Type: "A", Value: "198.51.100.8"},
			{Name: "*.any.contoso.com", Type: "A", Value: "198.51.100.9"},
			{Name: "fixed.any.contoso.com", Type: "TXT", Value: "here"},
			{Name: "moved.contoso.com", Type: "A", Value: "198.51.100.10"},
		}},
		{Name: "online.lync.com", Records: []lab.Record{
			{Name: "sipdir.online.lync.com", Type: "A", Value: "203.0.113.5"},
			{Name: "sipfed.online.lync.com", Type: "A", Value: "203.0.113.6"},
		}},
		{Name: "fabrikam.com", Fails: true, Records: []lab.Record{{Name: "www.fabrikam.com", Type: "A", Value: "198.51.100.20"}}},
		{Name: "given.example", Records: []lab.Record{
			{Name: "given.example", Type: "SOA", Value: "a.dns.example h.dns.example 7 1 2 3 4"},
			{Name: "given.example", Type: "NS", Value: "a.dns.example"},
		}},
	}
}

// run serves until the test ends and gives the address.
func run(t *testing.T, o Options) string {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.ListenPacket("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, p, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func question(name, kind string) *dns.Msg {
	m := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.StringToType[kind])
	return m.SetEdns0(1232, false)
}

func ask(t *testing.T, at, network string, m *dns.Msg) *dns.Msg {
	t.Helper()
	c := dns.Client{Net: network, Timeout: 5 * time.Second}
	r, _, err := c.Exchange(m, at)
	if err != nil {
		t.Fatalf("%s %s over %s: %v", m.Question[0].Name, dns.TypeToString[m.Question[0].Qtype], network, err)
	}
	return r
}

// told is an answer in short.
type told struct {
	Code   string
	AA, RA bool
	Answer []string
	SOA    string // owner of the SOA record that came along
}

func short(r *dns.Msg) told {
	o := told{Code: dns.RcodeToString[r.Rcode], AA: r.Authoritative, RA: r.RecursionAvailable}
	for _, rr := range r.Answer {
		h := rr.Header()
		o.Answer = append(o.Answer, strings.TrimSuffix(h.Name, ".")+" "+dns.TypeToString[h.Rrtype]+" "+strings.TrimPrefix(rr.String(), h.String()))
	}
	for _, rr := range r.Ns {
		if rr.Header().Rrtype == dns.TypeSOA {
			o.SOA = rr.Header().Name
		}
	}
	return o
}

func TestAnswers(t *testing.T) {
	authoritative := run(t, Options{Role: Authoritative, Outside: outside()})
	public := run(t, Options{Role: Resolver, Outside: outside(), Cached: []lab.Zone{
		{Name: "contoso.com", Records: []lab.Record{
			{Name: "moved.contoso.com", Type: "A", Value: "198.51.100.99", TTL: 120}, {Name: "deleted.contoso.com", Type: "A", Value: "198.51.100.98"},
		}},
		{Name: "given.example", Fails: true},
	}})
	internal := run(t, Options{Role: Resolver, Outside: outside(), Inside: []lab.Zone{
		{Name: "contoso.com", Records: []lab.Record{
			{Name: "sip.contoso.com", Type: "A", Value: "10.1.1.1"}, {Name: "out.contoso.com", Type: "CNAME", Value: "sipdir.online.lync.com"},
		}},
		{Name: "corp.local", Records: []lab.Record{{Name: "pool.corp.local", Type: "A", Value: "10.1.1.2"}}},
	}})
	const ok, none, refused, failed = "NOERROR", "NXDOMAIN", "REFUSED", "SERVFAIL"
	chain := []string{"sip.contoso.com CNAME sipdir.online.lync.com.", "sipdir.online.lync.com A 203.0.113.5"}
	circle := []string{"round.contoso.com CNAME about.contoso.com.", "about.contoso.com CNAME round.contoso.com."}
	tests := []struct {
		note, at, name, kind string
		want                 told
	}{
		{"the server of a zone", authoritative, "www.contoso.com", "A", told{ok, true, false, []string{"www.contoso.com A 198.51.100.7"}, ""}},
		{"upper case", authoritative, "WWW.Contoso.COM", "A", told{ok, true, false, []string{"www.contoso.com A 198.51.100.7"}, ""}},
		{"an alias within the zone", authoritative, "alias.contoso.com", "A", told{ok, true, false, []string{"alias.contoso.com CNAME www.contoso.com.", "www.contoso.com A 198.51.100.7"}, ""}},
		{"an alias that leaves the zone", authoritative, "sip.contoso.com", "A", told{ok, true, false, chain[:1], ""}},
		{"an alias itself", authoritative, "sip.contoso.com", "CNAME", told{ok, true, false, chain[:1], ""}},
		{"SRV", authoritative, "_sipfederationtls._tcp.contoso.com", "SRV", told{ok, true, false, []string{"_sipfederationtls._tcp.contoso.com SRV 100 1 5061 sipfed.online.lync.com."}, ""}},
		{"TXT without quotes", authoritative, "contoso.com", "TXT", told{ok, true, false, []string{`contoso.com TXT "v=spf1 include:spf.example -all"`}, ""}},
		{"no such name", authoritative, "nobody.contoso.com", "A", told{none, true, false, nil, "contoso.com."}},
		{"no such type", authoritative, "www.contoso.com", "AAAA", told{ok, true, false, nil, "contoso.com."}},
		{"a name between others", authoritative, "_tcp.contoso.com", "A", told{ok, true, false, nil, "contoso.com."}},
		{"another's zone", authoritative, "example.org", "A", told{refused, false, false, nil, ""}},
		{"a zone that fails", authoritative, "www.fabrikam.com", "A", told{failed, false, false, nil, ""}},
		{"a made-up SOA record", authoritative, "contoso.com", "SOA", told{ok, true, false, []string{"contoso.com SOA ns1.contoso.com. hostmaster.contoso.com. 2026010101 7200 900 1209600 3600"}, ""}},
		{"a made-up NS record", authoritative, "contoso.com", "NS", told{ok, true, false, []string{"contoso.com NS ns1.contoso.com."}, ""}},
		{"the address of the made-up server", public, "ns1.contoso.com", "A", told{ok, false, true, []string{"ns1.contoso.com A 192.0.2.53"}, ""}},
		{"a given SOA record", authoritative, "given.example", "SOA", told{ok, true, false, []string{"given.example SOA a.dns.example. h.dns.example. 7 1 2 3 4"}, ""}},
		{"a given NS record", authoritative, "given.example", "NS", told{ok, true, false, []string{"given.example NS a.dns.example."}, ""}},
		{"wildcard", authoritative, "x.any.contoso.com", "A", told{ok, true, false, []string{"x.any.contoso.com A 198.51.100.9"}, ""}},
		{"wildcard, further below", authoritative, "y.x.any.contoso.com", "A", told{ok, true, false, []string{"y.x.any.contoso.com A 198.51.100.9"}, ""}},
		{"a name that hides the wildcard", authoritative, "fixed.any.contoso.com", "A", told{ok, true, false, nil, "contoso.com."}},
		{"below a name that hides the wildcard", authoritative, "x.fixed.any.contoso.com", "A", told{none, true, false, nil, "contoso.com."}},
		{"aliases in a circle", authoritative, "round.contoso.com", "A", told{ok, true, false, circle, ""}},
		{"alias and address at one name", authoritative, "both.contoso.com", "A", told{ok, true, false, []string{"both.contoso.com CNAME www.contoso.com.", "both.contoso.com A 198.51.100.8"}, ""}},

		{"a resolver follows aliases", public, "sip.contoso.com", "A", told{ok, false, true, chain, ""}},
		{"an alias to a name that is not", public, "dangling.contoso.com", "A", told{none, false, true, []string{"dangling.contoso.com CNAME gone.online.lync.com."}, "online.lync.com."}},
		{"an alias to no zone", public, "astray.contoso.com", "A", told{none, false, true, []string{"astray.contoso.com CNAME nowhere.example."}, "example."}},
		{"an alias to a zone that fails", public, "broken.contoso.com", "A", told{failed, false, true, nil, ""}},
		{"a circle at a resolver", public, "round.contoso.com", "A", told{ok, false, true, circle, ""}},
		{"no such zone", public, "example.org", "A", told{none, false, true, nil, "org."}},
		{"a domain above zones", public, "com", "A", told{ok, false, true, nil, "."}},
		{"what is remembered hides what is", public, "moved.contoso.com", "A", told{ok, false, true, []string{"moved.contoso.com A 198.51.100.99"}, ""}},
		{"what is remembered and gone", public, "deleted.contoso.com", "A", told{ok, false, true, []string{"deleted.contoso.com A 198.51.100.98"}, ""}},
		{"what is remembered, another type", public, "deleted.contoso.com", "AAAA", told{ok, false, true, nil, "contoso.com."}},
		{"a zone that fails at the resolver alone", public, "given.example", "SOA", told{failed, false, true, nil, ""}},
		{"a zone of the inside", public, "pool.corp.local", "A", told{none, false, true, nil, "local."}},

		{"split DNS", internal, "sip.contoso.com", "A", told{ok, false, true, []string{"sip.contoso.com A 10.1.1.1"}, ""}},
		{"split DNS lacks the record", internal, "www.contoso.com", "A", told{none, false, true, nil, "contoso.com."}},
		{"from inside to outside", internal, "out.contoso.com", "A", told{ok, false, true, []string{"out.contoso.com CNAME sipdir.online.lync.com.", chain[1]}, ""}},
		{"a zone of the inside, inside", internal, "pool.corp.local", "A", told{ok, false, true, []string{"pool.corp.local A 10.1.1.2"}, ""}},
		{"the address of a server inside", internal, "ns1.corp.local", "A", told{ok, false, true, []string{"ns1.corp.local A 10.0.0.53"}, ""}},
		{"the rest as outside", internal, "sipdir.online.lync.com", "A", told{ok, false, true, chain[1:], ""}},
		{"nothing is remembered inside", internal, "deleted.contoso.com", "A", told{none, false, true, nil, "contoso.com."}},
	}
	for _, tt := range tests {
		for _, network := range []string{"udp", "tcp"} {
			t.Run(tt.note+" over "+network, func(t *testing.T) {
				if diff := cmp.Diff(tt.want, short(ask(t, tt.at, network, question(tt.name, tt.kind)))); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	if r := ask(t, public, "udp", question("moved.contoso.com", "A")); r.Answer[0].Header().Ttl != 120 {
		t.Errorf("the TTL is %d", r.Answer[0].Header().Ttl)
	}
}

func TestLongAliasesEnd(t *testing.T) {
	z := lab.Zone{Name: "contoso.com"}
	for i := range 30 {
		z.Records = append(z.Records, lab.Record{Name: string(rune('a'+i%26)) + strings.Repeat("x", i) + ".contoso.com", Type: "CNAME", Value: string(rune('a'+(i+1)%26)) + strings.Repeat("x", i+1) + ".contoso.com"})
	}
	at := run(t, Options{Role: Resolver, Outside: []lab.Zone{z}})
	if r := ask(t, at, "tcp", question("a.contoso.com", "A")); len(r.Answer) != maxAliases+1 || r.Rcode != dns.RcodeSuccess {
		t.Errorf("%d aliases, %s", len(r.Answer), dns.RcodeToString[r.Rcode])
	}
}

func TestTruncationAndEDNS(t *testing.T) {
	z := lab.Zone{Name: "contoso.com"}
	for i := range 60 {
		z.Records = append(z.Records, lab.Record{Name: "big.contoso.com", Type: "A", Value: net.IPv4(198, 51, 100, byte(i)).String()})
	}
	at := run(t, Options{Outside: []lab.Zone{z}})
	plain := question("big.contoso.com", "A")
	plain.Extra = nil
	if r := ask(t, at, "udp", plain); !r.Truncated || len(r.Answer) >= 60 || r.IsEdns0() != nil {
		t.Errorf("without EDNS: truncated %v, %d answers, OPT %v", r.Truncated, len(r.Answer), r.IsEdns0())
	}
	if r := ask(t, at, "udp", question("big.contoso.com", "A")); r.Truncated || len(r.Answer) != 60 || r.IsEdns0() == nil {
		t.Errorf("with EDNS: truncated %v, %d answers, OPT %v", r.Truncated, len(r.Answer), r.IsEdns0())
	}
	if r := ask(t, at, "tcp", plain); r.Truncated || len(r.Answer) != 60 {
		t.Errorf("over TCP: truncated %v, %d answers", r.Truncated, len(r.Answer))
	}
}

func TestRecordsThatAreNone(t *testing.T) {
	for _, r := range []lab.Record{
		{Name: "www.contoso.com", Type: "A", Value: "no address"}, {Name: "www.fabrikam.com", Type: "A", Value: "198.51.100.1"}, {Name: "www.contoso.com", Type: "NONE", Value: "x"},
	} {
		if _, err := New(Options{Outside: []lab.Zone{{Name: "contoso.com", Records: []lab.Record{r}}}}); err == nil || !strings.Contains(err.Error(), r.Name) {
			t.Errorf("%v: %v", r, err)
		}
	}
}
