package dns

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

// ask asks one server of a role one question, and follows the aliases there.
func ask(t *testing.T, role, addr, typ, name string) evidence.Lookup {
	t.Helper()
	c := Config{Timeout: 5 * time.Second}
	if role == evidence.ResolverInternal {
		c.Internal = []string{addr}
	} else {
		c.Public = []string{addr}
	}
	return askOf(t, c, role, typ, name)
}

func askOf(t *testing.T, config Config, role, typ, name string) evidence.Lookup {
	t.Helper()
	c, err := newCollection(config, evidence.NewBuilder(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	i := item{itemKey: itemKey{role, "", question{name, miekg.StringToType[typ]}}}
	if role == evidence.ResolverPublic {
		i.server = c.public[0]
	}
	c.ask(t.Context(), &i)
	if !i.done {
		t.Fatal("it did not end")
	}
	c.config.Log.Debug("done")
	return i.lookup
}

// chainOf makes aliases a1 to a2 and so on.
func chainOf(n int, last string) (lines []string) {
	for i := range n {
		target := fmt.Sprintf("a%d.contoso.com.", i+1)
		if i == n-1 {
			target = last
		}
		lines = append(lines, fmt.Sprintf("a%d.contoso.com. 60 IN CNAME %s", i, target))
	}
	return lines
}

func TestAliases(t *testing.T) {
	names := func(from, to int) (all []string) {
		for i := from; i <= to; i++ {
			all = append(all, fmt.Sprintf("a%d.contoso.com", i))
		}
		return all
	}
	for _, test := range []struct {
		name    string
		records []string
		want    evidence.Lookup
	}{
		{"8 hops", append(chainOf(8, "end.contoso.com."), "end.contoso.com. 5 IN A 192.0.2.1"),
			evidence.Lookup{Status: evidence.LookupAnswer, Chain: append(names(1, 7), "end.contoso.com"), Values: []string{"192.0.2.1"}, TTL: 60}},
		{"9 hops", append(chainOf(9, "end.contoso.com."), "end.contoso.com. 5 IN A 192.0.2.1"),
			evidence.Lookup{Status: evidence.LookupTooLong, Chain: append(names(1, 8), "end.contoso.com"), TTL: 60}},
		{"loop", chainOf(3, "a1.contoso.com."), evidence.Lookup{Status: evidence.LookupLoop, Chain: append(names(1, 2), "a1.contoso.com"), TTL: 60}},
		{"to itself", chainOf(1, "A0.contoso.com."), evidence.Lookup{Status: evidence.LookupLoop, Chain: []string{"a0.contoso.com"}, TTL: 60}},
		{"nowhere", chainOf(2, "gone.contoso.com."), evidence.Lookup{Status: evidence.LookupNoName, Chain: []string{"a1.contoso.com", "gone.contoso.com"}, TTL: 60, Zone: "contoso.com"}},
		{"no address", append(chainOf(1, "end.contoso.com."), "end.contoso.com. 5 IN TXT x"),
			evidence.Lookup{Status: evidence.LookupNoData, Chain: []string{"end.contoso.com"}, TTL: 60, Zone: "contoso.com"}},
		{"mixed", append(chainOf(1, "end.contoso.com."), "end.contoso.com. 5 IN A 192.0.2.1", "a0.contoso.com. 60 IN A 192.0.2.9"),
			evidence.Lookup{Status: evidence.LookupAnswer, Chain: []string{"end.contoso.com"}, Values: []string{"192.0.2.1"}, TTL: 60, Mixed: true}},
		{"two aliases", append(chainOf(1, "end.contoso.com."), "end.contoso.com. 5 IN A 192.0.2.1", "a0.contoso.com. 60 IN CNAME zzz.contoso.com."),
			evidence.Lookup{Status: evidence.LookupAnswer, Chain: []string{"end.contoso.com"}, Values: []string{"192.0.2.1"}, TTL: 60, Mixed: true}},
	} {
		for _, stay := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", test.name, stay), func(t *testing.T) {
				d := zoneData(t, true, []string{"contoso.com"}, test.records...)
				d.stay = stay
				got := ask(t, evidence.ResolverPublic, listen(t, d.say).addr, "A", "a0.contoso.com")
				test.want.Name, test.want.Type, test.want.Resolver = "a0.contoso.com", "A", evidence.ResolverPublic
				if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(evidence.Lookup{}, "Asked", "Took", "Server"), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}

// TestAliasesThatAResolverGivesUp has the server say SERVFAIL for the whole, as recursive servers do, and answer for each alias.
func TestAliasesThatAResolverGivesUp(t *testing.T) {
	for _, test := range []struct {
		records []string
		status  string
		chain   []string
	}{
		{chainOf(2, "a0.contoso.com."), evidence.LookupLoop, []string{"a1.contoso.com", "a0.contoso.com"}},
		{chainOf(9, "end.contoso.com."), evidence.LookupTooLong, nil},
		{chainOf(1, "end.contoso.com."), evidence.LookupServerFailure, []string{"end.contoso.com"}},
	} {
		d := zoneData(t, true, []string{"contoso.com"}, test.records...)
		p := listen(t, func(q *miekg.Msg, tcp bool) [][]byte {
			if q.Question[0].Qtype == miekg.TypeA {
				return packed(new(miekg.Msg).SetRcode(q, miekg.RcodeServerFailure))
			}
			return d.say(q, tcp)
		})
		got := ask(t, evidence.ResolverInternal, p.addr, "A", "a0.contoso.com")
		if got.Status != test.status || test.chain != nil && !slices.Equal(got.Chain, test.chain) {
			t.Errorf("%s by %v, want %s by %v", got.Status, got.Chain, test.status, test.chain)
		}
	}
}

// TestAliasesThatAZoneGivesUp is the same with a server of the zone, and a loop that leads through another zone.
func TestAliasesThatAZoneGivesUp(t *testing.T) {
	lines := []string{"contoso.com. 60 IN NS ns1.contoso.com.", "ns1.contoso.com. 60 IN A 192.0.2.53", "sip.contoso.com. 60 IN CNAME a.fabrikam.com.", "a.fabrikam.com. 60 IN CNAME sip.contoso.com.",
		"meet.contoso.com. 60 IN CNAME meet.contoso.com."}
	saying := func(d *data) speak {
		return func(q *miekg.Msg, tcp bool) [][]byte {
			if q.Question[0].Qtype == miekg.TypeA && plainName(q.Question[0].Name) != "ns1.contoso.com" {
				return packed(new(miekg.Msg).SetRcode(q, miekg.RcodeServerFailure))
			}
			return d.say(q, tcp)
		}
	}
	outside := listen(t, saying(zoneData(t, true, []string{"contoso.com", "fabrikam.com"}, lines...)))
	own := listen(t, saying(zoneData(t, false, []string{"contoso.com"}, lines...)))
	s := collect(t, Config{Public: []string{outside.addr}, Authoritative: true, Timeout: 5 * time.Second, Targets: contoso(), Detours: detours(t, "192.0.2.53:53="+own.addr)})
	for name, chain := range map[string][]string{"sip.contoso.com": {"a.fabrikam.com", "sip.contoso.com"}, "meet.contoso.com": {"meet.contoso.com"}} {
		for _, role := range []string{evidence.ResolverAuthoritative, evidence.ResolverPublic} {
			if l := row(t, s, "A", name, role, ""); l.Status != evidence.LookupLoop || !slices.Equal(l.Chain, chain) {
				t.Errorf("%s at %s: %s by %v, want a loop by %v", name, role, l.Status, l.Chain, chain)
			}
		}
	}
}

// TestAuthoritativeAliases follows those that leave the zone elsewhere, whatever the zone's own server says about the other zone.
func TestAuthoritativeAliases(t *testing.T) {
	outside := listen(t, zoneData(t, true, []string{"contoso.com", "fabrikam.com", "sub.contoso.com"},
		"contoso.com. 60 IN NS ns1.contoso.com.", "ns1.contoso.com. 60 IN A 192.0.2.53", "ns.sub.contoso.com. 60 IN A 192.0.2.54",
		"x.fabrikam.com. 60 IN CNAME y.fabrikam.com.", "y.fabrikam.com. 60 IN A 192.0.2.7").say)
	own := zoneData(t, false, []string{"contoso.com", "fabrikam.com"}, "autodiscover.contoso.com. 60 IN CNAME x.fabrikam.com.", "x.fabrikam.com. 60 IN A 192.0.2.66",
		"contoso.com. 60 IN A 192.0.2.8")
	parent := listen(t, func(q *miekg.Msg, tcp bool) [][]byte {
		m := own.message(q)
		if q.Question[0].Qtype == miekg.TypeA && plainName(q.Question[0].Name) == "autodiscover.contoso.com" {
			m.Answer = append(m.Answer, own.records[1]) // what it has no business to say
		}
		if inside(plainName(q.Question[0].Name), "_tcp.contoso.com") { // it hands a part of its zone on
			m = new(miekg.Msg).SetReply(q)
			rr, _ := miekg.NewRR("_tcp.contoso.com. 60 IN NS ns.sub.contoso.com.")
			m.Ns = []miekg.RR{rr}
		}
		return packed(m)
	})
	child := listen(t, zoneData(t, false, []string{"_tcp.contoso.com"}, "_autodiscover._tcp.contoso.com. 60 IN SRV 1 2 443 x.fabrikam.com.").say)
	tg := contoso()
	tg.Domains[0].SIP, tg.Domains[0].Verified = false, false
	s := collect(t, Config{Public: []string{outside.addr}, Authoritative: true, Timeout: 5 * time.Second, Targets: tg,
		Detours: detours(t, "192.0.2.53:53="+parent.addr, "192.0.2.54:53="+child.addr)})
	l := row(t, s, "A", "autodiscover.contoso.com", evidence.ResolverAuthoritative, "192.0.2.53:53")
	if !slices.Equal(l.Chain, []string{"x.fabrikam.com", "y.fabrikam.com"}) || !slices.Equal(l.Values, []string{"192.0.2.7"}) || l.Status != evidence.LookupAnswer {
		t.Errorf("%+v", l)
	}
	l = row(t, s, "SRV", "_autodiscover._tcp.contoso.com", evidence.ResolverAuthoritative, "192.0.2.54:53")
	if !slices.Equal(l.Values, []string{"1 2 443 x.fabrikam.com"}) {
		t.Errorf("%+v", l)
	}
	if l = row(t, s, "A", "contoso.com", evidence.ResolverAuthoritative, ""); l.Mixed || !slices.Equal(l.Values, []string{"192.0.2.8"}) {
		t.Errorf("%+v", l)
	}
}

// TestWildcards marks what the zone says about any name.
func TestWildcards(t *testing.T) {
	for _, test := range []struct {
		name    string
		records []string
		forged  map[string]bool // by type and name
	}{
		{"address", []string{"*.contoso.com. 60 IN A 192.0.2.1", "sip.contoso.com. 60 IN A 192.0.2.2", "contoso.com. 60 IN A 192.0.2.1"},
			map[string]bool{"A meet.contoso.com": true, "A sip.contoso.com": false, "A contoso.com": false, "SRV _sip._tls.contoso.com": false, "CNAME msoid.contoso.com": false}},
		{"alias", []string{"*.contoso.com. 60 IN CNAME parked.fabrikam.com.", "parked.fabrikam.com. 60 IN A 192.0.2.1", "sip.contoso.com. 60 IN CNAME sipdir.online.lync.com."},
			map[string]bool{"A meet.contoso.com": true, "A sip.contoso.com": false, "SRV _sip._tls.contoso.com": true, "CNAME msoid.contoso.com": true}},
		{"service", []string{"*.contoso.com. 60 IN SRV 1 1 1 a.fabrikam.com."}, map[string]bool{"SRV _sip._tls.contoso.com": true, "A sip.contoso.com": false}},
		{"none", []string{"sip.contoso.com. 60 IN A 192.0.2.2"}, map[string]bool{"A sip.contoso.com": false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := listen(t, zoneData(t, true, []string{"contoso.com", "fabrikam.com"}, append(microsoft, test.records...)...).say)
			s := collect(t, Config{Internal: []string{p.addr}, Timeout: 5 * time.Second, Targets: contoso()})
			for l := range s.Lookups() {
				want, listed := test.forged[l.Type+" "+l.Name]
				if listed && want != l.Forged {
					t.Errorf("%s %s: forged %v", l.Type, l.Name, l.Forged)
				}
				if len(l.Name) > 30 && l.Name[0] == 'x' {
					t.Errorf("the random name is kept: %s", l.Name)
				}
			}
		})
	}
}

// TestMixedAcrossTypes has an alias at the top of a zone.
func TestMixedAcrossTypes(t *testing.T) {
	p := listen(t, zoneData(t, true, []string{"contoso.com"}, "contoso.com. 60 IN CNAME www.contoso.com.", "www.contoso.com. 60 IN A 192.0.2.1", "contoso.com. 60 IN NS ns1.contoso.com.").say)
	own := func(q *miekg.Msg, tcp bool) [][]byte { // one alias and the start of authority at one name
		d := zoneData(t, true, []string{"contoso.com"}, "www.contoso.com. 60 IN A 192.0.2.1")
		if q.Question[0].Qtype == miekg.TypeA && plainName(q.Question[0].Name) == "contoso.com" {
			d = zoneData(t, true, []string{"contoso.com"}, "contoso.com. 60 IN CNAME www.contoso.com.", "www.contoso.com. 60 IN A 192.0.2.1")
		}
		return d.say(q, tcp)
	}
	for _, addr := range []string{p.addr, listen(t, own).addr} {
		s := collect(t, Config{Public: []string{addr}, Timeout: 5 * time.Second, Targets: contoso()})
		if l := row(t, s, "A", "contoso.com", evidence.ResolverPublic, ""); !l.Mixed {
			t.Errorf("%+v", l)
		}
	}
}
