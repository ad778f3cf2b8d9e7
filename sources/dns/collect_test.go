package dns

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	miekg "github.com/miekg/dns"
	"go.uber.org/goleak"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collect runs Collect with a configuration and gives the evidence.
func collect(t *testing.T, c Config) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(time.Now())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := Collect(ctx, c, b); err != nil {
		t.Fatal(err)
	}
	return b.Seal()
}

// coverage gives the coverage that there has to be.
func coverage(t *testing.T, s *evidence.Snapshot) evidence.Coverage {
	t.Helper()
	of := s.Of(evidence.DNSLookups)
	if len(of) != 1 {
		t.Fatalf("%d coverages, want 1", len(of))
	}
	return of[0]
}

func detours(t testing.TB, entries ...string) targets.Detours {
	t.Helper()
	d, err := targets.ParseDetours(entries)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func contoso() targets.Targets {
	return targets.Targets{Domains: []targets.Domain{{Name: "contoso.com", SIP: true, Mail: true, Verified: true}}}
}

// contosoZone is what the zone's own server says; the others say it too.
var contosoZone = []string{
	"contoso.com. 3600 IN NS ns1.contoso.com.",
	"ns1.contoso.com. 3600 IN A 192.0.2.53",
	"contoso.com. 3600 IN A 192.0.2.80",
	"lyncdiscover.contoso.com. 3600 IN CNAME webdir.online.lync.com.",
	"sip.contoso.com. 3600 IN CNAME sipdir.online.lync.com.",
	"_sip._tls.contoso.com. 3600 IN SRV 100 1 443 sipdir.online.lync.com.",
	"_sipfederationtls._tcp.contoso.com. 3600 IN SRV 100 1 5061 Edge.contoso.com.",
	"edge.contoso.com. 300 IN A 192.0.2.61",
	"meet.contoso.com. 600 IN AAAA 2001:db8::1",
}

var microsoft = []string{
	"webdir.online.lync.com. 60 IN A 198.51.100.1",
	"sipdir.online.lync.com. 60 IN A 198.51.100.2",
	"sipdir.online.lync.com. 60 IN AAAA 2001:db8:1::2",
}

func TestCollect(t *testing.T) {
	everything := slices.Concat(contosoZone, microsoft)
	inside := listen(t, zoneData(t, true, []string{"contoso.com"}, slices.Concat(everything, []string{"lyncdiscoverinternal.contoso.com. 60 IN A 10.0.0.5"})...).say)
	one := listen(t, zoneData(t, true, []string{"contoso.com"}, everything...).say)
	two := listen(t, zoneData(t, true, []string{"contoso.com"}, everything...).say)
	own := listen(t, zoneData(t, false, []string{"contoso.com"}, contosoZone...).say)
	tg := contoso()
	tg.Servers = []string{"pool.contoso.com", "pool.contoso.local"}
	tg.Hosts = []targets.Host{{Name: "sts.fabrikam.com", Port: 443, Purpose: evidence.ForFederation, Domain: "contoso.com"}}
	var last int
	s := collect(t, Config{
		Site: "here", Internal: []string{inside.addr}, Public: []string{one.addr, two.addr}, Authoritative: true, Timeout: 5 * time.Second, Targets: tg,
		Detours: detours(t, "192.0.2.53:53="+own.addr), Progress: func(_ evidence.Dataset, rows, expected int) { last = max(last, rows) },
	})
	want := func(typ, name, role, server string, want evidence.Lookup) {
		t.Helper()
		want.Site, want.Type, want.Name, want.Resolver = "here", typ, name, role
		got := row(t, s, typ, name, role, server)
		if want.Server = server; server == "" {
			want.Server = got.Server
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(evidence.Lookup{}, "Asked", "Took"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s %s at %s (-want +got):\n%s", typ, name, role, diff)
		}
		if got.Asked.IsZero() {
			t.Errorf("%s %s at %s: no time", typ, name, role)
		}
	}
	answer := func(chain []string, ttl int, values ...string) evidence.Lookup {
		return evidence.Lookup{Domain: "contoso.com", Status: evidence.LookupAnswer, Chain: chain, Values: values, TTL: ttl}
	}
	for _, server := range []string{one.addr, two.addr} {
		want("A", "lyncdiscover.contoso.com", evidence.ResolverPublic, server, answer([]string{"webdir.online.lync.com"}, 3600, "198.51.100.1"))
	}
	want("AAAA", "sip.contoso.com", evidence.ResolverInternal, inside.addr, answer([]string{"sipdir.online.lync.com"}, 3600, "2001:db8:1::2"))
	want("A", "sip.contoso.com", evidence.ResolverAuthoritative, "192.0.2.53:53", answer([]string{"sipdir.online.lync.com"}, 3600, "198.51.100.2"))
	want("SRV", "_sipfederationtls._tcp.contoso.com", evidence.ResolverPublic, one.addr, answer(nil, 3600, "100 1 5061 edge.contoso.com"))
	ofZone := func(l evidence.Lookup) evidence.Lookup { l.Zone = "contoso.com"; return l }
	want("SRV", "_sip._tls.contoso.com", evidence.ResolverAuthoritative, "192.0.2.53:53", ofZone(answer(nil, 3600, "100 1 443 sipdir.online.lync.com")))
	want("A", "edge.contoso.com", evidence.ResolverPublic, two.addr, answer(nil, 300, "192.0.2.61"))
	want("A", "edge.contoso.com", evidence.ResolverAuthoritative, "192.0.2.53:53", ofZone(answer(nil, 300, "192.0.2.61")))
	want("SOA", "contoso.com", evidence.ResolverAuthoritative, "192.0.2.53:53", ofZone(answer(nil, 3600, "ns1.contoso.com hostmaster.contoso.com 1 7200 900 1209600 3600")))
	want("NS", "contoso.com", evidence.ResolverPublic, one.addr, answer(nil, 3600, "ns1.contoso.com"))
	want("A", "lyncdiscoverinternal.contoso.com", evidence.ResolverInternal, inside.addr, answer(nil, 60, "10.0.0.5"))
	want("A", "lyncdiscoverinternal.contoso.com", evidence.ResolverPublic, one.addr, evidence.Lookup{Domain: "contoso.com", Status: evidence.LookupNoName, Zone: "contoso.com"})
	want("A", "meet.contoso.com", evidence.ResolverPublic, one.addr, evidence.Lookup{Domain: "contoso.com", Status: evidence.LookupNoData, Zone: "contoso.com"})
	want("AAAA", "meet.contoso.com", evidence.ResolverPublic, one.addr, answer(nil, 600, "2001:db8::1"))
	want("CNAME", "msoid.contoso.com", evidence.ResolverAuthoritative, "", evidence.Lookup{Domain: "contoso.com", Status: evidence.LookupNoName, Zone: "contoso.com"})
	want("A", "pool.contoso.local", evidence.ResolverInternal, inside.addr, evidence.Lookup{Status: evidence.LookupNoName})
	want("A", "sts.fabrikam.com", evidence.ResolverPublic, two.addr, evidence.Lookup{Domain: "contoso.com", Status: evidence.LookupNoName})
	for _, p := range []*peer{one, two, own} {
		if n := p.count("contoso.local"); n != 0 {
			t.Errorf("a name that cannot be known outside was asked for %d times there", n)
		}
	}
	for _, p := range []*peer{one, two, own} {
		if n := p.count("pool.contoso.com"); n != 0 {
			t.Errorf("the name of a server inside was asked for %d times outside", n)
		}
	}
	if n := own.count("fabrikam"); n != 0 {
		t.Errorf("the servers of the zone were asked for a stranger's host %d times", n)
	}
	checkOnce(t, inside, one, two, own)
	checkOrder(t, s)
	c := coverage(t, s)
	if c.State != evidence.Complete || c.Source != "here" || c.Rows != s.Rows(evidence.DNSLookups) || last != c.Rows || len(c.Missing) > 0 ||
		!slices.Equal(c.Attributes, []string{"internal", "public", "authoritative"}) {
		t.Errorf("coverage %+v, last progress %d", c, last)
	}
}

// checkOnce fails when a server was asked the same question twice.
func checkOnce(t *testing.T, peers ...*peer) {
	t.Helper()
	for _, p := range peers {
		seen := map[string]bool{}
		for _, q := range p.questions() {
			if seen[q] {
				t.Errorf("%s was asked twice: %s", p.addr, q)
			}
			seen[q] = true
		}
	}
}

// checkOrder fails when rows are not sorted, or one is there twice.
func checkOrder(t *testing.T, s *evidence.Snapshot) {
	t.Helper()
	before := ""
	for l := range s.Lookups() {
		key := strings.Join([]string{l.Domain, l.Name, l.Type, l.Resolver, l.Server}, "\x00")
		if key <= before {
			t.Errorf("%q stands behind %q", key, before)
		}
		before = key
	}
}

// TestQuestions lists what is asked about each kind of domain.
func TestQuestions(t *testing.T) {
	for _, test := range []struct {
		domain targets.Domain
		want   string
	}{
		{targets.Domain{Name: "a.com", SIP: true}, "SOA a.com, NS a.com, A lyncdiscover.a.com, A lyncdiscoverinternal.a.com, A sip.a.com, AAAA lyncdiscover.a.com, AAAA lyncdiscoverinternal.a.com, AAAA sip.a.com, " +
			"SRV _sip._tls.a.com, SRV _sipfederationtls._tcp.a.com, SRV _sipinternaltls._tcp.a.com, A meet.a.com, A dialin.a.com, A sipinternal.a.com, A sipexternal.a.com, A ucupdates-r2.a.com, " +
			"SRV _sipinternal._tcp.a.com, SRV _xmpp-server._tcp.a.com, SRV _ntp._udp.a.com"},
		{targets.Domain{Name: "a.com", Verified: true}, "SOA a.com, NS a.com, A lyncdiscover.a.com, A lyncdiscoverinternal.a.com, A sip.a.com, AAAA lyncdiscover.a.com, AAAA lyncdiscoverinternal.a.com, AAAA sip.a.com, " +
			"SRV _sip._tls.a.com, SRV _sipfederationtls._tcp.a.com, SRV _sipinternaltls._tcp.a.com, CNAME msoid.a.com, A enterpriseregistration.a.com"},
		{targets.Domain{Name: "a.com", Mail: true}, "SOA a.com, NS a.com, A a.com, A autodiscover.a.com, SRV _autodiscover._tcp.a.com"},
		{targets.Domain{Name: "a.onmicrosoft.com", Mail: true}, "SOA a.onmicrosoft.com, NS a.onmicrosoft.com"},
		{targets.Domain{Name: "a.com", Unverified: true}, "SOA a.com, NS a.com, TXT a.com"},
		{targets.Domain{Name: "a.com", Directory: true, SignIn: true}, "SOA a.com, NS a.com"},
		{targets.Domain{Name: strings.Repeat("a123456789.", 24) + "a.com", Mail: true}, "none"}, // too long for any question
	} {
		var texts []string
		for _, q := range questionsOf(test.domain) {
			texts = append(texts, q.String())
		}
		got := strings.Join(texts, ", ")
		if test.want == "none" {
			if strings.Contains(got, "_autodiscover") || strings.Contains(got, "A autodiscover.") {
				t.Errorf("a name that is too long is asked for: %s", got)
			}
			continue
		}
		if got != test.want {
			t.Errorf("questions of %+v\n got %s\nwant %s", test.domain, got, test.want)
		}
	}
}

// TestOrderDoesNotDependOnWorkers compares the rows of one worker with those of many.
func TestOrderDoesNotDependOnWorkers(t *testing.T) {
	records := slices.Concat(contosoZone, microsoft, []string{
		"fabrikam.com. 60 IN NS ns1.contoso.com.", "_sipfederationtls._tcp.fabrikam.com. 60 IN SRV 0 0 5061 edge.contoso.com.", "autodiscover.fabrikam.com. 60 IN CNAME mail.contoso.com.",
		"mail.contoso.com. 60 IN A 192.0.2.25", "_sip._tls.fabrikam.com. 60 IN SRV 0 0 443 gone.contoso.com.",
	})
	p := listen(t, zoneData(t, true, []string{"contoso.com", "fabrikam.com"}, records...).say)
	own := listen(t, zoneData(t, false, []string{"contoso.com", "fabrikam.com"}, records...).say)
	tg := contoso()
	tg.Domains = append([]targets.Domain{{Name: "fabrikam.com", SIP: true, Mail: true}}, tg.Domains...)
	tg.Hosts = []targets.Host{{Name: "edge.contoso.com", Port: 443}, {Name: "mail.contoso.com", Port: 443, Domain: "fabrikam.com"}}
	var all [][]evidence.Lookup
	for _, workers := range []int{1, 3, 64} {
		s := collect(t, Config{Public: []string{p.addr}, Authoritative: true, Workers: workers, Timeout: 5 * time.Second, Targets: tg, Detours: detours(t, "*:53="+own.addr)})
		checkOrder(t, s)
		all = append(all, slices.Collect(s.Lookups()))
	}
	for _, other := range all[1:] {
		if diff := cmp.Diff(all[0], other, cmpopts.IgnoreFields(evidence.Lookup{}, "Asked", "Took")); diff != "" {
			t.Errorf("rows differ:\n%s", diff)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	b := evidence.NewBuilder(time.Now())
	err := Collect(t.Context(), Config{Site: "here", Internal: []string{"nowhere"}, Public: []string{"1.2.3.4:0"}, Workers: 300, Tries: -1}, b)
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{`"nowhere"`, `"1.2.3.4:0"`, "300 workers", "negative"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %s", err, part)
		}
	}
	if c := coverage(t, b.Seal()); c.State != evidence.Failed {
		t.Errorf("coverage %+v", c)
	}
}

func TestNothingToAsk(t *testing.T) {
	for _, test := range []struct {
		config Config
		want   evidence.State
	}{
		{Config{Internal: []string{"127.0.0.1:1"}}, evidence.Complete},
		{Config{Targets: contoso(), Authoritative: true}, evidence.Failed},
	} {
		if c := coverage(t, collect(t, test.config)); c.State != test.want {
			t.Errorf("coverage %+v, want %s", c, test.want)
		}
	}
}

// TestRolesThatNeverAnswer tells a role that is down from one that works.
func TestRolesThatNeverAnswer(t *testing.T) {
	works := listen(t, zoneData(t, true, []string{"contoso.com"}, slices.Concat(contosoZone, microsoft)...).say)
	silent := listen(t, func(*miekg.Msg, bool) [][]byte { return nil })
	s := collect(t, Config{Internal: []string{works.addr}, Public: []string{silent.addr}, Authoritative: true, Timeout: 300 * time.Millisecond, Targets: contoso()})
	c := coverage(t, s)
	if c.State != evidence.Complete || !slices.Equal(c.Missing, []string{"public", "authoritative"}) || !strings.Contains(strings.Join(c.Notes, "\n"), silent.addr+" (timeout)") {
		t.Errorf("coverage %+v", c)
	}
	if l := row(t, s, "A", "sip.contoso.com", evidence.ResolverPublic, ""); l.Status != evidence.LookupTimeout || l.Told() || l.Server != silent.addr {
		t.Errorf("row %+v", l)
	}
}

// TestPartial has one name fail at a server that answers else.
func TestPartial(t *testing.T) {
	d := zoneData(t, true, []string{"contoso.com"}, slices.Concat(contosoZone, microsoft)...)
	d.fails = []string{"_sip._tls.contoso.com"}
	p := listen(t, d.say)
	s := collect(t, Config{Public: []string{p.addr}, Timeout: 5 * time.Second, Targets: contoso()})
	c := coverage(t, s)
	if want := " questions got no verdict: SRV _sip._tls.contoso.com at the public server " + p.addr + " (serverFailure)"; c.State != evidence.Partial ||
		!strings.HasPrefix(c.Reason, "1 of ") || !strings.HasSuffix(c.Reason, want) {
		t.Errorf("coverage %s %q, want %q", c.State, c.Reason, want)
	}
	if n := p.count("SRV _sip._tls.contoso.com"); n != 2 {
		t.Errorf("SERVFAIL was asked for %d times, want 2", n)
	}
}

// TestDeadline ends in time although servers are slow, and says what was left.
func TestDeadline(t *testing.T) {
	p := listenAt(t, "127.0.0.1:0", 100*time.Millisecond, zoneData(t, true, []string{"contoso.com"}, contosoZone...).say)
	b := evidence.NewBuilder(time.Now())
	ctx, cancel := context.WithTimeout(t.Context(), 350*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := Collect(ctx, Config{Internal: []string{p.addr}, Workers: 2, Targets: contoso()}, b)
	if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
		t.Errorf("ended after %s with %v", took, err)
	}
	s := b.Seal()
	if c := coverage(t, s); c.State != evidence.Partial || !strings.Contains(c.Reason, "time ran out") || c.Rows == 0 || c.Rows != s.Rows(evidence.DNSLookups) {
		t.Errorf("coverage %+v", c)
	}
}

// TestInterrupted ends at once although a server is waited for.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := listen(t, func(*miekg.Msg, bool) [][]byte {
		cancel()
		return nil
	})
	b := evidence.NewBuilder(time.Now())
	start := time.Now()
	err := Collect(ctx, Config{Internal: []string{p.addr}, Timeout: time.Minute, Workers: 2, Targets: contoso()}, b)
	if took := time.Since(start); !errors.Is(err, context.Canceled) || took > 10*time.Second {
		t.Errorf("ended after %s with %v", took, err)
	}
	s := b.Seal()
	if c := coverage(t, s); c.State != evidence.Failed || !strings.Contains(c.Reason, "time ran out") || s.Rows(evidence.DNSLookups) != 0 {
		t.Errorf("coverage %+v", c)
	}
}

// TestZoneOfSeveralDomains has rows of the zone for each domain that lies in it, and asks for them once.
func TestZoneOfSeveralDomains(t *testing.T) {
	p := listen(t, zoneData(t, true, []string{"contoso.com"}, contosoZone...).say)
	own := listen(t, zoneData(t, false, []string{"contoso.com"}, contosoZone...).say)
	s := collect(t, Config{Public: []string{p.addr}, Authoritative: true, Timeout: 5 * time.Second, Detours: detours(t, "192.0.2.53:53="+own.addr),
		Targets: targets.Targets{Domains: []targets.Domain{{Name: "sub.contoso.com", SignIn: true}, {Name: "a.contoso.com", SignIn: true}, {Name: "contoso.com", SignIn: true}}}})
	got := map[string]int{}
	for l := range s.Lookups() {
		if l.Type == "SOA" && l.Name == "contoso.com" && l.Status == evidence.LookupAnswer {
			got[l.Domain+" "+l.Resolver]++
		}
	}
	want := map[string]int{}
	for _, d := range []string{"sub.contoso.com", "a.contoso.com", "contoso.com"} {
		want[d+" public"], want[d+" authoritative"] = 1, 1
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	checkOnce(t, p, own)
}

// TestDomainOfARow gives a row to the domain whose clients look for the name, whoever else leads there.
func TestDomainOfARow(t *testing.T) {
	type wish struct {
		domain string
		origin origin
	}
	for _, test := range []struct {
		wishes []wish
		want   string
	}{
		{[]wish{{"b.com", ofDomain}, {"a.com", ofAnswer}, {"a.com", ofHost}}, "b.com"},
		{[]wish{{"", ofHost}, {"b.com", ofAnswer}, {"a.com", ofAnswer}}, "a.com"},
		{[]wish{{"b.com", ofHost}, {"a.com", ofAnswer}}, "b.com"},
	} {
		for range 20 {
			rand.Shuffle(len(test.wishes), func(i, j int) { test.wishes[i], test.wishes[j] = test.wishes[j], test.wishes[i] })
			i := item{domain: test.wishes[0].domain, origin: test.wishes[0].origin, named: test.wishes[0].origin}
			for _, w := range test.wishes[1:] {
				i.wantedFor(w.domain, w.origin)
			}
			if i.domain != test.want {
				t.Errorf("%v give %s", test.wishes, i.domain)
			}
		}
	}
}
